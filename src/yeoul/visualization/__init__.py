"""Pictures of data and of what models learned. Needs matplotlib: pip install "yeoul[plot]"."""

from yeoul.visualization.history import plot_history
from yeoul.visualization.images import plot_confusion_matrix, plot_images
from yeoul.visualization.surfaces import plot_decision_boundary, plot_fit_3d

__all__ = ["plot_confusion_matrix", "plot_decision_boundary", "plot_fit_3d", "plot_history", "plot_images"]
