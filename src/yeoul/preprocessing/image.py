"""Images from files, and images changed at random."""

from yeoul.preprocessing.affine import apply_affine_transform, apply_brightness_shift, apply_channel_shift
from yeoul.preprocessing.generator import ImageDataGenerator
from yeoul.preprocessing.iterators import DataFrameIterator, DirectoryIterator, Iterator, NumpyArrayIterator
from yeoul.utils.image_sizes import smart_resize
from yeoul.utils.images import array_to_img, img_to_array, load_img, save_img

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "img_to_array",
    "load_img",
    "save_img",
    "smart_resize",
]
