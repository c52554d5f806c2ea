"""`tinycompile check`."""

from __future__ import annotations

from tinycompile.cli.console import show, show_object, working
from tinycompile.cli.options import Folder, Json
from tinycompile.proof import check_folder
from tinycompile.report.certificates import certificate_object, certificate_text


def command(folder: Folder, json: Json = False) -> None:
    """Check the plan of a compiled model byte by byte, independently of the planner."""
    with working() as work:
        work.stage("replay the plan")
        found = check_folder(folder)
    if json:
        show_object(certificate_object(found))
    else:
        show(certificate_text(found))
