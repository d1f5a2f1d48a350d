"""`assistant-mock verify --live FILE…`: what the real service answers today to what was recorded."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace

from pytest_assistant_mock._commands import files
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._engine.wire import Request, Response

SECONDS = 60.0
"""How long an answer may take."""
PAUSE = 1.0
"""Seconds between two looks at a run, as the SDK waits."""


def run(options: Namespace) -> int:
    """Report; 1 if the service has removed or retyped something, or answers otherwise; 2 without a key, a file or a service."""
    import httpx

    from pytest_assistant_mock._vendors.secrets import configured, secrets_of
    from pytest_assistant_mock.cassettes import load
    from pytest_assistant_mock.cassettes.live import Line, asked_again

    hide = secrets_of(configured()).text
    broken, skipped = False, 0
    try:
        with httpx.Client(timeout=SECONDS) as client:
            line = Line(lambda request: _sent(client, request), _key, _base_url, lambda: time.sleep(PAUSE))
            for path in files.cassettes(options.files):
                sys.stdout.write(f"live        {path}\n")
                for row in asked_again(load(path), line):
                    said = [*row.broken, *(f"added: {one}" for one in row.added)] or [f"not sent: {row.skipped}"] * bool(
                        row.skipped
                    )
                    broken, skipped = broken or bool(row.broken), skipped + bool(row.skipped)
                    what = "DIFF" if row.broken else "more" if row.added else "skip" if row.skipped else "ok  "
                    lines = [f"{what}  {row.number:>4}. {row.operation}\n", *(f"            {one}\n" for one in said)]
                    sys.stdout.write(files.printable(hide("".join(lines))))
    except (OSError, ValueError, httpx.HTTPError) as problem:
        sys.stderr.write(hide(f"assistant-mock verify --live: {problem or type(problem).__name__}\n"))
        return 2
    verdict = "no longer answers as recorded; record again what differs" if broken else "still answers as recorded"
    left = f"; not sent: {skipped} call{'' if skipped == 1 else 's'}, of which nothing is known" if skipped else ""
    sys.stdout.write(f"the service {verdict}{left}\n")
    return int(broken)


def _key(vendor: Vendor) -> str:
    return os.environ.get(vendor.settings.key_variable, "").strip()


def _base_url(vendor: Vendor) -> str:
    """What the environment says. Raises ValueError for what is no single host."""
    variable = vendor.settings.url_variable
    told = os.environ.get(variable, "").strip()
    if told and "*" in (url := vendor.settings.read_url(told)):
        raise ValueError(f"{variable}={told}: expected the URL of one host, without a placeholder ({url})")
    return vendor.settings.read_url(told) if told else ""


def _sent(client: object, request: Request) -> Response:
    """The answer over the line. Raises TimeoutError if none comes, ConnectionError if nobody is there."""
    import httpx

    assert isinstance(client, httpx.Client)
    try:
        found = client.request(request.method, request.url, headers=list(request.headers), content=request.body or None)
    except httpx.TimeoutException:
        raise TimeoutError from None
    except httpx.TransportError as problem:
        origin = request.url.partition("?")[0]
        raise ConnectionError(f"{request.method} {origin}: {problem or type(problem).__name__}; is the service there?") from None
    return Response(found.status_code, tuple(found.headers.multi_items()), found.content)
