"""The HTML page: one file that needs nothing else, with the pictures as inline SVG.

Everything that comes from a model goes through the template engine's escaping; the page's own policy lets the
browser run just the one script and the one style sheet that it carries, and load nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tinycompile.artifact import Artifact
from tinycompile.fit import memory_use
from tinycompile.plan.describe import plan_object
from tinycompile.report import page
from tinycompile.report.cost_bars import cost_bars
from tinycompile.report.flash_map import flash_parts
from tinycompile.report.flash_picture import draw_bar, draw_columns
from tinycompile.report.map_picture import MapPicture, draw_map
from tinycompile.report.memory_map import Kind, baseline_map, memory_map
from tinycompile.report.pareto import Point, beside, draw_scatters, read_points
from tinycompile.report.scale import px
from tinycompile.report.search_picture import Cloud
from tinycompile.report.text import grouped, percent, plain
from tinycompile.version import __version__

_TEMPLATES = Path(__file__).with_name("templates")
_PANEL = 550.0


def html_page(artifact: Artifact) -> str:
    """The page of an output folder; the same folder gives the same text.

    Raises:
        UsageError: TC708, the folder's pareto.json cannot be read.
    """
    program, board = artifact.program, artifact.board
    now, before = memory_map(program), baseline_map(program)
    points = _points(artifact)
    parts = flash_parts(program, artifact.summary["flash"])
    panels: tuple[MapPicture, ...] = ()
    if before is not None:
        full = max(now.arena, before.arena)
        panels = tuple(
            draw_map(found, name, title, width=_PANEL, height=300.0, full=full, strip=False)
            for found, name, title in ((before, "before", "Whole tensors"), (now, "after", "Chosen plan"))
        )
    style, script = _asset("report.css"), _asset("report.js")
    return _environment().get_template("report.html.j2").render(
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        version=__version__,
        model=plain(program.name),
        board=board,
        subtitle=page.title_line(artifact),
        tiles=page.tiles(artifact),
        ports=page.port_rows(program),
        picture=draw_map(now, "map", "Memory map"),
        map=now,
        kinds=[(k.value, k.name.lower()) for k in Kind if any(rect.kind is k for rect in now.rects)],
        panels=panels,
        saving=page.saving(now, before) if before is not None else "",
        share_of=page.share_of(program),
        layers=page.layer_rows(program),
        parts=parts,
        bar=draw_bar(parts, None if board.core.is_host else board.flash_bytes),
        flash_columns=draw_columns(program),
        costs=cost_bars(artifact),
        claims=page.claims(program),
        scatters=draw_scatters(points) if points else (),
        points=points,
        notes=[plain(note) for note in artifact.summary["notes"]],
        digest=str(artifact.summary["digest"]),
    )  # fmt: skip


def points_page(points: Sequence[Point], title: str) -> str:
    """The page of a Pareto front alone."""
    style = _asset("report.css")
    return _environment().get_template("pareto.html.j2").render(
        style=style,
        style_hash=_hash(style),
        version=__version__,
        title=plain(title),
        scatters=draw_scatters(points),
        points=points,
    )  # fmt: skip


def candidates_page(
    found: Mapping[str, Any], clouds: Sequence[Cloud], front: Sequence[Mapping[str, Any]]
) -> str:
    """The page of a search: what `search.json` holds, its pictures, and the front's candidates."""
    style, script, settings = _asset("report.css"), _asset("report.js"), found["settings"]
    words = [found["data"]["source"], settings["strategy"], f"{grouped(found['trials'])} trials"]
    words += [f"{n} at most {grouped(b)}" for n, b in found["budgets"].items() if b is not None]
    return _environment().get_template("search.html.j2").render(
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        version=__version__,
        title=plain(f"{settings['space']} on {found['board']}"),
        subtitle=" · ".join(map(plain, words)),
        clouds=clouds,
        winners=found["winners"],
        front=front,
    )  # fmt: skip


def _points(artifact: Artifact) -> tuple[Point, ...]:
    """The plans in the folder's pareto.json, if it has one, with the folder's own marked."""
    found = read_points(artifact.directory)
    if not found:
        return ()
    program, plan = artifact.program, plan_object(artifact.program)
    ram = memory_use(program).total
    own = Point(plan["name"], ram, plan["extra_macs"], plan["cycles"], plan["text"], True)
    return beside(found, own)


@cache
def _environment() -> Environment:
    env = Environment(
        loader=PackageLoader("tinycompile.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {"px": px, "grouped": grouped, "percent": percent, "plain": plain}
    return env


def _asset(name: str) -> str:
    """The style sheet or the script: our own text, the only one that the template puts in as it is."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The source expression of a content security policy for exactly this text."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
