"""Generated trees compile everywhere without a warning, and need nothing but integer or float helpers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.codegen.compilers import check_c, check_cxx, cross, needs_arm_gcc, needs_host_cc, write
from tests.codegen.networks import compiled
from tests.codegen.objects import undefined, writable_bytes
from tinycompile.build.compilers import find_arm_gcc, find_zig

KINDS = ("float32", "int8")
#: Every core, and all operators on the two that differ most: kind, whether the network is wide, core.
BUILDS = (
    ("int8", True, "cortex-m0+"),
    ("float32", True, "cortex-m0+"),
    ("int8", True, "cortex-m4f"),
    ("float32", True, "cortex-m4f"),
    ("int8", False, "cortex-m3"),
    ("float32", False, "cortex-m7-dp"),
    ("float32", False, "cortex-m33"),
    ("int8", False, "cortex-m55"),
)

#: What compilers call on their own: copies, long integers, division, and jump tables of Thumb-1.
_INTEGER_HELPERS = re.compile(
    r"mem(cpy|set|move)|__aeabi_(mem(cpy|set|clr|move)[48]?|u?idiv(mod)?|u?ldivmod|lmul|llsl|llsr|lasr|u?lcmp)"
    r"|__gnu_thumb1_case_\w+|__clzsi2"
)
#: Single precision in software. Nothing of double precision: that would be a slip.
_FLOAT_HELPERS = re.compile(r"__aeabi_(f(r?sub|add|mul|div|cmp(eq|l[et]|g[et]|un))|f2u?[il]z|u?[il]2f)")


@needs_host_cc
@pytest.mark.parametrize("kind", KINDS)
def test_pedantic_c99_and_cxx11(kind: str, tmp_path: Path) -> None:
    tree = compiled(kind, "wide").tree
    check_c(write(tree, tmp_path), tree.c_files)
    assert {path.name: writable_bytes(path) for path in tmp_path.glob("*.o")} == {
        name.replace(".c", ".o"): 0 for name in tree.c_files
    }
    check_cxx(tmp_path, tree.c_files)


@needs_host_cc
def test_every_header_stands_alone(tmp_path: Path) -> None:
    tree = compiled("int8", "wide").tree
    write(tree, tmp_path)
    units = []
    for name in (n for n in tree.files if n.endswith(".h") and not n.endswith("_body.h")):
        units.append(f"alone_{name[:-2]}.c")
        text = f'#include "{name}"\n#include "{name}"\nextern int unit;\nint unit;\n'
        (tmp_path / units[-1]).write_text(text, encoding="utf-8")
    check_cxx(tmp_path, units)


@pytest.mark.qemu
@needs_arm_gcc
@pytest.mark.parametrize(("kind", "wide", "core"), BUILDS)
def test_arm_gcc(kind: str, wide: bool, core: str, tmp_path: Path) -> None:
    compiler = find_arm_gcc()
    assert compiler is not None
    tree = compiled(kind, "wide" if wide else "slim", wide=wide).tree
    objects = cross(compiler, core, write(tree, tmp_path), tree.c_files)
    assert len(objects) == len(tree.c_files)
    assert not any(map(writable_bytes, objects))
    _check_undefined(kind, undefined(objects))


@pytest.mark.skipif(find_zig() is None, reason="zig is not installed")
@pytest.mark.parametrize(
    ("kind", "core"), [("int8", "cortex-m0"), ("float32", "cortex-m4f"), ("int8", "cortex-m33")]
)
def test_zig(kind: str, core: str, tmp_path: Path) -> None:
    compiler = find_zig()
    assert compiler is not None
    tree = compiled(kind, "wide").tree
    objects = cross(compiler, core, write(tree, tmp_path), tree.c_files)
    assert len(objects) == len(tree.c_files)
    assert not any(map(writable_bytes, objects))
    _check_undefined(kind, undefined(objects))


def _check_undefined(kind: str, names: set[str]) -> None:
    """Neither libm nor malloc nor stdio; int8 models without a single float operation in software."""
    needed = {n for n in names if not _INTEGER_HELPERS.fullmatch(n)}
    assert not {n for n in needed if kind == "int8" or not _FLOAT_HELPERS.fullmatch(n)}
