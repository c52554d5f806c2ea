"""The page in a real browser: the picture is there, pointer and keyboard name tensors, no errors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report.browser import chromium, prefer, shape
from tests.report.plans import HOSTILE, hostile, plan
from tinycompile import artifact
from tinycompile.compiler import Compilation
from tinycompile.report.html import html_page
from tinycompile.report.memory_map import memory_map

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


def show(driver: Any, compilation: Compilation, folder: Path) -> None:
    """Open the page at 1280 by 900, in light colours."""
    page = folder / "page.html"
    page.write_text(html_page(artifact.load(compilation.save(folder / "net"))), encoding="utf-8")
    shape(driver, 1280)
    prefer(driver, "light")
    driver.get(page.as_uri())


def box(driver: Any, css: str) -> dict[str, float]:
    """The first element's place in the window."""
    script = "return document.querySelector(arguments[0]).getBoundingClientRect().toJSON()"
    found: dict[str, float] = driver.execute_script(script, css)
    return found


def boxes(driver: Any, css: str) -> list[dict[str, float]]:
    script = (
        "return [...document.querySelectorAll(arguments[0])].map(e => e.getBoundingClientRect().toJSON())"
    )
    found: list[dict[str, float]] = driver.execute_script(script, css)
    return found


def hover(driver: Any, x: float, y: float) -> None:
    event = {"type": "mouseMoved", "x": x, "y": y}
    driver.execute_cdp_cmd("Input.dispatchMouseEvent", event)


def press(driver: Any, key: str) -> None:
    for kind in ("keyDown", "keyUp"):
        driver.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": kind, "key": key, "code": key})


def tip(driver: Any) -> list[str]:
    """The lines of the tooltip; none when it is hidden."""
    lines = "[...tip.children].map(line => line.textContent)"
    found: list[str] = driver.execute_script(f"return tip.hidden ? [] : {lines}")
    return found


def errors(driver: Any) -> list[str]:
    return [entry["message"] for entry in driver.get_log("browser")]


def test_the_picture_is_there(driver: Any, tmp_path: Path) -> None:
    program = plan("ring").program
    show(driver, plan("ring"), tmp_path)
    frame = box(driver, "#map")
    blocks = boxes(driver, "#map .block path")
    assert len(blocks) == len(program.blocks)
    for block in blocks:
        assert block["width"] > 0 and block["height"] > 0
        assert frame["left"] <= block["left"] and block["right"] <= frame["right"] + 1
        assert frame["top"] <= block["top"] and block["bottom"] <= frame["bottom"] + 1
    fills = "return [...document.querySelectorAll('#map .block path')].map(e => getComputedStyle(e).fill)"
    assert len(set(driver.execute_script(fills))) == 4
    assert errors(driver) == []
    assert driver.execute_script("return performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize("name", ["whole", "ring"])
def test_the_peak_is_marked(driver: Any, tmp_path: Path, name: str) -> None:
    program = plan(name).program
    show(driver, plan(name), tmp_path)
    frame, column = box(driver, "#map .peakframe"), boxes(driver, "#map .column rect")[program.peak_step]
    assert frame["left"] <= column["left"] + 1 and column["right"] <= frame["right"] + 1
    assert frame["width"] < 4 * column["width"]
    mark = box(driver, "#map .peakmark")
    assert frame["left"] - 6 <= (mark["left"] + mark["right"]) / 2 <= frame["right"] + 6
    said = driver.execute_script("return document.querySelector('#map .peaklabel').textContent")
    assert f"{max(program.loads):,} B" in said


@pytest.mark.parametrize("name", ["whole", "ring"])
def test_hovering_names_the_tensor(driver: Any, tmp_path: Path, name: str) -> None:
    program = plan(name).program
    show(driver, plan(name), tmp_path)
    driver.execute_script("document.getElementById('map').scrollIntoView({block: 'center'})")
    assert tip(driver) == []
    seen = 0
    blocks = boxes(driver, "#map .block path")
    for rect, place in zip(memory_map(program).rects, blocks, strict=True):
        if not rect.whole or min(place["width"], place["height"]) < 4:
            continue
        hover(driver, (place["left"] + place["right"]) / 2, (place["top"] + place["bottom"]) / 2)
        first, *facts = tip(driver)
        text = "\n".join(facts)
        assert first == rect.name
        assert f"{rect.size:,} bytes at offset {rect.offset:,}" in text
        assert all(t is None or "x".join(map(str, t.shape)) in text for _, t in rect.values)
        assert f"step {rect.start}" in text and program.calls[rect.start].op.name in text
        assert "At step" in facts[-1]
        seen += 1
    assert seen > 5
    hover(driver, 2, 2)
    assert tip(driver) == []
    assert errors(driver) == []


def test_hovering_rows_that_die(driver: Any, tmp_path: Path) -> None:
    """Left in a stage lies its input, right in the same bytes its result."""
    program = plan("ring").program
    (stage,) = program.stages
    show(driver, plan("ring"), tmp_path)
    driver.execute_script("document.getElementById('map').scrollIntoView({block: 'center'})")
    rects = {rect.name: i for i, rect in enumerate(memory_map(program).rects)}
    blocks, columns = boxes(driver, "#map .block path"), boxes(driver, "#map .column rect")
    source, result = (blocks[rects[stage.rings[i].value]] for i in (0, -1))
    left, right = columns[stage.first]["left"], columns[stage.last]["right"]
    hover(driver, left + 2, source["bottom"] - 3)
    assert tip(driver)[0] == stage.rings[0].value
    assert any("rows die one by one" in line for line in tip(driver))
    hover(driver, right - 2, result["bottom"] - 3)
    assert tip(driver)[0] == stage.rings[-1].value
    assert any("rows are born one by one" in line for line in tip(driver))


def test_the_keyboard_reaches_every_tensor(driver: Any, tmp_path: Path) -> None:
    show(driver, plan("ring"), tmp_path)
    rects = memory_map(plan("ring").program).rects
    driver.execute_script("document.querySelector('#map .block').focus()")
    for rect in rects:
        assert tip(driver)[0] == rect.name
        press(driver, "ArrowRight")
    assert tip(driver)[0] == rects[0].name
    press(driver, "Escape")
    assert tip(driver) == []
    stops = driver.execute_script("return document.querySelectorAll('#map [tabindex=\"0\"]').length")
    assert stops == 1
    assert errors(driver) == []


def test_hostile_names_do_no_harm(driver: Any, tmp_path: Path) -> None:
    compilation = hostile()
    show(driver, compilation, tmp_path)
    driver.execute_script("document.querySelector('#map .block').focus()")
    said = []
    for _ in compilation.program.blocks:
        said += tip(driver)
        press(driver, "ArrowRight")
    assert any(HOSTILE[0] in line for line in said)
    assert driver.execute_script("return window.hacked") is None
    assert errors(driver) == []


def test_it_can_be_read_without_scripts(driver: Any, tmp_path: Path) -> None:
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        show(driver, plan("ring"), tmp_path)
        titles = boxes(driver, "#map .block title")
        assert len(titles) == len(plan("ring").program.blocks)
        assert min(b["width"] for b in boxes(driver, "#map .block path")) > 0
        assert len(boxes(driver, ".layers tbody tr")) == len(plan("ring").program.calls)
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_narrow_and_dark(driver: Any, tmp_path: Path) -> None:
    show(driver, plan("ring"), tmp_path)
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = driver.execute_script(ground)
    prefer(driver, "dark")
    assert driver.execute_script(ground) != light
    for width in (1280, 400):
        shape(driver, width)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    assert errors(driver) == []


def test_a_bar_for_every_layer(driver: Any, tmp_path: Path) -> None:
    """Lengths are to one scale: that of the estimates here, as nothing was measured."""
    program = plan("ring").program
    show(driver, plan("ring"), tmp_path)
    bars = [b["width"] for b in boxes(driver, ".costs .bar .fill")]
    costs = {call.step: call.cycles or 0.0 for call in program.calls}
    assert len(bars) == len(costs) + len(program.stages)
    drivers = boxes(driver, ".costs .bar .driver")
    assert len(drivers) == len(program.stages)
    longest = max(box_["width"] for box_ in boxes(driver, ".costs .bar svg"))
    assert max(bars) == pytest.approx(longest, abs=1)
    assert sum(bars) / max(bars) == pytest.approx(
        (sum(costs.values()) + program.overhead) / max(costs.values()), rel=0.02
    )
    assert errors(driver) == []
