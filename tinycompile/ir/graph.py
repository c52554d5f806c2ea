"""Values, nodes and graphs: immutable, in topological order, free of any operator or target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from types import MappingProxyType

import numpy as np

from tinycompile.ir.op import Op, Types
from tinycompile.ir.types import TensorType


class ValueKind(Enum):
    """Where a value comes from."""

    INPUT = "input"
    CONST = "const"
    STATE = "state"
    TEMP = "temp"


@dataclass(frozen=True, eq=False)
class Value:
    """One tensor of a graph; `data` is set for constants only and is never written to."""

    name: str
    type: TensorType
    kind: ValueKind = ValueKind.TEMP
    data: np.ndarray | None = field(default=None, repr=False)

    @property
    def is_const(self) -> bool:
        """True for weights and other values known at compile time."""
        return self.kind is ValueKind.CONST

    @property
    def array(self) -> np.ndarray:
        """The data of a constant.

        Raises:
            ValueError: the value is not a constant.
        """
        if self.data is None:
            raise ValueError(f"value '{self.name}' is not a constant")
        return self.data


@dataclass(frozen=True, eq=False)
class Node:
    """One application of an operator; `origins` are the names of the source model's nodes."""

    op: Op
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Graph:
    """A static single-assignment graph. `nodes` stand in a topological order.

    `notes` are findings that the report shows to the user, such as float islands.
    """

    name: str
    values: Mapping[str, Value]
    nodes: tuple[Node, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    @cached_property
    def producers(self) -> Mapping[str, Node]:
        """Value name -> the node that computes it."""
        return {out: node for node in self.nodes for out in node.outputs}

    @cached_property
    def consumers(self) -> Mapping[str, tuple[Node, ...]]:
        """Value name -> the nodes that read it, in order, each once."""
        found: dict[str, list[Node]] = {name: [] for name in self.values}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                found[name].append(node)
        return {name: tuple(nodes) for name, nodes in found.items()}

    def type(self, name: str) -> TensorType:
        """The type of the value `name`."""
        return self.values[name].type

    def in_types(self, node: Node) -> Types:
        """The types of a node's operands."""
        return tuple(self.values[n].type for n in node.inputs)

    def out_types(self, node: Node) -> Types:
        """The types of a node's results."""
        return tuple(self.values[n].type for n in node.outputs)

    def consts(self, node: Node) -> tuple[np.ndarray | None, ...]:
        """Per operand the data when it is a constant, else None."""
        return tuple(self.values[n].data for n in node.inputs)

    def replaced(
        self,
        nodes: Iterable[Node] | None = None,
        values: Mapping[str, Value] | None = None,
        outputs: tuple[str, ...] | None = None,
        inputs: tuple[str, ...] | None = None,
        notes: Iterable[str] = (),
    ) -> Graph:
        """A copy with other parts; values that nothing mentions any more are dropped."""
        new_nodes = self.nodes if nodes is None else tuple(nodes)
        new_outputs = self.outputs if outputs is None else outputs
        new_inputs = self.inputs if inputs is None else inputs
        pool = dict(self.values) if values is None else dict(values)
        used = {*new_inputs, *new_outputs}
        for node in new_nodes:
            used.update(node.inputs, node.outputs)
        kept = {name: pool[name] for name in pool if name in used}
        return replace(
            self,
            nodes=new_nodes,
            values=kept,
            outputs=new_outputs,
            inputs=new_inputs,
            notes=(*self.notes, *(n for n in notes if n not in self.notes)),
        )
