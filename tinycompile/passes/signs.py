"""uint8 activations become int8, so that one set of integer operators serves both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.ir import DType, Graph, Node
from tinycompile.ops.quantise import Dequantize, Quantize, Requantize
from tinycompile.passes.quantised import signed_data, signed_quant, signed_type
from tinycompile.passes.rewrite import Rewriter, rewrite


@dataclass(frozen=True)
class SignBytes:
    """Quantize to uint8 -> Quantize to int8 and a conversion; the same before a Dequantize of uint8.

    The conversions cancel between the two (`MoveInteger`, `CancelPairs`), and are left where bytes
    enter or leave the graph.

    Requires: known quantisations (`Annotate`).
    Ensures: no Quantize to uint8, no Dequantize of uint8, constants included.
    """

    name: str = "make bytes signed"

    def run(self, graph: Graph) -> Graph:
        """The graph with int8 activations."""
        return rewrite(graph, _sign)


def _sign(rw: Rewriter, node: Node) -> Sequence[str] | None:
    if isinstance(node.op, Quantize) and node.op.dtype is DType.UINT8 and node.op.quant.per_tensor:
        signed = rw.add1(
            Quantize(DType.INT8, signed_quant(node.op.quant)), node.inputs[0], origins=node.origins
        )
        return rw.add(Requantize(), [signed], origins=node.origins, out_types=rw.out_types(node))
    if not isinstance(node.op, Dequantize) or rw.type(node.inputs[0]).dtype is not DType.UINT8:
        return None
    x, quant = node.inputs[0], node.op.quant
    data = rw.data(x)
    if data is not None:
        x = rw.const(signed_data(data), x)
    elif rw.type(x).quant == quant and quant.per_tensor:
        x = rw.add1(Requantize(), x, origins=node.origins, out_type=signed_type(rw.type(x)))
    else:
        return None
    return rw.add(Dequantize(signed_quant(quant)), [x], origins=node.origins)
