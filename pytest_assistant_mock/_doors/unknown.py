"""
A library that has changed where its door would be: whoever uses it for a vendor is told, by the library's own name.

Knows no library. The vendors' hosts are guarded below as well; this also stops what would go to a gateway.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from pytest_assistant_mock._doors.seam import Answerer, Make
from pytest_assistant_mock._doors.swap import stopped
from pytest_assistant_mock.errors import UnknownSeam

__tracebackhide__ = True  # a failing test shows its own line


def refusing(library: str, module: ModuleType, problem: str) -> Make:
    """What stands in the place of such a library's functions: a call that is nobody's goes on, any other raises UnknownSeam."""

    def make(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
        def refuse(*arguments: Any, **options: Any) -> Any:
            for url in filter(None, (_answerable(answerer, value) for value in (*arguments, *options.values()))):
                raise stopped(answerer, UnknownSeam(_said(library, module, problem, url)))
            return original(*arguments, **options)

        return refuse

    return make


def _answerable(answerer: Answerer, value: Any) -> str | None:
    """What a value names, if it would have to be answered: a URL, a request by its `url`, a pool or connection by its host."""
    url = value if isinstance(value, str) else str(getattr(value, "url", ""))
    if "://" in url[:8]:
        return url if answerer.plays(url) else None
    host, port = getattr(value, "host", None), getattr(value, "port", None)
    if not isinstance(host, str):
        return None
    scheme = getattr(value, "scheme", None) or ("https" if "HTTPS" in type(value).__name__ else "http")
    origin = f"{scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port and port not in (80, 443) else ''}"
    return origin if answerer.knows(origin) else None


def _said(library: str, module: ModuleType, problem: str, url: str) -> str:
    return (
        f"{_name(library, module)} asked for {url} while an assistant mock is open; nothing was sent\n"
        f"  why:  the mock does not know this version of the library: {problem}\n"
        "  do:   use another client in the test, install a version that is known, or report it"
    )


def _name(library: str, module: ModuleType) -> str:
    """The library as it is called where it is installed: a fork may come under another's name, as urllib3-future does."""
    from importlib.metadata import packages_distributions, version

    known = getattr(module, "__version__", "of unknown version")
    names = [name for name in packages_distributions().get(library, ()) if version(name) == known]
    name = names[0] if names else library
    return f"{name} {known}" if name == library else f"{name} {known}, imported as {library},"
