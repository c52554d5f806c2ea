"""Networks that may fit the budgets, drawn before any of them is trained."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from tinycompile.search.breeding import Breeder
from tinycompile.search.gate import Gate
from tinycompile.search.network import Network

#: Networks that shared weights are trained for: many enough that every value of every choice is among them.
POOLED = 128


def pooled(gate: Gate, seed: int, count: int = POOLED) -> tuple[Network, ...]:
    """Up to `count` different networks that the gate lets through, by ascending multiply-accumulates."""
    apart = replace(gate, counts=Counter())  # these are no candidates
    accept, rng = apart.passes(set()), random.Random(f"pool/{seed}")
    breeder = Breeder(gate.space, accept)
    found: dict[str, Network] = {}
    for _ in range(count):
        point = breeder.drawn(rng)
        if point is None:
            break
        network = gate.network(point)
        found.setdefault(network.digest, network)
    return tuple(sorted(found.values(), key=lambda n: (n.macs, n.digest)))
