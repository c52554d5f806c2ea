"""Numbers and texts as C: what is printed reads back as the same bits."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.codegen.compilers import host, needs_host_cc
from tinycompile.codegen import cprint
from tinycompile.ops import Struct

_FLOATS = np.array(
    [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.1,
        1 / 3,
        16777217.0,
        3.4028235e38,
        -3.4028235e38,
        1.1754944e-38,
        1.1754942e-38,
        1e-45,
        -1e-45,
        7e-45,
        np.inf,
        -np.inf,
        np.nan,
    ],
    np.float32,
)
_INTEGER_TYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


@needs_host_cc
def test_constants_read_back_bit_for_bit(tmp_path: Path) -> None:
    random = np.random.default_rng(0).integers(0, 1 << 32, 2000, dtype=np.uint32).view(np.float32)
    arrays = {
        "f": np.concatenate([_FLOATS, random[~np.isnan(random)]]),
        "empty": np.zeros(0, np.int8),
        "flags": np.array([True, False]),
        **{f"i_{name}": _extremes(name) for name in _INTEGER_TYPES},
    }
    text = ['#include "tc_common.h"']
    for name, array in arrays.items():
        body = "\n".join(cprint.array_lines(array))
        head = f"const {cprint.element_type(array)} {name}[{max(1, array.size)}]"
        text += [f"extern {head};", f"{head} = {{", body, "};"]
    (tmp_path / "constants.c").write_text("\n".join(text) + "\n", encoding="utf-8")
    library = _library(tmp_path)
    for name, array in arrays.items():
        raw = (ctypes.c_char * array.nbytes).in_dll(library, name).raw
        assert raw == array.tobytes(), name


def test_a_nan_is_the_quiet_one_whatever_its_payload() -> None:
    payloads = np.array([0x7FC00001, 0xFFC00000, 0x7F800001], np.uint32).view(np.float32)
    assert {cprint.real(float(p)) for p in payloads} == {"TC_NAN"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-(2**31), "(-2147483647 - 1)"),
        (-(2**63), "(-9223372036854775807LL - 1)"),
        (2**31 - 1, "2147483647"),
        (2**31, "2147483648U"),
        (2**32, "4294967296LL"),
        (-(2**31) - 1, "-2147483649LL"),
        (2**64 - 1, "18446744073709551615ULL"),
    ],
)
def test_integer_literals(value: int, text: str) -> None:
    assert cprint.integer(value) == text


def test_parameter_blocks_are_positional() -> None:
    block = Struct("tc_x_t", (("n", 3), ("lo", -np.inf), ("steps", (1, -2))))
    assert cprint.initialiser(block) == "{/* n */ 3, /* lo */ -TC_INFINITY, /* steps */ {1, -2}}"


def test_long_parameter_blocks_are_wrapped() -> None:
    block = Struct("tc_x_t", tuple((f"field_{i}", i) for i in range(20)))
    text = cprint.initialiser(block, "  ", 60)
    lines = text.splitlines()
    assert (lines[0], lines[-1]) == ("{", "  }") and max(map(len, lines)) <= 64
    assert " ".join(text.split()) == cprint.initialiser(block, width=10_000).replace("{", "{ ").replace(
        "}", " }"
    )


def test_lines_are_wrapped() -> None:
    lines = cprint.array_lines(np.arange(1000, dtype=np.int32))
    assert max(map(len, lines)) <= 108
    assert [int(w) for w in "".join(lines).split(",")] == list(range(1000))


@given(st.text())
def test_no_text_ends_a_comment(text: str) -> None:
    shown = cprint.comment(text)
    assert not any(bad in shown for bad in ("*/", "/*", "??", "\\", "\n"))
    assert shown.isascii()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("conv*/ #error", "conv* / #error"),
        ("*\\", "* /"),
        ("/*/", "/ * /"),
        ("???/", "? ? ?/"),
        ("é\n", "? ?"),
    ],
)
def test_comments(text: str, shown: str) -> None:
    assert cprint.comment(text) == shown


@needs_host_cc
def test_strings_read_back(tmp_path: Path) -> None:
    texts = ['quo"te', "back\\slash", "??/ trigraph ???", "%s %n", "tab\tnewline\n", "naïve", "", "x" * 999]
    literals = [cprint.string(text) for text in texts]
    lines = [f"extern const char s{i}[];\nconst char s{i}[] = {text};" for i, text in enumerate(literals)]
    (tmp_path / "constants.c").write_text("\n".join(lines) + "\n", encoding="utf-8")
    library = _library(tmp_path)
    for index, text in enumerate(texts):
        want = "".join(c if " " <= c <= "~" else "?" for c in text).encode()
        assert (ctypes.c_char * (len(want) + 1)).in_dll(library, f"s{index}").raw == want + b"\0"


def test_long_texts_are_cut() -> None:
    assert len(cprint.string("n" * 100_000)) < 1100 and len(cprint.comment("/" * 100_000)) < 1100


def _extremes(name: str) -> np.ndarray:
    info = np.iinfo(name)
    return np.array([info.min, info.min + 1, 0, 1, info.max - 1, info.max], name)


def _library(folder: Path) -> ctypes.CDLL:
    (folder / "tc_symbols.h").write_text("", encoding="utf-8")
    include = f"-I{Path(__file__).parents[2] / 'runtime_c' / 'include'}"
    host("-I.", include, "-shared", "-fPIC", "constants.c", "-o", "constants.so", folder=folder)
    return ctypes.CDLL(str(folder / "constants.so"))
