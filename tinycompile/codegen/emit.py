"""The emitter: prints a Program as a C source tree. It decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tinycompile.codegen import cprint, reads, runtime, stages
from tinycompile.codegen.names import check_ports, check_prefix
from tinycompile.codegen.regions import Bases, bases, with_own_bases
from tinycompile.codegen.row_io import row_io
from tinycompile.codegen.tree import SourceTree, digest_of
from tinycompile.ir import DType
from tinycompile.ops import Struct
from tinycompile.plan.arguments import c_type
from tinycompile.plan.fetch_run import weights_file
from tinycompile.plan.outside_types import FETCH_ALIGN
from tinycompile.plan.program import ArenaArg, Call, Port, Program
from tinycompile.plan.weight_use import weight_use
from tinycompile.version import __version__

ARENA_ALIGN = 16


@dataclass(frozen=True)
class PortView:
    """One input or output as the templates see it."""

    index: int
    tag: str
    macro: str
    name: str
    ctype: str
    dtype: str
    field: str
    place: str
    offset: int
    nbytes: int
    elements: int
    shape: tuple[int, ...]
    rows: int
    row_bytes: int
    pixel_bytes: int
    scale: str | None
    zero_point: int
    low: int
    high: int


@dataclass(frozen=True)
class CallView:
    """One kernel call as the templates see it; `stepwise` for a stage that stops for rows, `patched` for one
    that asks for patches."""

    step: int
    symbol: str
    arguments: tuple[str, ...]
    comment: str
    reads: tuple[reads.Event, ...]
    stepwise: bool = False
    patched: bool = False


@dataclass(frozen=True)
class BlockView:
    """One parameter block."""

    name: str
    ctype: str
    value: str


@dataclass(frozen=True)
class ConstView:
    """One constant array; one that start-up code copies into RAM is not `const` to the compiler."""

    name: str
    ctype: str
    length: int
    lines: tuple[str, ...]
    comment: str
    macro: str
    qualifier: str


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tinycompile.codegen"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["c_comment"] = cprint.comment
    environment.filters["c_string"] = cprint.string
    return environment


def emit(program: Program) -> SourceTree:
    """The C source tree of a Program: model, weights, the kernels in use, CMakeLists.txt.

    Raises:
        UsageError: the model's or a port's name cannot be used in C.
    """
    prefix = check_prefix(program.name)
    sources = runtime.sources_for(_symbols(program))
    context = _context(program, prefix, sources)
    templates = {
        f"{prefix}.h": "model.h.j2",
        f"{prefix}.c": "model.c.j2",
        f"{prefix}_weights.h": "weights.h.j2",
        f"{prefix}_weights.c": "weights.c.j2",
        "tc_symbols.h": "tc_symbols.h.j2",
        "CMakeLists.txt": "CMakeLists.txt.j2",
    }
    headers = {*context["headers"], "tc_common.h", *(["tc_numeric.h"] if context["quantised"] else [])}
    files = {name: runtime.text_of(name) for name in runtime.closure({*sources, *headers})}
    for name, template in templates.items():
        files[name] = _environment().get_template(template).render(**context, digest="")
    binaries = {f"{prefix}_weights.bin": weights_file(program)} if program.fetches else {}
    digest = digest_of(files, binaries)
    files[f"{prefix}.h"] = _environment().get_template("model.h.j2").render(**context, digest=digest)
    return SourceTree(dict(sorted(files.items())), digest, binaries)


def _context(program: Program, prefix: str, sources: tuple[str, ...]) -> dict[str, Any]:
    blocks: dict[Struct, str] = {}
    for call in program.calls:
        for arg in call.args:
            if isinstance(arg, Struct):
                blocks.setdefault(arg, f"{prefix}_p{len(blocks)}")
    where = bases(program)
    inputs, outputs = _ports("input", program.inputs, where), _ports("output", program.outputs, where)
    return {
        "version": __version__,
        "prefix": prefix,
        "upper": prefix.upper(),
        "board": program.board,
        "inputs": inputs,
        "outputs": outputs,
        "arena": max(program.arena, 1),
        "regions": where.regions,
        "bases": where.used(_touched(program)),
        "align": FETCH_ALIGN if program.fetches else ARENA_ALIGN,
        "input_ctype": _common_type(inputs),
        "output_ctype": _common_type(outputs),
        "quantised": any(p.scale for p in (*inputs, *outputs)),
        "headers": sorted({runtime.header_of(s) for s in _symbols(program)}),
        "stages": stages.views(replace(program, stages=with_own_bases(program)), prefix),
        "blocks": [BlockView(name, s.ctype, cprint.initialiser(s)) for s, name in blocks.items()],
        "calls": list(_calls(program, prefix, blocks, where)),
        "rows": row_io(program, prefix, where),
        "constants": [_constant(program, prefix, name) for name in program.emitted],
        "outside": program.mapped_regions,
        "copied": any(p.copied for p in program.placed),
        "fetch": reads.view(program),
        "sources": sorted((*sources, f"{prefix}.c", f"{prefix}_weights.c")),
        "symbols": runtime.public_symbols(sources),
        "macs": program.macs,
        "weights": weight_use(program).total,
    }


def _ports(kind: str, ports: tuple[Port, ...], where: Bases) -> tuple[PortView, ...]:
    macros = check_ports(kind, tuple(p.name for p in ports))
    views = []
    for index, port in enumerate(ports):
        tag, quant = f"{'IN' if kind == 'input' else 'OUT'}{index}", port.type.quant
        low, high = port.type.dtype.limits if port.type.dtype.is_integer else (0, 0)
        region = where.of(port.offset)
        views.append(
            PortView(
                index,
                tag,
                macros[index],
                port.name,
                c_type(port.type),
                port.type.dtype.value,
                region.field,
                f", in {region.name}" if len(where.regions) > 1 else "",
                port.offset - region.start,
                port.type.nbytes,
                port.type.elements,
                port.type.shape,
                port.type.shape[1] if port.rows else 0,
                port.row_bytes if port.rows else 0,
                port.pixel_bytes if port.patches else 0,
                cprint.real(quant.scale0) if quant else None,
                quant.zero0 if quant else 0,
                low,
                high,
            )
        )
    return tuple(views)


def _common_type(ports: tuple[PortView, ...]) -> str:
    """The element type when all ports agree, else void."""
    kinds = {p.ctype for p in ports}
    return kinds.pop() if len(kinds) == 1 else "void"


def _symbols(program: Program) -> set[str]:
    """The runtime functions that the model calls."""
    return {call.symbol for call in program.calls} | stages.symbols(program)


def _touched(program: Program) -> set[int]:
    """Arena bytes that the run function names."""
    found = {arg.offset for call in program.calls for arg in call.args if isinstance(arg, ArenaArg)}
    return found | {stage.state for stage in program.stages} | {fetch.target for fetch in program.fetches}


def _calls(program: Program, prefix: str, blocks: dict[Struct, str], where: Bases) -> Iterator[CallView]:
    """One call per step; a stage is one call of the driver, at its first step."""
    for call in program.calls:
        stage, due = program.stage_at.get(call.step), reads.ahead(program, call.step, where)
        if stage is None:
            yield _call(call, prefix, blocks, where, due)
        elif call.step == stage.first:
            name = f"&{prefix}_s{program.stages.index(stage)}"
            what = (
                f"{stage.last + 1 - stage.first} operators in patches"
                if stage.patched
                else (f"{len(stage.ops)} operators row by row")
            )
            label, base = f"{what} -> {stage.rings[-1].value}", where.of(stage.state).base
            driver = stages.PATCHES_DRIVER if stage.patched else stages.DRIVER
            yield CallView(call.step, driver, (base, name), label, due, stage.stepwise, stage.patched)


def _call(
    call: Call, prefix: str, blocks: dict[Struct, str], where: Bases, due: tuple[reads.Event, ...]
) -> CallView:
    shape = "x".join(map(str, call.outs[0].type.shape)) or "scalar"
    arguments = tuple(cprint.argument(a, prefix, blocks, where.at) for a in call.args)
    return CallView(call.step, call.symbol, arguments, f"{call.label} -> {shape}", due)


def _constant(program: Program, prefix: str, name: str) -> ConstView:
    array = program.constants[name]
    note = f"{DType.of(array.dtype).value}{list(array.shape)}"
    place = next((p for p in program.placed if p.name == name), None)
    ending = "" if place is None else "_RAM" if place.copied else f"_{place.region}"
    return ConstView(
        f"{prefix}_{name}",
        cprint.element_type(array),
        max(1, array.size),
        tuple(cprint.array_lines(array)),
        note,
        f"{prefix}_CONST{ending}".upper(),
        "" if place is not None and place.copied else "const ",
    )
