"""Weights outside the flash as C: sections by region, and the callbacks with every way to fail."""

from __future__ import annotations

import re
import subprocess
import zlib
from pathlib import Path

import pytest

from tests.codegen.compilers import check_c, check_cxx, cross, host, needs_arm_gcc, needs_host_cc, run, write
from tests.networks.outside import compiled, image
from tinycompile.build.compilers import find_arm_gcc, find_host_cc
from tinycompile.plan.fetch_run import weights_file

#: Runs the model with callbacks that fail at the N-th call of begin (argument 1) or of wait (argument 2).
_MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "small.h"

static SMALL_ARENA(arena);
static uint8_t file[SMALL_WEIGHTS_BYTES];
static int begun, awaited, fail_begin, fail_wait, order;
static uint32_t next;
static struct { uint32_t offset, bytes; void *target; } read_;

static int begin(void *context, uint32_t offset, void *target, uint32_t bytes) {
  if (context != file || offset != next || bytes > SMALL_LARGEST_FETCH) order = 1;
  if (offset % 32 || bytes % 32 || (uintptr_t)target % 32 || begun != awaited) order = 2;
  if ((uint8_t *)target < arena || (uint8_t *)target + bytes > arena + SMALL_ARENA_BYTES) order = 3;
  next = offset + bytes;
  read_.offset = offset;
  read_.bytes = bytes;
  read_.target = target;
  memset(target, 0x77, bytes);
  return ++begun == fail_begin ? 5 : 0;
}

static int wait_(void *context) {
  memcpy(read_.target, (const uint8_t *)context + read_.offset, read_.bytes);
  return ++awaited == fail_wait ? -1 : 0;
}

static int blocking(void *context, uint32_t offset, void *target, uint32_t bytes) {
  memcpy(target, (const uint8_t *)context + offset, bytes);
  return 0;
}

int main(int argc, char **argv) {
  small_t net;
  small_fetch_t fetch = {begin, wait_, file}, none = {NULL, wait_, file}, simple = {blocking, NULL, file};
  int8_t first[SMALL_OUT0_BYTES];
  FILE *in = fopen("small_weights.bin", "rb");
  if (argc != 3 || in == NULL || fread(file, 1, sizeof file, in) != sizeof file) return 100;
  fclose(in);
  if (small_init(&net, arena) != SMALL_OK || small_run(&net) != SMALL_NO_FETCH) return 101;
  if (small_set_fetch(&net, NULL) != SMALL_NULL_POINTER) return 102;
  if (small_set_fetch(NULL, &fetch) != SMALL_NULL_POINTER) return 102;
  if (small_set_fetch(&net, &none) != SMALL_NULL_POINTER || small_run(&net) != SMALL_NO_FETCH) return 103;
  if (small_set_fetch(&net, &fetch) != SMALL_OK) return 104;
  fail_begin = atoi(argv[1]);
  fail_wait = atoi(argv[2]);
  if (fread(small_input(&net, 0), 1, SMALL_IN0_BYTES, stdin) != SMALL_IN0_BYTES) return 105;
  if (fail_begin || fail_wait) {
    if (small_run(&net) != SMALL_FETCH_FAILED || order) return 106;
    return 10 * begun + awaited;
  }
  {
    static int8_t copy[SMALL_IN0_BYTES];
    memcpy(copy, small_input(&net, 0), sizeof copy);
    if (small_run(&net) != SMALL_OK || order || begun != awaited || next != SMALL_WEIGHTS_BYTES) return 107;
    memcpy(first, small_output(&net, 0), sizeof first);
    memcpy(small_input(&net, 0), copy, sizeof copy);
  }
  if (small_set_fetch(&net, &simple) != SMALL_OK || small_run(&net) != SMALL_OK) return 108;
  if (memcmp(first, small_output(&net, 0), sizeof first)) return 109;
  fwrite(first, 1, sizeof first, stdout);
  return 0;
}
"""


def _run(folder: Path, begin: int, wait: int) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [folder / "program", str(begin), str(wait)],
        input=image()["image"].tobytes(),
        capture_output=True,
        check=False,
        timeout=60,
        cwd=folder,
    )


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program above, under sanitisers, beside the weights file."""
    folder = write(compiled("fetch").tree, tmp_path_factory.mktemp("fetch"))
    (folder / "main.c").write_text(_MAIN, encoding="utf-8")
    sources = [*compiled("fetch").tree.c_files, "main.c"]
    host("-g", "-fsanitize=address,undefined", *sources, "-o", "program", folder=folder)
    return folder


@needs_host_cc
def test_blocking_and_asynchronous_callbacks_give_the_simulators_bytes(program: Path) -> None:
    done = _run(program, 0, 0)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == compiled("fetch").simulate(image())["classes_q"].tobytes()


@needs_host_cc
def test_failures_end_the_run_at_once(program: Path) -> None:
    """The exit code counts the calls of begin (tens) and wait: nothing is called after a failure."""
    count = len(compiled("fetch").program.fetches)
    assert 2 < count < 10
    for n in range(1, count + 1):
        assert _run(program, n, 0).returncode == 10 * n + n - 1
        assert _run(program, 0, n).returncode == 10 * n + n


def test_the_file_is_what_the_header_says() -> None:
    compilation = compiled("fetch")
    header = compilation.tree.files["small.h"]
    (data,) = compilation.tree.binaries.values()
    assert list(compilation.tree.binaries) == ["small_weights.bin"]
    assert data == weights_file(compilation.program)
    assert f"#define SMALL_WEIGHTS_BYTES {len(data)}u" in header
    assert f"#define SMALL_WEIGHTS_CRC32 0x{zlib.crc32(data):08X}u" in header
    assert "#define SMALL_ARENA_ALIGN 32u" in header
    fetched = [p.name for f in compilation.program.fetches for p in f.parts]
    assert not [n for n in fetched if f"small_{n}[" in compilation.tree.files["small_weights.c"]]


def test_without_outside_weights_nothing_changes() -> None:
    tree = compiled("internal", None).tree
    assert "fetch" not in "".join(tree.files[n] for n in ("small.h", "small.c"))
    assert "SMALL_CONST_QSPI" not in tree.files["small_weights.h"]
    assert not tree.binaries


def test_the_digest_covers_the_weights_file() -> None:
    assert compiled("fetch").tree.digest != compiled("fetch", 32 << 10).tree.digest


@needs_host_cc
@pytest.mark.parametrize("weights", ["fetch", "qspi"])
def test_compiles_as_c_and_cxx_without_a_warning(weights: str, tmp_path: Path) -> None:
    tree = compiled(weights).tree
    check_c(write(tree, tmp_path), tree.c_files)
    check_cxx(tmp_path, ["small.h", "small_weights.h"])


@needs_host_cc
def test_a_cxx_program_fetches(tmp_path: Path) -> None:
    compiler = find_host_cc()
    assert compiler is not None
    tree = compiled("fetch").tree
    write(tree, tmp_path)
    (tmp_path / "main.cpp").write_text(
        '#include "small.h"\nstatic SMALL_ARENA(arena);\n'
        "static int read_it(void *, uint32_t, void *, uint32_t) { return 1; }\n"
        "int main() {\n  small_t net;\n  const small_fetch_t fetch = {read_it, nullptr, nullptr};\n"
        "  if (small_init(&net, arena) != SMALL_OK || small_set_fetch(&net, &fetch) != SMALL_OK) return 1;\n"
        "  return small_run(&net) == SMALL_FETCH_FAILED ? 0 : 2;\n}\n",
        encoding="utf-8",
    )
    host("-c", *tree.c_files, folder=tmp_path)
    objects = sorted(path.name for path in tmp_path.glob("*.o"))
    run(
        [*compiler.command, "-std=c++11", "-pedantic-errors", "main.cpp", *objects, "-o", "program"], tmp_path
    )
    assert subprocess.run([tmp_path / "program"], check=False, timeout=60).returncode == 0


@needs_arm_gcc
def test_mapped_constants_are_in_their_section_unless_the_macro_says_otherwise(tmp_path: Path) -> None:
    compilation, compiler = compiled("qspi"), find_arm_gcc()
    assert compiler is not None
    write(compilation.tree, tmp_path)
    wanted = sum(compilation.program.constants[p.name].nbytes for p in compilation.program.placed)
    size = Path(compiler.command[0]).with_name("arm-none-eabi-size")
    for extra, expected in (((), wanted), (("-DSMALL_CONST_QSPI=",), 0)):
        folder = tmp_path / f"objects{len(extra)}"
        folder.mkdir()
        (made,) = cross(compiler, "cortex-m7-sp", folder, [str(tmp_path / "small_weights.c")], *extra)
        table = run([size if size.exists() else "arm-none-eabi-size", "-A", made], tmp_path)
        found = re.search(r"^\.qspi\s+(\d+)", table, re.MULTILINE)
        assert (int(found.group(1)) if found else 0) == expected
