"""Networks whose weights are larger than the flash of a board, and such boards."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from tests.boards import resized
from tests.networks.archs import Arch, Block, arch_model
from tinycompile.compiler import Compilation, Options, compile
from tinycompile.plan.rules import Edge
from tinycompile.target import Board, load_board, parse_board

Array = npt.NDArray[Any]

#: Layers of 9, 9, 24 and 26 KB at the end, more than half of the network.
SMALL = Arch(
    "small",
    size=24,
    stem=8,
    blocks=(Block(8, 8, 8, 3, 1), Block(8, 48, 16, 3, 2), Block(16, 96, 96, 3, 2), Block(96, 96, 96, 3, 1)),
    mix=256,
    classes=100,
)


@cache
def model() -> onnx.ModelProto:
    """The network `SMALL`."""
    return arch_model(SMALL)


#: Streamed row by row within 56K; the stage has 9,216 bytes of weights in one layer.
WIDE = Arch(
    "wide",
    size=64,
    stem=16,
    blocks=(Block(16, 16, 16, 3, 1), Block(16, 192, 48, 3, 2), Block(48, 48, 48, 3, 1)),
    mix=96,
    classes=10,
)


@cache
def streamed() -> Compilation:
    """The network `WIDE` with a stage whose weights are fetched."""
    chosen = Options(name="wide", ram=56 << 10, flash=16 << 10, weights="fetch")
    return compile(arch_model(WIDE), board(ram="320K"), options=chosen)


@cache
def board(flash: str = "96K", ram: str = "64K", qspi: str = "16M") -> Board:
    """stm32f746g-disco with other sizes of flash, RAM (in one piece) and external flash."""
    text = load_board("stm32f746g-disco").text
    banks = text[text.index("banks = [") : text.index("\n]", text.index("banks = [")) + 2]
    for old, new in (
        ('size = "1M"', f'size = "{flash}"'),
        (banks, f'address = 0x2000_0000\nsize = "{ram}"'),
        ('size = "16M"', f'size = "{qspi}"'),
        ("stm32f746g-disco", "outside"),
    ):
        assert old in text
        text = text.replace(old, new, 1)
    return parse_board(text, Path("outside.toml"))


def options(weights: str, flash: int | None = None, ram: int | None = None) -> Options:
    """Options under the name `small`."""
    return Options(name="small", weights=weights, flash=flash, ram=ram)


@cache
def compiled(weights: str, flash: int | None = 64 << 10, ram: int | None = 40 << 10) -> Compilation:
    """The network `SMALL` on `board()`."""
    return compile(model(), board(), options=options(weights, flash, ram))


def image(seed: int = 0, size: int = SMALL.size) -> dict[str, Array]:
    """A random input of `SMALL`, or of another size."""
    return {"image": np.random.default_rng(seed).integers(-128, 128, (1, size, size, 3)).astype(np.int8)}


@cache
def spread(dtcm: str, axi_sram: str) -> Compilation:
    """The network `SMALL` on an STM32H743 whose first two memories have these sizes, with weights fetched."""
    target = resized("nucleo-h743zi2", dtcm=dtcm, axi_sram=axi_sram)
    chosen = Options(name="small", flash=24 << 10, weights="fetch", regions=("dtcm", "axi_sram"))
    return compile(model(), target, options=chosen)


@cache
def streamed_apart() -> Compilation:
    """The network `WIDE` in two memories, with a stage whose weights are fetched."""
    target = resized("nucleo-h743zi2", dtcm="4K", axi_sram="96K")
    regions = ("dtcm", "axi_sram")
    chosen = Options(name="wide", ram=60 << 10, flash=4 << 10, weights="fetch", regions=regions)
    return compile(arch_model(WIDE), target, options=chosen)


@cache
def fed() -> Compilation:
    """The network `WIDE` with rows that are fed to a stage whose weights are fetched."""
    chosen = Options(name="wide", ram=56 << 10, flash=4 << 10, weights="fetch", input=Edge.ROWS)
    return compile(arch_model(WIDE), board(ram="320K"), options=chosen)
