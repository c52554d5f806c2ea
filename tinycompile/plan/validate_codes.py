"""The diagnostic of the independent check."""

from __future__ import annotations

from tinycompile.errors import Diagnostic, VerificationError, declare

TC_PLAN = declare(
    "TC401",
    "The memory plan is wrong",
    "The independent validator found a tensor that is overwritten before its last use, or a range outside "
    "the arena. This is a defect of tinycompile; please report it with the model.",
)


def wrong(message: str) -> VerificationError:
    """The error for a plan that the check refutes."""
    return VerificationError(Diagnostic(TC_PLAN, message, (), "report this as a defect, with the model"))
