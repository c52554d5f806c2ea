"""`tinycompile ops`."""

from __future__ import annotations

from tinycompile.cli.console import show, show_object
from tinycompile.cli.options import Json
from tinycompile.report.objects import operators_object
from tinycompile.report.operators import operators
from tinycompile.report.tables import operators_table


def command(json: Json = False) -> None:
    """List the operators, the element types and the cores that have kernels of their own."""
    rows = operators()
    if json:
        show_object(operators_object(rows))
    else:
        show(*operators_table(rows))
