"""Where operator files announce themselves: import rules, kernels, and the names for printing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tinycompile.errors import declare
from tinycompile.ir import GraphBuilder, Op
from tinycompile.ops.kernel import Kernel
from tinycompile.ops.source import SourceNode

ImportRule = Callable[[SourceNode, GraphBuilder], Sequence[str]]

_RULES: dict[str, ImportRule] = {}
_KERNELS: dict[type[Op], tuple[Kernel, ...]] = {}

TC_NO_KERNEL = declare(
    "TC210",
    "No kernel for these types",
    "The operator is known, but no C function computes it for these element types or attributes. "
    "Change the types in the model (float32 and int8 are covered best) or report the case.",
)


def imports(*op_types: str) -> Callable[[ImportRule], ImportRule]:
    """Register the decorated function as the import rule of these source operators.

    The rule receives the source node and a builder, adds nodes to it and returns the names of
    the results, in the order of the source node's outputs.
    """

    def register(rule: ImportRule) -> ImportRule:
        for op_type in op_types:
            if op_type in _RULES:
                raise ValueError(f"two import rules for {op_type}")
            _RULES[op_type] = rule
        return rule

    return register


def kernels(op_class: type[Op], *found: Kernel) -> None:
    """Register the kernels of an operator; the preferred of several equal ones comes first."""
    _KERNELS[op_class] = (*_KERNELS.get(op_class, ()), *found)


def import_rule(op_type: str) -> ImportRule | None:
    """The import rule of a source operator, or None when it is unknown."""
    return _RULES.get(op_type)


def known_op_types() -> tuple[str, ...]:
    """All source operators with an import rule, sorted."""
    return tuple(sorted(_RULES))


def kernels_of(op_class: type[Op]) -> tuple[Kernel, ...]:
    """The kernels of an operator in order of preference."""
    return _KERNELS.get(op_class, ())


def op_classes() -> tuple[type[Op], ...]:
    """All operators that have kernels, in the order of registration."""
    return tuple(_KERNELS)
