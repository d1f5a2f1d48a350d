"""
One create_message by each client: its floor, ourselves, and the peers that can answer it.

A floor is the client's own do-nothing transport, giving the same bytes that we answer. Every peer is set up as its own
documentation says, and gives those bytes as well.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from asyncio import Runner
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeAlias

import harness
from harness import Case, Row, effort, under

from pytest_assistant_mock import AssistantMock, Request, Response
from pytest_assistant_mock._doors.doors import Doors

Answerer: TypeAlias = Callable[[], AbstractContextManager[object]]

DOOR = "our door alone"
TEXT = "北京今天天气怎么样"


class Asked(NamedTuple):
    """The request that is measured, and the bytes of its answer."""

    url: str
    headers: dict[str, str]
    question: dict[str, Any]
    thread: str
    answer: bytes


@contextmanager
def fake() -> Iterator[AssistantMock]:
    """Ourselves, with one thread at each vendor."""
    with AssistantMock() as mock:
        mock.model_studio.add_thread()
        mock.appbuilder.add_thread()
        yield mock


def asked(vendor: str = "model_studio") -> Asked:
    """A vendor's create_message. Ids are counted, so the thread is the same in every mock."""
    with fake() as mock:
        handle = getattr(mock, vendor)
        thread = handle.threads()[0].id
        question: dict[str, Any] = {"role": "user", "content": TEXT}
        if vendor == "model_studio":
            url, header = f"{handle.base_url}/threads/{thread}/messages", "Authorization"
        else:
            url, header = f"{handle.base_url}/v2/threads/messages", "X-Appbuilder-Authorization"
            question["thread_id"] = thread
        headers = {header: f"Bearer {handle.api_key}"}
        reply = mock._engine.handle(Request("POST", url, tuple(headers.items()), json.dumps(question).encode()))
    assert isinstance(reply, Response)
    return Asked(url, headers, question, thread, reply.body)


# Peers


def recorded(what: Asked, call: Callable[[], object], folder: str) -> str:
    """The file of a cassette of the one call, in vcrpy's format."""
    with fake() as mock:
        call()
        (exchange,) = (*mock.model_studio.exchanges, *mock.appbuilder.exchanges)
    body = {"string": what.answer.decode()}
    response = {"status": {"code": 200, "message": "OK"}, "headers": {"Content-Type": ["application/json"]}, "body": body}
    request = {"method": "POST", "uri": what.url, "body": exchange.request.body.decode(), "headers": {}}
    path = Path(folder, "one.yaml")
    path.write_text(json.dumps({"version": 1, "interactions": [{"request": request, "response": response}]}), "utf8")
    return str(path)


def replay(cassette: str) -> Answerer:
    """Ourselves, from the cassette, its one answer again and again."""
    return lambda: AssistantMock(source="cassette", cassette=cassette, reuse=True)


def vcrpy(what: Asked, cassette: str) -> Answerer:
    """The cassette, its one answer again and again."""
    import vcr

    return lambda: vcr.use_cassette(cassette, record_mode="none", allow_playback_repeats=True)  # type: ignore[no-any-return]


def responses(what: Asked, cassette: str) -> Answerer:
    """One registered response."""
    import responses

    @contextmanager
    def answerer() -> Iterator[None]:
        with responses.RequestsMock() as mock:
            mock.post(what.url, body=what.answer, content_type="application/json")
            yield

    return answerer


def respx(what: Asked, cassette: str) -> Answerer:
    """One route."""
    import httpx
    import respx

    @contextmanager
    def answerer() -> Iterator[None]:
        with respx.mock() as router:
            content = {"content": what.answer, "headers": {"content-type": "application/json"}}
            router.post(what.url).mock(return_value=httpx.Response(200, **content))
            yield

    return answerer


def pytest_httpx(what: Asked, cassette: str) -> Answerer:
    """The fixture itself, as pytest would run it, with one response for all requests."""
    import pytest
    from pytest_httpx import httpx_mock

    fixture = contextmanager(httpx_mock._get_wrapped_function())
    request = SimpleNamespace(node=SimpleNamespace(iter_markers=lambda name: ()))

    @contextmanager
    def answerer() -> Iterator[None]:
        with pytest.MonkeyPatch.context() as monkeypatch, fixture(monkeypatch, request) as mock:
            headers = {"content-type": "application/json"}
            mock.add_response(method="POST", url=what.url, content=what.answer, headers=headers, is_reusable=True)
            yield

    return answerer


BY_REQUESTS = {"responses": ("responses", responses), "vcrpy": ("vcr", vcrpy)}
BY_HTTPX = {"respx": ("respx", respx), "pytest-httpx": ("pytest_httpx", pytest_httpx), "vcrpy": ("vcr", vcrpy)}


# Floors


@contextmanager
def door_alone(what: Asked) -> Iterator[None]:
    """Our doors, and behind them nothing but the answer's bytes: what the fake costs beyond this is its own work."""
    headers = (("Content-Type", "application/json"), ("Content-Length", str(len(what.answer))), ("x-request-id", "1" * 36))
    reply = Response(200, headers, what.answer)
    answerer = SimpleNamespace(
        plays=lambda url: True, knows=lambda origin: True, guards=lambda host: True, handle=lambda request: reply
    )
    doors = Doors(answerer)
    doors.open()
    try:
        yield
    finally:
        doors.close()


@contextmanager
def do_nothing(what: Asked) -> Iterator[None]:
    """`HTTPAdapter.send` builds the answer and does nothing else."""
    import requests
    from urllib3 import HTTPResponse

    def send(self: requests.adapters.HTTPAdapter, request: Any, *args: Any, **kwargs: Any) -> requests.Response:
        headers = {"content-type": "application/json"}
        return self.build_response(request, HTTPResponse(BytesIO(what.answer), headers, 200, preload_content=False))

    real = requests.adapters.HTTPAdapter.send
    requests.adapters.HTTPAdapter.send = send  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        requests.adapters.HTTPAdapter.send = real  # type: ignore[method-assign]


# Measures


def _rows(measure: str, targets: tuple[float, float], cases: dict[str, Case]) -> list[Row]:
    """The fake's row with its peers, and the cassette's."""
    times = harness.interleaved(cases, rounds=effort(60), calls=effort(40, 2))
    peers = harness.ratios(times, to="floor", leave_out=("ours", "replay"))
    beside = {name: figure for name, figure in peers.items() if name == "vcrpy"}
    note = f"floor {harness.microseconds(times, 'floor')}"
    return [
        Row(measure, harness.ratio(times, "ours", "floor"), targets[0], peers, note=note),
        Row(f"replayed from a cassette: {measure}", harness.ratio(times, "replay", "floor"), targets[1], beside),
    ]


def _by_requests(measure: str, targets: tuple[float, float], what: Asked, call: Callable[[], object]) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        cassette = recorded(what, call, folder)
        cases = {
            "floor": under(lambda: do_nothing(what), call),
            "ours": under(fake, call),
            DOOR: under(lambda: door_alone(what), call),
            "replay": under(replay(cassette), call),
        }
        cases |= {name: under(peer(what, cassette), call) for name, peer in harness.installed(BY_REQUESTS).items()}
        return _rows(measure, targets, cases)


def by_httpx() -> list[Row]:
    """httpx, beside `httpx.MockTransport`."""
    import httpx

    what = asked()
    content = {"content": what.answer, "headers": {"content-type": "application/json"}}
    floor = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200, **content)))
    client = httpx.Client()

    def post(client: httpx.Client) -> Callable[[], object]:
        return lambda: client.post(what.url, json=what.question, headers=what.headers)

    with tempfile.TemporaryDirectory() as folder, floor, client:
        call = post(client)
        cassette = recorded(what, call, folder)
        cases = {
            "floor": under(nullcontext, post(floor)),
            "ours": under(fake, call),
            DOOR: under(lambda: door_alone(what), call),
            "replay": under(replay(cassette), call),
        }
        cases |= {name: under(peer(what, cassette), call) for name, peer in harness.installed(BY_HTTPX).items()}
        return _rows("create_message by httpx / bare httpx.MockTransport", (1.30, 1.20), cases)


def by_requests() -> list[Row]:
    """A `requests.Session`."""
    harness.need("requests")
    import requests

    what = asked()
    with requests.Session() as session:
        return _by_requests(
            "create_message by requests / do-nothing HTTPAdapter.send",
            (1.40, 1.35),
            what,
            lambda: session.post(what.url, json=what.question, headers=what.headers),
        )


def by_dashscope() -> list[Row]:
    """The dashscope SDK, which opens a session a call."""
    harness.need("dashscope")
    import dashscope

    what = asked()
    key = what.headers["Authorization"].removeprefix("Bearer ")
    measure = "dashscope.Messages.create / same floor"
    return _by_requests(measure, (1.30, 1.35), what, lambda: dashscope.Messages.create(what.thread, content=TEXT, api_key=key))


def by_appbuilder() -> list[Row]:
    """AppBuilder's SDK."""
    harness.need("appbuilder")
    what = asked("appbuilder")
    os.environ["APPBUILDER_TOKEN"] = what.headers["X-Appbuilder-Authorization"].removeprefix("Bearer ")
    import appbuilder

    logging.getLogger().setLevel(logging.WARNING)  # the SDK sets INFO, and vcrpy would log every replay
    messages = appbuilder.assistant.threads.messages
    measure = "AppBuilder SDK messages.create / same floor"
    return _by_requests(measure, (1.30, 1.35), what, lambda: messages.create(what.thread, TEXT))


def by_aiohttp() -> list[Row]:
    """aiohttp, beside vcrpy's replay of the same call."""
    harness.need("aiohttp", "vcr")
    import aiohttp

    what = asked()
    with Runner() as runner, tempfile.TemporaryDirectory() as folder:

        def case(answerer: Answerer) -> Case:
            @contextmanager
            def opened() -> Any:
                async def session() -> aiohttp.ClientSession:
                    return aiohttp.ClientSession(headers=what.headers)

                async def post() -> None:
                    async with client.post(what.url, json=what.question) as response:
                        await response.read()

                with answerer():
                    client = runner.run(session())
                    yield harness.each_async(runner, post)
                    runner.run(client.close())

            return opened

        with case(nullcontext)() as once:
            cassette = recorded(what, lambda: once(1), folder)
        cases = {
            "vcrpy": case(vcrpy(what, cassette)),
            "ours": case(fake),
            DOOR: case(lambda: door_alone(what)),
            "replay": case(replay(cassette)),
        }
        times = harness.interleaved(cases, rounds=effort(60), calls=effort(40, 2))
    measure, note = "create_message by aiohttp / replayed by vcrpy", f"vcrpy {harness.microseconds(times, 'vcrpy')}"
    ours, door, replayed = (harness.ratio(times, name, "vcrpy") for name in ("ours", DOOR, "replay"))
    return [
        Row(measure, ours, 1.2, {"vcrpy": 1.0, DOOR: door}, note=note),
        Row(f"replayed from a cassette: {measure}", replayed, None, {"vcrpy": 1.0}),
    ]


MEASURES = {
    "httpx": by_httpx,
    "requests": by_requests,
    "dashscope": by_dashscope,
    "appbuilder": by_appbuilder,
    "aiohttp": by_aiohttp,
}
