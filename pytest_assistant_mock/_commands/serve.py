"""
`assistant-mock serve`: both vendors over HTTP until ctrl-C or SIGTERM; says where, then a line an exchange.

Prints in the main thread, so that a reader that has fallen asleep never stops the server.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable
from errno import EADDRINUSE
from time import sleep
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from pytest_assistant_mock._commands import serve_recording

if TYPE_CHECKING:
    from pytest_assistant_mock._engine.wire import Exchange
    from pytest_assistant_mock._mock.server import AssistantServer

_WAITING = 10_000
"""Exchanges that may wait to be printed; more are dropped."""

_GATHER_S = 0.05


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at (default 127.0.0.1); any but loopback needs --key"
    )
    parser.add_argument("--port", type=_port, default=0, help="port to listen at (default 0: a free one)")
    parser.add_argument(
        "--revision",
        choices=("auto", "2025", "2026"),
        default="auto",
        help="recorded shape of Model Studio's messages (default auto: 2026 for the vendor's Java SDK, else 2025)",
    )
    parser.add_argument(
        "--key", type=_key, action="append", default=[], metavar="KEY", help="the only key both vendors know; may be repeated"
    )
    parser.add_argument(
        "--control-key",
        type=_key,
        metavar="KEY",
        help="the key to the control API below /__mock__/, which is off without one where other machines are let in",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name it answers to besides localhost and 127.0.0.1; may be repeated",
    )
    parser.add_argument("--seed", metavar="FILE", help="YAML or JSON of assistants, files, threads and messages to begin with")
    serve_recording.arguments(parser)
    parser.add_argument("--body-limit", type=_bytes, metavar="BYTES", help="largest request body taken (default 10000000)")
    parser.add_argument("--json-log", action="store_true", help="print JSON, an object a line")


def _key(value: str) -> str:
    if not value:
        raise argparse.ArgumentTypeError("it is empty; is the variable set that it comes from?")
    return value


def _port(value: str) -> int:
    if not (value.isascii() and value.isdecimal() and int(value) < 65536):
        raise argparse.ArgumentTypeError(f"{value!r} is no port; expected a number from 0 to 65535")
    return int(value)


def _bytes(value: str) -> int:
    if not (value.isascii() and value.isdecimal()):
        raise argparse.ArgumentTypeError(f"{value!r} is no number of bytes; expected digits, like 10000000")
    return int(value)


def run(options: argparse.Namespace) -> int:
    """Serve until told to stop. Exit status 2 if it cannot begin."""
    gc.disable()  # what is made while starting stays: nothing is found by looking through it again and again
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # or pydantic looks for them in every installed package
    try:
        server = _server(options)
    except (ImportError, OSError, OverflowError, ValueError) as problem:
        gc.enable()
        taken = isinstance(problem, OSError) and problem.errno == EADDRINUSE
        print(f"assistant-mock serve: {problem}{'; --port 0 takes a free one' if taken else ''}", file=sys.stderr)  # noqa: T201
        return 2
    asked: deque[Exchange] = deque()
    write = _json_line if options.json_log else _text_line
    server.watch(lambda exchange: asked.append(exchange) if len(asked) < _WAITING else None)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        with server:
            gc.freeze()
            gc.enable()
            print(_json_start(server) if options.json_log else _text_start(server), flush=True)  # noqa: T201
            while True:
                print(_next(asked, write), flush=True)  # noqa: T201
    except KeyboardInterrupt:
        _print_the_rest(asked, write)
    except BrokenPipeError:
        pass
    return serve_recording.saved(server) if server.records else 0


def _server(options: argparse.Namespace) -> AssistantServer:
    """The server the command line describes, seeded, not yet listened to."""
    from pytest_assistant_mock._mock.server import AssistantServer

    server = AssistantServer(
        host=options.host,
        port=options.port,
        keys=options.key,
        control_key=options.control_key or "",
        revision=options.revision,
        strict=False,
        allow_hosts=options.allow_host,
        **serve_recording.keywords(options),
    )
    if options.seed:
        from pytest_assistant_mock._mock.seeds import load

        load(options.seed, server)
    if options.body_limit is not None:
        server.asgi.body_limit = options.body_limit
    return server


def _next(asked: deque[Exchange], write: Callable[[Exchange], str]) -> str:
    """
    Wait for exchanges; their lines. Gathered, for waking up for each would cost the server more; none is taken before its line
    is made, for a signal may come in between.
    """
    sleep(_GATHER_S)
    while not asked:
        sleep(_GATHER_S)
    lines = [write(exchange) for exchange in list(asked)]
    for _ in lines:
        asked.popleft()
    return "\n".join(lines)


def _print_the_rest(asked: deque[Exchange], write: Callable[[Exchange], str]) -> None:
    """Print what still waits, as far as the reader takes it."""
    try:
        os.set_blocking(sys.stdout.fileno(), False)
        while asked:
            print(write(asked.popleft()), flush=True)  # noqa: T201
    except OSError:
        os._exit(0)  # or Python would try again, and complain


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, signal.SIG_IGN)
    raise KeyboardInterrupt


def _json_start(server: AssistantServer) -> str:
    handles = (server.model_studio, server.appbuilder)
    return json.dumps({"base_urls": {handle.name: handle.base_url for handle in handles}, "env": _env(server)})


def _env(server: AssistantServer) -> dict[str, str]:
    """
    What a shell may export. Not where the server listens: in a process that does not need the server, a mock would let calls pass
    to it that it is to answer itself.
    """
    from pytest_assistant_mock._serving import own_servers

    return {name: value for name, value in server.env.items() if name != own_servers.VARIABLE}


def _text_start(server: AssistantServer) -> str:
    handles = (server.model_studio, server.appbuilder)
    played = server.recording is None
    return "\n".join(
        [
            "Both vendors are served; ctrl-C stops." if played else serve_recording.told(server),
            "",
            *(f"  {handle.name:14}{handle.base_url}" for handle in handles),
            f"  {'control':14}{_control(server)}",
            "",
            *(f"export {name}='{value}'" for name, value in _env(server).items()),
            "",
            *([*_curl_lines(server), ""] if played else []),
        ]
    )


def _control(server: AssistantServer) -> str:
    control = server._control
    return "off; --control-key KEY turns it on" if control is None or control.off else f"{server.url}/__mock__/"


def _curl_lines(server: AssistantServer) -> list[str]:
    """For each vendor a line that makes a thread, and one that lists a thread's messages: a seeded one's, or the first made."""
    studio, appbuilder = server.model_studio, server.appbuilder
    say = {"messages": [{"role": "user", "content": "你好"}]}

    def curl(handle: Any, path: str, body: Any = None) -> str:
        data = "" if body is None else f" -d '{json.dumps(body, ensure_ascii=False)}'"
        kind = "" if body is None else " -H 'Content-Type: application/json'"
        return f"curl '{handle.base_url}{path}' -H 'Authorization: Bearer {handle.api_key}'{kind}{data}"

    def thread(handle: Any) -> str:
        seeded = handle.threads()
        return str(seeded[0].id) if seeded else str(handle._service.state.format_id("thread", 1))

    return [
        curl(studio, "/threads", say),
        curl(studio, f"/threads/{thread(studio)}/messages"),
        curl(appbuilder, "/v2/threads", say),
        curl(appbuilder, "/v2/threads/messages/list", {"thread_id": thread(appbuilder)}),
    ]


def _facts(exchange: Exchange) -> dict[str, Any]:
    response = exchange.response
    facts: dict[str, Any] = {
        "vendor": exchange.vendor,
        "operation": exchange.operation,
        "method": exchange.request.method,
        "path": urlsplit(exchange.request.url).path,
        "status": response.status if response else None,
        "bytes_in": len(exchange.request.body),
        "bytes_out": len(response.body) if response else 0,
    }
    if exchange.reply is not response:
        facts["failure"] = exchange.reply.kind  # type: ignore[union-attr]
    return facts


def _json_line(exchange: Exchange) -> str:
    return json.dumps(_facts(exchange), ensure_ascii=True)


def _text_line(exchange: Exchange) -> str:
    facts = _facts(exchange)
    told = [facts["vendor"].ljust(12), str(facts["status"] or "---"), (facts["operation"] or "no route").ljust(21)]
    told += [facts["method"], ascii(facts["path"])[1:-1], facts.get("failure", "")]
    return "  ".join(filter(None, told))
