"""Transpose: images between planes and pixels, in their own place and where that cannot be, other orders."""

from __future__ import annotations

from tests.ops.case import OpCase, TensorSpec


def _case(name: str, shape: tuple[int, ...], perm: list[int]) -> OpCase:
    return OpCase(name, "Transpose", [TensorSpec(shape)], {"perm": perm}, int8=True)


CASES = [
    _case("planes_to_pixels", (1, 3, 24, 16), [0, 2, 3, 1]),
    _case("pixels_to_planes", (1, 17, 13, 5), [0, 3, 1, 2]),
    _case("square_of_many_cycles", (1, 1, 36, 36), [0, 1, 3, 2]),
    _case("batch", (2, 3, 24, 16), [0, 2, 3, 1]),
    _case("small", (3, 4), [1, 0]),
    _case("reversed", (2, 3, 4), [2, 1, 0]),
]
