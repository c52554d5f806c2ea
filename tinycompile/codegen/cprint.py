"""C expressions, valid in C99 and in C++11: the one place that knows how numbers and arrays are written."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np

from tinycompile.ops import Scalar, Struct
from tinycompile.plan.arguments import C_TYPES
from tinycompile.plan.program import ArenaArg, CallArg, ConstArg, NullArg, RingArg

_INT32_MIN = -(2**31)
_INT64_MIN = -(2**63)
#: C99 promises 4095 characters in a line or string; every one may become two.
_LONGEST_TEXT = 1000


def integer(value: int) -> str:
    """A decimal literal of the right width and sign."""
    if value == _INT32_MIN:
        return "(-2147483647 - 1)"
    if value == _INT64_MIN:
        return "(-9223372036854775807LL - 1)"
    if value > 2**63 - 1:
        return f"{value}ULL"
    if not _INT32_MIN < value < 2**31:
        return f"{value}LL" if value < 0 or value >= 2**32 else f"{value}U"
    return str(value)


def real(value: float) -> str:
    """A float literal that reads back as the same float32; C++11 has no hexadecimal floats."""
    single = np.float32(value)
    if np.isnan(single):
        return "TC_NAN"
    if np.isinf(single):
        return "TC_INFINITY" if single > 0 else "-TC_INFINITY"
    text = np.format_float_scientific(single, unique=True, trim="0") if single else "0.0"
    if single == 0 and math.copysign(1.0, float(single)) < 0:
        text = "-0.0"
    return f"{text}f"


def number(value: int | float) -> str:
    """An int or a float32 literal."""
    return integer(int(value)) if isinstance(value, int | np.integer) else real(float(value))


def initialiser(struct: Struct, indent: str = "", width: int = 100) -> str:
    """The braces of a parameter block, positional: designated initialisers are not C++11.

    What takes more than 3/5 of `width` goes on lines of its own, `indent` deep.
    """
    parts = []
    for name, value in struct.fields:
        text = "{" + ", ".join(number(v) for v in value) + "}" if isinstance(value, tuple) else number(value)
        parts.append(f"/* {name} */ {text}")
    if sum(len(part) + 2 for part in parts) <= width * 3 // 5:
        return "{" + ", ".join(parts) + "}"
    lines = _wrapped(parts, width, ", ")
    return "\n".join(["{", *(f"{indent}  {line}" for line in lines), f"{indent}}}"])


def array_lines(array: np.ndarray, width: int = 108) -> list[str]:
    """The elements of an array as lines of literals; an empty array gets one 0, as C demands."""
    flat = array.ravel()
    if flat.dtype == np.bool_:
        flat = flat.astype(np.uint8)
    if flat.size == 0:
        return ["0"]
    if flat.dtype.kind == "f":
        words = [real(float(v)) for v in flat]
    elif flat.dtype.itemsize < 4:
        words = [str(v) for v in flat.tolist()]
    else:
        words = [integer(v) for v in flat.tolist()]
    return _wrapped(words, width, ",")


def _wrapped(words: list[str], width: int, between: str) -> list[str]:
    lines: list[str] = []
    line: list[str] = []
    used = 0
    for word in words:
        if used + len(word) + 1 > width and line:
            lines.append(between.join(line) + ",")
            line, used = [], 0
        line.append(word)
        used += len(word) + len(between)
    lines.append(between.join(line))
    return lines


def element_type(array: np.ndarray) -> str:
    """The C element type of a constant."""
    return C_TYPES[array.dtype.name]


def from_base(offset: int) -> str:
    """A byte of an arena with the base `a`."""
    return f"a + {offset}"


def argument(
    arg: CallArg, prefix: str, blocks: dict[Struct, str], at: Callable[[int], str] = from_base
) -> str:
    """One argument of a kernel call; `blocks` names the parameter blocks, `at` gives a byte of the arena."""
    if isinstance(arg, ArenaArg):
        qualifier = "const " if arg.const else ""
        # By way of void: offsets are aligned for the type, which compilers cannot know (-Wcast-align).
        return f"({qualifier}{arg.ctype} *)({qualifier}void *)({at(arg.offset)})"
    if isinstance(arg, ConstArg):
        return f"{prefix}_{arg.name}"
    if isinstance(arg, NullArg):
        return "NULL"
    if isinstance(arg, RingArg):
        if arg.feed < 0:
            return f"({arg.ctype} *)(void *)y"
        return f"(const {arg.ctype} *)(const void *)x[{arg.feed}]"
    if isinstance(arg, Struct):
        return f"&{blocks[arg]}"
    assert isinstance(arg, Scalar)
    return f"({arg.ctype}){number(arg.value)}"


def comment(text: str) -> str:
    """Text from a model made safe inside a C comment: printable ASCII, no end of comment, no trigraph."""
    plain = _printable(text).replace("\\", "/")
    return re.sub(r"\*(?=/)|/(?=\*)|\?(?=\?)", r"\g<0> ", plain)


def string(text: str) -> str:
    """A C string literal of text from a model."""
    return '"' + re.sub(r'[\\"?]', r"\\\g<0>", _printable(text)) + '"'


def _printable(text: str) -> str:
    """The text in printable ASCII, no longer than compilers must take it."""
    shown = text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 3]}..."
    return "".join(c if " " <= c <= "~" else "?" for c in shown)
