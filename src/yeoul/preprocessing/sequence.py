"""Sequences of different length as one array."""

from yeoul.utils.sequences import pad_sequences

__all__ = ["pad_sequences"]
