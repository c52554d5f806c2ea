"""Walking the nodes of a source model: every node through its import rule, all errors gathered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from onnx import FunctionProto, GraphProto, NodeProto

from tinycompile.errors import Diagnostic, ModelError, TinyCompileError
from tinycompile.frontends.codes import CONTROL_FLOW, UNKNOWN_OPERATOR
from tinycompile.frontends.onnx_functions import (
    Body,
    FunctionKey,
    domain_of,
    has_standard_body,
    local_body,
    standard_body,
)
from tinycompile.frontends.onnx_nodes import (
    asks_for_other_float,
    attributes_of,
    check_definition,
    live_order,
    malformed,
)
from tinycompile.frontends.onnx_quirks import plain_form
from tinycompile.frontends.onnx_scope import PoisonedError, Scope, add_constants, readers_of
from tinycompile.frontends.onnx_tensor import check_size
from tinycompile.ir import GraphBuilder
from tinycompile.ops.registry import ImportRule, import_rule
from tinycompile.ops.source import TC_OPERANDS, SourceNode

#: Operators of onnxruntime's domain that mean the same as their namesakes of the standard.
_SAME_IN_MICROSOFT = frozenset(
    {
        "DequantizeLinear",
        "Gelu",
        "QGemm",
        "QLinearAdd",
        "QLinearAveragePool",
        "QLinearConcat",
        "QLinearGlobalAveragePool",
        "QLinearLeakyRelu",
        "QLinearMul",
        "QLinearSigmoid",
        "QLinearSoftmax",
        "QuantizeLinear",
        "QuickGelu",
    }
)

_CONTROL = frozenset({"If", "Loop", "Scan", "SequenceMap"})

#: Nesting of functions and branches; deeper means that functions call each other in a circle.
_MAX_DEPTH = 32

#: Nodes after all functions are expanded; more is a small file that means to be huge.
_MAX_NODES = 20_000

Results = Sequence[str | None]


class Importer:
    """Fills a GraphBuilder from source nodes.

    A node that fails poisons its results; nodes that read them are skipped, so that every finding
    stands for itself.
    """

    def __init__(
        self, builder: GraphBuilder, functions: Mapping[FunctionKey, FunctionProto], ir_version: int
    ) -> None:
        self._builder = builder
        self._functions = functions
        self._ir_version = ir_version
        self._found: list[Diagnostic] = []
        self._unknown: dict[str, list[str]] = defaultdict(list)
        self._node_names: set[str] = set()
        self._depth = 0
        self._findings: dict[str, list[str]] = defaultdict(list)

    def errors(self) -> list[Diagnostic]:
        """All findings so far; unknown operators make one each, before the others."""
        unknown = [_unknown_operator(op_type, names) for op_type, names in sorted(self._unknown.items())]
        return [*unknown, *dict.fromkeys(self._found)]

    def notes(self) -> list[str]:
        """What was read differently from how the model writes it."""
        return [f"{len(names)} nodes {what}: {_some(names)}" for what, names in self._findings.items()]

    def walk(self, nodes: Sequence[NodeProto], outputs: Sequence[str], scope: Scope) -> None:
        """Import the nodes that `outputs` need; their results become known to `scope`.

        Raises:
            ModelError: the nodes cannot be ordered. All other findings are gathered.
        """
        for index in live_order(nodes, outputs):
            node = nodes[index]
            wanted = [name for name in node.output if name]
            name = self._unique(node, index, scope)
            try:
                scope.check_new(wanted)
                results = self._node(node, name, scope)
            except PoisonedError:
                scope.poisoned.update(wanted)
                continue
            except TinyCompileError as error:
                self._found.extend(error.diagnostics)
                scope.poisoned.update(wanted)
                continue
            for output, result in zip(node.output, results, strict=False):
                if result is None:
                    scope.poisoned.add(output)
                elif output:
                    scope.names[output] = result

    def _unique(self, node: NodeProto, index: int, scope: Scope) -> str:
        stem = scope.prefix + (node.name or f"{node.op_type}_{index}")
        name, count = stem, 1
        while name in self._node_names:
            count += 1
            name = f"{stem}_{count}"
        self._node_names.add(name)
        if len(self._node_names) > _MAX_NODES:
            raise malformed(f"the model has more than {_MAX_NODES:,} nodes once its functions are expanded")
        return name

    def _node(self, node: NodeProto, name: str, scope: Scope) -> Results:
        label = f"node '{name}' ({node.op_type})"
        domain = domain_of(node.domain)
        function = self._functions.get((domain, node.op_type, node.overload))
        rule = _rule(node.op_type, domain)
        standard = domain == "" and (node.op_type in _CONTROL or has_standard_body(node, scope.opset))
        if function is None and rule is None and (not standard or node.op_type in self._unknown):
            self._unknown[f"{domain}.{node.op_type}" if domain else node.op_type].append(name)
            raise PoisonedError(name)
        operands = self._operands(node, label, scope)
        if function is not None:
            return self._inline(local_body(function, node, scope.opsets), node, name, operands, trusted=False)
        if domain == "":
            check_definition(node, label, scope.opset, self._ir_version)
        if node.op_type == "If":
            return self._branch(node, name, operands, scope)
        if node.op_type in _CONTROL:
            raise _control_error(name, label, f"{node.op_type} is not supported")
        source = SourceNode(
            node.op_type,
            name,
            operands,
            len(_trimmed(node.output)),
            attributes_of(node, label),
            scope.opset,
            domain,
        )
        if asks_for_other_float(node):
            self._findings["compute in float32 instead of another float type"].append(name)
        if rule is not None:
            return self._apply(rule, source, node, scope)
        return self._expand(node, source)

    def _operands(self, node: NodeProto, label: str, scope: Scope) -> tuple[str | None, ...]:
        """The builder values of the node's operands.

        Raises:
            PoisonedError, ModelError: as `Scope.resolve`, after all operands were looked at.
        """
        found: list[str | None] = []
        failures: list[Diagnostic] = []
        poisoned = False
        for name in node.input:
            try:
                found.append(scope.resolve(name, self._builder) if name else None)
            except PoisonedError:
                poisoned = True
            except TinyCompileError as error:
                failures.extend(replace(d, message=f"{label}: {d.message}") for d in error.diagnostics)
        self._found.extend(failures)
        if poisoned or failures:
            raise PoisonedError(node.name)
        while found and found[-1] is None:
            found.pop()
        return tuple(found)

    def _apply(self, rule: ImportRule, source: SourceNode, node: NodeProto, scope: Scope) -> Results:
        """Run an import rule; whatever it cannot digest becomes a finding about the node."""
        before = len(self._builder.values)
        try:
            results = rule(plain_form(source, self._builder, self._findings), self._builder)
        except (TinyCompileError, AssertionError):
            raise
        # Rules see what a damaged file says; an index or a size that is out of range is the file's doing.
        except (ValueError, LookupError, ArithmeticError, TypeError, MemoryError) as error:
            message = str(error) or type(error).__name__
            raise source.error(message, "check the model with onnx.checker", TC_OPERANDS) from error
        values = self._builder.values
        for name in islice(reversed(values), len(values) - before):
            check_size(values[name].type.shape, values[name].type.dtype.itemsize, f"{source.label}: a result")
        if len(results) < source.num_outputs and any(node.output[len(results) :]):
            raise source.error(f"output {len(results)} is not supported", "leave it out when exporting")
        data = self._builder.data(results[0]) if source.op_type == "Constant" else None
        if data is not None:
            scope.check(node.output[0], data)
        return results

    def _expand(self, node: NodeProto, source: SourceNode) -> Results:
        """Import an operator through the body that ONNX's definition gives for it."""
        types = [None if name is None else self._builder.type(name) for name in source.inputs]
        body = standard_body(node, source.opset, types)
        if body is None:
            self._unknown[source.op_type].append(source.name)
            raise PoisonedError(source.name)
        outside, self._unknown = self._unknown, defaultdict(list)
        try:
            results = self._inline(body, node, source.name, source.inputs, trusted=True)
        finally:
            inside, self._unknown = self._unknown, outside
        if inside:
            self._unknown[source.op_type].append(source.name)
            raise PoisonedError(source.name)
        return results

    def _inline(
        self, body: Body, node: NodeProto, name: str, operands: Sequence[str | None], *, trusted: bool
    ) -> Results:
        """Import a function body in place of `node`; results that the node leaves out are not looked for."""
        scope = Scope(body.opsets, None if trusted else readers_of(body.nodes), f"{name}/")
        for index, formal in enumerate(body.inputs):
            scope.names[formal] = operands[index] if index < len(operands) else None
        wanted = [formal for formal, output in zip(body.outputs, node.output, strict=False) if output]
        found = dict(zip(wanted, self._nested(body.nodes, wanted, scope, name), strict=True))
        return [found.get(formal) for formal in body.outputs]

    def _branch(self, node: NodeProto, name: str, operands: Sequence[str | None], scope: Scope) -> Results:
        """Follow the branch that a constant condition selects."""
        condition = self._builder.data(operands[0]) if operands and operands[0] is not None else None
        if condition is None or condition.size != 1:
            raise _control_error(name, f"node '{name}' (If)", "the condition is computed at run time")
        key = "then_branch" if condition.reshape(-1)[0] else "else_branch"
        graph = next((a.g for a in node.attribute if a.name == key), GraphProto())
        readers = None if scope.readers is None else readers_of(graph.node)
        inner = Scope(scope.opsets, readers, scope.prefix, scope)
        add_constants(inner, graph, self._builder.notes)
        return self._nested(graph.node, [value.name for value in graph.output], inner, name)

    def _nested(self, nodes: Sequence[NodeProto], outputs: Sequence[str], scope: Scope, name: str) -> Results:
        if self._depth >= _MAX_DEPTH:
            raise malformed(f"node '{name}': functions or branches nest deeper than {_MAX_DEPTH} levels")
        self._depth += 1
        try:
            self.walk(nodes, outputs, scope)
        finally:
            self._depth -= 1
        return [self._result(output, scope) for output in outputs]

    def _result(self, name: str, scope: Scope) -> str | None:
        try:
            return scope.resolve(name, self._builder)
        except PoisonedError:
            return None


def _rule(op_type: str, domain: str) -> ImportRule | None:
    if domain == "" or (domain == "com.microsoft" and op_type in _SAME_IN_MICROSOFT):
        return import_rule(op_type)
    return None


def _trimmed(names: Sequence[str]) -> list[str]:
    """The names without trailing empty ones."""
    found = list(names)
    while found and not found[-1]:
        found.pop()
    return found


def _unknown_operator(op_type: str, names: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        UNKNOWN_OPERATOR,
        f"operator {op_type} is not supported; nodes: {_some(names)}",
        tuple(names),
        "replace it when exporting, or fold it away; `tinycompile ops` lists those that are supported",
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _control_error(name: str, label: str, why: str) -> ModelError:
    return ModelError(Diagnostic(CONTROL_FLOW, f"{label}: {why}", (name,), "unroll it when exporting"))
