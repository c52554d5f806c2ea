"""Search spaces: typed choices, and the network that a point of them stands for."""

from __future__ import annotations

import importlib
import math
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tinycompile.errors import Diagnostic, UsageError, declare
from tinycompile.search.layers import Shape
from tinycompile.search.network import Network

TC_SPACE = declare(
    "TC811",
    "Unknown search space",
    "`--space` takes the name of a space that comes with tinycompile or was registered, or module:Class of "
    "a subclass of tinycompile.search.Space that can be made without arguments and imported from here.",
)
TC_POINT = declare(
    "TC812",
    "A point does not lie in its search space",
    "Every choice of the space needs one of its values. Points that are stored with a study belong to the "
    "version of the space that made them.",
)

#: What a choice can take.
Value = int | float | str | bool
#: Choice -> value.
Point = Mapping[str, Value]


@dataclass(frozen=True)
class Choice:
    """One decision of a space.

    Attributes:
        name: of the decision, such as `stage2.depth`.
        values: what it can take, in ascending size of the network that results: the last value of every
            choice gives the largest network, whose weights all others share.
    """

    name: str
    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) != len(self.values):
            raise ValueError(f"choice '{self.name}' needs values, each of them once")


@dataclass(frozen=True)
class Task:
    """What a network is for.

    Attributes:
        shape: (channels, height, width) of a sample; width 1 for a series of one dimension.
        classes: to tell apart.
    """

    shape: Shape
    classes: int


class Space(ABC):
    """A family of networks. Subclasses are immutable and can be made without arguments.

    Two choices have a meaning of their own where they exist: `width` multiplies all channels, and
    `resolution` multiplies height and width of the input (the data are scaled to `Network.input`).
    """

    name: str

    @abstractmethod
    def choices(self) -> tuple[Choice, ...]:
        """The decisions, always the same and in the same order."""

    @abstractmethod
    def network(self, point: Point, task: Task) -> Network:
        """The network at a point.

        Layers at the same place have the same name at every point. Choices that do not matter at a point
        (the kernel of a block that is left out) do not change its network.
        """

    def sample(self, rng: random.Random) -> dict[str, Value]:
        """A point drawn uniformly."""
        return {choice.name: rng.choice(choice.values) for choice in self.choices()}

    def smallest(self) -> dict[str, Value]:
        """The first value of every choice."""
        return {choice.name: choice.values[0] for choice in self.choices()}

    def largest(self) -> dict[str, Value]:
        """The last value of every choice."""
        return {choice.name: choice.values[-1] for choice in self.choices()}

    @property
    def size(self) -> int:
        """Number of points; several may stand for one network."""
        return math.prod(len(choice.values) for choice in self.choices())

    def check(self, point: Point) -> None:
        """Refuse a point that does not lie in this space.

        Raises:
            UsageError: TC812.
        """
        problems = [
            f"{choice.name} is {point.get(choice.name)!r}, not one of {list(choice.values)}"
            for choice in self.choices()
            if point.get(choice.name) not in choice.values
        ]
        if problems:
            raise UsageError(Diagnostic(TC_POINT, f"in space '{self.name}', {problems[0]}", (self.name,)))


_REGISTRY: dict[str, Callable[[], Space]] = {}


def register(name: str, make: Callable[[], Space]) -> None:
    """Make a space known by name; registering a name again replaces it."""
    _REGISTRY[name] = make


def space_names() -> Iterator[str]:
    """Names that `get_space` knows, sorted."""
    return iter(sorted(_REGISTRY))


def get_space(name: str) -> Space:
    """A space by its registered name, or by `module:Class`.

    Raises:
        UsageError: TC811.
    """
    if name in _REGISTRY:
        return _REGISTRY[name]()
    module, colon, attribute = name.partition(":")
    if not colon:
        known = ", ".join(space_names())
        raise UsageError(
            Diagnostic(TC_SPACE, f"there is no space '{name}'", (name,), f"known: {known}; or module:Class")
        )
    try:
        made = getattr(importlib.import_module(module), attribute)()
    except (ImportError, AttributeError, TypeError) as error:
        raise UsageError(
            Diagnostic(TC_SPACE, f"cannot make a space from '{name}': {error}", (name,))
        ) from error
    if not isinstance(made, Space):
        raise UsageError(Diagnostic(TC_SPACE, f"'{name}' is no tinycompile.search.Space", (name,)))
    return made
