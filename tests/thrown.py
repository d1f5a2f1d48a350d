"""schemathesis, as the tests call it: it throws what a document allows, and what it does not, at a server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
)
"""Its other checks contradict the vendors: see docs/fidelity.md."""


def thrown(document: str, url: str, folder: Path, *options: str, checks: tuple[str, ...] = CHECKS, examples: int = 20) -> str:
    """What it has found, in its words; "" if nothing. The server knows the key sk-right; `document` is a file or a URL."""
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", document, "--url", url, "--header", "Authorization: Bearer sk-right",
        "--checks", ",".join(checks), "--seed", "1", "--max-examples", f"{examples}", "--phases", "examples,fuzzing",
        "--no-color", "--suppress-health-check", "all", *options,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    return done.stdout[-6000:] + done.stderr[-2000:] if done.returncode else ""
