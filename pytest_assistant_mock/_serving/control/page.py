"""
The page at /__mock__/: what a browser is shown. It asks the control API for the rest.

Nothing comes from elsewhere, and nothing runs but the page's own script. Its parts are those of the report of a test run.
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_assistant_mock._engine.wire import Response
from pytest_assistant_mock._traffic.html_report import asset as file_of_page

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
_FILES: Mapping[str, tuple[str, str]] = {
    "/": ("live.html", "text/html; charset=utf-8"),
    "/style.css": ("style.css", "text/css; charset=utf-8"),
    "/parts.js": ("parts.js", "text/javascript; charset=utf-8"),
    "/live.js": ("live.js", "text/javascript; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}


def asset(path: str) -> Response | None:
    """What stands at a path below /__mock__; None if nothing does."""
    if not path:  # or the page's files would be looked for above it
        return Response(308, (("Location", "__mock__/"), ("Content-Length", "0")))
    if path not in _FILES:
        return None
    name, kind = _FILES[path]
    body = file_of_page(name).encode()
    headers = (
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("Content-Security-Policy", _POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    )
    return Response(200, headers, body)
