"""Calls the static inlines of `tc_numeric.h` and `tc_math.h` on whole arrays, compiled by the host's gcc."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

INCLUDE = Path(__file__).resolve().parents[2] / "runtime_c" / "include"
COMPILER = shutil.which("gcc") or shutil.which("clang")
Signatures = dict[str, tuple[str, tuple[str, ...]]]  # name -> (result, operands)

_TYPES = {
    "float": np.float32,
    "int32_t": np.int32,
    "int8_t": np.int8,
    "uint8_t": np.uint8,
    "uint32_t": np.uint32,
}


class HostLibrary:
    """One shared library with a loop around each function, called as `library("expf", array)`."""

    def __init__(
        self, folder: Path, optimisation: str, signatures: dict[str, tuple[str, tuple[str, ...]]]
    ) -> None:
        if COMPILER is None:
            pytest.skip("needs gcc or clang for the host")
        self._signatures = signatures
        source, library = folder / "loops.c", folder / f"loops{optimisation}.so"
        loops = "".join(_loop(name, *signature) for name, signature in signatures.items())
        source.write_text(f'#include "tc_math.h"\n#include "tc_numeric.h"\n{loops}')
        command = [
            COMPILER,
            "-std=c99",
            "-Wall",
            "-Wextra",
            "-Wconversion",
            "-Werror",
            "-pedantic",
            optimisation,
        ]
        command += ["-ffp-contract=off", "-shared", "-fPIC", f"-I{INCLUDE}", str(source), "-o", str(library)]
        subprocess.run(command, check=True, timeout=60)
        self._library = ctypes.CDLL(str(library))

    def __call__(self, name: str, *operands: Any) -> NDArray[Any]:
        result, types = self._signatures[name]
        arrays = np.broadcast_arrays(*operands)
        arrays = [np.ascontiguousarray(a, dtype=_TYPES[t]) for a, t in zip(arrays, types, strict=True)]
        out = np.empty(arrays[0].shape, dtype=_TYPES[result])
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in [*arrays, out]]
        getattr(self._library, f"loop_{name}")(*pointers, ctypes.c_int(out.size))
        return out


def _loop(name: str, result: str, operands: tuple[str, ...]) -> str:
    parameters = ", ".join(f"const {t} *x{i}" for i, t in enumerate(operands))
    arguments = ", ".join(f"x{i}[n]" for i in range(len(operands)))
    head = f"void loop_{name}({parameters}, {result} *out, int count);\n"
    body = f"{{\n    for (int n = 0; n < count; n++) out[n] = tc_{name}({arguments});\n}}\n"
    return head + head.replace(";", "") + body


@pytest.fixture(scope="session")
def compile_inlines(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Signatures], HostLibrary]:
    """Builds a `HostLibrary` from a compiler's optimisation option and the signatures of tc_ inlines."""
    return lambda optimisation, signatures: HostLibrary(
        tmp_path_factory.mktemp("c"), optimisation, signatures
    )
