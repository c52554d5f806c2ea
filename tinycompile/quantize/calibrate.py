"""From a float graph to the same graph with Quantize and Dequantize around what can run as int8."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tinycompile.data import match_inputs, to_port_type
from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.ir import DType, Graph, GraphBuilder, Node, Quant, TensorType
from tinycompile.ops.quantise import Dequantize, Quantize
from tinycompile.plan.program import Port
from tinycompile.quantize.bias import mean_errors
from tinycompile.quantize.equalize import equalize
from tinycompile.quantize.options import QuantizeOptions
from tinycompile.quantize.ranges import Progress, collect
from tinycompile.quantize.scales import choose_quants
from tinycompile.quantize.weights import quantise_weights

TC_ALREADY = declare(
    "TC303",
    "The model is quantised already",
    "Calibration data were given for a model that has QuantizeLinear or DequantizeLinear nodes. Leave "
    "--calib away, or start from the float model.",
)
TC_NO_SAMPLES = declare(
    "TC304",
    "No calibration samples",
    "The calibration file holds arrays of length zero. Give at least one sample.",
)

_PROBE = Quant.tensor(1.0, 0)


def quantize(
    graph: Graph,
    calibration: Mapping[str, np.ndarray],
    options: QuantizeOptions,
    progress: Progress | None = None,
) -> Graph:
    """A QDQ graph whose ranges come from `calibration` (input name -> float samples [count, *shape]).

    Raises:
        UsageError: the data do not fit the inputs, hold NaN or no sample, or the model is quantised already.
    """
    if any(isinstance(n.op, Quantize | Dequantize) for n in graph.nodes):
        raise UsageError(Diagnostic(TC_ALREADY, "the model is quantised already", (), "leave --calib away"))
    samples = _samples(graph, calibration)
    if options.equalize:
        graph = equalize(graph)
    weights = {node: _weights(graph, node) for node in graph.nodes if _has_weights(graph, node)}
    names = _quantisable(graph)
    quants = choose_quants(graph, collect(graph, names, samples, options, progress))
    corrections: dict[Node, np.ndarray] = {}
    if options.bias_correction:
        corrections = mean_errors(graph, {n: _real(*w) for n, w in weights.items()}, samples)
    return _insert(graph, quants, weights, corrections)


def _samples(graph: Graph, calibration: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    ports = [Port(n, graph.type(n), 0) for n in graph.inputs]
    found = match_inputs(ports, calibration)
    typed = {p.name: to_port_type(found[p.name], p.type) for p in ports}
    if not typed or any(len(a) == 0 for a in typed.values()):
        raise UsageError(
            Diagnostic(TC_NO_SAMPLES, "the calibration data hold no sample", (), "give some samples")
        )
    return typed


def _has_weights(graph: Graph, node: Node) -> bool:
    operand = node.op.weight_operand
    if operand is None:
        return False
    value = graph.values[node.inputs[operand[0]]]
    return value.is_const and value.type.dtype is DType.FLOAT32 and _has_integer_form(graph, node)


def _weights(graph: Graph, node: Node) -> tuple[np.ndarray, Quant]:
    operand = node.op.weight_operand
    assert operand is not None
    return quantise_weights(graph.values[node.inputs[operand[0]]].array, operand[1])


def _real(quantised: np.ndarray, quant: Quant) -> np.ndarray:
    axis = quant.axis
    assert axis is not None
    shape = [1] * quantised.ndim
    shape[axis] = -1
    return np.asarray(quantised * quant.scales().reshape(shape), dtype=np.float32)


def _has_integer_form(graph: Graph, node: Node) -> bool:
    """Whether the operator computes with integers once its operands and results are int8."""
    weights = node.op.weight_operand

    def as_int8(type_: TensorType, index: int) -> TensorType:
        if type_.dtype is not DType.FLOAT32:
            return type_
        if weights is not None and index == weights[0]:
            channels = type_.shape[weights[1]]
            return type_.with_dtype(DType.INT8, Quant((1.0,) * channels, (0,) * channels, weights[1]))
        if weights is not None and index == weights[0] + 1:
            return type_.with_dtype(DType.INT32)
        return type_.with_dtype(DType.INT8, _PROBE)

    ins = tuple(as_int8(t, i) for i, t in enumerate(graph.in_types(node)))
    outs = tuple(
        t.with_dtype(DType.INT8, _PROBE) if t.dtype is DType.FLOAT32 else t for t in graph.out_types(node)
    )
    return node.op.integer_form(ins, outs) is not None


def _quantisable(graph: Graph) -> list[str]:
    """Float values that some integer-capable node computes or reads; the rest lies inside float islands."""
    capable = {node for node in graph.nodes if _has_integer_form(graph, node)}
    names = []
    for name, value in graph.values.items():
        if value.is_const or value.type.dtype is not DType.FLOAT32:
            continue
        maker = graph.producers.get(name)
        if maker in capable or any(reader in capable for reader in graph.consumers[name]):
            names.append(name)
    return names


def _insert(
    graph: Graph,
    quants: Mapping[str, Quant],
    weights: Mapping[Node, tuple[np.ndarray, Quant]],
    corrections: Mapping[Node, np.ndarray],
) -> Graph:
    b = GraphBuilder(graph.name, fold=False)
    b.values.update({n: v for n, v in graph.values.items() if v.is_const})
    current: dict[str, str] = {}
    for name in graph.inputs:
        b.input(name, graph.type(name))
        current[name] = _pair(b, name, quants[name]) if name in quants else name
    for node in graph.nodes:
        operands = [current.get(n, n) for n in node.inputs]
        if node in weights:
            _use_weights(b, graph, node, operands, weights[node], corrections.get(node))
        outs = b.add(
            node.op, operands, origins=node.origins, hint=node.outputs[0], out_types=graph.out_types(node)
        )
        for name, out in zip(node.outputs, outs, strict=True):
            current[name] = _pair(b, out, quants[name]) if name in quants else out
    b.notes.extend(graph.notes)
    return _renamed_outputs(b.graph([current[n] for n in graph.outputs]), graph.outputs)


def _pair(b: GraphBuilder, name: str, quant: Quant) -> str:
    quantised = b.add1(Quantize(DType.INT8, quant), name, hint=f"{name}.q")
    return b.add1(Dequantize(quant), quantised, hint=f"{name}.dq")


def _use_weights(
    b: GraphBuilder,
    graph: Graph,
    node: Node,
    operands: list[str],
    weights: tuple[np.ndarray, Quant],
    correction: np.ndarray | None,
) -> None:
    """Replace the weights by Dequantize(int8), and take the mean error off the bias."""
    operand = node.op.weight_operand
    assert operand is not None
    index = operand[0]
    data, quant = weights
    stored = b.const(data, f"{node.inputs[index]}.int8", quant)
    operands[index] = b.add1(Dequantize(quant), stored, hint=f"{node.inputs[index]}.dq")
    if correction is None:
        return
    channels = data.shape[operand[1]]
    bias = (
        graph.values[node.inputs[index + 1]].array
        if len(operands) > index + 1
        else np.zeros(channels, np.float32)
    )
    corrected = b.const((bias - correction).astype(np.float32), f"{node.outputs[0]}.bias")
    operands[index + 1 :] = [corrected]


def _renamed_outputs(graph: Graph, names: tuple[str, ...]) -> Graph:
    """Give the outputs their old names back; whatever had them inside is renamed."""
    swap: dict[str, str] = {}
    for new, old in zip(graph.outputs, names, strict=True):
        if new != old:
            swap[new] = old
            if old in graph.values:
                swap[old] = f"{old}.raw"
    values = {swap.get(n, n): replace(v, name=swap.get(n, n)) for n, v in graph.values.items()}
    nodes = tuple(
        replace(
            node,
            inputs=tuple(swap.get(n, n) for n in node.inputs),
            outputs=tuple(swap.get(n, n) for n in node.outputs),
        )
        for node in graph.nodes
    )
    return graph.replaced(nodes=nodes, values=values, outputs=names)
