"""QDQ -> integers: operators between Dequantize and Quantize nodes become integer operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import DType, Graph, Node, Quant, TensorType, Types
from tinycompile.ops.quantise import Dequantize, Quantize
from tinycompile.passes.integer_operands import integer_operands, moved_operands
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class FormIntegers:
    """op(Dequantize(q), ...) that only feeds equal Quantize nodes -> Dequantize(integer op(q, ...)).

    The Dequantize that is left meets the Quantize nodes, and `CancelPairs` removes both. Whether
    there is an integer semantics is the operator's `integer_form` to say.

    Requires: int8 activations (`SignBytes`), known quantisations (`Annotate`).
    Ensures: every float node that reads a Dequantize lacks an integer form, or its result is
    needed as float or in several quantisations.
    """

    name: str = "form integer operators"

    def run(self, graph: Graph) -> Graph:
        """The graph with integer operators."""
        return rewrite(graph, _form)


def _form(rw: Rewriter, node: Node) -> Sequence[str] | None:
    ins = rw.in_types(node)
    floats = [i for i, t in enumerate(ins) if t.dtype is DType.FLOAT32]
    sources = [rw.produced_by(node.inputs[i], Dequantize) for i in floats]
    if isinstance(node.op, Quantize) or not any(s and rw.data(s[0].inputs[0]) is None for s in sources):
        return None
    outs = _quantised_results(rw, node)
    if outs is None:
        return None
    return _moved(rw, node, outs) if node.op.moves_data else _computed(rw, node, outs)


def _computed(rw: Rewriter, node: Node, outs: Types) -> Sequence[str] | None:
    for quantise_constants in (True, False):
        operands = integer_operands(rw, node, quantise_constants)
        if operands is None:
            continue
        op = node.op.integer_form(tuple(o.type for o in operands), outs)
        if op is not None:
            names = [o.value(rw) for o in operands]
            return as_floats(rw, node, rw.add(op, names, origins=node.origins, out_types=outs))
    return None


def _moved(rw: Rewriter, node: Node, outs: Types) -> Sequence[str] | None:
    quants = {t.quant for t in outs}
    quant = outs[0].quant
    if len(quants) != 1 or quant is None:
        return None
    operands = moved_operands(rw, node, quant)
    if operands is None:
        return None
    op = node.op.integer_form(tuple(o.type for o in operands), outs)
    if op is None:
        return None
    names = [o.value(rw) for o in operands]
    return as_floats(rw, node, rw.add(op, names, origins=node.origins, out_types=outs))


def _quantised_results(rw: Rewriter, node: Node) -> Types | None:
    """The types of the results as integers; None when a float result is needed in another form."""
    types: list[TensorType] = []
    for out in node.outputs:
        type_ = rw.type(out)
        if type_.dtype is DType.FLOAT32:
            quant = _only_quant(rw.source, out)
            if quant is None:
                return None
            type_ = type_.with_dtype(DType.INT8, quant)
        types.append(type_)
    return tuple(types)


def _only_quant(graph: Graph, name: str) -> Quant | None:
    """The quantisation to which all readers of a value convert it to int8, if there is one."""
    if name in graph.outputs:
        return None
    found = {
        (n.op.dtype, n.op.quant) if isinstance(n.op, Quantize) else (DType.FLOAT32, None)
        for n in graph.consumers[name]
    }
    dtype, quant = found.pop() if len(found) == 1 else (DType.FLOAT32, None)
    return quant if dtype is DType.INT8 and quant is not None and quant.per_tensor else None


def as_floats(rw: Rewriter, node: Node, results: Sequence[str]) -> Sequence[str]:
    """Dequantised results where `node` gave floats."""
    floats = []
    for result, type_ in zip(results, rw.out_types(node), strict=True):
        quant = rw.type(result).quant
        if type_.dtype is DType.FLOAT32 and quant is not None:
            result = rw.add1(Dequantize(quant), result, origins=node.origins)
        floats.append(result)
    return floats
