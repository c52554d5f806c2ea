"""Algebra of transposes: composition, inverse, equality of the bytes, and the way through a reshape."""

from __future__ import annotations

import math

Perm = tuple[int, ...]
Shape = tuple[int, ...]


def composed(first: Perm, second: Perm) -> Perm:
    """The permutation of transpose(transpose(x, first), second)."""
    return tuple(first[p] for p in second)


def inverse(perm: Perm) -> Perm:
    """The permutation that undoes `perm`."""
    return tuple(perm.index(axis) for axis in range(len(perm)))


def permuted(shape: Shape, perm: Perm) -> Shape:
    """The shape of a tensor of `shape` after a transpose."""
    return tuple(shape[p] for p in perm)


def significant(shape: Shape, layout: Perm) -> Perm:
    """The order of the dimensions that are not 1: two layouts with the same order have the same bytes."""
    return tuple(axis for axis in layout if shape[axis] != 1)


def through_reshape(shape: Shape, perm: Perm, target: Shape) -> tuple[Shape, Perm] | None:
    """(s, p) with reshape(transpose(x, perm), target) == transpose(reshape(x, s), p) for x of `shape`.

    None when the reshape joins dimensions that the transpose has brought together.
    """
    blocks = _blocks(permuted(shape, perm), target)
    if blocks is None:
        return None
    rank_of = {axis: rank for rank, axis in enumerate(a for a, size in enumerate(shape) if size != 1)}
    starts: list[int] = []
    for operand_dims, _ in blocks:
        ranks = [rank_of[perm[d]] for d in operand_dims if perm[d] in rank_of]
        if ranks != list(range(ranks[0], ranks[0] + len(ranks))):
            return None
        starts.append(ranks[0])
    order = sorted(range(len(blocks)), key=lambda index: starts[index])
    leading = range(min(dims[0] for _, dims in blocks))
    dims = [*leading, *(d for index in order for d in blocks[index][1])]
    return permuted(target, tuple(dims)), inverse(tuple(dims))


def _blocks(source: Shape, target: Shape) -> list[tuple[list[int], list[int]]] | None:
    """The finest split of both shapes into runs of equal products, as dimension numbers of either.

    Dimensions of size 1 are left out of the source's runs and, but for leading ones, join those of
    the target. None for empty tensors and those of one element.
    """
    if math.prod(source) < 2:
        return None
    left = [d for d, size in enumerate(source) if size != 1]
    right = [d for d, size in enumerate(target) if size != 1]
    blocks: list[tuple[list[int], list[int]]] = []
    while left:
        run = ([left.pop(0)], [right.pop(0)])
        a, b = source[run[0][0]], target[run[1][0]]
        while a != b:
            if a < b:
                run[0].append(left.pop(0))
                a *= source[run[0][-1]]
            else:
                run[1].append(right.pop(0))
                b *= target[run[1][-1]]
        blocks.append(run)
    for d in range(blocks[0][1][0], len(target)):
        if target[d] == 1:
            owner = max(index for index, (_, dims) in enumerate(blocks) if dims[0] < d)
            blocks[owner] = (blocks[owner][0], sorted([*blocks[owner][1], d]))
    return blocks
