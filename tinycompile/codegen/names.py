"""Names that reach C or the file system: the model's prefix and the ports' macros."""

from __future__ import annotations

import re

from tinycompile.errors import Diagnostic, UsageError, declare

TC_NAME = declare(
    "TC701",
    "Bad model name",
    "The name becomes the prefix of C symbols and of files: letters, digits and underscores, a letter first, "
    "at most 48 characters, no C or C++ keyword, and nothing that the C library or CMake already calls so. "
    "Choose one with --name.",
)
TC_CLASH = declare(
    "TC702",
    "Two ports with the same C name",
    "The names of two inputs or two outputs differ only in characters that C identifiers cannot have. "
    "Rename one of them in the model.",
)

_KEYWORDS = """
alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl concept
const constexpr const_cast continue decltype default delete do double dynamic_cast else enum
explicit export extern false float for friend goto if inline int long main mutable namespace new
noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast
restrict return short signed sizeof static static_assert static_cast struct switch template this
thread_local throw true try typedef typeid typename union unsigned using virtual void volatile
wchar_t while xor xor_eq
"""
#: `NAME.h` would hide a header of the C library.
_HEADERS = """
assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign
stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar
unistd wchar wctype
"""
#: `NAME_t` is a type of the C library.
_TYPES = """
char16 char32 clock div fpos int8 int16 int32 int64 int_fast8 int_fast16 int_fast32 int_fast64
int_least8 int_least16 int_least32 int_least64 intmax intptr max_align nullptr ptrdiff sig_atomic
size ssize uint8 uint16 uint32 uint64 uint_fast8 uint_fast16 uint_fast32 uint_fast64 uint_least8
uint_least16 uint_least32 uint_least64 uintmax uintptr wint
"""
#: Targets that CMake makes itself.
_TARGETS = """
all all_build clean edit_cache help install list_install_components package package_source
preinstall rebuild_cache run_tests test zero_check
"""
_TAKEN = frozenset(f"{_KEYWORDS} {_HEADERS} {_TYPES} {_TARGETS} tc".split())


def check_prefix(name: str) -> str:
    """The name itself when it can prefix C symbols.

    Raises:
        UsageError: TC701.
    """
    legal = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,47}", name, re.ASCII)
    if not legal or _is_taken(name.lower()):
        shown = name if len(name) <= 60 else name[:57] + "..."
        raise UsageError(
            Diagnostic(
                TC_NAME,
                f"{shown!r} cannot be the name of a model in C",
                (shown,),
                f"try --name {suggest_prefix(name)}",
            )
        )
    return name


def suggest_prefix(text: str) -> str:
    """A legal prefix close to any text, for example the stem of a file name."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", text, flags=re.ASCII).strip("_").lower()[:48].rstrip("_")
    if not plain or not plain[0].isalpha() or _is_taken(plain):
        plain = f"model_{plain}"[:48].rstrip("_")
    return plain


def _is_taken(lower: str) -> bool:
    """Whether a name in lower case means something to C, to CMake or to the runtime."""
    return lower in _TAKEN or lower.startswith("tc_")


def port_macro(name: str) -> str:
    """The part of a macro name that stands for a model input or output."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name, flags=re.ASCII).strip("_").upper() or "UNNAMED"


def check_ports(kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """The macro names of all inputs (or outputs).

    Raises:
        UsageError: TC702 when two of them are equal.
    """
    macros = tuple(port_macro(n) for n in names)
    for index, macro in enumerate(macros):
        if macro in macros[:index]:
            first, second = names[macros.index(macro)], names[index]
            raise UsageError(
                Diagnostic(
                    TC_CLASH,
                    f"{kind}s '{first}' and '{second}' are both {macro} in C",
                    (first, second),
                    f"rename one of the two {kind}s in the model",
                )
            )
    return macros
