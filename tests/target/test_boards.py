"""The shipped boards against the figures of their datasheets, written down here a second time."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from tinycompile.target import Attribute, Board, MemoryKind, all_boards, board_names, load_board, qemu_board

K = 1024
M = 1024 * K
BOARDS = all_boards()

#: name, core, MHz, wait states, flash address, flash KiB, RAM address, RAM KiB
FIGURES = [
    ("nucleo-f446re", "cortex-m4f", 180, 5, 0x08000000, 512, 0x20000000, 128),
    ("nucleo-f401re", "cortex-m4f", 84, 2, 0x08000000, 512, 0x20000000, 96),
    ("nucleo-f412zg", "cortex-m4f", 100, 3, 0x08000000, 1024, 0x20000000, 256),
    ("nucleo-l4r5zi", "cortex-m4f", 120, 5, 0x08000000, 2048, 0x20000000, 640),
    ("stm32f746g-disco", "cortex-m7-sp", 216, 7, 0x08000000, 1024, 0x20000000, 320),
    ("nucleo-h743zi2", "cortex-m7-dp", 480, 4, 0x08000000, 2048, 0x24000000, 512),
    ("nucleo-h7a3zi-q", "cortex-m7-dp", 280, 6, 0x08000000, 2048, 0x24000000, 1024),
    ("nucleo-u575zi-q", "cortex-m33", 160, 4, 0x08000000, 2048, 0x20000000, 768),
    ("nucleo-g071rb", "cortex-m0+", 64, 2, 0x08000000, 128, 0x20000000, 36),
    ("bluepill-f103c8", "cortex-m3", 72, 2, 0x08000000, 64, 0x20000000, 20),
    ("stm32vldiscovery", "cortex-m3", 24, 0, 0x08000000, 128, 0x20000000, 8),
    ("stm32n6570-dk", "cortex-m55", 800, 0, 0x70000000, 128 * K, 0x34000000, 4224),
    ("netduinoplus2", "cortex-m4f", 168, 5, 0x08000000, 1024, 0x20000000, 128),
    ("microbit", "cortex-m0", 16, 0, 0x00000000, 256, 0x20000000, 16),
    ("mps2-an385", "cortex-m3", 25, 0, 0x00000000, 4096, 0x20000000, 4096),
    ("mps2-an386", "cortex-m4f", 25, 0, 0x00000000, 4096, 0x20000000, 4096),
    ("mps2-an500", "cortex-m7-dp", 25, 0, 0x00000000, 4096, 0x20000000, 4096),
    ("mps2-an505", "cortex-m33", 20, 0, 0x10000000, 4096, 0x38000000, 4096),
    ("mps3-an547", "cortex-m55", 32, 0, 0x00000000, 512, 0x21000000, 4096),
    ("host", "host", 1000, 0, 0x00000000, M, 0x40000000, M),
]

#: board, region, its banks as (name, address, KiB)
BANKS = [
    ("nucleo-f446re", "sram", [("SRAM1", 0x20000000, 112), ("SRAM2", 0x2001C000, 16)]),
    (
        "nucleo-l4r5zi",
        "sram",
        [("SRAM1", 0x20000000, 192), ("SRAM2", 0x20030000, 64), ("SRAM3", 0x20040000, 384)],
    ),
    (
        "stm32f746g-disco",
        "ram",
        [("DTCM", 0x20000000, 64), ("SRAM1", 0x20010000, 240), ("SRAM2", 0x2004C000, 16)],
    ),
    (
        "nucleo-h743zi2",
        "d2_sram",
        [("SRAM1", 0x30000000, 128), ("SRAM2", 0x30020000, 128), ("SRAM3", 0x30040000, 32)],
    ),
    (
        "nucleo-h7a3zi-q",
        "axi_sram",
        [("AXI-SRAM1", 0x24000000, 256), ("AXI-SRAM2", 0x24040000, 384), ("AXI-SRAM3", 0x240A0000, 384)],
    ),
    (
        "nucleo-u575zi-q",
        "sram",
        [("SRAM1", 0x20000000, 192), ("SRAM2", 0x20030000, 64), ("SRAM3", 0x20040000, 512)],
    ),
]

#: board, region, kind, address, KiB
OTHER_REGIONS = [
    ("stm32f746g-disco", "itcm", "ram", 0x00000000, 16),
    ("stm32f746g-disco", "qspi", "external_flash", 0x90000000, 16 * K),
    ("stm32f746g-disco", "sdram", "external_ram", 0xC0000000, 8 * K),
    ("nucleo-h743zi2", "itcm", "ram", 0x00000000, 64),
    ("nucleo-h743zi2", "dtcm", "ram", 0x20000000, 128),
    ("nucleo-h743zi2", "sram4", "ram", 0x38000000, 64),
    ("nucleo-h7a3zi-q", "dtcm", "ram", 0x20000000, 128),
    ("nucleo-h7a3zi-q", "ahb_sram", "ram", 0x30000000, 128),
    ("nucleo-h7a3zi-q", "srd_sram", "ram", 0x38000000, 32),
    ("nucleo-u575zi-q", "sram4", "ram", 0x28000000, 16),
    ("stm32n6570-dk", "itcm", "ram", 0x10000000, 64),
    ("stm32n6570-dk", "dtcm", "ram", 0x30000000, 128),
    ("stm32n6570-dk", "psram", "external_ram", 0x90000000, 32 * K),
    ("netduinoplus2", "ccm", "ram", 0x10000000, 64),
]


def _ids(board: Board) -> str:
    return board.name


def test_every_board_has_its_figures_here() -> None:
    assert {row[0] for row in FIGURES} == set(board_names())


@pytest.mark.parametrize(("name", "core", "mhz", "waits", "flash", "flash_k", "ram", "ram_k"), FIGURES)
def test_figures(
    name: str, core: str, mhz: int, waits: int, flash: int, flash_k: int, ram: int, ram_k: int
) -> None:
    board = load_board(name)
    assert (board.core.name, board.clock_hz, board.flash_wait_states) == (core, mhz * 10**6, waits)
    assert (board.flash.address, board.flash_bytes) == (flash, flash_k * K)
    assert (board.ram.address, board.ram_bytes) == (ram, ram_k * K)


@pytest.mark.parametrize(("name", "region", "banks"), BANKS)
def test_banks(name: str, region: str, banks: list[tuple[str, int, int]]) -> None:
    found = load_board(name).region(region)
    assert found is not None
    assert [(bank.name, bank.address, bank.size) for bank in found.banks] == [
        (n, a, k * K) for n, a, k in banks
    ]
    assert found.size == sum(k for _, _, k in banks) * K


@pytest.mark.parametrize(("name", "region", "kind", "address", "kib"), OTHER_REGIONS)
def test_other_regions(name: str, region: str, kind: str, address: int, kib: int) -> None:
    found = load_board(name).region(region)
    assert found is not None
    assert (found.kind, found.address, found.size) == (kind, address, kib * K)


def test_the_n6_has_4_2_megabytes_in_one_piece_and_no_flash_of_its_own() -> None:
    board = load_board("stm32n6570-dk")
    assert board.ram.end == 0x34420000
    assert MemoryKind.FLASH not in {region.kind for region in board.regions}
    assert board.flash.kind is MemoryKind.EXTERNAL_FLASH


def test_the_fastest_bank_of_the_f746_is_its_dtcm() -> None:
    ram = load_board("stm32f746g-disco").ram
    assert min(ram.banks, key=lambda bank: bank.speed_rank).name == "DTCM"
    assert ram.speed_rank == max(bank.speed_rank for bank in ram.banks)


@pytest.mark.parametrize("board", BOARDS, ids=_ids)
def test_regions_are_disjoint_and_made_of_their_banks(board: Board) -> None:
    assert not any(a.overlaps(b) for a, b in combinations(board.regions, 2))
    for region in board.regions:
        assert region.banks[0].address == region.address
        assert all(a.end == b.address for a, b in pairwise(region.banks))
        assert region.banks[-1].end == region.end


@pytest.mark.parametrize("board", BOARDS, ids=_ids)
def test_one_default_for_each_role(board: Board) -> None:
    assert sum(region.default for region in board.regions if region.kind.is_ram) == 1
    assert sum(region.default for region in board.regions if not region.kind.is_ram) == 1
    assert not board.ram.kind.is_external
    assert not board.ram.has(Attribute.BACKUP)
    assert board.flash.has(Attribute.EXECUTABLE)


@pytest.mark.parametrize("board", BOARDS, ids=_ids)
def test_chips_name_datasheet_and_reference_manual(board: Board) -> None:
    text = " ".join(board.sources)
    if board.mcu.startswith("STM32"):
        assert "DS" in text
        assert "RM" in text
    assert board.sources


@pytest.mark.parametrize("board", BOARDS, ids=_ids)
def test_every_core_but_the_host_runs_in_an_emulator(board: Board) -> None:
    if board.core.is_host:
        assert board.emulator is None
        return
    standing_in = qemu_board(board)
    assert standing_in.emulator is not None
    assert standing_in.emulator.qemu is not None
    assert not standing_in.emulator.qemu.stand_in
    assert standing_in.core.isa == load_board(standing_in.name).core.isa
    assert standing_in.core.features <= load_board(standing_in.name).core.features


def test_boards_that_qemu_models_itself() -> None:
    own = {b.name for b in BOARDS if b.emulator and b.emulator.qemu and not b.emulator.qemu.stand_in}
    machines = "mps2-an385 mps2-an386 mps2-an500 mps2-an505 mps3-an547"
    assert own == {*machines.split(), "netduinoplus2", "stm32vldiscovery", "microbit"}
