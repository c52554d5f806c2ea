"""Board files with faults: each has its code, and names the file and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinycompile.errors import Diagnostic, TargetError
from tinycompile.target import CORES, Attribute, Board, load_board

GOOD = """
name = "mine"
title = "My board"
mcu = "STM32F405RG"
core = "cortex-m4f"
clock_hz = 168_000_000
flash_wait_states = 5
sources = ["DS8626"]
[[memory]]
name = "flash"
kind = "flash"
address = 0x0800_0000
size = "1M"
attributes = ["executable"]
speed_rank = 1
[[memory]]
name = "sram"
kind = "ram"
attributes = ["dma"]
speed_rank = 0
banks = [
  { name = "SRAM1", address = 0x2000_0000, size = "112K" },
  { name = "SRAM2", address = 0x2001_C000, size = 16384 },
]
[[memory]]
name = "ccm"
kind = "ram"
address = 0x1000_0000
size = "64K"
attributes = []
speed_rank = 0
[probe]
interface = "stlink-v2"
serial = { peripheral = "USART2", tx = "PA2", rx = "PA3" }
[qemu]
machine = "netduinoplus2"
stand_in = true
"""

FLASH_TABLE = GOOD[GOOD.index("[[memory]]") : GOOD.index('[[memory]]\nname = "sram"')]
RAM_TABLES = GOOD[GOOD.index('[[memory]]\nname = "sram"') : GOOD.index("[probe]")]
CCM_PLACE = 'address = 0x1000_0000\nsize = "64K"'


def _load(folder: Path, text: str, file: str = "mine.toml") -> Board:
    path = folder / file
    path.write_text(text, encoding="utf-8")
    return load_board(str(path))


def _faults(folder: Path, text: str, file: str = "mine.toml") -> tuple[Diagnostic, ...]:
    with pytest.raises(TargetError) as caught:
        _load(folder, text, file)
    return caught.value.diagnostics


def test_a_good_file_loads_and_chooses_defaults(tmp_path: Path) -> None:
    board = _load(tmp_path, GOOD)
    assert board.ram.name == "sram"
    assert board.ram_bytes == 128 * 1024
    assert board.flash_bytes == 1024 * 1024
    assert [region.name for region in board.regions] == ["flash", "ccm", "sram"]
    assert board.probe is not None
    assert board.probe.on_board
    assert board.probe.pyocd_target is None
    assert board.probe.serial is not None
    assert board.probe.serial.tx == "PA2"


def test_a_stated_default_wins_over_size(tmp_path: Path) -> None:
    board = _load(tmp_path, GOOD.replace(CCM_PLACE, CCM_PLACE + "\ndefault = true"))
    assert board.ram.name == "ccm"


def test_internal_memory_is_preferred_to_larger_external_memory(tmp_path: Path) -> None:
    external = """
[[memory]]
name = "sdram"
kind = "external_ram"
address = 0xC000_0000
size = "8M"
attributes = []
speed_rank = 2
"""
    assert _load(tmp_path, GOOD + external).ram.name == "sram"


def test_probe_and_qemu_may_be_absent(tmp_path: Path) -> None:
    board = _load(tmp_path, GOOD[: GOOD.index("[probe]")])
    assert board.probe is None
    assert board.emulator is not None
    assert board.emulator.qemu is None


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ('kind = "flash"', 'kind = "flash"\nenable = { register = 4 }', "TC503", "memory[0].enable.mask"),
        ('name = "SRAM1",', 'name = "SRAM1", attributes = ["x"],', "TC505", "memory[1].banks[0].attributes"),
        ('title = "My board"\n', "", "TC503", "title"),
        ('kind = "flash"\n', "", "TC503", "memory[0].kind"),
        (CCM_PLACE, 'size = "64K"', "TC503", "memory[2].address"),
        ("clock_hz", "clock_mhz = 168\nclock_hz", "TC504", "clock_mhz"),
        ("[probe]", "[probe]\nsped = 3", "TC504", "probe.sped"),
        ('name = "SRAM1",', 'name = "SRAM1", rank = 2,', "TC504", "memory[1].banks[0].rank"),
        ('title = "My board"', "title = 7", "TC505", "title"),
        ('title = "My board"', 'title = " "', "TC505", "title"),
        ("168_000_000", '"168 MHz"', "TC505", "clock_hz"),
        ("168_000_000", "true", "TC505", "clock_hz"),
        ("168_000_000", "0", "TC505", "clock_hz"),
        ('sources = ["DS8626"]', "sources = []", "TC505", "sources"),
        ('sources = ["DS8626"]', "sources = [1]", "TC505", "sources"),
        ('size = "1M"', 'size = "1 MB"', "TC505", "memory[0].size"),
        ('size = "1M"', "size = 0", "TC505", "memory[0].size"),
        ('size = "1M"', "size = 1.5", "TC505", "memory[0].size"),
        ('size = "1M"', 'size = "4G"', "TC505", "memory[0].size"),
        ('name = "ccm"', 'name = "c c;m"', "TC505", "memory[2].name"),
        ('kind = "flash"', 'kind = "rom"', "TC505", "memory[0].kind"),
        ('["executable"]', '["fast"]', "TC505", "memory[0].attributes"),
        ("banks = [", 'size = "128K"\nbanks = [', "TC505", "memory[1].size"),
        ("stand_in = true", 'stand_in = "yes"', "TC505", "qemu.stand_in"),
        (
            'serial = { peripheral = "USART2", tx = "PA2", rx = "PA3" }',
            'serial = "USART2"',
            "TC505",
            "probe.serial",
        ),
        ('name = "mine"', 'name = "yours"', "TC505", "name"),
        ('"cortex-m4f"', '"cortex-m4ff"', "TC506", "core"),
    ],
)
def test_one_wrong_key(tmp_path: Path, old: str, new: str, code: str, key: str) -> None:
    assert GOOD.count(old) == 1
    (fault,) = _faults(tmp_path, GOOD.replace(old, new))
    assert fault.code == code
    assert fault.origins == ("mine.toml", key)
    assert "mine.toml" in fault.message


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("0x1000_0000", "0x2001_0000", "TC507", ("sram", "ccm", "0x20010000")),
        (FLASH_TABLE, "", "TC508", ("flash",)),
        (RAM_TABLES, "", "TC509", ("RAM",)),
        ("0x2001_C000", "0x2002_0000", "TC510", ("sram", "SRAM2", "0x2001c000")),
        ("speed_rank = 0\n", "speed_rank = 0\ndefault = true\n", "TC511", ("sram", "ccm")),
        ('name = "ccm"', 'name = "sram"', "TC512", ("sram",)),
    ],
)
def test_a_memory_map_that_cannot_be(
    tmp_path: Path, old: str, new: str, code: str, words: tuple[str, ...]
) -> None:
    assert old in GOOD
    (fault,) = _faults(tmp_path, GOOD.replace(old, new))
    assert fault.code == code
    assert all(word in fault.message for word in words)


def test_no_memory_at_all_lacks_both(tmp_path: Path) -> None:
    codes = [fault.code for fault in _faults(tmp_path, GOOD.replace(FLASH_TABLE, "").replace(RAM_TABLES, ""))]
    assert codes == ["TC508", "TC509"]


def test_an_unknown_core_lists_the_known_ones(tmp_path: Path) -> None:
    (fault,) = _faults(tmp_path, GOOD.replace("cortex-m4f", "cortex-m7"))
    assert all(core in fault.hint for core in CORES)


def test_all_faults_of_a_file_are_reported_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('title = "My board"\n', "").replace("cortex-m4f", "z80").replace('"1M"', '"much"')
    assert {fault.code for fault in _faults(tmp_path, text)} == {"TC503", "TC505", "TC506"}


def test_an_empty_file_lacks_every_key(tmp_path: Path) -> None:
    faults = _faults(tmp_path, "")
    assert {fault.code for fault in faults} == {"TC503"}
    assert {fault.origins[1] for fault in faults} >= {"name", "core", "clock_hz", "sources"}


def test_text_that_is_not_toml(tmp_path: Path) -> None:
    (fault,) = _faults(tmp_path, "name = [")
    assert fault.code == "TC502"
    assert "mine.toml" in fault.message


def test_bytes_that_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TargetError, match="TC502"):
        load_board(str(path))


def test_a_folder_is_not_a_board(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").mkdir()
    with pytest.raises(TargetError, match="TC502"):
        load_board(str(tmp_path / "mine.toml"))


def test_banks_may_differ_in_attributes_and_a_register_switches_on(tmp_path: Path) -> None:
    text = GOOD.replace('name = "SRAM1",', 'name = "SRAM1", attributes = ["tightly-coupled"],')
    text = text.replace(CCM_PLACE, CCM_PLACE + "\nenable = { register = 0x4002_3830, mask = 0x10 }")
    board = _load(tmp_path, text)
    first, second = board.ram.banks
    assert first.attributes == {Attribute.TIGHTLY_COUPLED}
    assert second.attributes == board.ram.attributes
    ccm = board.region("ccm")
    assert ccm is not None and ccm.enable == (0x40023830, 0x10)
