"""Targets: cores with features and costs, boards with memories. Data and its checks, no subprocess."""

from tinycompile.target.arenas import AUTO, arena_memories, cut_by_speed, placed_board
from tinycompile.target.board import (
    Attribute,
    Board,
    Emulator,
    MemoryBank,
    MemoryKind,
    MemoryRegion,
    Probe,
    QemuMachine,
    SerialPort,
)
from tinycompile.target.core import Core, CycleTable, Feature, ToolchainFlags, UnicornModel
from tinycompile.target.cores import CORES
from tinycompile.target.loader import parse_board
from tinycompile.target.registry import all_boards, board_names, load_board, qemu_board, unicorn_board

__all__ = [
    "AUTO",
    "CORES",
    "Attribute",
    "Board",
    "Core",
    "CycleTable",
    "Emulator",
    "Feature",
    "MemoryBank",
    "MemoryKind",
    "MemoryRegion",
    "Probe",
    "QemuMachine",
    "SerialPort",
    "ToolchainFlags",
    "UnicornModel",
    "all_boards",
    "arena_memories",
    "board_names",
    "cut_by_speed",
    "load_board",
    "parse_board",
    "placed_board",
    "qemu_board",
    "unicorn_board",
]
