"""What a search offers and what it found, for terminals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType

from tinycompile.report.scale import short_number
from tinycompile.report.tables import facts, table
from tinycompile.report.text import WIDTH, grouped, percent

Found = Mapping[str, Any]
_LABEL, _COUNT = 17, 7
_SHOWN = 12


def explained(found: Found) -> Iterator[RenderableType]:
    """Shares, the scales with the most promising first, and a histogram of the work of networks that fit."""
    rows = [
        ("space", f"{found['space']}, {grouped(found['samples'])} samples"),
        ("board", f"{found['board']}; {_budgets(found)}"),
        ("fit", f"{grouped(found['fitting'])} of {grouped(found['samples'])} ({percent(found['share'])})"),
        ("refused", _refused(found["verdicts"])),
        ("smallest", f"about {grouped(found['smallest']['ram'])} bytes of RAM"),
        ("speed", f"{grouped(found['candidates_per_second'])} candidates a second are judged by the bounds"),
    ]
    if found["best"]:
        rows.append(("search", f"{_scale(found['best'])}: its networks compute most within the budgets"))
    yield facts(rows)
    scales = [
        (
            _scale(s["values"]),
            grouped(s["fitting"]),
            f"{100 * s['share']:.1f}",
            grouped(s["mean_macs"]) if s["fitting"] else "-",
            grouped(s["largest_macs"]) if s["fitting"] else "-",
        )
        for s in found["scales"][:_SHOWN]
    ]
    yield table(("scale~", "fit>", "%>", "mean MACs>", "most MACs>"), scales)
    if found["histogram"]:
        yield histogram(found["histogram"])


def histogram(bins: Sequence[Found]) -> str:
    """One line an interval of multiply-accumulates, hash marks for the networks in it."""
    most = max(b["count"] for b in bins)
    room = WIDTH - _LABEL - _COUNT - 2
    lines = ["MACs of the networks that fit"]
    for b in bins:
        label = f"{short_number(b['from'])} to {short_number(b['to'])}"
        marks = "#" * (max(1, round(room * b["count"] / most)) if b["count"] else 0)
        lines.append(f"{label:>{_LABEL}} {b['count']:>{_COUNT}} {marks}".rstrip())
    return "\n".join(lines)


def searched(found: Found) -> Iterator[RenderableType]:
    """What was searched, the front, and the networks that were trained to the end."""
    yield facts(_summary(found))
    front = [c for c in found["candidates"] if c["front"]]
    front.sort(key=lambda c: c["cost"]["ram"])
    rows = [
        (
            str(c["number"]),
            percent(c["accuracy"]).removesuffix(" %"),
            grouped(c["cost"]["ram"]),
            grouped(c["cost"]["flash"]),
            grouped(c["cost"]["cycles"]),
            grouped(c["cost"]["macs"]),
            c["cost"]["plan"],
        )
        for c in _spread(front, _SHOWN)
    ]
    yield table(("trial", "held-out %>", "RAM>", "flash>", "cycles>", "MACs>", "plan~"), rows)
    for winner in found["winners"]:
        yield facts(_winner(winner, found["settings"]["refit"]))


def _summary(found: Found) -> list[tuple[str, str]]:
    settings, data = found["settings"], found["data"]
    train, held, test = (grouped(n) for n in data["samples"])
    rows = [
        ("space", f"{settings['space']}, {settings['strategy']}, plans {settings['plans']}"),
        ("board", f"{found['board']}; {_budgets(found['budgets'])}"),
        ("data", f"{data['source']}: {train} to train on, {held} held out, {test} for the test"),
        ("scale", _scale(found["scale"] or {}) or "all"),
        (
            "trials",
            f"{grouped(found['trials'])}, {grouped(found['refused'])} of them over the budgets once planned",
        ),
        ("refused", _refused(found["verdicts"]) + " before a plan was made"),
        ("time", ", ".join(f"{name} {seconds:,.0f} s" for name, seconds in found["seconds"].items())),
    ]
    if found["proxy"]:
        rows.append(("proxy", _proxy(found["proxy"])))
    if found.get("ranking") and found["ranking"]["candidates"]:
        rows.append(("ranking", _ranking(found["ranking"])))
    return rows


def _accuracies(winner: Found) -> str:
    return f"{percent(winner['real'])} in float, {percent(winner['quantised'])} in int8"


def _winner(winner: Found, refit: bool) -> list[tuple[str, str]]:
    cost, proven = winner["cost"], winner["proven"]
    rows = [
        (winner["model"], f"trial {winner['number']}: {winner['architecture']}"),
        ("trained on as well" if refit else "held out", _accuracies(winner)),
    ]
    if proven is None:
        return [
            *rows,
            ("planned", f"RAM {grouped(cost['ram'])}, flash {grouped(cost['flash'])}, {cost['plan']}"),
        ]
    cost = proven["cost"]
    code = grouped(cost["code"]) if cost["measured"] else "not measured"
    rows += [
        ("test", f"{percent(proven['accuracy'])} by the C code on {grouped(proven['samples'])} samples"),
        ("RAM", f"{grouped(cost['ram'])}: {cost['plan']}"),
        ("flash", f"{grouped(cost['flash'])}: weights {grouped(cost['weights'])} + code {code}"),
        ("cycles", f"{grouped(cost['cycles'])} estimated, {grouped(cost['macs'])} MACs"),
        ("exact", f"host {_yes(proven['exact_host'])}, emulator {_yes(proven['exact_emulator'])}"),
        ("budgets", f"over: {', '.join(proven['missed'])}" if proven["missed"] else "met"),
    ]
    return rows + [("note", note) for note in proven["notes"]]


def _proxy(proxy: Found) -> str:
    rank = "not known" if proxy["spearman"] is None else f"{proxy['spearman']:.2f}"
    return (
        f"{proxy['name']}: rank correlation {rank} on {proxy['candidates']} candidates of this run; "
        f"it chose {proxy['chosen']} others"
    )


def _ranking(ranking: Found) -> str:
    rank = "not known" if ranking["spearman"] is None else f"{ranking['spearman']:.2f}"
    return (
        f"rank correlation {rank} between shared weights and a short training of each, on "
        f"{ranking['candidates']} candidates of this run"
    )


def _budgets(found: Found) -> str:
    parts = [
        f"{name} {grouped(found[name])}" for name in ("ram", "flash", "cycles") if found[name] is not None
    ]
    return ", ".join(parts) or "no budgets"


def _refused(verdicts: Mapping[str, int]) -> str:
    parts = [f"{name} {grouped(n)}" for name, n in verdicts.items() if n and name != "may fit"]
    return ", ".join(parts) or "none"


def _scale(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())


def _yes(exact: bool | None) -> str:
    return {True: "bit-exact", False: "DIFFERS", None: "not run"}[exact]


def _spread(rows: Sequence[Found], most: int) -> Sequence[Found]:
    """At most so many, evenly from all."""
    if len(rows) <= most:
        return rows
    return [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]
