"""A space some of whose choices are decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinycompile.search.network import Network
from tinycompile.search.space import Choice, Point, Space, Task, Value


@dataclass(frozen=True)
class Narrowed(Space):
    """The same networks as those of `space` at the points where some choices have certain values."""

    space: Space
    fixed: Mapping[str, Value]

    @property
    def name(self) -> str:  # type: ignore[override]
        """That of the whole space."""
        return self.space.name

    def choices(self) -> tuple[Choice, ...]:
        """All choices; those that are decided have one value left."""
        return tuple(
            Choice(c.name, (self.fixed[c.name],)) if c.name in self.fixed else c for c in self.space.choices()
        )

    def network(self, point: Point, task: Task) -> Network:
        """The network at a point of the whole space."""
        return self.space.network(point, task)


def narrowed(space: Space, fixed: Mapping[str, Value]) -> Space:
    """The space with these choices decided."""
    return Narrowed(space, dict(fixed)) if fixed else space
