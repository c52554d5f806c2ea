"""Diagnostics and the exceptions that carry them.

Every message a user can see has a code, says what was found, names the nodes or files it came
from in the words of the source model, and says what to do. The exception class says which kind
of action helps, and fixes the exit code of the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: code -> (title, what it means and what to do). Printed as docs/diagnostics.md.
CATALOGUE: dict[str, tuple[str, str]] = {}


def declare(code: str, title: str, explanation: str) -> str:
    """Register a diagnostic code with its documentation; returns the code.

    Raises:
        ValueError: the code was declared before.
    """
    if code in CATALOGUE:
        raise ValueError(f"diagnostic code {code} is declared twice")
    CATALOGUE[code] = (title, explanation)
    return code


@dataclass(frozen=True)
class Diagnostic:
    """One finding: a code, a sentence, the source names it concerns, and a way out."""

    code: str
    message: str
    origins: tuple[str, ...] = ()
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.code}: {self.message}"
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class TinyCompileError(Exception):
    """Base of all expected failures; carries one or more diagnostics."""

    exit_code = 3

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic]) -> None:
        found = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        self.diagnostics: tuple[Diagnostic, ...] = found
        super().__init__("\n".join(str(d) for d in found))


class UsageError(TinyCompileError):
    """The call itself is wrong: a bad option, a bad data file, a bad output folder."""

    exit_code = 2


class ModelError(TinyCompileError):
    """The model cannot be read or holds something that is not supported."""

    exit_code = 3


class DoesNotFitError(TinyCompileError):
    """The plan needs more memory than the board or the budget has."""

    exit_code = 1


class VerificationError(TinyCompileError):
    """Two things that must agree do not: simulator and C, plan and validator."""

    exit_code = 1


class TargetError(TinyCompileError):
    """The board is unknown, or its probe or emulator does not answer."""

    exit_code = 4


class ToolchainError(TinyCompileError):
    """A compiler, linker or emulator is missing or failed."""

    exit_code = 5


class InternalError(AssertionError):
    """A broken invariant of tinycompile itself; the only failure that shows a traceback."""
