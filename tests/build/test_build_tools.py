"""Finding tools, caching what they make, and saying what is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tinycompile.build import check, embedded_compiler, host_compiler
from tinycompile.build.cache import cache_dir, cached, digest, trim
from tinycompile.build.compilers import Compiler
from tinycompile.build.cycles import thumb_addresses
from tinycompile.build.process import run_tool
from tinycompile.build.toolchain import Unit, compile_units
from tinycompile.errors import ToolchainError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TINYCOMPILE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def hide(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    for name in names:
        monkeypatch.setattr(f"tinycompile.build.compilers.find_{name}", lambda: None)


def test_doctor_names_every_tool() -> None:
    found = {row.name: row for row in check()}
    assert list(found) == [
        *("zig", "unicorn", "capstone", "pyelftools", "host cc", "arm-none-eabi-gcc"),
        *("qemu-system-arm", "gdb-multiarch", "pyocd", "openocd", "st-flash"),
    ]
    for row in found.values():
        assert row.purpose and row.how_to_get
        assert bool(row.version) == row.found


def test_doctor_finds_nothing_on_an_empty_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    missing = {row.name for row in check() if not row.found}
    assert missing >= {
        "host cc",
        "arm-none-eabi-gcc",
        "qemu-system-arm",
        "gdb-multiarch",
        "openocd",
        "st-flash",
    }


def test_no_embedded_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "zig", "arm_gcc")
    with pytest.raises(ToolchainError, match=r"(?s)TC601.*pip install ziglang.*apt-get install"):
        embedded_compiler()


def test_the_other_embedded_compiler_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    only = Compiler("gcc", ("some-gcc",), "some-gcc 1.0")
    hide(monkeypatch, "zig")
    monkeypatch.setattr("tinycompile.build.compilers.find_arm_gcc", lambda: only)
    assert embedded_compiler("zig") is only


def test_zig_serves_the_host_but_not_the_sanitisers(monkeypatch: pytest.MonkeyPatch) -> None:
    zig = Compiler("zig", ("zig", "cc"), "zig 0.0")
    hide(monkeypatch, "host_cc")
    monkeypatch.setattr("tinycompile.build.compilers.find_zig", lambda: zig)
    assert host_compiler() is zig
    with pytest.raises(ToolchainError, match="TC606"):
        host_compiler(sanitize=True)


def test_program_that_cannot_be_started() -> None:
    with pytest.raises(ToolchainError, match=r"TC601.*no-such-program"):
        run_tool(("no-such-program",), timeout=1)


def test_cache_makes_a_file_once(cache: Path) -> None:
    made = []

    def make(path: Path) -> None:
        made.append(path)
        path.write_text("content")

    first, second = cached("a/b.txt", make), cached("a/b.txt", make)
    assert first == second == cache / "a" / "b.txt"
    assert len(made) == 1
    assert list((cache / "a").iterdir()) == [first]


def test_failed_make_leaves_nothing(cache: Path) -> None:
    def make(path: Path) -> None:
        path.write_text("half")
        raise ToolchainError(())

    with pytest.raises(ToolchainError):
        cached("a/b.txt", make)
    assert list((cache / "a").iterdir()) == []


def test_unwritable_cache_falls_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TINYCOMPILE_CACHE", str(tmp_path / "file" / "below"))
    assert os.access(cache_dir(), os.W_OK)


def test_trim_removes_the_oldest(cache: Path) -> None:
    cache.mkdir()
    for age in (3, 2, 1):
        path = cache / f"{age}.o"
        path.write_bytes(bytes(100))
        os.utime(path, (1000 - age, 1000 - age))
    assert trim(limit_bytes=250) == 100
    assert sorted(path.name for path in cache.iterdir()) == ["1.o", "2.o"]


def test_trim_bears_folders_that_vanish(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process removes its temporary folder between the listing of its parent and its own."""
    (cache / "objects" / "tmp-gone").mkdir(parents=True)
    (cache / "a.o").write_bytes(bytes(100))
    scan = os.scandir

    def vanishing(path: str | Path) -> object:
        if str(path).endswith("tmp-gone"):
            raise FileNotFoundError(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    assert trim(limit_bytes=0) == 100


def test_digest_keeps_parts_apart() -> None:
    assert digest(["ab", "c"]) != digest(["a", "bc"])


def test_objects_follow_their_headers(cache: Path, tmp_path: Path) -> None:
    """An edited header, even an indirect one, makes a new object; an unrelated one does not."""
    assert not cache.exists()
    (tmp_path / "a.c").write_text('#include "a.h"\nint f(void) { return VALUE; }\n')
    (tmp_path / "a.h").write_text('#include "b.h"\n')
    (tmp_path / "b.h").write_text("#define VALUE 1\n")
    compiler = host_compiler()
    (before,) = compile_units(compiler, [Unit(tmp_path / "a.c")], ())
    (tmp_path / "c.h").write_text("")
    assert compile_units(compiler, [Unit(tmp_path / "a.c")], ()) == [before]
    (tmp_path / "b.h").write_text("#define VALUE 2\n")
    assert compile_units(compiler, [Unit(tmp_path / "a.c")], ()) != [before]


def test_thumb_instruction_lengths() -> None:
    """nop; bl; ldr.w; nop: 2, 4, 4 and 2 bytes."""
    code = bytes.fromhex("00bf00f000f8d0f8001000bf")
    assert thumb_addresses(0x100, code) == [0x100, 0x102, 0x106, 0x10A]
