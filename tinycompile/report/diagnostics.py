"""Errors as text at 80 columns and as JSON."""

from __future__ import annotations

import textwrap
from typing import Any

from tinycompile.errors import CATALOGUE, TinyCompileError
from tinycompile.report.text import WIDTH, plain


def error_text(error: TinyCompileError) -> str:
    """Every diagnostic with its hint, wrapped; lines that a tool printed stay as they are where they fit."""
    lines: list[str] = []
    for found in error.diagnostics:
        lines += _wrapped(f"error {found.code}: ", "  ", found.message)
        if found.hint:
            lines += _wrapped("  hint: ", "    ", found.hint)
    return "\n".join(lines)


def error_object(error: TinyCompileError) -> dict[str, Any]:
    """`{"error": [{code, title, message, origins, hint}, ...]}`."""
    return {
        "error": [
            {
                "code": d.code,
                "title": CATALOGUE[d.code][0],
                "message": d.message,
                "origins": list(d.origins),
                "hint": d.hint,
            }
            for d in error.diagnostics
        ]
    }


def wrapped_note(text: str) -> str:
    """One note, wrapped."""
    return "\n".join(_wrapped("note: ", "  ", text))


def _wrapped(first: str, indent: str, text: str) -> list[str]:
    lines: list[str] = []
    for number, line in enumerate(text.splitlines() or [""]):
        lines += textwrap.wrap(
            plain(line),
            WIDTH,
            initial_indent=indent if number else first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [first.rstrip()]
    return lines
