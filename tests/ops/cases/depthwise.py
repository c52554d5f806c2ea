"""Conv with one input channel a group: strides, dilations, odd channel counts, multipliers, 1-D."""

from __future__ import annotations

from tests.ops.cases.conv import conv_case

CASES = [
    conv_case("plain", (1, 8, 7, 6), (8, 1, 3, 3), group=8, pads=[1, 1, 1, 1]),
    conv_case("odd", (1, 7, 6, 6), (7, 1, 5, 3), group=7, pads=[2, 1, 2, 1]),
    conv_case("strided", (1, 5, 9, 9), (5, 1, 3, 3), group=5, strides=[2, 2], pads=[0, 0, 1, 1]),
    conv_case("dilated", (1, 6, 9, 9), (6, 1, 3, 3), group=6, dilations=[2, 2], pads=[2, 2, 2, 2]),
    conv_case("growing", (1, 4, 5, 5), (4, 1, 2, 2), group=4, pads=[1, 1, 1, 1]),
    conv_case("growing_3x3", (1, 32, 3, 3), (32, 1, 3, 3), group=32, pads=[2, 2, 2, 2]),
    conv_case("large", (1, 6, 9, 13), (6, 1, 3, 3), group=6, pads=[1, 1, 1, 1]),
    conv_case("wide", (1, 4, 12, 11), (4, 1, 7, 7), group=4, strides=[2, 1], pads=[3, 3, 3, 3]),
    conv_case("few_channels", (1, 3, 6, 6), (3, 1, 3, 3), group=3, pads=[1, 1, 1, 1]),
    conv_case("multiplier", (1, 4, 6, 6), (12, 1, 3, 3), group=4, pads=[1, 1, 1, 1]),
    conv_case("one_channel_beside", (1, 128, 10, 10), (128, 1, 3, 3), group=128, pads=[1, 1, 1, 1]),
    conv_case("one_dimension", (1, 6, 11), (6, 1, 5), group=6, pads=[2, 2]),
]
