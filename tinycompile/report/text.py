"""Small pieces of text: numbers, bars, names from foreign models."""

from __future__ import annotations

from collections.abc import Sequence

from tinycompile.ir import TensorType

#: Every table and message is readable at this width.
WIDTH = 80
_BAR = 6


def plain(text: str) -> str:
    """The text without control characters, which names in models may hold."""
    return "".join(c if c.isprintable() else "?" for c in text)


def both_ends(text: str, width: int, gap: str = "…") -> str:
    """At most `width` characters: paths in graphs differ at the front (block) and at the end (operator)."""
    clean = plain(text)
    tail = width * 3 // 5
    return clean if len(clean) <= width else f"{clean[: width - tail - len(gap)]}{gap}{clean[-tail:]}"


def shape_of(type_: TensorType) -> str:
    """`1x32x32x3`, or `scalar`."""
    return "x".join(map(str, type_.shape)) or "scalar"


def kernel_name(symbol: str) -> str:
    """A C function of the runtime without the prefix that all of them share."""
    return symbol.removeprefix("tc_")


def bar(value: float, full: float, width: int = _BAR) -> str:
    """`value` as a share of `full`, as hash marks; nothing only for 0."""
    if full <= 0 or value <= 0:
        return ""
    return "#" * max(1, min(width, round(width * value / full)))


def origin_label(origins: Sequence[str], otherwise: str) -> str:
    """The source nodes of a call in a few characters: the first, and how many more.

    Converters from TensorFlow join the names of fused layers with semicolons; the first one is kept.
    """
    if not origins:
        return otherwise
    first = origins[0].split(";")[0]
    return first if len(origins) == 1 else f"{first} +{len(origins) - 1}"


def grouped(value: float | int | None) -> str:
    """Thousands separated by commas; a dash for what was not measured."""
    return "-" if value is None else f"{value:,.0f}"


def size_text(size: int) -> str:
    """Bytes in KiB or MiB: `96K`, `2M`."""
    mib, rest = divmod(size, 1 << 20)
    return f"{mib}M" if mib and not rest else f"{size / 1024:,.0f}K"


def percent(share: float | None) -> str:
    """`97.50 %`, or a dash."""
    return "-" if share is None else f"{100 * share:.2f} %"
