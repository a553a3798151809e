"""Models from the literature, with Keras' names of models, arguments and layers."""

from yeoul.applications import (
    densenet,
    efficientnet,
    efficientnet_v2,
    imagenet_utils,
    inception_v3,
    mobilenet,
    mobilenet_v2,
    mobilenet_v3,
    resnet,
    resnet50,
    resnet_v2,
    vgg16,
    vgg19,
    xception,
)
from yeoul.applications.densenet import DenseNet121, DenseNet169, DenseNet201
from yeoul.applications.efficientnet import *  # noqa: F403
from yeoul.applications.efficientnet_v2 import *  # noqa: F403
from yeoul.applications.inception_v3 import InceptionV3
from yeoul.applications.mobilenet import MobileNet
from yeoul.applications.mobilenet_v2 import MobileNetV2
from yeoul.applications.mobilenet_v3 import MobileNetV3Large, MobileNetV3Small
from yeoul.applications.resnet import ResNet50, ResNet101, ResNet152
from yeoul.applications.resnet_v2 import ResNet50V2, ResNet101V2, ResNet152V2
from yeoul.applications.vgg16 import VGG16
from yeoul.applications.vgg19 import VGG19
from yeoul.applications.xception import Xception

_MODULES = """densenet efficientnet efficientnet_v2 imagenet_utils inception_v3 mobilenet mobilenet_v2 mobilenet_v3 resnet resnet50 resnet_v2
vgg16 vgg19 xception"""
__all__ = [name for name in dir() if name[0].isupper()] + _MODULES.split()
