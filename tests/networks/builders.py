"""Networks of the kinds that run on microcontrollers, small, with random weights."""

from __future__ import annotations

from collections.abc import Callable

import onnx

from tests.networks.net import Net

Builder = Callable[[], onnx.ModelProto]


def _conv_bn(n: Net, x: str, channels: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> str:
    return n.batch_norm(n.conv(x, channels, kernel, stride=stride, groups=groups, bias=False))


def _relu6(n: Net, x: str) -> str:
    return n.clip(x, 0.0, 6.0)


def mobilenet_v1() -> onnx.ModelProto:
    n = Net("mobilenet_v1", 13)
    x = _relu6(n, _conv_bn(n, n.input("batch", 3, 32, 32), 8, stride=2))
    for channels, stride in ((16, 1), (32, 2), (32, 1), (64, 2)):
        x = _relu6(n, _conv_bn(n, x, n.channels[x], stride=stride, groups=n.channels[x]))
        x = _relu6(n, _conv_bn(n, x, channels, 1))
    return n.model(n.op("Softmax", n.classifier(x), axis=1))


def mobilenet_v2() -> onnx.ModelProto:
    n = Net("mobilenet_v2", 11)
    x = _relu6(n, _conv_bn(n, n.input(1, 3, 32, 32), 8, stride=2))
    for channels, stride, expand in ((8, 1, 1), (12, 2, 6), (12, 1, 6), (16, 2, 6), (16, 1, 6), (16, 1, 6)):
        wide = n.channels[x] * expand
        y = x if expand == 1 else _relu6(n, _conv_bn(n, x, wide, 1))
        y = _relu6(n, _conv_bn(n, y, wide, stride=stride, groups=wide))
        y = _conv_bn(n, y, channels, 1)
        x = n.add(x, y) if stride == 1 and n.channels[x] == channels else y
    x = _relu6(n, _conv_bn(n, x, 64, 1))
    return n.model(n.gemm(n.op("Flatten", n.op("GlobalAveragePool", x)), 10))


def _hard_swish(n: Net, x: str) -> str:
    """As older exporters write it: x * clip(x + 3, 0, 6) / 6."""
    gate = n.clip(n.add(x, n.const(3.0)), 0.0, 6.0)
    return n.op("Div", n.mul(x, gate), n.const(6.0))


def _squeeze_excite(n: Net, x: str, gate: Callable[[str], str]) -> str:
    channels = n.channels[x]
    s = n.op("GlobalAveragePool", x)
    s = n.conv(n.relu(n.conv(s, max(4, channels // 4), 1)), channels, 1)
    return n.mul(x, gate(s))


def mobilenet_v3(native: bool) -> onnx.ModelProto:
    """`native`: HardSwish and HardSigmoid as operators, else as their parts."""
    n = Net(f"mobilenet_v3_{'native' if native else 'parts'}", 17 if native else 12)

    def swish(x: str) -> str:
        return n.op("HardSwish", x) if native else _hard_swish(n, x)

    def gate(x: str) -> str:
        if native:
            return n.op("HardSigmoid", x, alpha=1 / 6, beta=0.5)
        return n.op("Div", n.clip(n.add(x, n.const(3.0)), 0.0, 6.0), n.const(6.0))

    x = swish(_conv_bn(n, n.input(1, 3, 32, 32), 8, stride=2))
    for channels, kernel, stride, excite in ((8, 3, 2, True), (12, 3, 2, False), (12, 5, 1, True)):
        wide = 3 * n.channels[x]
        y = swish(_conv_bn(n, x, wide, 1))
        y = swish(_conv_bn(n, y, wide, kernel, stride, wide))
        y = _squeeze_excite(n, y, gate) if excite else y
        y = _conv_bn(n, y, channels, 1)
        x = n.add(y, x) if stride == 1 and n.channels[x] == channels else y
    x = swish(n.conv(n.op("GlobalAveragePool", swish(_conv_bn(n, x, 32, 1))), 48, 1))
    return n.model(n.gemm(n.op("Flatten", x), 10))


def efficientnet() -> onnx.ModelProto:
    n = Net("efficientnet", 14)

    def swish(x: str) -> str:
        return n.mul(x, n.op("Sigmoid", x))

    x = swish(_conv_bn(n, n.input(1, 3, 32, 32), 8, stride=2))
    for channels, kernel, stride in ((8, 3, 1), (16, 5, 2), (16, 3, 1)):
        wide = 4 * n.channels[x]
        y = swish(_conv_bn(n, x, wide, 1))
        y = swish(_conv_bn(n, y, wide, kernel, stride, wide))
        s = n.mean(y, 2, 3)
        s = n.conv(swish(n.conv(s, 4, 1)), wide, 1)
        y = _conv_bn(n, n.mul(n.op("Sigmoid", s), y), channels, 1)
        x = n.add(y, x) if stride == 1 and n.channels[x] == channels else y
    return n.model(n.gemm(n.mean(swish(_conv_bn(n, x, 32, 1)), 2, 3, keepdims=False), 10))


def resnet8() -> onnx.ModelProto:
    n = Net("resnet8", 9)
    x = n.relu(_conv_bn(n, n.input(1, 3, 32, 32), 16))
    for channels, stride in ((16, 1), (32, 2), (64, 2)):
        y = n.relu(_conv_bn(n, x, channels, 3, stride))
        y = _conv_bn(n, y, channels)
        x = n.relu(n.add(y, x if stride == 1 else _conv_bn(n, x, channels, 1, stride)))
    x = n.op("AveragePool", x, kernel_shape=[8, 8])
    return n.model(n.op("Softmax", n.gemm(n.reshape(x, -1, 64), 10), axis=1))


def resnet18() -> onnx.ModelProto:
    n = Net("resnet18", 13)
    x = n.relu(_conv_bn(n, n.input(1, 3, 48, 48), 8, 7, 2))
    x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for channels, stride in ((8, 1), (8, 1), (16, 2), (16, 1), (24, 2), (24, 1), (32, 2), (32, 1)):
        y = _conv_bn(n, n.relu(_conv_bn(n, x, channels, 3, stride)), channels)
        x = n.relu(n.add(y, x if stride == 1 else _conv_bn(n, x, channels, 1, stride)))
    return n.model(n.classifier(x))


def squeezenet() -> onnx.ModelProto:
    n = Net("squeezenet", 9)

    def fire(x: str, squeeze: int, expand: int) -> str:
        s = n.relu(n.conv(x, squeeze, 1))
        return n.concat(n.relu(n.conv(s, expand, 1)), n.relu(n.conv(s, expand, 3)))

    x = n.relu(n.conv(n.input(1, 3, 33, 33), 16, 3, stride=2, pads=(0, 0, 0, 0)))
    for squeeze, expand in ((4, 16), (8, 24)):
        x = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
        x = fire(fire(x, squeeze, expand), squeeze, expand)
    x = n.relu(n.conv(n.op("Dropout", x), 10, 1))
    return n.model(n.op("Softmax", n.reshape(n.op("GlobalAveragePool", x), 1, 10), axis=1))


def inception() -> onnx.ModelProto:
    n = Net("inception", 15)
    x = n.relu(n.conv(n.input(1, 3, 24, 24), 16, 3, stride=2))
    for _ in range(2):
        a = n.relu(n.conv(x, 8, 1))
        b = n.relu(n.conv(n.relu(n.conv(x, 6, 1)), 8, (1, 7)))
        b = n.relu(n.conv(b, 8, (7, 1)))
        c = n.relu(n.conv(n.relu(n.conv(n.relu(n.conv(x, 4, 1)), 6, 3)), 6, 3))
        d = n.op("AveragePool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
        x = n.concat(a, b, c, n.relu(n.conv(d, 4, 1)))
    y = n.op("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    y = n.concat(y, n.op("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1))
    return n.model(n.classifier(y))


def densenet() -> onnx.ModelProto:
    n = Net("densenet", 13)
    x = n.conv(n.input(1, 3, 24, 24), 8, 3, stride=2, bias=False)
    for block in range(2):
        for _ in range(3):
            y = n.conv(n.relu(n.batch_norm(x)), 8, 1, bias=False)
            x = n.concat(x, n.conv(n.relu(n.batch_norm(y)), 4, 3, bias=False))
        if block == 0:
            x = n.conv(n.relu(n.batch_norm(x)), 12, 1, bias=False)
            x = n.op("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
    return n.model(n.classifier(n.relu(n.batch_norm(x))))


def _shuffle(n: Net, x: str, groups: int, height: int, width: int) -> str:
    channels = n.channels[x]
    y = n.reshape(x, 1, groups, channels // groups, height, width)
    return n.reshape(n.transpose(y, 0, 2, 1, 3, 4), 1, channels, height, width)


def shufflenet_v1() -> onnx.ModelProto:
    n = Net("shufflenet_v1", 13)
    x = n.relu(_conv_bn(n, n.input(1, 3, 32, 32), 12, stride=2))
    for stride in (1, 2):
        size = 16
        y = n.relu(_conv_bn(n, x, 12, 1, groups=3))
        y = _shuffle(n, y, 3, size, size)
        y = _conv_bn(n, y, 12, stride=stride, groups=12)
        y = _conv_bn(n, y, 12, 1, groups=3)
        if stride == 1:
            x = n.relu(n.add(x, y))
        else:
            pool = n.op("AveragePool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
            x = n.relu(n.concat(pool, y))
    return n.model(n.classifier(x))


def shufflenet_v2() -> onnx.ModelProto:
    n = Net("shufflenet_v2", 13)
    x = n.relu(_conv_bn(n, n.input(1, 3, 32, 32), 16, stride=2))
    size = 16
    for stride in (1, 2, 1):
        if stride == 1:
            keep, y = n.split(x, 2)
        else:
            size //= 2
            keep = _conv_bn(n, x, n.channels[x], stride=2, groups=n.channels[x])
            keep, y = n.relu(_conv_bn(n, keep, n.channels[x], 1)), x
        wide = n.channels[y]
        y = n.relu(_conv_bn(n, y, wide, 1))
        y = _conv_bn(n, y, wide, stride=stride, groups=wide)
        y = n.relu(_conv_bn(n, y, wide, 1))
        x = _shuffle(n, n.concat(keep, y), 2, size, size)
    return n.model(n.classifier(x))


def unet(mode: str) -> onnx.ModelProto:
    """`mode`: how the decoder grows: `transposed`, `nearest` or `linear`."""
    n = Net(f"unet_{mode}", 13)

    def double(x: str, channels: int) -> str:
        x = n.relu(_conv_bn(n, x, channels))
        return n.relu(_conv_bn(n, x, channels))

    def grow(x: str, channels: int) -> str:
        if mode == "transposed":
            w = n.weights(n.channels[x], channels, 2, 2, fan_in=n.channels[x])
            bias = n.const(n.rng.normal(0, 0.1, channels))
            return n.op("ConvTranspose", x, w, bias, kernel_shape=[2, 2], strides=[2, 2], channels=channels)
        how = {"nearest": "asymmetric", "linear": "half_pixel"}[mode]
        y = n.op(
            "Resize", x, "", n.const([1, 1, 2, 2]), mode=mode, coordinate_transformation_mode=how,
            nearest_mode="floor",
        )  # fmt: skip
        return n.conv(y, channels, 1)

    skips = []
    x = n.input(1, 1, 24, 24)
    for channels in (6, 12):
        x = double(x, channels)
        skips.append(x)
        x = n.op("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    x = double(x, 16)
    for channels in (12, 6):
        x = double(n.concat(skips.pop(), grow(x, channels)), channels)
    return n.model(n.op("Sigmoid", n.conv(x, 1, 1)))


def detector() -> onnx.ModelProto:
    """A feature pyramid with shared-size heads: boxes, and scores as softmax over classes."""
    n = Net("detector", 13)
    x = n.relu(n.conv(n.input(1, 3, 32, 32), 8, stride=2))
    levels = []
    for channels in (16, 24, 32):
        x = n.relu(n.conv(x, channels, stride=2))
        levels.append(x)
    laterals = [n.conv(level, 16, 1) for level in levels]
    for i in (1, 0):
        up = n.op(
            "Resize",
            laterals[i + 1],
            "",
            n.const([1, 1, 2, 2]),
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        laterals[i] = n.add(laterals[i], up)
    boxes, scores = [], []
    for lateral in laterals:
        y = n.relu(n.conv(lateral, 16))
        boxes.append(n.reshape(n.transpose(n.conv(y, 8), 0, 2, 3, 1), 1, -1, 4))
        scores.append(n.reshape(n.transpose(n.conv(y, 6), 0, 2, 3, 1), 1, -1, 3))
    box = n.op("Concat", *boxes, axis=1)
    centre, size = (
        n.op("Slice", box, n.ints(0), n.ints(2), n.ints(2)),
        n.op("Slice", box, n.ints(2), n.ints(4), n.ints(2)),
    )
    corners = n.op("Concat", n.op("Sigmoid", centre), n.op("Sigmoid", size), axis=2)
    return n.model(corners, n.op("Softmax", n.op("Concat", *scores, axis=1), axis=2))


def yolo_head() -> onnx.ModelProto:
    """Two scales of raw predictions, the lower one made by depth to space."""
    n = Net("yolo_head", 11)
    x = n.op("LeakyRelu", _conv_bn(n, n.input(1, 3, 32, 32), 8, stride=2), alpha=0.1)
    x = n.op("LeakyRelu", _conv_bn(n, x, 16, stride=2), alpha=0.1)
    y = n.op("LeakyRelu", _conv_bn(n, n.op("SpaceToDepth", x, blocksize=2, channels=64), 32), alpha=0.1)
    up = n.op("DepthToSpace", y, blocksize=2, mode="CRD", channels=8)
    out = n.op("Sigmoid", n.conv(n.concat(x, up), 12, 1))
    return n.model(n.transpose(n.reshape(out, 1, 2, 6, 8, 8), 0, 1, 3, 4, 2), n.conv(y, 12, 1))


def odd_windows() -> onnx.ModelProto:
    """Windows that exporters do make: even, asymmetric, strided past, dilated, large, grouped."""
    n = Net("odd_windows", 17)
    x = n.relu(n.conv(n.input(1, 4, 29, 31), 8, 4, pads=(1, 2, 2, 1)))
    x = n.relu(n.conv(x, 8, 2, stride=(2, 1), pads="SAME_UPPER"))
    x = n.op("PRelu", n.conv(x, 16, 3, groups=8, dilation=2), n.const(n.rng.uniform(0, 0.5, (16, 1, 1))))
    x = n.relu(n.conv(x, 12, 3, groups=4))
    y = n.relu(n.conv(x, 12, 9, groups=12))
    y = n.op("MaxPool", n.add(x, y), kernel_shape=[3, 2], strides=[2, 2], pads=[0, 1, 1, 0])
    y = n.op(
        "AveragePool", y, kernel_shape=[3, 3], strides=[1, 2], auto_pad="SAME_LOWER", count_include_pad=1
    )
    y = n.op("Pad", y, n.ints(0, 0, 1, 0, 0, 0, 2, 1), n.const(0.0))
    y = n.conv(n.conv(y, 8, 1, stride=3), 8, 2, stride=3, pads="VALID")
    return n.model(n.op("Flatten", y))


BUILDERS: dict[str, Builder] = {
    "mobilenet_v1": mobilenet_v1,
    "mobilenet_v2": mobilenet_v2,
    "mobilenet_v3_native": lambda: mobilenet_v3(True),
    "mobilenet_v3_parts": lambda: mobilenet_v3(False),
    "efficientnet": efficientnet,
    "resnet8": resnet8,
    "resnet18": resnet18,
    "squeezenet": squeezenet,
    "inception": inception,
    "densenet": densenet,
    "shufflenet_v1": shufflenet_v1,
    "shufflenet_v2": shufflenet_v2,
    "unet_transposed": lambda: unet("transposed"),
    "unet_nearest": lambda: unet("nearest"),
    "unet_linear": lambda: unet("linear"),
    "detector": detector,
    "yolo_head": yolo_head,
    "odd_windows": odd_windows,
}
