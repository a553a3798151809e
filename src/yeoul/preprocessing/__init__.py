"""Images, texts and sequences made ready: Keras' older names."""

from yeoul.preprocessing import image, sequence, text
from yeoul.utils import image_dataset_from_directory, timeseries_dataset_from_array

__all__ = ["image", "image_dataset_from_directory", "sequence", "text", "timeseries_dataset_from_array"]
