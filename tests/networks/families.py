"""Further families of networks as users bring them: small, with the constructs that exporters leave in."""

from __future__ import annotations

from collections.abc import Callable

import onnx

from tests.networks.net import Net

Builder = Callable[[], onnx.ModelProto]


def _conv_bn(
    n: Net, x: str, channels: int, kernel: int = 3, stride: int = 1, groups: int = 1, dilation: int = 1
) -> str:
    y = n.conv(x, channels, kernel, stride=stride, groups=groups, dilation=dilation, bias=False)
    return n.batch_norm(y)


def _relu(n: Net, x: str, channels: int, kernel: int = 3, stride: int = 1, dilation: int = 1) -> str:
    return n.relu(_conv_bn(n, x, channels, kernel, stride, dilation=dilation))


def _inverted(n: Net, x: str, channels: int, kernel: int, stride: int, expand: int) -> str:
    wide = n.channels[x] * expand
    y = n.clip(_conv_bn(n, x, wide, 1), 0.0, 6.0)
    y = n.clip(_conv_bn(n, y, wide, kernel, stride, wide), 0.0, 6.0)
    y = _conv_bn(n, y, channels, 1)
    return n.add(x, y) if stride == 1 and n.channels[x] == channels else y


def proxyless() -> onnx.ModelProto:
    """Inverted residuals with kernels of 3, 5 and 7."""
    n = Net("proxyless", 13)
    x = _relu(n, n.input("batch", 3, 40, 40), 8, stride=2)
    for kernel, channels, stride in ((5, 8, 1), (7, 12, 2), (3, 12, 1), (7, 16, 1), (7, 24, 2)):
        x = _inverted(n, x, channels, kernel, stride, 3)
    return n.model(n.classifier(x))


def _ghost(n: Net, x: str, channels: int, *, relu: bool = True) -> str:
    """Half of the channels from a 1x1, the others from those; cut to an odd number of them."""
    half = (channels + 1) // 2
    a = _conv_bn(n, x, half, 1)
    a = n.relu(a) if relu else a
    b = _conv_bn(n, a, half, groups=half)
    both = n.concat(a, n.relu(b) if relu else b)
    return n.op("Slice", both, n.ints(0), n.ints(channels), n.ints(1), n.ints(1), channels=channels)


def ghostnet() -> onnx.ModelProto:
    n = Net("ghostnet", 11)
    x = _relu(n, n.input(1, 3, 36, 36), 8, stride=2)
    for wide, channels, stride in ((15, 8, 1), (24, 12, 2), (36, 12, 1), (36, 20, 2)):
        y = _ghost(n, x, wide)
        y = _conv_bn(n, y, wide, stride=stride, groups=wide) if stride > 1 else y
        y = _ghost(n, y, channels, relu=False)
        if stride > 1 or n.channels[x] != channels:
            x = _conv_bn(n, _conv_bn(n, x, n.channels[x], 3, stride, n.channels[x]), channels, 1)
        x = n.add(x, y)
    return n.model(n.classifier(x))


def squeezed_pools() -> onnx.ModelProto:
    """Fire modules behind pools whose last window hangs over the edge."""
    n = Net("squeezed_pools", 12)
    x = n.relu(n.conv(n.input(1, 3, 48, 48), 16, 3, stride=2, pads=(0, 0, 0, 0)))
    for squeeze, expand in ((4, 16), (8, 24)):
        x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
        for _ in range(2):
            s = n.relu(n.conv(x, squeeze, 1))
            x = n.concat(n.relu(n.conv(s, expand, 1)), n.relu(n.conv(s, expand, 3)))
    return n.model(n.op("Flatten", n.op("GlobalAveragePool", n.relu(n.conv(x, 10, 1)))))


def fomo() -> onnx.ModelProto:
    """A grid of class probabilities: softmax over channels."""
    n = Net("fomo", 13)
    x = _relu(n, n.input(1, 3, 48, 48), 8, stride=2)
    for channels, stride in ((8, 2), (8, 1), (16, 2), (16, 1)):
        x = _inverted(n, x, channels, 3, stride, 4)
    return n.model(n.op("Softmax", n.conv(n.relu(n.conv(x, 24, 1)), 3, 1), axis=1))


def ssd() -> onnx.ModelProto:
    """Scores and boxes of three grids, joined: two outputs."""
    n = Net("ssd", 13)
    x = _relu(n, n.input("batch", 3, 48, 48), 8, stride=2)
    grids = []
    for channels in (12, 16, 16):
        x = _inverted(n, x, channels, 3, 2, 4)
        grids.append(x)
    outs = []
    for each in (3, 4):
        heads = [n.transpose(n.conv(g, 2 * each, 3), 0, 2, 3, 1) for g in grids]
        outs.append(n.op("Concat", *(n.reshape(h, 1, -1, each) for h in heads), axis=1))
    return n.model(n.op("Softmax", outs[0], axis=2), outs[1])


def _c3(n: Net, x: str, channels: int) -> str:
    def silu(y: str) -> str:
        return n.mul(y, n.op("Sigmoid", y))

    half = channels // 2
    y = silu(_conv_bn(n, x, half, 1))
    y = n.add(y, silu(_conv_bn(n, silu(_conv_bn(n, y, half, 1)), half)))
    return silu(_conv_bn(n, n.concat(y, silu(_conv_bn(n, x, half, 1))), channels, 1))


def yolo5() -> onnx.ModelProto:
    """C3 blocks, a pyramid of pools, an upsampled join, two raw heads."""
    n = Net("yolo5", 13)
    x = _c3(n, _relu(n, n.conv(n.input(1, 3, 48, 48), 8, 6, stride=2, pads=(2, 2, 2, 2)), 12, stride=2), 12)
    y = _c3(n, _relu(n, x, 24, stride=2), 24)
    pools = [_relu(n, y, 12, 1)]
    for _ in range(2):
        pools.append(n.op("MaxPool", pools[-1], kernel_shape=[5, 5], pads=[2, 2, 2, 2]))
    y = _relu(n, n.concat(*pools), 16, 1)
    up = n.op(
        "Resize", y, "", n.const([1, 1, 2, 2]), mode="nearest", nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    )  # fmt: skip
    return n.model(n.conv(_c3(n, n.concat(up, x), 12), 14, 1), n.conv(y, 14, 1))


def repvgg() -> onnx.ModelProto:
    """Three branches, as trained: 3x3, 1x1 and a batch normalisation alone."""
    n = Net("repvgg", 17)
    x = n.input(1, 3, 32, 32)
    for channels, stride in ((12, 2), (12, 1), (16, 2), (16, 1)):
        y = n.add(_conv_bn(n, x, channels, 3, stride), _conv_bn(n, x, channels, 1, stride))
        x = n.relu(n.add(y, n.batch_norm(x)) if stride == 1 else y)
    return n.model(n.gemm(n.mean(x, 2, 3, keepdims=False), 10))


def cbam() -> onnx.ModelProto:
    """Attention over channels (average and maximum through one pair of layers), then over positions."""
    n = Net("cbam", 13)
    x = _relu(n, n.input(1, 3, 32, 32), 12, stride=2)
    for channels in (12, 16):
        squeeze, excite = (n.weights(*s, 1, 1, fan_in=s[1]) for s in ((4, channels), (channels, 4)))
        x = _relu(n, x, channels)
        pooled = [n.op(f"Global{kind}Pool", x) for kind in ("Average", "Max")]
        a, b = (n.op("Conv", n.relu(n.op("Conv", p, squeeze, channels=4)), excite) for p in pooled)
        x = n.mul(x, n.op("Sigmoid", n.add(a, b)))
        maps = n.op("Concat", n.mean(x, 1), n.op("ReduceMax", x, axes=[1], keepdims=1), axis=1, channels=2)
        x = n.mul(x, n.op("Sigmoid", n.conv(maps, 1, 7)))
    return n.model(n.classifier(x))


def deeplab() -> onnx.ModelProto:
    """Dilated branches and a pooled one beside each other, scores at the size of the image."""
    n = Net("deeplab", 13)
    x = _inverted(n, _relu(n, n.input(1, 3, 48, 48), 8, stride=2), 12, 3, 2, 4)
    x = _inverted(n, x, 16, 3, 2, 4)
    pooled = n.relu(n.conv(n.op("GlobalAveragePool", x), 8, 1))

    def resized(y: str, height: int, width: int) -> str:
        sizes = n.ints(1, n.channels[y], height, width)
        return n.op("Resize", y, "", "", sizes, mode="linear", coordinate_transformation_mode="half_pixel")

    parts = [_relu(n, x, 8, kernel, dilation=dilation) for kernel, dilation in ((1, 1), (3, 2), (3, 4))]
    y = n.conv(n.concat(*parts, resized(pooled, 6, 6)), 3, 1)
    return n.model(resized(y, 48, 48))


def causal() -> onnx.ModelProto:
    """A temporal network as PyTorch users write it: padded on both sides, then cut at the end."""
    n = Net("causal", 13)
    x = n.input("batch", 6, 96)
    for dilation in (1, 2, 4):
        y = x
        for _ in range(2):
            pad = 2 * dilation
            y = n.conv(y, 12, (3,), pads=(pad, pad), dilation=dilation)
            y = n.relu(n.op("Slice", y, n.ints(0), n.ints(-pad), n.ints(2), n.ints(1)))
        x = n.relu(n.add(y, x if n.channels[x] == 12 else n.conv(x, 12, (1,))))
    return n.model(n.gemm(n.op("Gather", x, n.const(-1, "int64"), axis=2), 4))


def keras() -> onnx.ModelProto:
    """NHWC in and out with transposes around every block, pads as nodes, bounds of Clip as tensors."""
    n = Net("keras", 13)
    x = n.transpose(n.input("batch", 40, 40, 3), 0, 3, 1, 2)
    n.channels[x] = 3
    for channels, stride in ((8, 2), (16, 2), (16, 1)):
        pads = (0, 0, 0, 0, 0, 0, 1, 1) if stride == 2 else (0, 0, 1, 1, 0, 0, 1, 1)
        x = n.op("Pad", x, n.ints(*pads))
        x = n.batch_norm(n.conv(x, channels, 3, stride=stride, pads=(0, 0, 0, 0), bias=False))
        x = n.clip(x, 0.0, 6.0)
        x = n.transpose(n.transpose(x, 0, 2, 3, 1), 0, 3, 1, 2)
        n.channels[x] = channels
    x = n.op("Squeeze", n.mean(x, 2, 3), n.ints(2, 3))
    return n.model(
        n.op("Softmax", n.op("Add", n.op("MatMul", x, n.weights(16, 5, fan_in=16)), n.const([0.1] * 5)))
    )


FAMILIES: dict[str, Builder] = {
    f.__name__: f
    for f in (
        proxyless, ghostnet, squeezed_pools, fomo, ssd, yolo5, repvgg, cbam, deeplab, causal, keras,
    )
}  # fmt: skip
