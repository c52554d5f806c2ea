"""The names that are visible at one place of a source model, and what they stand for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from onnx import GraphProto, NodeProto

from tinycompile.errors import ModelError
from tinycompile.frontends.onnx_nodes import malformed, subgraphs
from tinycompile.frontends.onnx_tensor import READ_AS_FLOAT32, array_of, elem_type_name, sparse_array_of
from tinycompile.frontends.onnx_weights import check_finite
from tinycompile.ir import GraphBuilder


class PoisonedError(Exception):
    """A name is read whose node failed before; the reader is skipped without a finding of its own."""


@dataclass(eq=False)
class Scope:
    """One graph, branch or function body.

    Attributes:
        opsets: operator set version by domain.
        readers: source name -> types of the operators that read it; None for bodies that ONNX
            defines, whose constants need no check.
        prefix: put before the names of nodes.
        parent: where names are looked up that are not here; None for functions.
        names: source name -> builder value; None where an optional operand is left out.
        constants: initialisers that nobody has read so far.
    """

    opsets: Mapping[str, int]
    readers: Mapping[str, Sequence[str]] | None
    prefix: str = ""
    parent: Scope | None = None
    names: dict[str, str | None] = field(default_factory=dict)
    constants: dict[str, Callable[[], np.ndarray]] = field(default_factory=dict)
    poisoned: set[str] = field(default_factory=set)

    @property
    def opset(self) -> int:
        """The version of the standard operator set."""
        return self.opsets.get("", 1)

    def resolve(self, name: str, builder: GraphBuilder) -> str | None:
        """The builder value of a source name, None for an operand that was left out.

        Raises:
            PoisonedError: its node failed.
            ModelError: nothing computes it, or the constant is unusable (told once, then poisoned).
        """
        scope: Scope | None = self
        while scope is not None:
            if name in scope.poisoned:
                raise PoisonedError(name)
            if name in scope.names:
                return scope.names[name]
            if name in scope.constants:
                return scope._load(name, builder)
            scope = scope.parent
        raise malformed(f"'{name}' is read, but it is neither computed nor an input or a constant")

    def check_new(self, names: Sequence[str]) -> None:
        """Refuse results that have the name of something else.

        Raises:
            ModelError: an input or a constant has the name already.
        """
        for name in names:
            if name in self.names or name in self.constants:
                raise malformed(f"'{name}' is computed, but an input or a constant is named so too", (name,))

    def check(self, name: str, array: np.ndarray) -> None:
        """Refuse NaN and misplaced infinities in the constant `name`.

        Raises:
            ModelError: it has some.
        """
        if self.readers is not None:
            check_finite(array, f"constant '{name}'", name, self.readers.get(name, ()))

    def _load(self, name: str, builder: GraphBuilder) -> str:
        try:
            array = self.constants.pop(name)()
            self.check(name, array)
        except ModelError:
            self.poisoned.add(name)
            raise
        value = builder.const(array, name)
        self.names[name] = value
        return value


def add_constants(scope: Scope, graph: GraphProto, notes: list[str]) -> None:
    """Make the graph's initialisers known to `scope`; notes the float types that become float32.

    Raises:
        ModelError: two initialisers have one name.
    """
    converted: dict[str, int] = defaultdict(int)
    dense = [(t.name, t.data_type, partial(array_of, t)) for t in graph.initializer]
    sparse = [
        (s.values.name, s.values.data_type, partial(sparse_array_of, s)) for s in graph.sparse_initializer
    ]
    for name, elem_type, load in (*dense, *sparse):
        if name in scope.constants:
            raise malformed(f"two initialisers are named '{name}'", (name,))
        scope.constants[name] = partial(load, f"constant '{name}'")
        if elem_type in READ_AS_FLOAT32:
            converted[elem_type_name(elem_type)] += 1
    notes.extend(f"{count} {kind} constants were converted to float32" for kind, count in converted.items())


def readers_of(nodes: Sequence[NodeProto]) -> dict[str, list[str]]:
    """Source name -> types of the operators that read it, branches included."""
    found: dict[str, list[str]] = defaultdict(list)
    stack = list(nodes)
    while stack:
        node = stack.pop()
        for name in node.input:
            found[name].append(node.op_type)
        for graph in subgraphs(node):
            stack.extend(graph.node)
    return found
