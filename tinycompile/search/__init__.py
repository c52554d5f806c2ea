"""Search: networks that fit a board, trained, quantised and compiled.

Only `tinycompile.search.training` needs PyTorch; everything else works without it.
"""

from tinycompile.search import spaces
from tinycompile.search.builder import NetworkBuilder, rounded
from tinycompile.search.layers import (
    Activation,
    Add,
    Conv,
    Dense,
    GlobalPool,
    Layer,
    Multiply,
    Pool,
    PoolKind,
    Shape,
)
from tinycompile.search.network import INPUT, Network
from tinycompile.search.space import Choice, Point, Space, Task, Value, get_space, register, space_names

__all__ = [
    "INPUT",
    "Activation",
    "Add",
    "Choice",
    "Conv",
    "Dense",
    "GlobalPool",
    "Layer",
    "Multiply",
    "Network",
    "NetworkBuilder",
    "Point",
    "Pool",
    "PoolKind",
    "Shape",
    "Space",
    "Task",
    "Value",
    "get_space",
    "register",
    "rounded",
    "space_names",
    "spaces",
]
