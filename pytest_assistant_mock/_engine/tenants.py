"""
Which keys are known, which workspaces each may use, and whose threads a request may see.

Knows keys and workspaces as words; how a request carries them is the vendor's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pytest_assistant_mock._engine.wire import Refusal

Workspaces: TypeAlias = tuple[str, ...]
"""The workspaces a key may use, its own first; none: any."""


@dataclass(frozen=True, slots=True)
class Tenants:
    """The keys that are known, each with its workspaces. A tenant is a key in a workspace."""

    keys: Mapping[str, Workspaces]

    def owner(self, key: str, workspace: str) -> str:
        """The tenant a request is from; refuses "bad_key", "forbidden". Without a workspace it is the key's own."""
        if key not in self.keys:
            raise Refusal("bad_key")
        allowed = self.keys[key]
        if allowed and workspace and workspace not in allowed:
            raise Refusal("forbidden")
        return f"{key}\n{workspace or (allowed[0] if allowed else '')}"
