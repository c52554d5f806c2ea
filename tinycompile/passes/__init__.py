"""Graph -> Graph, one rewrite a file; each leaves a valid graph, the same one when it has nothing to do."""

from tinycompile.passes.edges import float_edges, strip_float_edges
from tinycompile.passes.pipeline import canonical, lower, without_dead_channels

__all__ = ["canonical", "float_edges", "lower", "strip_float_edges", "without_dead_channels"]
