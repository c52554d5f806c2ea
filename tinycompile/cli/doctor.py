"""`tinycompile doctor`."""

from __future__ import annotations

import platform

from tinycompile import __version__
from tinycompile.build import check
from tinycompile.cli.console import show, show_object
from tinycompile.cli.options import Json
from tinycompile.report.objects import doctor_object
from tinycompile.report.tables import doctor_table


def command(json: Json = False) -> None:
    """Show which tools are installed, and how to get the others."""
    checks, python = check(), platform.python_version()
    if json:
        show_object(doctor_object(checks, __version__, python))
    else:
        show(f"tinycompile {__version__}, Python {python}", doctor_table(checks))
