"""The parts that models are made of. A module of them is loaded when one of its names is first used."""
# ruff: noqa: F403

from typing import TYPE_CHECKING

from yeoul.core.on_demand import loaded_on_demand

if TYPE_CHECKING:
    from yeoul.layers.activating import *
    from yeoul.layers.augmentation_chains import *
    from yeoul.layers.batch_normalization import *
    from yeoul.layers.color_augmentation import *
    from yeoul.layers.convolution import *
    from yeoul.layers.core import *
    from yeoul.layers.describing import *
    from yeoul.layers.discretization import *
    from yeoul.layers.einsum_dense import *
    from yeoul.layers.embedding import *
    from yeoul.layers.encoding import *
    from yeoul.layers.function_layer import *
    from yeoul.layers.hashing import *
    from yeoul.layers.histogram_augmentation import *
    from yeoul.layers.input_spec import *
    from yeoul.layers.layer import *
    from yeoul.layers.lookup import *
    from yeoul.layers.masking import *
    from yeoul.layers.merging import *
    from yeoul.layers.mixing_augmentation import *
    from yeoul.layers.normalization import *
    from yeoul.layers.padding import *
    from yeoul.layers.pipeline import *
    from yeoul.layers.place_augmentation import *
    from yeoul.layers.pooling import *
    from yeoul.layers.regularization import *
    from yeoul.layers.resizing import *
    from yeoul.layers.sample_normalization import *
    from yeoul.layers.shaping import *
    from yeoul.layers.spatial_dropout import *
    from yeoul.layers.transposed_convolution import *
    from yeoul.layers.upsampling import *
    from yeoul.layers.wrapping import *
else:
    __all__, __getattr__, __dir__ = loaded_on_demand(
        __name__,
        {
            ".activating": "ELU LeakyReLU PReLU ReLU Softmax",
            ".augmentation_chains": "AugMix RandAugment RandomColorJitter",
            ".batch_normalization": "BatchNormalization",
            ".color_augmentation": (
                "RandomBrightness RandomColorDegeneration RandomContrast RandomGaussianBlur RandomGrayscale "
                "RandomHue RandomInvert RandomPosterization RandomSaturation RandomSharpness Solarization"
            ),
            ".convolution": (
                "Conv1D Conv2D Conv3D Convolution1D Convolution2D Convolution3D DepthwiseConv1D DepthwiseConv2D "
                "SeparableConv1D SeparableConv2D SeparableConvolution1D SeparableConvolution2D"
            ),
            ".core": "Activation Dense Identity Input InputLayer",
            ".describing": "deserialize serialize",
            ".discretization": "Discretization",
            ".einsum_dense": "EinsumDense",
            ".embedding": "Embedding",
            ".encoding": "CategoryEncoding",
            ".function_layer": "Lambda",
            ".hashing": "HashedCrossing Hashing",
            ".histogram_augmentation": "AutoContrast ContrastLimitedAdaptiveHistogramEqualization Equalization",
            ".input_spec": "InputSpec",
            ".layer": "Layer",
            ".lookup": "IntegerLookup StringLookup",
            ".masking": "Masking",
            ".merging": (
                "Add Average Concatenate Dot Maximum Minimum Multiply Subtract add average concatenate dot maximum "
                "minimum multiply subtract"
            ),
            ".mixing_augmentation": "CutMix MixUp",
            ".normalization": "Normalization Rescaling",
            ".padding": "Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D",
            ".pipeline": "Pipeline",
            ".place_augmentation": (
                "RandomCrop RandomElasticTransform RandomErasing RandomFlip RandomPerspective RandomRotation "
                "RandomShear RandomTranslation RandomZoom"
            ),
            ".pooling": (
                "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D "
                "AdaptiveMaxPooling2D AdaptiveMaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D "
                "AvgPool1D AvgPool2D AvgPool3D GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D "
                "GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D "
                "GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D MaxPool1D MaxPool2D MaxPool3D "
                "MaxPooling1D MaxPooling2D MaxPooling3D"
            ),
            ".regularization": "ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise",
            ".resizing": "CenterCrop Resizing",
            ".sample_normalization": "GroupNormalization LayerNormalization RMSNormalization UnitNormalization",
            ".shaping": "Flatten Permute RepeatVector Reshape",
            ".spatial_dropout": "SpatialDropout1D SpatialDropout2D SpatialDropout3D",
            ".transposed_convolution": (
                "Conv1DTranspose Conv2DTranspose Conv3DTranspose Convolution1DTranspose Convolution2DTranspose "
                "Convolution3DTranspose"
            ),
            ".upsampling": "UpSampling1D UpSampling2D UpSampling3D",
            ".wrapping": "SpectralNormalization TimeDistributed Wrapper",
        },
    )
