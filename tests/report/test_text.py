"""Tables and messages stay readable whatever names a model brings."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console, RenderableType

import tinycompile
from tests.cli.tool import classifier
from tinycompile.errors import Diagnostic, UsageError
from tinycompile.report.compiled import compile_summary
from tinycompile.report.diagnostics import error_text
from tinycompile.report.objects import compile_object, dump
from tinycompile.report.tables import layers, live_blocks, occupancy, table
from tinycompile.report.text import bar, both_ends, origin_label, percent, plain, size_text
from tinycompile.samples import random_samples

LONG = "/model/stage_1/block/" + "very_long_name_" * 6 + "conv"
WIDE = "网络层" * 12


def printed(*parts: RenderableType) -> list[str]:
    stream = StringIO()
    console = Console(file=stream, width=80, markup=False, highlight=False)
    for part in parts:
        console.print(part)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("names", ["", LONG, WIDE, "[bold]x[/bold]\x1b[31m\n"])
def test_tables_fit_80_columns(names: str) -> None:
    compilation = tinycompile.compile(
        classifier(channels=16, size=32, names=names), "nucleo-f446re", name="net"
    )
    program = compilation.program
    found = compile_object(compilation.summary, program)
    lines = printed(
        compile_summary(found, program, compilation.board, "out"), layers(program), occupancy(program),
        live_blocks(program),
    )  # fmt: skip
    assert max(map(len, lines)) <= 80
    assert not any("\x1b" in line for line in lines)
    assert sum("conv2d_f32" in line for line in lines) == 2


def test_what_tables_give_up_first() -> None:
    columns = ("step>", "node~", "kernel~", "?", "MACs>")
    assert "##" in printed(table(columns, [("1", "conv", "conv2d", "##", "12")]))[-1]
    narrow = printed(table(columns, [("1", "block_1/" + "x" * 40 + "/conv", "k" * 60, "##", "12")]))[-1]
    assert len(narrow) <= 80 and "##" not in narrow
    assert "block_1/" in narrow and "/conv" in narrow  # both lose as much as makes them equally wide
    assert narrow.split()[1].count("x") < 40 and len(narrow.split()[2]) > 30


def test_messages_wrap_but_keep_what_a_tool_said() -> None:
    message = "the compiler said:\n" + "x.c:1:2: error: " + "word " * 30 + "\n  caret ^"
    text = error_text(
        UsageError([Diagnostic("TC602", message, (), "try " + "again " * 30), Diagnostic("TC101", "b")])
    )
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "error TC602: the compiler said:"
    assert lines[-1] == "error TC101: b"
    assert sum(line.startswith("  hint: ") for line in lines) == 1


def test_small_pieces() -> None:
    assert both_ends("a/long/path/to/conv", 10, "..") == "a/..o/conv"
    assert plain("a\x1b[1mb\n") == "a?[1mb?"
    assert both_ends("blocks/10/conv", 20) == "blocks/10/conv"
    assert both_ends("blocks/10/mobile_inverted/conv/Relu6", 16) == "blocks…onv/Relu6"
    assert (bar(0, 10), bar(1, 1000, 4), bar(10, 10, 4)) == ("", "#", "####")
    assert (size_text(96 << 10), size_text(2 << 20), size_text(3 << 19)) == ("96K", "2M", "1,536K")
    assert origin_label(("a;b;c", "d"), "Relu") == "a +1"
    assert origin_label((), "Relu") == "Relu"
    assert percent(0.12345) == "12.35 %"


def test_json_has_no_nan() -> None:
    assert (
        dump({"a": float("nan"), "b": [float("inf"), 1.5]})
        == '{\n "a": null,\n "b": [\n  null,\n  1.5\n ]\n}'
    )


def test_random_samples_are_repeatable() -> None:
    ports = tinycompile.compile(classifier(), name="net").program.inputs
    first, second = random_samples(ports, 3), random_samples(ports, 3)
    assert first["image"].shape == (3, 1, 1, 8, 8)
    assert (
        first["image"].tobytes()
        == second["image"].tobytes()
        != random_samples(ports, 3, seed=1)["image"].tobytes()
    )
