"""A generated source tree: names and texts, not yet on disk."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SourceTree:
    """Files by name (flat), the digest that the model's header states, and files that are not text."""

    files: Mapping[str, str]
    digest: str
    binaries: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def contents(self) -> dict[str, bytes]:
        """Every file as it is written."""
        return {**{name: text.encode("utf-8") for name, text in self.files.items()}, **self.binaries}

    @property
    def c_files(self) -> tuple[str, ...]:
        """The translation units, sorted."""
        return tuple(sorted(n for n in self.files if n.endswith(".c")))


def digest_of(files: Mapping[str, str], binaries: Mapping[str, bytes] | None = None) -> str:
    """SHA-256 over names and texts in sorted order, then likewise over what is not text."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(name.encode() + b"\0" + files[name].encode() + b"\0")
    for name, data in sorted((binaries or {}).items()):
        digest.update(name.encode() + b"\0" + data + b"\0")
    return digest.hexdigest()
