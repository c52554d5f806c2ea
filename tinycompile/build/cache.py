"""A folder of compiled objects, keyed by what went into them, so that nothing is built twice."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

#: The folder is trimmed to this many bytes, oldest files first.
LIMIT_BYTES = 1 << 30


def cache_dir() -> Path:
    """The user's cache folder for tinycompile, created if need be.

    `TINYCOMPILE_CACHE` overrides the platform's usual place; where neither can be written, a folder
    under the temporary directory serves.
    """
    chosen = os.environ.get("TINYCOMPILE_CACHE")
    candidates = [Path(chosen)] if chosen else [_platform_cache() / "tinycompile"]
    candidates.append(Path(tempfile.gettempdir()) / f"tinycompile-cache-{_user()}")
    for folder in candidates:
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return folder
    return Path(tempfile.mkdtemp(prefix="tinycompile-cache-"))


def digest(parts: Iterable[str | bytes]) -> str:
    """A key over `parts`, in order; no two different sequences share their bytes."""
    hasher = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        hasher.update(len(raw).to_bytes(8, "little"))
        hasher.update(raw)
    return hasher.hexdigest()[:40]


def cached(name: str, make: Callable[[Path], None]) -> Path:
    """The cached file `name`; when absent, `make(path)` writes it to a temporary path that is renamed.

    Two processes that build the same file at once each make their own and the last rename wins, so a
    half-written file is never seen.
    """
    target = cache_dir() / name
    if target.is_file():
        with contextlib.suppress(OSError):
            os.utime(target)
        return target
    _trim_once()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="tmp-", dir=target.parent) as folder:
        fresh = Path(folder) / target.name
        make(fresh)
        fresh.replace(target)
    return target


def trim(limit_bytes: int = LIMIT_BYTES) -> int:
    """Remove the least recently used files until the cache holds at most `limit_bytes`; bytes removed."""
    found = []
    # os.walk, unlike rglob, goes on when another process removes a folder that it is about to enter.
    for folder, _, names in os.walk(cache_dir()):
        for path in (Path(folder) / name for name in names):
            with contextlib.suppress(OSError):
                status = path.stat()
                found.append((status.st_mtime, status.st_size, path))
    excess = sum(size for _, size, _ in found) - limit_bytes
    removed = 0
    for _, size, path in sorted(found):
        if removed >= excess:
            break
        with contextlib.suppress(OSError):
            path.unlink()
            removed += size
    return removed


@functools.cache
def _trim_once() -> None:
    trim()


def _platform_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
