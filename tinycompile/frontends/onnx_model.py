"""ONNX models to graphs: static shapes, folded constants, one name space, all findings at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tinycompile.errors import ModelError
from tinycompile.frontends.onnx_file import Source, SourceModel, read_model
from tinycompile.frontends.onnx_functions import model_functions
from tinycompile.frontends.onnx_import import Importer
from tinycompile.frontends.onnx_nodes import malformed
from tinycompile.frontends.onnx_ports import input_types
from tinycompile.frontends.onnx_scope import PoisonedError, Scope, add_constants, readers_of
from tinycompile.frontends.onnx_weights import check_graph_constants
from tinycompile.ir import Graph, GraphBuilder, Node, Value, ValueKind, verify
from tinycompile.ops.layout import Copy


def load_model(
    source: Source, *, input_shapes: Mapping[str, tuple[int, ...]] | None = None, name: str | None = None
) -> Graph:
    """Read an ONNX model, float or QDQ, as a static Graph.

    Inputs and outputs keep ONNX's names, order and shapes. Operators that nothing needs are dropped,
    constant parts are evaluated, functions are replaced by their bodies.

    Args:
        source: path, serialised bytes or ModelProto.
        input_shapes: full shape per input whose dimensions are free; a free first dimension becomes 1.
        name: the graph's name; the file's stem, or the name inside the model, by default.

    Raises:
        UsageError: no such file, or `input_shapes` does not fit the model.
        ModelError: the model is unreadable or holds something unsupported; carries all findings.
    """
    model = read_model(source)
    graph = model.proto.graph
    given = {key: tuple(int(d) for d in shape) for key, shape in (input_shapes or {}).items()}
    types, notes = input_types(graph, given, model.label)
    builder = GraphBuilder(name or _default_name(source, model))
    builder.notes.extend((*model.notes, *notes))
    scope = Scope(model.opsets, readers_of(graph.node))
    add_constants(scope, graph, builder.notes)
    for input_name, type_ in types:
        if input_name in scope.names:
            raise malformed(f"two inputs are named '{input_name}'", (input_name,))
        scope.names[input_name] = builder.input(input_name, type_)
    importer = Importer(builder, model_functions(model.proto), model.proto.ir_version)
    outputs = [value.name for value in graph.output]
    twice = sorted({n for n in outputs if outputs.count(n) > 1})
    if twice:
        raise malformed(f"outputs are listed twice: {', '.join(twice)}", tuple(twice))
    importer.walk(graph.node, outputs, scope)
    results = _results(outputs, scope, builder, importer)
    builder.notes.extend(importer.notes())
    found = verify(_named(builder, results), "import")
    check_graph_constants(found)
    return found


def _default_name(source: Source, model: SourceModel) -> str:
    return Path(source).stem if isinstance(source, str | Path) else (model.proto.graph.name or "model")


def _results(outputs: list[str], scope: Scope, builder: GraphBuilder, importer: Importer) -> dict[str, str]:
    """ONNX output name -> a value of its own that a node computes.

    Raises:
        ModelError: with everything that was found.
    """
    found: dict[str, str] = {}
    errors = importer.errors()
    for name in outputs:
        try:
            value = scope.resolve(name, builder)
        except PoisonedError:
            continue
        except ModelError as error:
            errors.extend(error.diagnostics)
            continue
        if value is not None:
            found[name] = value
    if errors:
        raise ModelError(errors)
    taken: set[str] = set()
    builder.fold = False
    for name, value in found.items():
        if builder.values[value].kind is not ValueKind.TEMP or value in taken:
            found[name] = builder.add1(Copy(), value, origins=(name,), hint=name)
        taken.add(found[name])
    return found


def _named(builder: GraphBuilder, results: Mapping[str, str]) -> Graph:
    """The finished graph with its outputs under their ONNX names (inputs keep theirs where both agree)."""
    graph = builder.graph(list(results.values()))
    inputs = set(graph.inputs)
    renamed = {value: name for name, value in results.items() if name not in inputs}
    targets = set(renamed.values())
    for value in graph.values:
        if value in targets and value not in renamed:
            renamed[value] = _fresh(value, graph.values, targets)
    return _renamed(graph, renamed)


def _fresh(name: str, values: Mapping[str, Value], targets: set[str]) -> str:
    count = 1
    while f"{name}.{count}" in values or f"{name}.{count}" in targets:
        count += 1
    targets.add(f"{name}.{count}")
    return f"{name}.{count}"


def _renamed(graph: Graph, names: Mapping[str, str]) -> Graph:
    def new(old: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names.get(n, n) for n in old)

    return Graph(
        graph.name,
        {names.get(n, n): replace(v, name=names.get(n, n)) for n, v in graph.values.items()},
        tuple(Node(n.op, new(n.inputs), new(n.outputs), n.origins) for n in graph.nodes),
        graph.inputs,
        new(graph.outputs),
        graph.notes,
    )
