"""A node of the source model as import rules see it: no protobuf, typed access, good errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tinycompile.errors import Diagnostic, ModelError, declare
from tinycompile.ir import GraphBuilder, TensorType

AttributeValue = int | float | str | tuple[int, ...] | tuple[float, ...] | tuple[str, ...] | np.ndarray

TC_ATTRIBUTE = declare(
    "TC201",
    "Unsupported attribute",
    "A node uses an attribute value that is not supported. The message says which one, and what would be.",
)
TC_NOT_CONST = declare(
    "TC202",
    "Operand must be a constant",
    "An operand that decides a shape or a table must be known at compile time. Fold it into a constant "
    "when exporting, for example with onnxruntime's or onnxsim's constant folding.",
)
TC_OPERANDS = declare(
    "TC203",
    "Operands do not go together",
    "The types or shapes of a node's operands are not supported or contradict each other.",
)


@dataclass(frozen=True, eq=False)
class SourceNode:
    """One node of the source model.

    Attributes:
        inputs: names of builder values; None where an optional input is left out. Trailing
            omitted inputs are absent.
        num_outputs: how many outputs the source node declares (trailing unused ones dropped).
        opset: version of the operator set in force for the node's domain.
    """

    op_type: str
    name: str
    inputs: tuple[str | None, ...]
    num_outputs: int
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    opset: int = 17
    domain: str = ""

    @property
    def label(self) -> str:
        """How messages name the node."""
        return f"node '{self.name}' ({self.op_type})"

    @property
    def origins(self) -> tuple[str, ...]:
        """The source names that graph nodes made from this one carry."""
        return (self.name,)

    def error(self, message: str, hint: str = "", code: str = TC_ATTRIBUTE) -> ModelError:
        """A ModelError about this node, to be raised by the caller."""
        return ModelError(Diagnostic(code, f"{self.label}: {message}", (self.name,), hint))

    def has(self, index: int) -> bool:
        """True when input `index` is given."""
        return index < len(self.inputs) and self.inputs[index] is not None

    def input(self, index: int) -> str:
        """The builder value of a required input.

        Raises:
            ModelError: the input is missing.
        """
        name = self.inputs[index] if index < len(self.inputs) else None
        if name is None:
            raise self.error(f"input {index} is missing", "check the model with onnx.checker", TC_OPERANDS)
        return name

    def type(self, index: int, builder: GraphBuilder) -> TensorType:
        """The type of a required input."""
        return builder.type(self.input(index))

    def const(self, index: int, builder: GraphBuilder, what: str) -> np.ndarray:
        """The data of an input that must be constant; `what` names its role.

        Raises:
            ModelError: it is computed at run time.
        """
        data = builder.settled(self.input(index))
        if data is None:
            raise self.error(
                f"{what} (input {index}) is computed at run time",
                "make it a constant of the model",
                TC_NOT_CONST,
            )
        return data

    def attr_int(self, name: str, default: int | None = None) -> int:
        """An integer attribute."""
        value = self._value(name, default)
        if not isinstance(value, int):
            raise self.error(f"attribute '{name}' is not an integer")
        return value

    def attr_ints(self, name: str, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """A list-of-integers attribute."""
        value = self._value(name, default)
        if not isinstance(value, tuple) or not all(isinstance(v, int) for v in value):
            raise self.error(f"attribute '{name}' is not a list of integers")
        return tuple(int(v) for v in value)

    def attr_float(self, name: str, default: float | None = None) -> float:
        """A float attribute."""
        value = self._value(name, default)
        if not isinstance(value, int | float):
            raise self.error(f"attribute '{name}' is not a number")
        return float(value)

    def attr_str(self, name: str, default: str | None = None) -> str:
        """A string attribute."""
        value = self._value(name, default)
        if not isinstance(value, str):
            raise self.error(f"attribute '{name}' is not a string")
        return value

    def _value(self, name: str, default: AttributeValue | None) -> AttributeValue:
        value = self.attributes.get(name, default)
        if value is None:
            raise self.error(f"attribute '{name}' is missing", "check the model with onnx.checker")
        return value
