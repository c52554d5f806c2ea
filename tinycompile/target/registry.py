"""The boards that ship with the package, and boards that a user brings as a file."""

from __future__ import annotations

import difflib
from dataclasses import replace
from functools import cache
from pathlib import Path

from tinycompile.errors import Diagnostic, TargetError, declare
from tinycompile.resources import boards_dir
from tinycompile.target.board import Board
from tinycompile.target.cores import CORES
from tinycompile.target.loader import read_board

UNKNOWN_BOARD = declare(
    "TC501",
    "The board is not known",
    "Name one of the boards that `tinycompile boards` lists, or give the path of a board file (.toml).",
)
NO_EMULATOR = declare(
    "TC513",
    "The board has no such emulator",
    "Not every core is modelled by every emulator. `tinycompile boards` lists which can run what.",
)

_SUFFIX = ".toml"
_NEAREST = 3


@cache
def board_names() -> tuple[str, ...]:
    """The names of the boards that ship with the package, sorted."""
    return tuple(sorted(path.stem for path in boards_dir().glob(f"*{_SUFFIX}")))


def load_board(name_or_path: str) -> Board:
    """The board of that name, or the board in that `.toml` file.

    Raises:
        TargetError: TC501 for an unknown name, with the nearest ones; TC502 to TC512 for a file with faults.
    """
    if name_or_path.endswith(_SUFFIX):
        return read_board(Path(name_or_path))
    if name_or_path not in board_names():
        raise TargetError(_unknown(name_or_path))
    return _shipped(name_or_path)


def all_boards() -> tuple[Board, ...]:
    """Every board that ships with the package, in the order of `board_names`."""
    return tuple(_shipped(name) for name in board_names())


def qemu_board(board: Board) -> Board:
    """The board to link firmware for when QEMU runs it.

    It has the core of `board` and the memory map of the QEMU machine: the board's own map, or the map of
    its stand-in.

    Raises:
        TargetError: TC513 when no QEMU machine fits the board.
    """
    machine = board.emulator.qemu if board.emulator else None
    if machine is None:
        raise TargetError(_no_emulator(board, "QEMU"))
    if not machine.stand_in:
        return board
    return replace(load_board(machine.machine), core=board.core)


def unicorn_board(board: Board) -> Board:
    """The board to build firmware for when Unicorn runs it.

    It has the board's own memory map, and a lesser core where Unicorn's model lacks a part of the real one.

    Raises:
        TargetError: TC513 when Unicorn has no model of the core.
    """
    model = board.core.unicorn
    if model is None:
        raise TargetError(_no_emulator(board, "Unicorn"))
    return replace(board, core=CORES[model.build_core])


@cache
def _shipped(name: str) -> Board:
    return read_board(boards_dir() / f"{name}{_SUFFIX}")


def _unknown(name: str) -> Diagnostic:
    near = difflib.get_close_matches(name.lower(), board_names(), n=_NEAREST, cutoff=0.3) or board_names()
    hint = f"nearest: {', '.join(near)}; or give the path of a .toml file"
    return Diagnostic(UNKNOWN_BOARD, f"board '{name}' is not known", (name,), hint)


def _no_emulator(board: Board, emulator: str) -> Diagnostic:
    return Diagnostic(
        NO_EMULATOR,
        f"{emulator} has no machine for {board.name} ({board.core.name})",
        (board.name,),
        "run on another emulator, on the host, or on the board itself",
    )
