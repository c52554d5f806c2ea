"""Certificates of checked plans, as text and JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tinycompile.check import Certificate
from tinycompile.report.tables import facts
from tinycompile.report.text import grouped


def certificate_text(found: Certificate) -> str:
    """The figures, then what was shown."""
    share = f" ({100 * found.gap / found.arena:.1f} %)" if found.arena else ""
    again = f", {grouped(found.recomputed)} of them again" if found.recomputed else ""
    parts = [(found.stages, "stage"), (found.rows, "row"), (found.tiles, "tile"), (found.views, "view")]
    rows = facts(
        [
            ("plan", f"of {found.model} for {found.board}: it holds"),
            ("arena", f"{grouped(found.arena)} bytes; {grouped(found.live)} in use at the fullest moment"),
            ("bound", f"{grouped(found.bound)} bytes; the gap is {grouped(found.gap)}{share}"),
            (
                "steps",
                ", ".join(
                    [grouped(found.steps), *(f"{grouped(n)} {what}{'s' * (n > 1)}" for n, what in parts if n)]
                ),
            ),
            ("work", f"{grouped(found.macs)} multiply-accumulates{again}"),
            ("copies", f"{grouped(found.moved)} bytes within the arena"),
        ]
    )
    return rows + "\n\nproven\n" + "\n".join(f"- {line}" for line in found.proven)


def certificate_object(found: Certificate) -> dict[str, Any]:
    """The same as JSON."""
    return {**asdict(found), "holds": True, "proven": list(found.proven)}
