"""The page of a search, as text and in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report.browser import chromium, prefer, shape
from tests.report.test_browser import box, boxes, errors, hover, tip
from tinycompile.report.search_page import search_page
from tinycompile.report.search_picture import draw_clouds
from tinycompile.report.search_text import histogram, searched

HOSTILE = "<script>window.hacked = 1</script>"


def candidate(
    number: int, accuracy: float, ram: int, *, front: bool = False, cycles: int | None = 90_000
) -> dict[str, Any]:
    cost = {
        "ram": ram, "weights": 9 * ram, "code": 9000, "flash": 9 * ram + 9000, "measured": False,
        "cycles": cycles, "macs": 50 * ram, "plan": "stream 1-3",
    }  # fmt: skip
    name = f"width 0.{number}; stage0: depth 2"
    return {
        "number": number, "accuracy": accuracy, "cost": cost, "front": front, "architecture": name,
        "point": {}, "proxy": None, "seconds": 1.0,
    }  # fmt: skip


def found(**changes: Any) -> dict[str, Any]:
    candidates = [
        candidate(0, 0.81, 4000, front=True),
        candidate(1, 0.86, 9000, front=True),
        candidate(2, 0.80, 9500),
        candidate(3, 0.91, 15000, front=True),
    ]
    candidates[1]["architecture"] = HOSTILE
    cost = {**candidates[3]["cost"], "measured": True}
    proven = {
        "cost": cost, "samples": 1000, "accuracy": 0.925, "reference": 0.925, "agreement": 1.0,
        "exact_host": True, "exact_emulator": None, "image_arena": 14990,
        "image_flash": 150000, "missed": [], "compiler": "zig", "notes": ["no emulator"],
    }  # fmt: skip
    winner = {
        "number": 3, "architecture": "width 0.3", "cost": cost, "model": "model.onnx", "folder": "c",
        "real": 0.93, "quantised": 0.92, "proven": proven, "promised": 0.91,
    }  # fmt: skip
    return {
        "settings": {"space": "mcunet", "strategy": "one-shot", "plans": "any", "refit": False},
        "board": "nucleo-f446re",
        "budgets": {"ram": 16384, "flash": None, "cycles": None},
        "data": {"source": f"{HOSTILE}.npz", "samples": [100, 20, 1000]},
        "scale": {"width": 0.5},
        "trials": 5,
        "refused": 1,
        "verdicts": {"may fit": 9, "ram": 3},
        "proxy": {"name": "naswot", "spearman": 0.5, "candidates": 9, "chosen": 2},
        "seconds": {"trials": 12.0},
        "candidates": candidates,
        "winners": [winner],
        **changes,
    }


def test_every_candidate_is_a_dot_in_every_picture() -> None:
    clouds = draw_clouds(found())
    assert [c.name for c in clouds] == ["RAM", "Flash", "Cycles, estimated"]
    for cloud in clouds:
        assert sorted(d.css for d in cloud.dots) == ["beaten", "chosen", "front", "front"]
        for dot in cloud.dots:
            assert cloud.plot.x <= dot.x <= cloud.plot.x + cloud.plot.width
            assert cloud.plot.y <= dot.y <= cloud.plot.y + cloud.plot.height
    ram = {d.tip.split(":")[0]: d for d in clouds[0].dots}
    assert ram["Trial 3"].x > ram["Trial 0"].x and ram["Trial 3"].y < ram["Trial 0"].y
    assert clouds[0].limit is not None and clouds[1].limit is None


def test_what_is_unknown_is_not_drawn() -> None:
    unknown = found(candidates=[candidate(0, 0.5, 100, cycles=None)], winners=[])
    assert [c.name for c in draw_clouds(unknown)] == ["RAM", "Flash"]
    assert search_page(unknown).count("<svg") == 2
    some = found(candidates=[candidate(0, 0.5, 100, cycles=None), candidate(1, 0.6, 200)], winners=[])
    assert [(len(c.dots), c.left_out) for c in draw_clouds(some)] == [(2, 0), (2, 0), (1, 1)]
    assert "1 without an estimate" in search_page(some)
    assert draw_clouds(found(candidates=[], winners=[])) == ()


def test_the_page_needs_nothing_else() -> None:
    page = search_page(found())
    assert page == search_page(found())
    assert HOSTILE not in page and "src=" not in page and "Content-Security-Policy" in page
    assert "92.50 %" in page and "model.onnx" in page


def test_text_fits_a_terminal() -> None:
    rows = [{"from": 0, "to": 9_999_999, "count": 3}, {"from": 9_999_999, "to": 19_999_998, "count": 400_000}]
    assert max(map(len, histogram(rows).splitlines())) <= 80
    words = [part for part in searched(found()) if isinstance(part, str)]
    assert any("rank correlation 0.50 on 9 candidates" in w for w in words)
    assert any("92.50 % by the C code" in w and "no emulator" in w for w in words)


def test_a_network_that_is_not_compiled_yet() -> None:
    trained = found()
    trained["winners"][0]["proven"] = None
    words = [part for part in searched(trained) if isinstance(part, str)]
    assert "planned" in words[-1] and "92.00 % in int8" in words[-1] and "C code" not in words[-1]
    assert "model.onnx" in search_page(trained)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.mark.browser
def test_hovering_a_dot_names_its_architecture(driver: Any, tmp_path: Path) -> None:
    page = tmp_path / "pareto.html"
    page.write_text(search_page(found()), encoding="utf-8")
    shape(driver, 1280)
    prefer(driver, "light")
    driver.get(page.as_uri())
    assert len(boxes(driver, ".cloud")) == 3
    dots = boxes(driver, ".cloud:first-of-type .dot circle")
    assert len(dots) >= 4 and all(d["width"] > 0 for d in dots)
    driver.execute_script("document.querySelector('.cloud').scrollIntoView({block: 'center'})")
    seen = set()
    for place in boxes(driver, ".cloud .dot circle")[:4]:
        hover(driver, (place["left"] + place["right"]) / 2, (place["top"] + place["bottom"]) / 2)
        lines = tip(driver)
        assert "of the held-out samples" in lines[0] and "bytes of RAM" in lines[2]
        seen.add(lines[1])
    assert {"width 0.0; stage0: depth 2", HOSTILE, "width 0.3; stage0: depth 2"} <= seen
    assert driver.execute_script("return window.hacked") is None
    assert errors(driver) == []
    assert driver.execute_script("return performance.getEntriesByType('resource').length") == 0
    frame, dot = box(driver, ".cloud"), box(driver, ".cloud .dot.chosen circle")
    assert frame["left"] <= dot["left"] and dot["right"] <= frame["right"]
    for width in (1280, 400):
        shape(driver, width)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
