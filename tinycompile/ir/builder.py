"""Mutable construction of graphs: fresh names, shape rules, folding of constants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinycompile.ir.graph import Graph, Node, Value, ValueKind
from tinycompile.ir.op import Op, Types
from tinycompile.ir.types import DType, Quant, TensorType

#: Constants are folded only up to this size, so that no small file can ask for a huge tensor.
FOLD_LIMIT_BYTES = 256 << 20


class GraphBuilder:
    """Collects values and nodes in execution order.

    `fold` evaluates a node at once when all its operands are constants; shape chains of the
    source model vanish this way.
    """

    def __init__(self, name: str, *, fold: bool = True) -> None:
        self.name = name
        self.fold = fold
        self.values: dict[str, Value] = {}
        self.nodes: list[Node] = []
        self.inputs: list[str] = []
        self.notes: list[str] = []
        self._settled: dict[str, Node] = {}

    def fresh(self, hint: str) -> str:
        """A name that no value has, derived from `hint`."""
        name, count = hint, 0
        while name in self.values:
            count += 1
            name = f"{hint}.{count}"
        return name

    def input(self, name: str, type_: TensorType) -> str:
        """Declare a graph input."""
        name = self.fresh(name)
        self.values[name] = Value(name, type_, ValueKind.INPUT)
        self.inputs.append(name)
        return name

    def const(self, data: np.ndarray, hint: str = "const", quant: Quant | None = None) -> str:
        """Add a constant; the data is copied to a read-only contiguous array."""
        array = np.array(data, order="C", copy=True)
        array.setflags(write=False)
        name = self.fresh(hint)
        type_ = TensorType(array.shape, DType.of(array.dtype), quant)
        self.values[name] = Value(name, type_, ValueKind.CONST, array)
        return name

    def type(self, name: str) -> TensorType:
        """The type of a value."""
        return self.values[name].type

    def data(self, name: str) -> np.ndarray | None:
        """The data of a value when it is a constant, else None."""
        return self.values[name].data

    def settled(self, name: str) -> np.ndarray | None:
        """`data`, or what an unfolded node (a Dequantize) computes from constants alone; else None."""
        node = self._settled.get(name)
        if node is None:
            return self.values[name].data
        operands = [self.settled(n) for n in node.inputs]
        ins, outs = (tuple(self.values[n].type for n in names) for names in (node.inputs, node.outputs))
        results = node.op.evaluate([o for o in operands if o is not None], ins, outs)
        return results[node.outputs.index(name)]

    def add(
        self,
        op: Op,
        inputs: Sequence[str],
        *,
        origins: Sequence[str] = (),
        hint: str = "",
        out_types: Types | None = None,
    ) -> tuple[str, ...]:
        """Apply `op`; returns the names of its results.

        `out_types` overrides the inferred types (for quantised results); shapes must agree.

        Raises:
            ValueError: the operands do not go together.
        """
        ins = tuple(self.values[n].type for n in inputs)
        types = op.infer(ins) if out_types is None else out_types
        folded = self._folded(op, inputs, ins, types)
        stem = hint or op.name
        outs: list[str] = []
        for index, type_ in enumerate(types):
            label = stem if len(types) == 1 else f"{stem}:{index}"
            if folded is not None:
                outs.append(self.const(folded[index], label, type_.quant))
                continue
            name = self.fresh(label)
            self.values[name] = Value(name, type_, ValueKind.TEMP)
            outs.append(name)
        if folded is None:
            node = Node(op, tuple(inputs), tuple(outs), tuple(origins))
            self.nodes.append(node)
            if inputs and all(self.values[n].is_const or n in self._settled for n in inputs):
                self._settled.update(dict.fromkeys(outs, node))
        return tuple(outs)

    def add1(
        self,
        op: Op,
        *inputs: str,
        origins: Sequence[str] = (),
        hint: str = "",
        out_type: TensorType | None = None,
    ) -> str:
        """`add` for an operator with one result."""
        types = None if out_type is None else (out_type,)
        return self.add(op, inputs, origins=origins, hint=hint, out_types=types)[0]

    def _folded(
        self, op: Op, inputs: Sequence[str], ins: Types, outs: Types
    ) -> tuple[np.ndarray, ...] | None:
        if not self.fold or not op.foldable or any(not self.values[n].is_const for n in inputs):
            return None
        if sum(t.nbytes for t in outs) > FOLD_LIMIT_BYTES:
            raise ValueError(
                f"the result would take {sum(t.nbytes for t in outs):,} bytes at compile time; "
                f"the limit is {FOLD_LIMIT_BYTES:,}"
            )
        return op.evaluate([self.values[n].array for n in inputs], ins, outs)

    def graph(self, outputs: Sequence[str]) -> Graph:
        """The finished graph, without nodes and values that no output needs."""
        needed = set(outputs)
        nodes: list[Node] = []
        for node in reversed(self.nodes):
            if needed.intersection(node.outputs):
                nodes.append(node)
                needed.update(node.inputs)
        nodes.reverse()
        full = Graph(
            self.name, self.values, tuple(nodes), tuple(self.inputs), tuple(outputs), tuple(self.notes)
        )
        return full.replaced()
