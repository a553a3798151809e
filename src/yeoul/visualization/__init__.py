"""Pictures of data and of what models learned. Needs matplotlib: pip install "yeoul[plot]"."""

from yeoul.visualization.attribution import grad_cam, plot_grad_cam, saliency
from yeoul.visualization.feature_maps import plot_feature_maps, plot_kernels
from yeoul.visualization.history import plot_history
from yeoul.visualization.images import plot_confusion_matrix, plot_images
from yeoul.visualization.surfaces import plot_decision_boundary, plot_fit_3d

__all__ = [
    "grad_cam",
    "plot_confusion_matrix",
    "plot_decision_boundary",
    "plot_feature_maps",
    "plot_fit_3d",
    "plot_grad_cam",
    "plot_history",
    "plot_images",
    "plot_kernels",
    "saliency",
]
