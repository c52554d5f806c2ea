"""`tinycompile profile`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tinycompile import artifact
from tinycompile.cli.console import show, show_object, tell, working
from tinycompile.cli.inputs import samples_for
from tinycompile.cli.options import Folder, Json, Samples
from tinycompile.profiling import profile
from tinycompile.report.objects import dump
from tinycompile.report.profile import FILE, cost_table, profile_object, profile_summary, traffic_table


class On(StrEnum):
    """Values of --on that count what is executed."""

    emulator = "emulator"
    qemu = "qemu"


def command(
    directory: Folder,
    on: Annotated[On, typer.Option("--on", help="What counts; QEMU has instructions only.")] = On.emulator,
    samples: Samples = None,
    json: Json = False,
) -> None:
    """Measure what each layer costs on an emulated core, beside the static estimate.

    The folder keeps it as profile.json, which `report DIR` draws.
    """
    compiled = artifact.load(directory)
    given = samples_for(compiled.program, samples)
    with working() as work:
        work.stage(f"build and run on {on.value}")
        found = profile(compiled, on.value, given.arrays)
    shown = profile_object(found, compiled.program, given.label)
    artifact.add(directory, {FILE: dump(shown) + "\n"})
    tell(f"written to {directory / FILE}")
    if json:
        show_object(shown)
        return
    traffic = traffic_table(shown)
    tables = [cost_table(shown), *([] if traffic is None else [traffic])]
    show(profile_summary(shown, compiled.board.core.name), *tables)
