"""Networks for audio, sensors and sequences, small, with random weights."""

from __future__ import annotations

import onnx

from tests.networks.builders import Builder
from tests.networks.net import Net


def audio_1d() -> onnx.ModelProto:
    n = Net("audio_1d", 13)
    x = n.input("n", 1, 320)
    for channels, kernel, stride in ((8, 15, 4), (16, 3, 1), (24, 3, 1)):
        x = n.relu(n.batch_norm(n.conv(x, channels, (kernel,), stride=stride)))
        x = n.op("MaxPool", x, kernel_shape=[4], strides=[4])
    return n.model(n.op("LogSoftmax", n.gemm(n.op("Flatten", n.mean(x, 2)), 6), axis=-1))


def ds_cnn() -> onnx.ModelProto:
    n = Net("ds_cnn", 13)
    x = n.reshape(n.input(1, 490), 1, 1, 49, 10)
    x = n.relu(n.conv(x, 16, (10, 4), stride=2, pads="SAME_UPPER"))
    for _ in range(2):
        x = n.relu(n.batch_norm(n.conv(x, 16, 3, groups=16)))
        x = n.relu(n.batch_norm(n.conv(x, 16, 1)))
    x = n.op("AveragePool", x, kernel_shape=[25, 5])
    return n.model(n.op("Softmax", n.gemm(n.op("Flatten", x), 12), axis=-1))


def tcn() -> onnx.ModelProto:
    """Causal dilated convolutions: padding on the left only, residuals."""
    n = Net("tcn", 13)
    x = n.input(1, 4, 64)
    for dilation in (1, 2, 4):
        y = n.op("Pad", x, n.ints(0, 0, 2 * dilation, 0, 0, 0))
        y = n.relu(n.conv(y, 12, (3,), pads=(0, 0), dilation=dilation))
        y = n.op("Pad", y, n.ints(0, 0, 2 * dilation, 0, 0, 0))
        y = n.relu(n.conv(y, 12, (3,), pads=(0, 0), dilation=dilation))
        x = n.relu(n.add(y, x if n.channels[x] == 12 else n.conv(x, 12, (1,))))
    last = n.op("Gather", x, n.const(-1, "int64"), axis=2)
    return n.model(n.gemm(last, 5))


def autoencoder() -> onnx.ModelProto:
    n = Net("autoencoder", 13)
    x = n.input(1, 1, 16, 16)
    y = n.relu(n.conv(x, 8, stride=2))
    y = n.relu(n.conv(y, 12, stride=2))
    y = n.reshape(n.relu(n.gemm(n.op("Flatten", y, channels=192), 16)), 1, 1, 4, 4)
    for channels in (12, 8):
        w = n.weights(n.channels[y], channels, 3, 3, fan_in=2 * n.channels[y])
        y = n.relu(
            n.op(
                "ConvTranspose",
                y,
                w,
                kernel_shape=[3, 3],
                strides=[2, 2],
                pads=[1, 1, 1, 1],
                output_padding=[1, 1],
                channels=channels,
            )
        )
    y = n.op("Sigmoid", n.conv(y, 1))
    d = n.op("Sub", x, y)
    return n.model(y, n.mean(n.mul(d, d), 1, 2, 3, keepdims=False))


def mlp() -> onnx.ModelProto:
    n = Net("mlp", 9)
    x = n.input("n", 20)
    x = n.relu(n.gemm(x, 32, trans_b=False))
    x = n.op("Tanh", n.gemm(x, 24))
    x = n.relu(
        n.op("Add", n.op("MatMul", x, n.weights(24, 16, fan_in=24)), n.const(n.rng.normal(0, 0.1, 16)))
    )
    n.channels[x] = 16
    x = n.op("LeakyRelu", n.batch_norm(x), alpha=0.2)
    return n.model(n.op("Softmax", n.gemm(x, 4, trans_b=False), axis=1))


def _layer_norm(n: Net, x: str, width: int, native: bool) -> str:
    scale, bias = n.const(n.rng.uniform(0.5, 1.5, width)), n.const(n.rng.normal(0, 0.2, width))
    if native:
        return n.op("LayerNormalization", x, scale, bias, axis=-1, epsilon=1e-5)
    d = n.op("Sub", x, n.mean(x, -1))
    spread = n.op("Sqrt", n.add(n.mean(n.op("Pow", d, n.const(2.0)), -1), n.const(1e-5)))
    return n.add(n.mul(n.op("Div", d, spread), scale), bias)


def _gelu(n: Net, x: str, native: bool) -> str:
    if native:
        return n.op("Gelu", x)
    y = n.add(n.op("Erf", n.op("Div", x, n.const(2**0.5))), n.const(1.0))
    return n.mul(n.mul(x, y), n.const(0.5))


def _attention(n: Net, x: str, tokens: int, width: int, heads: int) -> str:
    each = width // heads

    def head(perm: tuple[int, ...]) -> str:
        return n.transpose(n.reshape(n.linear(x, width, width), 1, tokens, heads, each), *perm)

    q, k, v = head((0, 2, 1, 3)), head((0, 2, 3, 1)), head((0, 2, 1, 3))
    scores = n.op("Div", n.op("MatMul", q, k), n.const(each**0.5))
    mixed = n.op("MatMul", n.op("Softmax", scores, axis=-1), v)
    return n.linear(n.reshape(n.transpose(mixed, 0, 2, 1, 3), 1, tokens, width), width, width)


def vit(native: bool) -> onnx.ModelProto:
    """`native`: LayerNormalization and Gelu as operators, else as their parts."""
    n = Net(f"vit_{'native' if native else 'parts'}", 20 if native else 13)
    width, tokens = 16, 17
    x = n.conv(n.input(1, 3, 16, 16), width, 4, stride=4, pads=(0, 0, 0, 0))
    x = n.transpose(n.reshape(x, 1, width, 16), 0, 2, 1)
    x = n.op("Concat", n.const(n.rng.normal(0, 1, (1, 1, width))), x, axis=1)
    x = n.add(x, n.const(n.rng.normal(0, 0.2, (1, tokens, width))))
    for _ in range(2):
        x = n.add(x, _attention(n, _layer_norm(n, x, width, native), tokens, width, 2))
        y = _gelu(n, n.linear(_layer_norm(n, x, width, native), width, 2 * width), native)
        x = n.add(x, n.linear(y, 2 * width, width))
    token = n.op("Gather", _layer_norm(n, x, width, native), n.const(0, "int64"), axis=1)
    n.channels[token] = width
    return n.model(n.gemm(token, 10))


def exported_shapes() -> onnx.ModelProto:
    """Reshapes whose target is computed from Shape, as older exporters leave them."""
    n = Net("exported_shapes", 12)
    x = n.input("batch", 3, 8, 8)
    y = n.relu(n.conv(x, 6))
    size = n.op("Shape", y)
    batch = n.op("Unsqueeze", n.op("Gather", size, n.const(0, "int64"), axis=0), axes=[0])
    rest = n.op("Concat", batch, n.ints(-1), axis=0)
    flat = n.op("Reshape", y, rest, channels=6 * 64)
    height = n.op("Gather", size, n.const(2, "int64"), axis=0)
    double = n.op("Cast", n.op("Mul", n.op("Cast", height, to=1), n.const(2.0)), to=7)
    side = n.op("Unsqueeze", double, axes=[0])
    target = n.op("Concat", n.op("Slice", size, n.ints(0), n.ints(2)), side, side, axis=0)
    up = n.op(
        "Resize",
        y,
        n.const([]),
        n.const([]),
        target,
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )
    return n.model(n.gemm(flat, 5), n.conv(up, 2, stride=2))


def siamese() -> onnx.ModelProto:
    """Two inputs through the same weights, then a distance."""
    n = Net("siamese", 13)
    weights = [
        n.weights(8, 1, 3, 3, fan_in=9),
        n.weights(12, 8, 3, 3, fan_in=72),
        n.weights(48, 8, fan_in=48),
    ]
    sides = []
    for name in ("left", "right"):
        x = n.relu(n.op("Conv", n.input(1, 1, 12, 12, name=name), weights[0], strides=[2, 2], pads=[1] * 4))
        x = n.relu(n.op("Conv", x, weights[1], strides=[2, 2], pads=[1] * 4))
        x = n.op("AveragePool", x, kernel_shape=[2, 2], pads=[0, 0, 1, 1], strides=[2, 2])
        sides.append(n.op("MatMul", n.op("Flatten", x), weights[2]))
    gap = n.op("Abs", n.op("Sub", *sides))
    score = n.op("Sigmoid", n.op("Gemm", gap, n.weights(1, 8, fan_in=8), n.const([0.1]), transB=1))
    return n.model(score, n.op("Sqrt", n.op("ReduceSum", n.mul(gap, gap), n.ints(1))))


def gated_1d() -> onnx.ModelProto:
    """A WaveNet-like gate, depth multiplier 2, and a split of channels."""
    n = Net("gated_1d", 18)
    x = n.input(1, 6, 40)
    for dilation in (1, 3):
        y = n.conv(x, 12, (3,), groups=6, dilation=dilation, pads=(dilation, dilation))
        a, b = n.split(y, 2)
        y = n.mul(n.op("Tanh", a), n.op("Sigmoid", b))
        x = n.add(n.conv(y, 6, (1,)), x)
    top = n.op("ReduceMax", x, n.ints(2), keepdims=0)
    return n.model(n.op("ArgMax", x, axis=1, keepdims=0), n.gemm(top, 3))


SEQUENCES: dict[str, Builder] = {
    "audio_1d": audio_1d,
    "ds_cnn": ds_cnn,
    "tcn": tcn,
    "autoencoder": autoencoder,
    "mlp": mlp,
    "vit_native": lambda: vit(True),
    "vit_parts": lambda: vit(False),
    "exported_shapes": exported_shapes,
    "siamese": siamese,
    "gated_1d": gated_1d,
}
