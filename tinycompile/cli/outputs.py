"""Writing files that the user named: whole or not at all."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import numpy as np

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.report.objects import Array

TC_OUT_FILE = declare(
    "TC707",
    "The output file cannot be written",
    "The file of --out (or of -o, where a verb writes one file) lies in a folder that does not exist, is a "
    "folder, or is not writable.",
)


def save_outputs(path: Path, outputs: Mapping[str, Array]) -> None:
    """Write an .npz under exactly this name.

    Raises:
        UsageError: TC707.
    """
    _save(path, lambda stream: _write(stream, outputs), "--out")


def save_text(path: Path, text: str) -> None:
    """Write a text as UTF-8.

    Raises:
        UsageError: TC707.
    """
    _save(path, lambda stream: stream.write(text.encode("utf-8")), "-o")


def _save(path: Path, write: Callable[[IO[bytes]], object], option: str) -> None:
    """Write beside the place, and move it there; the file gets the permissions of a new file."""
    try:
        with tempfile.TemporaryDirectory(prefix=".tinycompile-", dir=path.parent) as folder:
            staged = Path(folder) / "new"
            with staged.open("wb") as stream:
                write(stream)
            staged.replace(path)
    except OSError as error:
        raise UsageError(
            Diagnostic(
                TC_OUT_FILE,
                f"'{path}' cannot be written: {error.strerror}",
                (str(path),),
                f"choose another {option}",
            )
        ) from error


def _write(stream: IO[bytes], outputs: Mapping[str, Array]) -> None:
    """As `numpy.savez`, for arrays of any name (`file` and names with slashes included)."""
    with zipfile.ZipFile(stream, "w") as archive:
        for name, array in outputs.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
