"""Writing the arrays of `--out`."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.report.objects import Array

TC_OUT_FILE = declare(
    "TC707",
    "The output file cannot be written",
    "The file of --out lies in a folder that does not exist, is a folder, or is not writable.",
)


def save_outputs(path: Path, outputs: Mapping[str, Array]) -> None:
    """Write an .npz under exactly this name, whole or not at all.

    Raises:
        UsageError: TC707.
    """
    try:
        handle, staged = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                _write(stream, outputs)
            os.replace(staged, path)
        except OSError:
            Path(staged).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UsageError(
            Diagnostic(
                TC_OUT_FILE,
                f"'{path}' cannot be written: {error.strerror}",
                (str(path),),
                "choose another --out",
            )
        ) from error


def _write(stream: IO[bytes], outputs: Mapping[str, Array]) -> None:
    """As `numpy.savez`, for arrays of any name (`file` and names with slashes included)."""
    with zipfile.ZipFile(stream, "w") as archive:
        for name, array in outputs.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
