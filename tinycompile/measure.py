"""The size of a compilation's code, from the object that a compiler links for the board's core."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from tinycompile.build import CodeSize, measure_code
from tinycompile.build.codes import MISSING_TOOL
from tinycompile.compiler import Compilation
from tinycompile.errors import ToolchainError
from tinycompile.execution import build_input
from tinycompile.fit import check_fit, check_flash_budget
from tinycompile.plan.constants_ram import copied_bytes


@dataclass(frozen=True)
class Measurement:
    """What is known of the code.

    Attributes:
        sizes: None where nothing could be measured.
        copied: bytes of weights in `sizes.data`.
        note: why not; empty otherwise.
    """

    sizes: CodeSize | None
    note: str = ""
    copied: int = 0

    @property
    def code(self) -> int | None:
        """Flash bytes beside the constants: machine code, parameter blocks, initialised data."""
        found = self.sizes
        return None if found is None else found.code + found.rodata + self._data

    @property
    def sections(self) -> dict[str, int] | None:
        """The parts of `code`."""
        found = self.sizes
        if found is None:
            return None
        return {"text": found.code, "rodata": found.rodata, "data": self._data}

    @property
    def _data(self) -> int:
        return 0 if self.sizes is None else self.sizes.data - self.copied


_MEASURED: WeakKeyDictionary[Compilation, Measurement] = WeakKeyDictionary()


def measure(compilation: Compilation) -> Measurement:
    """Link the tree in a temporary folder, and hold weights and code against the board's flash and a budget.

    Done once per compilation.

    Raises:
        ToolchainError: a compiler is there but fails (TC602 to TC604).
        DoesNotFitError: weights and code together exceed the flash, or the budget for it (TC406).
    """
    if compilation not in _MEASURED:
        _MEASURED[compilation] = _measure(compilation)
    return _MEASURED[compilation]


def _measure(compilation: Compilation) -> Measurement:
    board = compilation.board
    if board.core.is_host:
        return Measurement(None, "code is not measured for the host")
    with tempfile.TemporaryDirectory(prefix="tinycompile-") as folder:
        directory = Path(folder)
        for name, text in compilation.tree.files.items():
            (directory / name).write_text(text, encoding="utf-8")
        tree = build_input(
            directory, compilation.program, compilation.tree.c_files, compilation.options.optimize
        )
        try:
            found = Measurement(measure_code(tree, board), "", copied_bytes(compilation.program))
        except ToolchainError as error:
            if error.diagnostics[0].code != MISSING_TOOL:
                raise
            first = error.diagnostics[0]
            return Measurement(None, f"code was not measured: {first.message} ({first.hint})")
    check_fit(compilation.program, board, found.code or 0)
    if compilation.options.flash is not None:
        check_flash_budget(compilation.program, board, compilation.options.flash, found.code)
    return found


def final_summary(compilation: Compilation, measurement: Measurement) -> dict[str, Any]:
    """The compilation's summary with the measured code; `flash.code` stays None where there is none."""
    summary = compilation.summary
    flash: Mapping[str, Any] = summary["flash"]
    code = measurement.code
    notes = [*summary["notes"], *([measurement.note] if measurement.note else [])]
    if code is None and compilation.options.flash is not None:
        notes.append("the flash budget was held against the weights alone")
    return {
        **summary,
        "flash": {
            **flash,
            "code": code,
            "sections": measurement.sections,
            "total": flash["total"] + (code or 0),
        },
        "compiler": measurement.sizes.compiler if measurement.sizes else None,
        "notes": notes,
    }
