"""Operators: one file per family with import rule, shape rule, semantics, kernels.

Importing the package registers all of them; a new family is found by its file alone.
"""

from importlib import import_module
from pkgutil import iter_modules

from tinycompile.ops.kernel import (
    Arg,
    Data,
    In,
    Kernel,
    Null,
    Out,
    Purpose,
    Scalar,
    Scratch,
    Site,
    Struct,
    elementwise_in_place,
)
from tinycompile.ops.registry import import_rule, imports, kernels, kernels_of, known_op_types, op_classes
from tinycompile.ops.source import SourceNode

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")

__all__ = [
    "Arg",
    "Data",
    "In",
    "Kernel",
    "Null",
    "Out",
    "Purpose",
    "Scalar",
    "Scratch",
    "Site",
    "SourceNode",
    "Struct",
    "elementwise_in_place",
    "import_rule",
    "imports",
    "kernels",
    "kernels_of",
    "known_op_types",
    "op_classes",
]
