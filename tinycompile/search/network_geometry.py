"""A candidate as the planner's light memory evaluation sees it, without ONNX and without weights."""

from __future__ import annotations

from tinycompile.ir import DType
from tinycompile.plan.geometry import Geometry, GeometryBuilder
from tinycompile.search.layers import Add, Conv, Dense, GlobalPool, Layer, Multiply, Pool
from tinycompile.search.network import INPUT, Network
from tinycompile.search.quantised import stored_before


def network_geometry(network: Network, input_dtype: DType = DType.INT8) -> Geometry:
    """The planes and windows of a network in int8, for `tinycompile.plan.peak`.

    Args:
        input_dtype: of the samples; uint8 ones are made int8 by a step of their own.
    """
    builder = GeometryBuilder()
    channels, height, width = network.input
    values = {INPUT: builder.input(height, width, channels)}
    if input_dtype is DType.UINT8:
        values[INPUT] = builder.lookup(values[INPUT])
    for layer in network.layers:
        y = _add(builder, layer, [values[name] for name in layer.inputs])
        for _ in stored_before(layer):
            y = builder.lookup(y)
        values[layer.name] = y
    return builder.build(values[network.output])


def _add(builder: GeometryBuilder, layer: Layer, x: list[int]) -> int:
    match layer:
        case Conv(groups=groups) if groups == builder.plane(x[0]).channels == layer.channels > 1:
            return builder.depthwise(x[0], layer.kernel, layer.stride)
        case Conv():
            return builder.conv(x[0], layer.channels, layer.kernel, layer.stride, groups=layer.groups)
        case Dense():
            return builder.dense(x[0], layer.units)
        case Add():
            return builder.add(*x)
        case Multiply():
            return builder.scale(x[0], x[1])
        case Pool():
            return builder.pool(x[0], layer.kernel, layer.stride)
        case GlobalPool():
            return builder.mean(x[0])
        case _:
            raise TypeError(f"no geometry for {layer.kind}")
