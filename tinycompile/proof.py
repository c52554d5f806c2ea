"""The proof of an output folder: its plan.json holds, and is the plan of its code."""

from __future__ import annotations

from pathlib import Path

from tinycompile.artifact import PLAN, load
from tinycompile.check import Certificate, check_plan
from tinycompile.check.codes import OTHER_PROGRAM, UNREADABLE
from tinycompile.errors import Diagnostic, UsageError, VerificationError
from tinycompile.planfile import plan_json


def check_folder(directory: Path) -> Certificate:
    """Replay the plan of a folder, and hold the plan against the Program that the C code was made from.

    Raises:
        UsageError: TC703 or TC910, there is no compilation or no plan.
        VerificationError: TC911 to TC916.
    """
    path, artifact = directory / PLAN, load(directory)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        message = f"'{path}' cannot be read: {reason}"
        raise UsageError(Diagnostic(UNREADABLE, message, (str(path),), "compile the model again")) from error
    found = check_plan(text, str(path))
    if text != plan_json(artifact.program, artifact.board):
        message = f"'{path}' holds, but is not the plan of the code in '{directory}'"
        raise VerificationError(Diagnostic(OTHER_PROGRAM, message, (str(path),), "compile the model again"))
    return found
