"""Which memories of a board may hold arenas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.target.board import Attribute, Board, MemoryBank, MemoryRegion
from tinycompile.target.memory import with_defaults

NO_ARENA = declare(
    "TC514",
    "A memory cannot hold an arena",
    "--regions takes names of RAM regions of the board, each once, or `auto` for all inside the chip. Memory "
    "on the instruction port and in the backup domain is left to code and to what must survive a reset.",
)

#: Instead of names: all memories that are good for data, the fastest first.
AUTO = "auto"


def cut_by_speed(board: Board) -> Board:
    """The board with its RAM regions cut where a bank is faster or slower than its neighbour.

    The parts are named by their banks: `dtcm`, `sram1_sram2`. The same board where all banks are alike.
    """
    regions = [part for region in board.regions for part in _parts(region)]
    if len(regions) == len(board.regions):
        return board
    return replace(board, regions=with_defaults(regions))


def placed_board(board: Board, names: Iterable[str]) -> Board:
    """The board that has all of these memories: as it is, or cut by speed."""
    return board if all(board.region(name) for name in names) else cut_by_speed(board)


def arena_memories(board: Board, names: Sequence[str] | None) -> tuple[MemoryRegion, ...]:
    """The memories for the arenas of a model, in order of preference.

    Args:
        board: whose memories they are.
        names: of regions, as the user prefers them; `("auto",)` for all inside the chip, the fastest
            first, of equally fast ones the default first and then the larger; None for the default alone.

    Raises:
        UsageError: TC514, once for each name that cannot be used.
    """
    if names is None:
        return (board.ram,)
    if tuple(names) == (AUTO,):
        inside = [r for r in board.regions if _refusal(r) is None and not r.kind.is_external]
        return tuple(sorted(inside, key=lambda r: (r.speed_rank, not r.default, -r.size, r.address)))
    problems, found = [], []
    for index, name in enumerate(names):
        region = board.region(name)
        reason = f"{board.name} has no memory '{name}'" if region is None else _refusal(region)
        if reason is None and name in names[:index]:
            reason = f"'{name}' is named twice"
        if reason is not None:
            problems.append(_diagnostic(board, name, reason))
        elif region is not None:
            found.append(region)
    if problems or not found:
        raise UsageError(problems or [_diagnostic(board, "", "no memory is named")])
    return tuple(found)


def _parts(region: MemoryRegion) -> list[MemoryRegion]:
    if not region.kind.is_ram:
        return [region]
    runs = [list(run) for _, run in groupby(region.banks, key=lambda bank: bank.speed_rank)]
    return [region] if len(runs) == 1 else [_part(region, run) for run in runs]


def _part(region: MemoryRegion, banks: list[MemoryBank]) -> MemoryRegion:
    return replace(
        region,
        name="_".join(re.sub(r"[^a-z0-9]", "_", bank.name.lower()) for bank in banks),
        address=banks[0].address,
        size=banks[-1].end - banks[0].address,
        attributes=frozenset[Attribute]().union(*(bank.attributes for bank in banks)),
        speed_rank=banks[0].speed_rank,
        default=False,
        banks=tuple(banks),
    )


def _refusal(region: MemoryRegion) -> str | None:
    """Why a region cannot hold an arena; None when it can."""
    if not region.kind.is_ram:
        return f"'{region.name}' is {region.kind.value.replace('_', ' ')}, which programs cannot write"
    if region.has(Attribute.INSTRUCTION):
        return f"'{region.name}' is on the instruction port"
    if region.has(Attribute.BACKUP):
        return f"'{region.name}' is in the backup domain"
    return None


def _diagnostic(board: Board, name: str, reason: str) -> Diagnostic:
    able = [r for r in dict.fromkeys((*board.regions, *cut_by_speed(board).regions)) if _refusal(r) is None]
    hint = "name one or more of " + ", ".join(f"{r.name} ({r.size:,} bytes)" for r in able) + ", or auto"
    return Diagnostic(NO_ARENA, reason, (name,) if name else (), hint)
