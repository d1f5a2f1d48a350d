"""
Runs and streams: created and polled by dashscope, read by requests, beside clients that do nothing but print the same bytes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any

import harness
from harness import Batch, Case, Row, effort

WORDS = "abcd"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def rows() -> Sequence[Row]:
    """Every row of this file."""
    return [*_polled(), *_streamed()]


def _polled() -> list[Row]:
    """create_run and one retrieve by dashscope, and the same two calls answered by an adapter that does nothing."""
    import dashscope

    from pytest_assistant_mock import AssistantMock

    @contextmanager
    def ours() -> Iterator[Batch]:
        with AssistantMock() as mock:
            studio = mock.model_studio
            studio.script("x", times=None)
            assistant, thread = studio.add_assistant(model="m"), studio.add_thread()
            studio.add_message(thread, "?")
            yield _repeated(lambda: _run(dashscope, assistant.id, thread.id))

    @contextmanager
    def floor() -> Iterator[Batch]:
        with AssistantMock() as mock:
            studio = mock.model_studio
            studio.script("x", times=None)
            assistant, thread = studio.add_assistant(model="m"), studio.add_thread()
            studio.add_message(thread, "?")
            _run(dashscope, assistant.id, thread.id)
            answers = [exchange.response.body for exchange in studio.exchanges if exchange.response]
        with _answering(answers):
            dashscope.api_key = "sk-floor"
            yield _repeated(lambda: _run(dashscope, "asst_1", "thread_1"))

    times = harness.interleaved({"ours": ours, "floor": floor}, rounds=effort(40), calls=effort(20, 2))
    note = f"floor {harness.microseconds(times, 'floor')}"
    return [Row("a run created and polled once by dashscope", harness.ratio(times, "ours", "floor"), 1.35, note=note)]


def _run(dashscope: Any, assistant_id: str, thread_id: str) -> None:
    run = dashscope.Runs.create(thread_id, assistant_id=assistant_id)
    dashscope.Runs.retrieve(run.id, thread_id=thread_id)


def _streamed() -> list[Row]:
    """A stream of 200 deltas read by requests beside an adapter that prints as many frames; and ten times as many."""
    times = harness.interleaved(
        {"ours": _stream(200), "floor": lambda: _floor(200), "long": _stream(effort(2000, 200))},
        rounds=effort(40),
        calls=effort(2),
    )
    note = f"floor {harness.microseconds(times, 'floor')}"
    return [
        Row("a stream of 200 deltas read by requests", harness.ratio(times, "ours", "floor"), 1.5, note=note),
        Row("a stream of 2,000 pieces / of 200", harness.ratio(times, "long", "ours"), 11, note="linear is 10 at most"),
    ]


def _stream(pieces: int) -> Case:
    @contextmanager
    def case() -> Iterator[Batch]:
        import requests

        from pytest_assistant_mock import AssistantMock, turns

        with AssistantMock() as mock, requests.Session() as session:
            studio = mock.model_studio
            studio.script(turns.says(WORDS * pieces, pieces=pieces), times=None)
            assistant = studio.add_assistant(model="m")

            def read() -> None:
                thread = studio.add_thread()
                studio.add_message(thread, "?")
                url, body = f"{studio.base_url}/threads/{thread.id}/runs", {"assistant_id": assistant.id, "stream": True}
                answer = session.post(url, json=body, headers={"Authorization": "Bearer key"}, stream=True)
                assert sum(line.startswith(b"event:thread.message.delta") for line in answer.iter_lines()) == pieces + 1

            yield _repeated(read)

    return case


@contextmanager
def _floor(pieces: int) -> Iterator[Batch]:
    """An adapter whose answer is as many frames, each printed by `json.dumps` when it is read, a chunk each."""
    import requests
    import urllib3

    class Adapter(requests.adapters.HTTPAdapter):
        def send(self, request: Any, *args: Any, **options: Any) -> Any:
            read = HTTPResponse(_Line(_Frames(pieces)), method="POST")  # type: ignore[arg-type]
            read.begin()
            raw = urllib3.HTTPResponse(read, dict(read.headers.items()), 200, preload_content=False, original_response=read)
            return self.build_response(request, raw)

    with requests.Session() as session:
        session.mount("https://", Adapter())

        def call() -> None:
            lines = session.post("https://example.com", json={}, stream=True).iter_lines()
            assert sum(line.startswith(b"event:thread.message.delta") for line in lines) == pieces

        yield _repeated(call)


class _Line:
    def __init__(self, frames: _Frames) -> None:
        self._file = io.BufferedReader(frames)

    def makefile(self, mode: str) -> io.BufferedReader:
        """As of a socket."""
        return self._file


class _Frames(io.RawIOBase):
    """A chunk at each read."""

    def __init__(self, pieces: int) -> None:
        super().__init__()
        self._left = pieces
        self._data = HEAD

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._data:
            self._data = self._next()
        size = min(len(buffer), len(self._data))
        buffer[:size], self._data = self._data[:size], self._data[size:]
        return size

    def _next(self) -> bytes:
        self._left -= 1
        if self._left < 0:
            return b"0\r\n\r\n"
        content = [{"type": "text", "text": {"value": WORDS, "annotations": []}}]
        delta = {"role": "assistant", "content": content, "file_ids": []}
        data = json.dumps({"id": "message_1", "object": "thread.message.delta", "delta": delta, "request_id": "1"})
        frame = f"event:thread.message.delta\ndata:{data}\n\n".encode()
        return b"%x\r\n%s\r\n" % (len(frame), frame)


@contextmanager
def _answering(bodies: Sequence[bytes]) -> Iterator[None]:
    """`HTTPAdapter.send` gives these bodies in turn, for ever."""
    import requests
    from urllib3 import HTTPResponse as Raw

    count = 0

    def send(self: Any, request: Any, *args: Any, **options: Any) -> Any:
        nonlocal count
        body = bodies[count % len(bodies)]
        count += 1
        headers = {"content-type": "application/json"}
        return self.build_response(request, Raw(io.BytesIO(body), headers, 200, preload_content=False))

    real = requests.adapters.HTTPAdapter.send
    requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign]
    try:
        yield
    finally:
        requests.adapters.HTTPAdapter.send = real  # type: ignore[method-assign]


def _repeated(call: Callable[[], object]) -> Batch:
    def batch(times: int) -> None:
        for _ in range(times):
            call()

    return batch
