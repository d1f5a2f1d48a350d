"""
The page at /__mock__/: what a browser is shown.

Knows texts only. Nothing comes from elsewhere, and nothing runs that is not named here.
"""

from __future__ import annotations

from pytest_assistant_mock._engine.wire import Response

_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'"
_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>pytest-assistant-mock</title>
<h1>pytest-assistant-mock</h1>
<ul>
<li><a href="health">health</a></li>
<li><a href="state">state</a>: assistants, threads, runs, files</li>
<li><a href="exchanges">exchanges</a>: what was asked and answered</li>
<li><a href="openapi.json">openapi.json</a>: every call</li>
</ul>
</html>
"""


def asset(path: str) -> Response | None:
    """What stands at a path below /__mock__; None if nothing does."""
    return _file("text/html; charset=utf-8", _PAGE) if path in ("", "/") else None


def _file(kind: str, text: str) -> Response:
    body = text.encode()
    headers = (
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("Content-Security-Policy", f"{_POLICY}; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    )
    return Response(200, headers, body)
