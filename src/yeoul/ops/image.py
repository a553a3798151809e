"""Keras' `ops.image`: what can be done to images."""

from yeoul.ops.image_colors import hsv_to_rgb, rgb_to_grayscale, rgb_to_hsv
from yeoul.ops.image_elastic import elastic_transform
from yeoul.ops.image_filters import extract_patches, extract_patches_3d, gaussian_blur, sobel_edges, ssim
from yeoul.ops.image_frames import crop_images, pad_images
from yeoul.ops.image_resizing import resize, scale_and_translate
from yeoul.ops.image_sampling import affine_transform, map_coordinates, perspective_transform

__all__ = [
    "affine_transform",
    "crop_images",
    "elastic_transform",
    "extract_patches",
    "extract_patches_3d",
    "gaussian_blur",
    "hsv_to_rgb",
    "map_coordinates",
    "pad_images",
    "perspective_transform",
    "resize",
    "rgb_to_grayscale",
    "rgb_to_hsv",
    "scale_and_translate",
    "sobel_edges",
    "ssim",
]
