"""The command line: one file per verb, imported when the verb is used."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from tinycompile import __version__
from tinycompile.errors import Diagnostic, TinyCompileError, UsageError, declare

TC_CALL = declare(
    "TC711",
    "Call that is not understood",
    "A verb or an option does not exist, an argument is missing, or a value is none of those that an option "
    "takes. `--help` after the verb lists them.",
)
TC_SYSTEM = declare(
    "TC712",
    "No room to write",
    "The disk, the folder of temporary files (TMPDIR) or what standard output goes to is full or read-only, "
    "or too many files are open. Nothing half-written is left behind.",
)

#: What typer raises for calls that it cannot read; it exports derived classes only.
_CallError: type[Exception] = typer.BadParameter.__mro__[1]
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}

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
        words = list(ctx.args)
        try:
            found = super().invoke(ctx)
            sys.stdout.flush()
        except TinyCompileError as error:
            failure = error
        except _CallError as error:
            failure = _misunderstood(error, ctx.invoked_subcommand or "")
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            failure = _no_room(error)
        else:
            return found
        _report(failure, as_json=bool(ctx.meta.get("tinycompile.json", "--json" in words)))
        raise typer.Exit(failure.exit_code)


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
    """The entry point of `tinycompile`.

    A process that is asked to end removes what it has half written, as after an interrupt from the keyboard.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    app()


def _misunderstood(error: Any, verb: str) -> UsageError:
    message = " ".join(error.format_message().replace("Value error, ", "").split())
    command = f"tinycompile {verb}".rstrip()
    return UsageError(Diagnostic(TC_CALL, message, (), f"`{command} --help` shows what it takes"))


def _no_room(error: OSError) -> UsageError:
    what = f"'{error.filename}'" if error.filename else "a result or a temporary file"
    hint = "make room, or name another folder in TMPDIR"
    return UsageError(Diagnostic(TC_SYSTEM, f"{what} cannot be written: {error.strerror}", (), hint))


def _report(error: TinyCompileError, as_json: bool) -> None:
    from tinycompile.cli.console import show_object, tell
    from tinycompile.report.diagnostics import error_object, error_text

    tell(error_text(error))
    with contextlib.suppress(OSError):
        if as_json:
            show_object(error_object(error))
        sys.stdout.flush()
        return
    # What is left in the buffer has nowhere to go: without this the interpreter would complain at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
