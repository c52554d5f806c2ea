"""The memory map of a board file: reading it, and checking that it can be true."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, pairwise
from typing import TypeVar

from tinycompile.errors import Diagnostic, declare
from tinycompile.target.board import Attribute, MemoryBank, MemoryKind, MemoryRegion
from tinycompile.target.reader import TableReader

OVERLAP = declare(
    "TC507",
    "Two memory regions of a board overlap",
    "Regions are disjoint ranges of addresses. An alias of the same memory is left out.",
)
NO_FLASH = declare(
    "TC508",
    "A board has no flash",
    "Code and weights need a region of the kind flash or external_flash.",
)
NO_RAM = declare(
    "TC509",
    "A board has no RAM",
    "Data, stack and arena need a region of the kind ram or external_ram.",
)
BANK_GAP = declare(
    "TC510",
    "The banks of a region are not contiguous",
    "A region is one range: each bank starts where the one before ends. Make two regions of what is apart.",
)
DEFAULTS = declare(
    "TC511",
    "A board has two default regions for one role",
    "At most one RAM region and one flash region may say default = true.",
)
NAME_TWICE = declare(
    "TC512",
    "A board has two memory regions of one name",
    "Regions are named in linker scripts and reports, so each name stands once.",
)

_Member = TypeVar("_Member", MemoryKind, Attribute)

#: What linker scripts and section names take without quotes.
_REGION_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ADDRESS_LIMIT = 1 << 32
_MOST_RANKS = 9


def read_regions(tables: list[TableReader], file: str, found: list[Diagnostic]) -> list[MemoryRegion]:
    """The regions of the `[[memory]]` tables in order of address, without defaults chosen."""
    regions = [_read_region(table, file, found) for table in tables]
    return sorted(regions, key=lambda region: region.address)


def check_regions(regions: list[MemoryRegion], file: str) -> list[Diagnostic]:
    """What is wrong with a memory map whose single regions are well-formed."""
    found = [
        _diagnostic(OVERLAP, file, f"regions '{a.name}' and '{b.name}' overlap at {b.address:#010x}")
        for a, b in combinations(regions, 2)
        if a.overlaps(b)
    ]
    names = [region.name for region in regions]
    found += [
        _diagnostic(NAME_TWICE, file, f"two regions are named '{name}'")
        for name in sorted(set(names))
        if names.count(name) > 1
    ]
    for code, ram, role in ((NO_FLASH, False, "flash"), (NO_RAM, True, "RAM")):
        members = [region for region in regions if region.kind.is_ram == ram]
        if not members:
            found.append(_diagnostic(code, file, f"there is no {role} region"))
        chosen = [region.name for region in members if region.default]
        if len(chosen) > 1:
            message = f"regions {' and '.join(map(repr, chosen))} are both the default {role}"
            found.append(_diagnostic(DEFAULTS, file, message))
    return found


def with_defaults(regions: list[MemoryRegion]) -> tuple[MemoryRegion, ...]:
    """Regions that `check_regions` accepts, with one default for each role.

    A role without a stated default takes its largest internal region, or the largest external one when
    nothing is internal; of equals the faster, then the lower.
    """
    for ram in (True, False):
        members = [region for region in regions if region.kind.is_ram == ram]
        if not any(region.default for region in members):
            best = min(members, key=lambda r: (r.kind.is_external, -r.size, r.speed_rank, r.address))
            regions = [replace(r, default=True) if r is best else r for r in regions]
    return tuple(regions)


def _read_region(table: TableReader, file: str, found: list[Diagnostic]) -> MemoryRegion:
    name = table.text("name")
    if name and not _REGION_NAME.fullmatch(name):
        table.fault("name", "must be a small letter followed by small letters, digits and underscores")
    kind = _one_of(table, "kind", table.text("kind"), MemoryKind, MemoryKind.RAM)
    attributes = _read_attributes(table)
    rank = table.integer("speed_rank", 0, _MOST_RANKS)
    default = table.flag("default")
    parts = table.tables("banks")
    if parts:
        banks = tuple(_read_bank(part, rank, attributes) for part in parts)
    else:
        banks = (_extent(table, name, rank, attributes),)
    enable = _read_enable(table.table("enable"))
    for key in ("address", "size"):
        if parts and table.has(key):
            table.fault(key, "contradicts `banks`, which place the region")
    table.finish()
    found += [
        _diagnostic(BANK_GAP, file, f"region '{name}': bank '{b.name}' does not start at {a.end:#010x}")
        for a, b in pairwise(banks)
        if a.end != b.address
    ]
    slowest = max(bank.speed_rank for bank in banks)
    size = banks[-1].end - banks[0].address
    return MemoryRegion(name, kind, banks[0].address, size, attributes, slowest, default, banks, enable)


def _read_bank(table: TableReader, rank: int, attributes: frozenset[Attribute]) -> MemoryBank:
    """A bank, with the rank and the attributes of its region where it states none."""
    if table.has("speed_rank"):
        rank = table.integer("speed_rank", 0, _MOST_RANKS)
    if table.has("attributes"):
        attributes = _read_attributes(table)
    bank = _extent(table, table.text("name"), rank, attributes)
    table.finish()
    return bank


def _read_attributes(table: TableReader) -> frozenset[Attribute]:
    return frozenset(
        _one_of(table, "attributes", text, Attribute, Attribute.DMA)
        for text in table.texts("attributes", least=0)
    )


def _read_enable(table: TableReader | None) -> tuple[int, int] | None:
    """`{ register, mask }`: bits that start-up code sets."""
    if table is None:
        return None
    found = (
        table.integer("register", 0, _ADDRESS_LIMIT - 1),
        table.integer("mask", 1, _ADDRESS_LIMIT - 1),
    )
    table.finish()
    return found


def _extent(table: TableReader, name: str, rank: int, attributes: frozenset[Attribute]) -> MemoryBank:
    address, size = table.integer("address", 0, _ADDRESS_LIMIT - 1), table.size("size")
    bank = MemoryBank(name, address, size, rank, attributes)
    if bank.end > _ADDRESS_LIMIT:
        table.fault("size", "goes beyond the 32-bit address space")
    return bank


def _one_of(table: TableReader, key: str, text: str, kinds: type[_Member], otherwise: _Member) -> _Member:
    """The member of an enumeration that the text names."""
    if text in {member.value for member in kinds}:
        return kinds(text)
    if text:
        table.fault(key, f"has '{text}', which is none of {', '.join(kinds)}")
    return otherwise


def _diagnostic(code: str, file: str, message: str) -> Diagnostic:
    return Diagnostic(code, f"{file}: {message}", origins=(file,), hint="see docs/boards.md")
