"""The graph of a plan: operators made of their attributes, and what is wrong with it by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tinycompile.check.codes import WRONG_GRAPH, Who, refuse
from tinycompile.check.document import GraphEntry, NodeEntry, ValueEntry
from tinycompile.check.text import operator
from tinycompile.ir import DType, Op, Quant, TensorType, Types
from tinycompile.ops import Kernel, Site, kernels_of
from tinycompile.target import Core


@dataclass(frozen=True, eq=False)
class CheckedNode:
    """A node with its operator and types; `constant` says which operands are known at compile time."""

    index: int
    op: Op
    ins: tuple[str, ...]
    outs: tuple[str, ...]
    in_types: Types
    out_types: Types
    constant: tuple[bool, ...]
    origins: tuple[str, ...]

    @property
    def label(self) -> str:
        """What to call it in messages."""
        return " + ".join(self.origins) or f"{self.op.name} of '{self.outs[0]}'"

    @cached_property
    def _constants(self) -> tuple[np.ndarray | None, ...]:
        """Stand-ins: kernels answer for places by which operands are constant, not by their data."""
        return tuple(
            np.broadcast_to(np.zeros((), t.dtype.numpy), t.shape) if constant else None
            for constant, t in zip(self.constant, self.in_types, strict=True)
        )

    def site(self, core: Core, op: Op, ins: Types, outs: Types) -> Site:
        """Where its kernel is called, on all of the tensors or on a part."""
        return Site(op, ins, outs, self._constants, core)

    def kernel(self, symbol: str) -> Kernel:
        """The kernel of that name.

        Raises:
            VerificationError: the operator has none.
        """
        for found in kernels_of(type(self.op)):
            if found.symbol == symbol:
                return found
        raise refuse(WRONG_GRAPH, f"'{self.label}': '{symbol}' is no kernel of {self.op.name}", self.origins)


#: Some functions are defined on bytes only where these are quantised reals.
_STEPS = Quant.tensor(1.0, 0)


class CheckedGraph:
    """The graph of a plan.

    Raises:
        VerificationError: an operator is unknown, or the graph makes no sense by itself.
    """

    def __init__(self, entry: GraphEntry) -> None:
        self.inputs, self.outputs = entry.inputs, entry.outputs
        self.types = {name: _type(name, value) for name, value in entry.values.items()}
        self.constant = {name: value.constant for name, value in entry.values.items()}
        known = {name for name, constant in self.constant.items() if constant} | set(entry.inputs)
        for name in (*entry.inputs, *entry.outputs):
            if name not in self.types:
                raise refuse(WRONG_GRAPH, f"'{name}' goes in or out, but is no value of the graph")
        self.nodes = tuple(self._node(index, node, known) for index, node in enumerate(entry.nodes))
        for name in entry.outputs:
            if name not in known:
                raise refuse(WRONG_GRAPH, f"nothing makes the output '{name}'")
        self.producer: Mapping[str, CheckedNode] = {name: n for n in self.nodes for name in n.outs}

    def _node(self, index: int, entry: NodeEntry, known: set[str]) -> CheckedNode:
        who = Who(f"'{' + '.join(entry.origins) or f'node {index}'}' ({entry.op})", entry.origins)
        for value in (*entry.inputs, *entry.outputs):
            if value not in self.types:
                raise who.error(WRONG_GRAPH, f"uses '{value}', which has no type")
        for value in entry.inputs:
            if value not in known:
                raise who.error(WRONG_GRAPH, f"reads '{value}', which nothing before it makes")
        for value in entry.outputs:
            if value in known:
                raise who.error(WRONG_GRAPH, f"makes '{value}', which was made before")
        known.update(entry.outputs)
        ins = tuple(self.types[n] for n in entry.inputs)
        outs = tuple(self.types[n] for n in entry.outputs)
        try:
            op = operator(entry.op, entry.attributes)
            shapes = [t.shape for t in op.infer(ins)]
        except (ValueError, TypeError, IndexError) as error:
            raise who.error(WRONG_GRAPH, f"makes no sense: {error}") from error
        if shapes != [t.shape for t in outs]:
            raise who.error(WRONG_GRAPH, f"gives {shapes}, not {[t.shape for t in outs]}")
        constant = tuple(self.constant[n] for n in entry.inputs)
        return CheckedNode(index, op, entry.inputs, entry.outputs, ins, outs, constant, entry.origins)


def _type(name: str, entry: ValueEntry) -> TensorType:
    """The type of a value; bytes stand for reals, and in what steps does not matter for where they lie."""
    if any(size < 0 for size in entry.shape):
        raise refuse(WRONG_GRAPH, f"'{name}' has a dimension below 0: {list(entry.shape)}")
    try:
        dtype = DType(entry.dtype)
        return TensorType(entry.shape, dtype, _STEPS if dtype in (DType.INT8, DType.UINT8) else None)
    except ValueError as error:
        raise refuse(WRONG_GRAPH, f"'{name}': {error}") from error
