"""Which memories may hold arenas, against the figures of the datasheets."""

from __future__ import annotations

import pytest

from tinycompile.errors import UsageError
from tinycompile.target import (
    Attribute,
    Board,
    all_boards,
    arena_memories,
    cut_by_speed,
    load_board,
    placed_board,
)

K = 1024

#: board -> its memories for data, the fastest first: name, address, KiB
FASTEST_FIRST = {
    "nucleo-h743zi2": [
        ("dtcm", 0x20000000, 128),
        ("axi_sram", 0x24000000, 512),
        ("d2_sram", 0x30000000, 288),
        ("sram4", 0x38000000, 64),
    ],
    "nucleo-h7a3zi-q": [
        ("dtcm", 0x20000000, 128),
        ("axi_sram", 0x24000000, 1024),
        ("ahb_sram", 0x30000000, 128),
        ("srd_sram", 0x38000000, 32),
    ],
    "stm32f746g-disco": [("dtcm", 0x20000000, 64), ("sram1_sram2", 0x20010000, 256)],
    "stm32n6570-dk": [
        ("dtcm", 0x30000000, 128),
        ("axi_sram", 0x34000000, 4224),
        ("ahb_sram", 0x38000000, 32),
    ],
    "netduinoplus2": [("sram", 0x20000000, 128), ("ccm", 0x10000000, 64)],
    "nucleo-u575zi-q": [("sram", 0x20000000, 768), ("sram4", 0x28000000, 16)],
    "nucleo-f412zg": [("sram", 0x20000000, 256)],
    "nucleo-f446re": [("sram", 0x20000000, 128)],
    "nucleo-l4r5zi": [("sram", 0x20000000, 640)],
    "mps3-an547": [("dtcm", 0x20000000, 512), ("isram", 0x21000000, 4096)],
}


@pytest.mark.parametrize("name", FASTEST_FIRST)
def test_auto(name: str) -> None:
    found = arena_memories(cut_by_speed(load_board(name)), ("auto",))
    assert [(r.name, r.address, r.size // K) for r in found] == FASTEST_FIRST[name]


@pytest.mark.parametrize("board", all_boards(), ids=lambda b: b.name)
def test_auto_is_inside_the_chip_and_never_for_code(board: Board) -> None:
    found = arena_memories(board, ("auto",))
    assert board.ram in found
    for region in found:
        assert region.kind.is_ram and not region.kind.is_external
        assert not region.has(Attribute.BACKUP) and not region.has(Attribute.INSTRUCTION)
        assert region.address != 0


def test_without_names_it_is_the_default() -> None:
    board = load_board("nucleo-h743zi2")
    assert arena_memories(board, None) == (board.ram,)


def test_the_order_of_the_names_is_kept_and_external_memory_may_be_named() -> None:
    board = load_board("stm32f746g-disco")
    names = ("sdram", "ram")
    assert tuple(r.name for r in arena_memories(board, names)) == names


def test_parts_of_a_region_may_be_named() -> None:
    board = load_board("stm32f746g-disco")
    assert placed_board(board, ["ram", "sdram"]) is board
    cut = placed_board(board, ["dtcm"])
    assert [r.name for r in arena_memories(cut, ("dtcm", "sram1_sram2"))] == ["dtcm", "sram1_sram2"]
    dtcm = cut.region("dtcm")
    assert dtcm is not None and dtcm.has(Attribute.TIGHTLY_COUPLED) and not dtcm.has(Attribute.CACHEABLE)
    assert cut.ram.name == "sram1_sram2" and sum(r.default for r in cut.regions) == 2


def test_nothing_is_cut_where_banks_are_alike() -> None:
    for name in ("nucleo-h743zi2", "nucleo-l4r5zi", "stm32n6570-dk"):
        board = load_board(name)
        assert cut_by_speed(board) is board


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("sram9", "no memory 'sram9'"),
        ("flash", "cannot write"),
        ("itcm", "instruction port"),
        ("backup", "backup domain"),
        ("axi_sram", "named twice"),
        ("auto", "no memory 'auto'"),
        ("", "no memory ''"),
    ],
)
def test_what_cannot_hold_an_arena(name: str, word: str) -> None:
    with pytest.raises(UsageError) as caught:
        arena_memories(load_board("nucleo-h743zi2"), ("axi_sram", name))
    (found,) = caught.value.diagnostics
    assert found.code == "TC514"
    assert word in found.message
    assert "dtcm (131,072 bytes)" in found.hint and "itcm" not in found.hint


def test_every_wrong_name_is_reported() -> None:
    with pytest.raises(UsageError) as caught:
        arena_memories(load_board("nucleo-h743zi2"), ("flash", "nowhere"))
    assert len(caught.value.diagnostics) == 2
    with pytest.raises(UsageError, match="TC514"):
        arena_memories(load_board("nucleo-h743zi2"), ())
