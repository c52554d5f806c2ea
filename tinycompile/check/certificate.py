"""What a replay has shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Certificate:
    """A plan that holds, in figures.

    Attributes:
        live: bytes that are still to be read, or in use as scratch, at the fullest moment of the replay.
        gap: arena - bound.
        steps, views, stages: kernel calls, nodes without one, stages.
        rows, tiles: how many were made one at a time.
        moments: points in time at which the arena was looked at.
        moved: bytes that are copied from place to place.
        proven: one sentence for each thing that was shown.
    """

    model: str
    board: str
    arena: int
    live: int
    peak: int
    bound: int
    gap: int
    steps: int
    views: int
    stages: int
    rows: int
    tiles: int
    moments: int
    moved: int
    macs: int
    recomputed: int
    proven: tuple[str, ...]
