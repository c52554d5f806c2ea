"""The hand-written example tree as a BuildInput, and its arithmetic in Python."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

from tinycompile.build import BuildInput, IOSlot, Optimize, Samples

TREE = Path(__file__).parent / "example_tree"
ARENA_BYTES = 48
LIVE = (((0, 16), (16, 32)), ((16, 32), (32, 40)))


def demo_model(directory: Path = TREE, optimize: Optimize = "balanced") -> BuildInput:
    """The example tree, or an edited copy of it."""
    return BuildInput(
        directory=directory,
        name="demo",
        sources=tuple(sorted(path.name for path in directory.glob("*.c"))),
        arena_bytes=ARENA_BYTES,
        inputs=(IOSlot(0, 16),),
        outputs=(IOSlot(32, 8),),
        live=LIVE,
        optimize=optimize,
    )


def edited(tmp_path: Path, file: str, old: str, new: str) -> BuildInput:
    """A copy of the example tree in which `old` is replaced in one file."""
    copy = tmp_path / "tree"
    shutil.copytree(TREE, copy)
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new))
    return demo_model(copy)


def demo_samples(count: int) -> Samples:
    """Random inputs."""
    numbers = random.Random(count)
    return [[numbers.randbytes(16)] for _ in range(count)]


def expected(samples: Samples) -> Samples:
    """What the two steps compute, in plain Python integers."""
    return [[_mean(_dense(_signed(sample[0])))] for sample in samples]


def _dense(values: list[int]) -> list[int]:
    weights, bias = _constants()
    sums = [
        b + sum(x * w for x, w in zip(values, row, strict=True)) for b, row in zip(bias, weights, strict=True)
    ]
    return [max(-128, min(127, (total * 0x20000000 + (1 << 34)) >> 35)) for total in sums]


def _mean(values: list[int]) -> bytes:
    pairs = zip(values[::2], values[1::2], strict=True)
    return bytes(int((a + b) / 2) & 0xFF for a, b in pairs)


def _signed(raw: bytes) -> list[int]:
    return [byte - 256 if byte > 127 else byte for byte in raw]


def _constants() -> tuple[list[list[int]], list[int]]:
    text = (TREE / "demo_weights.c").read_text()
    tables = [[int(n) for n in re.findall(r"-?\d+", body)] for body in re.findall(r"= \{(.*?)\}", text, re.S)]
    flat, bias = tables
    return [flat[i : i + 16] for i in range(0, 256, 16)], bias
