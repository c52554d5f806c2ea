"""The command line: one file per verb, imported when the verb is used."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tinycompile import __version__
from tinycompile.errors import TinyCompileError

#: Verb -> what it does, in the order of `tinycompile --help`; the first line of the verb's own help.
VERBS = {
    "compile": "Compile an ONNX model to C for a board.",
    "explore": "Show the plans to choose from: less RAM for more work.",
    "search": "Find the most accurate network that fits a board: architecture and memory plan together.",
    "check": "Check the plan of a compiled model byte by byte, independently of the planner.",
    "simulate": "Execute a compiled model in the simulated arena.",
    "run": "Run the C code and hold it against the simulator.",
    "profile": "Measure what each layer costs on an emulated core, beside the static estimate.",
    "evaluate": "Accuracy on labelled data, and agreement with onnxruntime.",
    "memory": "Draw what lies where in the arena, and when.",
    "report": "Write one HTML page: memory map, layers, flash, proof.",
    "flash": "Build firmware for the board and write it.",
    "boards": "List the boards: core, clock, memories, emulators, probe.",
    "ops": "List the operators, the element types and the cores that have kernels of their own.",
    "doctor": "Show which tools are installed, and how to get the others.",
    "demo": "Compile a digit classifier and run it on the emulator over 360 images.",
}


class Verbs(TyperGroup):
    """Finds verbs as modules of this package, and turns expected failures into messages and exit codes."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The verb's command, or None when there is no such verb."""
        if cmd_name not in VERBS:
            return None
        module = import_module(f"{__name__}.{cmd_name}")
        verb = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        verb.command(cmd_name)(module.command)
        return typer.main.get_command(verb)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def invoke(self, ctx: Any) -> Any:
        """Run the verb."""
        try:
            return super().invoke(ctx)
        except TinyCompileError as error:
            _report(error, as_json=bool(ctx.meta.get("tinycompile.json")))
            raise typer.Exit(error.exit_code) from None


app = typer.Typer(
    cls=Verbs,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tinycompile {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Neural networks from ONNX to C for microcontrollers, simulated bit for bit."""


def main() -> None:
    """The entry point of `tinycompile`."""
    app()


def _report(error: TinyCompileError, as_json: bool) -> None:
    from tinycompile.cli.console import show_object, tell
    from tinycompile.report.diagnostics import error_object, error_text

    tell(error_text(error))
    if as_json:
        show_object(error_object(error))
