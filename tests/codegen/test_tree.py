"""The tree as a whole: the same bytes for the same input, only what is needed, and its CMakeLists.txt."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.codegen.compilers import needs_host_cc, run, write
from tests.codegen.networks import compiled
from tinycompile.codegen.tree import digest_of

_ROOT = Path(__file__).parents[2]
_PRINT = """
from tests.codegen.test_tree import fingerprints
print(fingerprints())
"""


def fingerprints() -> str:
    """SHA-256 of all names and texts of two trees, computed without the project's own digest."""
    trees = [compiled(kind, "wide").tree for kind in ("float32", "int8")]
    texts = ["".join(name + text for name, text in tree.files.items()) for tree in trees]
    return " ".join(hashlib.sha256(text.encode()).hexdigest() for text in texts)


def _fingerprints_elsewhere() -> str:
    """The fingerprints from a process that hashes strings in another way."""
    seed = "1" if os.environ.get("PYTHONHASHSEED") == "0" else "0"
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-c", _PRINT]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_same_bytes_in_every_process() -> None:
    assert _fingerprints_elsewhere() == fingerprints()


@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_the_digest_covers_every_file(kind: str) -> None:
    tree = compiled(kind, "wide").tree
    assert re.fullmatch(r"[0-9a-f]{64}", tree.digest)
    blank = {name: text.replace(tree.digest, "") for name, text in tree.files.items()}
    assert digest_of(blank) == tree.digest
    for name in blank:
        assert digest_of({**blank, name: blank[name] + " "}) != tree.digest
    assert tree.digest != compiled(kind, "wide", seed=9).tree.digest


@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_only_what_is_in_use_is_copied(kind: str) -> None:
    compilation = compiled(kind, "slim", seed=1, wide=False)
    files, program = compilation.tree.files, compilation.program
    kernels = {f"{call.symbol}.c" for call in program.calls}
    own = {f"{program.name}.c", f"{program.name}_weights.c"}
    called = {n for n in compilation.tree.c_files if any(f"{n[:-2]}(" in files[k] for k in kernels)}
    assert kernels | own <= set(compilation.tree.c_files) <= kernels | own | called
    included = set(re.findall(r'#include "([^"]+)"', "".join(files.values())))
    assert {n for n in files if n.endswith(".h")} == included
    assert {Path(name).suffix for name in files} == {".c", ".h", ".txt"}


def test_every_public_function_has_the_prefix() -> None:
    tree = compiled("int8", "wide").tree
    renamed = dict(re.findall(r"^#define (tc_\w+) (\w+)$", tree.files["tc_symbols.h"], re.MULTILINE))
    kernels = {name[:-2] for name in tree.c_files if name.startswith("tc_")}
    assert renamed == {kernel: f"wide_{kernel}" for kernel in kernels}


@needs_host_cc
@pytest.mark.skipif(shutil.which("cmake") is None, reason="cmake is not installed")
def test_cmake_builds_two_models_into_one_program(tmp_path: Path) -> None:
    for kind, name in (("int8", "kws"), ("float32", "ic")):
        write(compiled(kind, name, seed=1, wide=False).tree, tmp_path / name)
    (tmp_path / "main.c").write_text(
        '#include "kws.h"\n#include "ic.h"\nstatic KWS_ARENA(a);\nstatic IC_ARENA(b);\nint main(void) {\n'
        "  kws_t kws;\n  ic_t ic;\n  if (kws_init(&kws, a) != KWS_OK || ic_init(&ic, b) != IC_OK) return 1;\n"
        "  return kws_run(&kws) + ic_run(&ic);\n}\n",
        encoding="utf-8",
    )
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.13)\nproject(app C)\nadd_subdirectory(kws)\nadd_subdirectory(ic)\n"
        "add_executable(app main.c)\ntarget_link_libraries(app PRIVATE kws ic)\n",
        encoding="utf-8",
    )
    run(["cmake", "-S", ".", "-B", "build", "-DCMAKE_BUILD_TYPE=Release", "-Werror=dev"], tmp_path)
    run(["cmake", "--build", "build"], tmp_path)
    assert subprocess.run([tmp_path / "build" / "app"], check=False, timeout=60).returncode == 0
