"""The law of what a call needs, whatever is around it; both lower bounds stand on it.

While a call runs, what it reads and what it writes are in the arena, apart from each other except for one
pair that its kernel may work on in place.
"""

from __future__ import annotations


def call_bytes(reads: int, result: int, saved: int = 0, scratch: int = 0) -> int:
    """Bytes of a call.

    Args:
        reads: bytes of what it reads, each buffer once.
        result: bytes of what it makes beside that.
        saved: most bytes of the result that may lie in an operand.
        scratch: bytes in use only while it runs.
    """
    return reads + max(0, result - saved) + scratch
