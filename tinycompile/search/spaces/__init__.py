"""The spaces that come with tinycompile."""

from tinycompile.search.space import register
from tinycompile.search.spaces.dscnn import DSCNN
from tinycompile.search.spaces.mcunet import MCUNet
from tinycompile.search.spaces.resnet import ResNet

register("mcunet", MCUNet)
register("resnet", ResNet)
register("dscnn", DSCNN)
#: The network of MLPerf Tiny for images, alone: what a search is compared with, by the same recipe.
register("resnet8", lambda: ResNet(depths=(1,), stage_widths=(1.0,), inner_widths=(1.0,), widths=(1.0,)))

__all__ = ["DSCNN", "MCUNet", "ResNet"]
