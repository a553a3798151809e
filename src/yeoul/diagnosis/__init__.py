"""What a good teacher would notice about a model: findings, each with its evidence and what to change."""

from yeoul.diagnosis.diagnose import diagnose
from yeoul.diagnosis.finding import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "diagnose"]
