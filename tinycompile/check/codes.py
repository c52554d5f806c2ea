"""What the checker can find wrong with a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinycompile.errors import Diagnostic, UsageError, VerificationError, declare
from tinycompile.ir import Region

UNREADABLE = declare(
    "TC910",
    "The plan cannot be read",
    "plan.json is missing, is no JSON, lacks a field or has one that this version does not know. "
    "docs/plan-json.md describes the file. Compile the model again.",
)
WRONG_GRAPH = declare(
    "TC911",
    "The plan does not compute its graph",
    "A node is executed never or twice, a value is read that nothing makes, types do not follow from the "
    "operators, or rows of a result are missing at the end. A defect of tinycompile, or an edited file.",
)
WRONG_BYTES = declare(
    "TC912",
    "A step reads bytes that hold something else",
    "Replayed byte by byte, an operand does not hold the elements that its node means when it is read: they "
    "were never written, were overwritten, or stand elsewhere. A defect of tinycompile, or an edited file.",
)
WRONG_PLACE = declare(
    "TC913",
    "A step touches bytes that are not its own",
    "A step reads or writes outside the arena, outside of the buffers that the plan declares live, in its "
    "own scratch, or in place where its kernel does not allow it. A defect of tinycompile, or an edited "
    "file.",
)
WRONG_LIFETIME = declare(
    "TC914",
    "Lifetimes or overlaps are not the real ones",
    "A buffer is declared live shorter or longer than it is used, or two buffers share bytes in a step that "
    "does not allow it. A defect of tinycompile, or an edited file.",
)
WRONG_FIGURE = declare(
    "TC915",
    "A figure of the plan does not hold",
    "Arena, peak, bound, gap, or the multiply-accumulates that are executed again are not what the replay "
    "gives. A defect of tinycompile, or an edited file.",
)
OTHER_PROGRAM = declare(
    "TC916",
    "The plan is not that of the program beside it",
    "plan.json holds, but the C code in the folder was made from another plan. Compile the model again.",
)

HINT = "compile the model again; if this stays, report it as a defect, with the model"


@dataclass(frozen=True)
class Who:
    """What does something wrong: a step, a stage or the application, and the source nodes behind it."""

    name: str
    origins: tuple[str, ...] = ()

    def at(self, place: str) -> Who:
        """The same at a row or tile."""
        return Who(f"{self.name}, {place}", self.origins)

    def error(self, code: str, message: str) -> VerificationError:
        """`message` continues a sentence that begins with the name."""
        return refuse(code, f"{self.name} {message}", self.origins)


def part_text(region: Region) -> str:
    """A part of an image in messages."""
    return f"rows {list(region.rows)}, columns {list(region.cols)}"


#: Gives the inputs and takes the outputs.
APPLICATION = Who("the application")


def refuse(code: str, message: str, origins: Sequence[str] = ()) -> VerificationError:
    """The error for a plan that does not hold."""
    return VerificationError(Diagnostic(code, message, tuple(origins), HINT))


def unreadable(where: str, message: str) -> UsageError:
    """The error for a file that is no plan."""
    return UsageError(Diagnostic(UNREADABLE, f"'{where}': {message}", (where,), "compile the model again"))
