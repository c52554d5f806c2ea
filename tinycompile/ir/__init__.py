"""The intermediate representation: types, values, nodes, graphs. Knows no operator and no target."""

from tinycompile.ir.builder import GraphBuilder
from tinycompile.ir.channels import Bounds, ChannelSite, Constant, Kept, OnChannels
from tinycompile.ir.graph import Graph, Node, Value, ValueKind
from tinycompile.ir.op import ChannelForm, Fold, Op, RegionForm, Types
from tinycompile.ir.printer import print_graph, print_node, print_op
from tinycompile.ir.region import Region
from tinycompile.ir.types import DType, Quant, TensorType
from tinycompile.ir.verify import verify

__all__ = [
    "Bounds",
    "ChannelForm",
    "ChannelSite",
    "Constant",
    "DType",
    "Fold",
    "Graph",
    "GraphBuilder",
    "Kept",
    "Node",
    "OnChannels",
    "Op",
    "Quant",
    "Region",
    "RegionForm",
    "TensorType",
    "Types",
    "Value",
    "ValueKind",
    "print_graph",
    "print_node",
    "print_op",
    "verify",
]
