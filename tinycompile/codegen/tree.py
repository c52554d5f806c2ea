"""A generated source tree: names and texts, not yet on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SourceTree:
    """Files by name (flat), and the digest that the model's header states."""

    files: Mapping[str, str]
    digest: str

    @property
    def c_files(self) -> tuple[str, ...]:
        """The translation units, sorted."""
        return tuple(sorted(n for n in self.files if n.endswith(".c")))


def digest_of(files: Mapping[str, str]) -> str:
    """SHA-256 over names and texts in sorted order."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + files[name].encode() + b"\0")
    return digest.hexdigest()
