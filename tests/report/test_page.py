"""The HTML page: self-contained, escaped, the same bytes every time, and true to the Program."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.cli.tool import call
from tests.report.plans import HOSTILE, PLANS, hostile, plan, without_calls
from tinycompile import artifact
from tinycompile.fit import memory_use
from tinycompile.plan.program import Program
from tinycompile.plan.weight_use import weight_use
from tinycompile.report.flash_map import flash_parts, layer_flash
from tinycompile.report.flash_picture import draw_bar, draw_columns
from tinycompile.report.html import html_page
from tinycompile.report.page import claims, layer_rows
from tinycompile.report.pareto import Point, beside, draw_scatters, read_points

POINTS = {
    "points": [
        {
            "name": "whole",
            "ram": 57348,
            "extra_macs": 0,
            "cycles": 900.5,
            "plan": "no stages",
            "chosen": False,
        },
        {
            "name": "<b>rows</b>",
            "ram": 26116,
            "extra_macs": 0,
            "cycles": 950,
            "plan": "5 to 6",
            "chosen": True,
        },
        {"name": "worse", "ram": 40000, "extra_macs": 700, "cycles": 990, "plan": "2x2", "chosen": False},
        {"name": "patches", "ram": 20000, "extra_macs": 500, "cycles": 970, "plan": "4x4", "chosen": False},
    ]
}


class _Elements(HTMLParser):
    """Counts elements and keeps attributes and texts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def having(self, tag: str, css: str = "") -> list[dict[str, str | None]]:
        wanted = set(css.split())
        return [a for t, a in self.tags if t == tag and wanted <= set((a.get("class") or "").split())]


def page_of(name: str, folder: Path) -> str:
    return html_page(artifact.load(plan(name).save(folder / "net")))


@pytest.mark.parametrize("name", PLANS)
def test_figures_are_those_of_the_program(name: str, tmp_path: Path) -> None:
    program = plan(name).program
    page = page_of(name, tmp_path)
    found = _Elements(page)
    text = " ".join(" ".join(found.texts).split())
    board = plan(name).board
    for figure in (memory_use(program).total, program.arena, program.macs, weight_use(program).weights,
                   max(program.loads), board.ram_bytes, board.flash_bytes):  # fmt: skip
        assert f"{figure:,}" in text
    for port in (*program.inputs, *program.outputs):
        assert port.name in text
    for call_ in program.calls:
        assert call_.op.name in text
        assert call_.symbol.removeprefix("tc_") in text
    panels = 1 + 2 * (program.baseline is not None)
    before = len(program.baseline.blocks) if program.baseline else 0
    assert len(found.having("svg", "map")) == panels
    assert len(found.having("g", "block")) == len(program.blocks) * (2 if before else 1) + before
    assert len(found.having("g", "peak")) == panels
    assert len(found.having("g", "band")) == len(program.stages) * (2 if before else 1)


def test_a_program_without_calls_has_a_page(tmp_path: Path) -> None:
    compilation = without_calls()
    assert not compilation.program.calls
    page = html_page(artifact.load(compilation.save(tmp_path / "net")))
    found = _Elements(page)
    assert len(found.having("g", "block")) == 1
    assert "peak 16 B, step 0" in page


def test_the_page_loads_nothing(tmp_path: Path) -> None:
    page = page_of("ring", tmp_path)
    found = _Elements(page)
    assert not found.having("img") and not found.having("iframe") and not found.having("object")
    assert [a.get("src") for a in found.having("script")] == [None]
    assert [a.get("href") for a in found.having("link")] == ["data:,"]
    assert not [a for _, a in found.tags if "style" in a or any(k.startswith("on") for k in a)]
    assert set(re.findall(r"url\(([^)]*)\)", page)) == {"#map-hatch", "#after-hatch"}
    assert not re.search(r"https?://|@import", page)


def test_the_same_folder_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = page_of("ring", tmp_path), html_page(artifact.load(tmp_path / "net"))
    assert first == second
    (tmp_path / "other").mkdir()
    assert first == page_of("ring", tmp_path / "other")


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    folder = hostile().save(tmp_path / "net")
    (folder / "pareto.json").write_text(
        json.dumps({"points": [{**POINTS["points"][0], "name": HOSTILE[0], "plan": HOSTILE[1]}]})
    )
    page = html_page(artifact.load(folder))
    found = _Elements(page)
    assert len(found.having("script")) == 1
    assert not found.having("img")
    assert not [a for _, a in found.tags if any(k.startswith("on") for k in a)]
    assert "\x1b" not in page
    assert "{{ 7 * 7 }}" in page
    texts = "\n".join(found.texts)
    for name in HOSTILE:
        assert name.split("\x1b")[0] in texts


@pytest.mark.parametrize("name", PLANS)
def test_flash_is_shared_out_completely(name: str) -> None:
    program = plan(name).program
    assert sum(layer.total for layer in layer_flash(program)) == program.constant_bytes
    flash = {"weights": program.constant_bytes, "tables": 0, "code": 3000, "sections": None, "total": 0}
    whole = flash_parts(program, flash)
    assert sum(part.size for part in whole) == program.constant_bytes + 3000
    sections = {"text": 2500, "rodata": 500, "data": 0}
    split = flash_parts(program, {**flash, "sections": sections})
    assert sum(part.size for part in split) == program.constant_bytes + 3000
    bar = draw_bar(split, 1 << 20, 1000.0)
    assert sum(c.box.width for c in bar.parts) == pytest.approx(1000.0)
    columns = draw_columns(program)
    height = sum(c.box.height for c in columns.parts) / columns.plot.height
    assert height == pytest.approx(program.constant_bytes / max(x.total for x in layer_flash(program)))


def test_compiling_splits_the_code(compiled: Path) -> None:
    flash = artifact.load(compiled).summary["flash"]
    assert sum(flash["sections"].values()) == flash["code"]


def test_the_layer_table_adds_up() -> None:
    program = plan("ring").program
    rows = layer_rows(program)
    assert sum(row.share for row in rows) == pytest.approx(1.0)
    assert [row.stage for row in rows] == [int(step in program.stage_at) for step in range(len(rows))]
    assert [row.step for row in rows if row.opens] == [program.stages[0].first]
    assert program.peak_step in [row.step for row in rows if row.peak]


@pytest.mark.parametrize("name", PLANS)
def test_claims_say_no_more_than_the_proof(name: str) -> None:
    program: Program = plan(name).program
    bound, order, moment, arena = claims(program)
    assert bound.size <= order.size and moment.size <= arena.size == program.arena
    assert (order.verdict == "optimal") == program.proof.order_exact
    assert (arena.verdict == "optimal") == program.proof.packing_exact


def test_the_verb_writes_the_page(compiled: Path, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    said = call("report", compiled, "-o", target, "--json")
    assert said.object["bytes"] == target.stat().st_size
    assert target.read_text(encoding="utf-8") == html_page(artifact.load(compiled))
    assert target.stat().st_mode & 0o444 == 0o444 & ~_umask(tmp_path)
    assert str(target) in call("report", compiled, "-o", target).out.replace("\n", "")
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["page.html"]


def _umask(folder: Path) -> int:
    """What a new file does not get here."""
    probe = folder / "probe"
    probe.touch()
    missing = ~probe.stat().st_mode & 0o666
    probe.unlink()
    return missing


@pytest.mark.parametrize("place", ["no/such/page.html", "."])
def test_a_place_that_cannot_be_written(compiled: Path, tmp_path: Path, place: str) -> None:
    said = call("report", compiled, "-o", tmp_path / place, "--json")
    assert (said.code, said.codes) == (2, ["TC707"])
    assert "-o" in said.object["error"][0]["hint"]
    assert not list(tmp_path.iterdir())


def test_the_pareto_front(tmp_path: Path) -> None:
    folder = plan("ring").save(tmp_path / "net")
    assert "Plans to choose from" not in html_page(artifact.load(folder))
    (folder / "pareto.json").write_text(json.dumps(POINTS))
    page = html_page(artifact.load(folder))
    found = _Elements(page)
    assert len(found.having("svg", "scatter")) == 2
    # The folder's own plan is none of the four: it stands beside them, and it alone is marked.
    assert len(found.having("g", "dot")) == 2 * 5
    assert len(found.having("g", "dot chosen")) == 2
    assert "<b>rows" not in page and "&lt;b&gt;rows" in page
    points = read_points(folder)
    assert [p.ram for p in points] == [20000, 26116, 40000, 57348]
    macs, cycles = draw_scatters(points)
    assert macs.front.count("V") == 1  # patches, then rows; worse and whole are beaten
    assert cycles.front.count("V") == 2
    for scatter in (macs, cycles):
        for dot in scatter.dots:
            assert scatter.plot.x <= dot.x <= scatter.plot.x + scatter.plot.width
            assert scatter.plot.y <= dot.y <= scatter.plot.y + scatter.plot.height


def test_the_plan_marked_on_the_page_is_the_folders(tmp_path: Path) -> None:
    front = [
        Point("whole", 5000, 0, 900.0, "whole tensors", chosen=True),
        Point("stream 0", 2000, 0, 990.0, "stream 0; the rest whole", chosen=False),
    ]
    among = beside(front, replace(front[1], chosen=True))
    assert [(p.name, p.chosen) for p in among] == [("stream 0", True), ("whole", False)]
    other = beside(front, Point("2 stages", 3000, 0, 930.0, "two", chosen=True))
    assert [(p.name, p.chosen) for p in other] == [("stream 0", False), ("2 stages", True), ("whole", False)]
    unknown = beside(front, Point("2 stages", 3000, 0, None, "two", chosen=True))
    assert [(p.name, p.chosen) for p in unknown] == [("stream 0", False), ("whole", False)]


def test_a_bound_over_plans_is_not_called_one_over_orders() -> None:
    staged, whole = plan("ring").program, plan("whole").program
    assert staged.stages and not whole.stages
    assert "plan" in claims(staged)[0].text and claims(staged)[1].name == "Chosen plan"
    assert "order" in claims(whole)[0].text and claims(whole)[1].name == "Chosen order"


def test_cycles_are_drawn_only_when_all_are_known(tmp_path: Path) -> None:
    unknown = [{**point, "cycles": None} for point in POINTS["points"]]
    (tmp_path / "pareto.json").write_text(json.dumps({"points": unknown[:1] + POINTS["points"][1:]}))
    assert len(draw_scatters(read_points(tmp_path))) == 1
    (tmp_path / "pareto.json").write_text(json.dumps({"points": []}))
    assert read_points(tmp_path) == ()


def test_extra_macs_are_drawn_only_where_there_are_any(tmp_path: Path) -> None:
    none = [{**point, "extra_macs": 0} for point in POINTS["points"]]
    (tmp_path / "pareto.json").write_text(json.dumps({"points": none}))
    assert [s.title for s in draw_scatters(read_points(tmp_path))] == ["estimated cycles"]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"points": 3}',
        '{"points": [{}]}',
        json.dumps({"points": [{**POINTS["points"][0], "ram": -1}]}),
        json.dumps({"points": [{**POINTS["points"][0], "ram": 1.5}]}),
        json.dumps({"points": [{**POINTS["points"][0], "name": 7}]}),
        json.dumps({"points": [{**POINTS["points"][0], "cycles": "many"}]}),
        json.dumps({"points": [{**POINTS["points"][0], "cycles": float("nan")}]}),
        json.dumps({"points": [{**POINTS["points"][0], "chosen": "yes"}]}),
    ],
)
def test_a_bad_pareto_file(text: str, tmp_path: Path) -> None:
    folder = plan("ring").save(tmp_path / "net")
    (folder / "pareto.json").write_text(text)
    said = call("report", folder, "-o", tmp_path / "page.html", "--json")
    assert (said.code, said.codes) == (2, ["TC708"])
    assert not (tmp_path / "page.html").exists()
