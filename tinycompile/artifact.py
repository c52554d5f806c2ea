"""Output folders: written whole or not at all, and read back for simulation, runs and reports.

The C tree and the plan lie flat in the folder; the Program, its board, the source model and the summary
lie in `.tinycompile/`.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinycompile.errors import Diagnostic, TargetError, UsageError, declare
from tinycompile.plan.codec import TC_PROGRAM, constants_to_npz, from_json, to_json
from tinycompile.plan.program import Program
from tinycompile.planfile import plan_json
from tinycompile.target import Board, parse_board, placed_board

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

#: How many foreign files a message names.
_SHOWN = 5
META = ".tinycompile"
PLAN = "plan.json"
_PROGRAM, _CONSTANTS, _BOARD, _SOURCE, _SUMMARY, _MANIFEST = (
    "program.json",
    "constants.npz",
    "board.toml",
    "source.onnx",
    "summary.json",
    "manifest.json",
)


@dataclass(frozen=True, eq=False)
class Artifact:
    """A compilation on disk.

    Attributes:
        directory: the folder.
        board: the board of the compilation, as it was described then.
        summary: the object that `compile --json` printed.
        source: the source model as serialised ONNX.
    """

    directory: Path
    program: Program
    board: Board
    summary: Mapping[str, Any]
    source: bytes

    @property
    def c_files(self) -> tuple[str, ...]:
        """The translation units in the folder, sorted."""
        return tuple(sorted(p.name for p in self.directory.glob("*.c")))


def save(
    directory: Path,
    files: Mapping[str, bytes],
    program: Program,
    board: Board,
    source: bytes,
    summary: Mapping[str, Any],
) -> None:
    """Write a compilation; an earlier one in the same folder is replaced as a whole.

    A folder that exists stays the same folder: it may be the current one, a link, or a mount point.

    Raises:
        UsageError: TC704 or TC705; nothing is left behind.
    """
    check_target(directory)
    contents = dict(files)
    contents[PLAN] = plan_json(program, board).encode("utf-8")
    contents[f"{META}/{_PROGRAM}"] = to_json(program).encode("utf-8")
    contents[f"{META}/{_CONSTANTS}"] = constants_to_npz(program)
    contents[f"{META}/{_BOARD}"] = board.text.encode("utf-8")
    contents[f"{META}/{_SOURCE}"] = source
    contents[f"{META}/{_SUMMARY}"] = (json.dumps(summary, indent=1) + "\n").encode("utf-8")
    contents[f"{META}/{_MANIFEST}"] = (json.dumps(sorted(contents), indent=1) + "\n").encode("utf-8")
    try:
        _write(directory.resolve(), contents)
    except OSError as error:
        raise _unwritable(directory, error) from error


def add(directory: Path, files: Mapping[str, str]) -> None:
    """Write files into a folder of ours, or a new one; they go when it is compiled into again.

    Raises:
        UsageError: TC704 or TC705; nothing is left behind.
    """
    check_target(directory)
    names = _known(directory) - {f"{META}/{_MANIFEST}"} | files.keys()
    contents = {**files, f"{META}/{_MANIFEST}": json.dumps(sorted(names), indent=1) + "\n"}
    fresh = [path for path in (directory / META, directory, *directory.parents) if not path.exists()]
    try:
        (directory / META).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tinycompile-", dir=directory) as folder:
            staged = [Path(folder) / str(index) for index in range(len(contents))]
            for path, text in zip(staged, contents.values(), strict=True):
                path.write_text(text, encoding="utf-8")
            for path, name in zip(staged, contents, strict=True):
                path.replace(directory / name)
    except BaseException as error:
        for path in fresh:
            with contextlib.suppress(OSError):
                path.rmdir()
        if isinstance(error, OSError):
            raise _unwritable(directory, error) from error
        raise


def check_target(directory: Path) -> None:
    """Refuse a folder that holds anything but an earlier compilation, or that cannot be written.

    Raises:
        UsageError: TC704 or TC705.
    """
    nearest = next(path for path in (directory, *directory.absolute().parents) if path.exists())
    if not nearest.is_dir():
        raise UsageError(
            Diagnostic(TC_OUTPUT, f"'{nearest}' is not a folder", (str(directory),), "choose another -o")
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise _unwritable(directory, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
    if nearest != directory:
        return
    foreign = _foreign(directory)
    if foreign:
        shown = ", ".join(foreign[:_SHOWN]) + (" ..." if len(foreign) > _SHOWN else "")
        raise UsageError(
            Diagnostic(
                TC_FOREIGN,
                f"'{directory}' holds files that tinycompile did not write: {shown}",
                (str(directory),),
                "choose an empty or new folder with -o",
            )
        )


def _foreign(directory: Path) -> list[str]:
    """The first files below the folder that are not of its compilation.

    The folder may be a whole disk, with parts that cannot be read: nothing is walked that need not be.
    """
    known, found = _known(directory), []
    for place, folders, names in os.walk(directory):
        folders.sort()
        paths = (Path(place, name).relative_to(directory).as_posix() for name in sorted(names))
        found += [path for path in paths if path not in known]
        if len(found) > _SHOWN:
            break
    return found


def load(directory: Path) -> Artifact:
    """Read a compilation back.

    Raises:
        UsageError: TC703.
    """
    meta = directory / META
    try:
        text = (meta / _PROGRAM).read_text(encoding="utf-8")
        constants = (meta / _CONSTANTS).read_bytes()
        board_text = (meta / _BOARD).read_text(encoding="utf-8")
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
    program = from_json(text, constants, str(directory))
    return Artifact(directory, program, _board(board_text, program, directory), summary, source)


def _board(text: str, program: Program, directory: Path) -> Board:
    try:
        board = parse_board(text, Path(f"{program.board}.toml"))
        return placed_board(board, [region.name for region in program.regions])
    except TargetError as error:
        raise UsageError(
            Diagnostic(
                TC_PROGRAM,
                f"'{directory}' holds no readable board: {error.diagnostics[0].message}",
                (str(directory),),
                "compile the model again",
            )
        ) from error


def _known(directory: Path) -> set[str]:
    """The files of the compilation in `directory`; none when there is none."""
    manifest = directory / META / _MANIFEST
    try:
        names = {str(name) for name in json.loads(manifest.read_text(encoding="utf-8"))}
    except (ValueError, TypeError, OSError):
        return set()
    return names | {f"{META}/{_MANIFEST}"}


def _write(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files beside their place, on the same file system, and move them there."""
    fresh = not directory.exists()
    place = directory.parent if fresh else directory
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".tinycompile-", dir=place, ignore_cleanup_errors=True) as folder:
        new, old = Path(folder) / "new", Path(folder) / "old"
        (new / META).mkdir(parents=True)
        for name, data in contents.items():
            (new / name).write_bytes(data)
        if fresh:
            new.rename(directory)
            return
        old.mkdir()
        _exchange(new, old, directory, {name.split("/")[0] for name in _known(directory)})


def _exchange(new: Path, old: Path, directory: Path, known: set[str]) -> None:
    """Move `known` from `directory` to `old` and all of `new` into it, or leave everything where it is."""
    moves = [(directory / name, old / name) for name in sorted(known) if (directory / name).exists()]
    moves += [(path, directory / path.name) for path in sorted(new.iterdir())]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            source.rename(target)
            done.append((source, target))
    except BaseException:
        for source, target in reversed(done):
            target.rename(source)
        raise


def _unwritable(directory: Path, error: OSError) -> UsageError:
    return UsageError(
        Diagnostic(
            TC_OUTPUT,
            f"'{directory}' cannot be written: {error.strerror}",
            (str(directory),),
            "choose another -o",
        )
    )
