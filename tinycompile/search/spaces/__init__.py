"""The spaces that come with tinycompile."""

from tinycompile.search.space import register
from tinycompile.search.spaces.dscnn import DSCNN
from tinycompile.search.spaces.mcunet import MCUNet
from tinycompile.search.spaces.resnet import ResNet

register("mcunet", MCUNet)
register("resnet", ResNet)
register("dscnn", DSCNN)

__all__ = ["DSCNN", "MCUNet", "ResNet"]
