"""Output folders: written whole or not at all, and read back for simulation, runs and reports.

The C tree lies flat in the folder; the Program, the source model and the summary lie in `.tinycompile/`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.plan.codec import TC_PROGRAM, constants_to_npz, from_json, to_json
from tinycompile.plan.program import Program

TC_FOREIGN = declare(
    "TC704",
    "Output folder holds foreign files",
    "The output folder has files that tinycompile did not write; it would have to delete or mix them. "
    "Choose an empty or new folder with -o.",
)
TC_OUTPUT = declare(
    "TC705",
    "Output folder cannot be written",
    "The folder or its parent does not exist, is a file, or is not writable.",
)

META = ".tinycompile"
_PROGRAM, _CONSTANTS, _SOURCE, _SUMMARY, _MANIFEST = (
    "program.json",
    "constants.npz",
    "source.onnx",
    "summary.json",
    "manifest.json",
)


@dataclass(frozen=True, eq=False)
class Artifact:
    """A compilation on disk.

    Attributes:
        directory: the folder.
        summary: the object that `compile --json` printed.
        source: the source model as serialised ONNX.
    """

    directory: Path
    program: Program
    summary: Mapping[str, Any]
    source: bytes

    @property
    def c_files(self) -> tuple[str, ...]:
        """The translation units in the folder, sorted."""
        return tuple(sorted(p.name for p in self.directory.glob("*.c")))


def save(
    directory: Path, files: Mapping[str, str], program: Program, source: bytes, summary: Mapping[str, Any]
) -> None:
    """Write a compilation; an earlier one in the same folder is replaced in one step.

    Raises:
        UsageError: TC704 or TC705; nothing is left behind.
    """
    check_target(directory)
    contents: dict[str, bytes] = {name: text.encode("utf-8") for name, text in files.items()}
    contents[f"{META}/{_PROGRAM}"] = to_json(program).encode("utf-8")
    contents[f"{META}/{_CONSTANTS}"] = constants_to_npz(program)
    contents[f"{META}/{_SOURCE}"] = source
    contents[f"{META}/{_SUMMARY}"] = (json.dumps(summary, indent=1) + "\n").encode("utf-8")
    contents[f"{META}/{_MANIFEST}"] = (json.dumps(sorted(contents), indent=1) + "\n").encode("utf-8")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        staged = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    except OSError as error:
        raise _unwritable(directory, error) from error
    try:
        _fill(staged, contents)
        _swap(staged, directory)
    except OSError as error:
        raise _unwritable(directory, error) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def check_target(directory: Path) -> None:
    """Refuse a folder that holds anything but an earlier compilation.

    Raises:
        UsageError: TC704 or TC705.
    """
    if not directory.exists():
        return
    if not directory.is_dir():
        raise UsageError(
            Diagnostic(TC_OUTPUT, f"'{directory}' is not a folder", (str(directory),), "choose another -o")
        )
    manifest = directory / META / _MANIFEST
    known: set[str] = set()
    if manifest.is_file():
        try:
            known = {str(name) for name in json.loads(manifest.read_text(encoding="utf-8"))}
        except (ValueError, OSError):
            known = set()
        known.add(f"{META}/{_MANIFEST}")
    present = {str(p.relative_to(directory).as_posix()) for p in directory.rglob("*") if not p.is_dir()}
    foreign = sorted(present - known)
    if foreign:
        shown = ", ".join(foreign[:5]) + (" ..." if len(foreign) > 5 else "")
        raise UsageError(
            Diagnostic(
                TC_FOREIGN,
                f"'{directory}' holds files that tinycompile did not write: {shown}",
                (str(directory),),
                "choose an empty or new folder with -o",
            )
        )


def load(directory: Path) -> Artifact:
    """Read a compilation back.

    Raises:
        UsageError: TC703.
    """
    meta = directory / META
    try:
        text = (meta / _PROGRAM).read_text(encoding="utf-8")
        constants = (meta / _CONSTANTS).read_bytes()
        source = (meta / _SOURCE).read_bytes()
        summary = json.loads((meta / _SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            Diagnostic(
                TC_PROGRAM,
                f"'{directory}' is not an output folder of `tinycompile compile`",
                (str(directory),),
                "run `tinycompile compile MODEL -o DIR` first",
            )
        ) from error
    return Artifact(directory, from_json(text, constants, str(directory)), summary, source)


def _fill(staged: Path, contents: Mapping[str, bytes]) -> None:
    (staged / META).mkdir()
    for name, data in contents.items():
        (staged / name).write_bytes(data)
    staged.chmod(0o755)


def _swap(staged: Path, directory: Path) -> None:
    """Put `staged` in the place of `directory`; the old folder goes only once the new one is there."""
    if not directory.exists():
        os.replace(staged, directory)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{directory.name}-old-", dir=directory.parent))
    os.replace(directory, old / "was")
    try:
        os.replace(staged, directory)
    except OSError:
        os.replace(old / "was", directory)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _unwritable(directory: Path, error: OSError) -> UsageError:
    return UsageError(
        Diagnostic(
            TC_OUTPUT,
            f"'{directory}' cannot be written: {error.strerror}",
            (str(directory),),
            "choose another -o",
        )
    )
