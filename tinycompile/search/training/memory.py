"""The memory of this process."""

from __future__ import annotations

import ctypes

# Names of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGE = 1 << 30


def keep_freed_memory() -> bool:
    """Let the allocator keep what is freed, instead of giving it back to the system and asking for it again.

    Every step of training allocates the same large tensors; without this, their pages are cleared anew each
    time, which takes a seventh of the time. Returns False where the C library has no such setting.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGE)) and bool(mallopt(_TRIM_THRESHOLD, _LARGE))
