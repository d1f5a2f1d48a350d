"""What aiohttp's own machinery does above the pretended line."""

from __future__ import annotations

import asyncio
import gc
import gzip
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import ExitStack
from typing import Any

import pytest
from answerers import Recorder, Script, behind_doors, says
from peers import hangs, peer, sends

from pytest_assistant_mock._engine.wire import Failure, Reply, Request, Response

aiohttp = pytest.importorskip("aiohttp")

BASE = "https://gw.corp.invalid/ai/v1"
Use = Callable[[Any], Coroutine[Any, Any, Any]]


def _in_session(use: Use, **options: Any) -> Any:
    """What `use` makes of a session; nothing may be left open, unawaited or unheard."""
    complaints: list[str] = []

    async def run() -> Any:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context["message"]))
        async with aiohttp.ClientSession(**options) as session:
            result = await use(session)
        gc.collect()
        await asyncio.sleep(0)
        return result

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = asyncio.run(run())
        gc.collect()
    assert complaints == []
    assert [str(one.message) for one in caught if issubclass(one.category, (ResourceWarning, RuntimeWarning))] == []
    return result


async def _read(session: Any, url: str = f"{BASE}/x", **options: Any) -> bytes:
    async with session.post(url, **options) as response:
        body: bytes = await response.read()
        return body


def test_the_total_timeout_ends_a_hang() -> None:
    """Without a timeout of its own for reading, a hang is the total timeout's TimeoutError; nobody waits for it."""

    async def use(session: Any) -> type:
        with pytest.raises(TimeoutError) as raised:
            await _read(session)
        return type(raised.value)

    with behind_doors(Script(BASE, Failure("read_timeout"))):
        assert _in_session(use, timeout=aiohttp.ClientTimeout(total=300)) is TimeoutError


def test_a_compressed_reply_is_decompressed_or_not() -> None:
    """aiohttp's own parser does it, and leaves it where `auto_decompress` is off."""
    packed = gzip.compress(b"hello", mtime=0)
    with behind_doors(Script(BASE, Response(200, (("Content-Encoding", "gzip"),), packed))):
        assert _in_session(_read) == b"hello"
        assert _in_session(_read, auto_decompress=False) == packed


@pytest.mark.parametrize("until_eof", [True, False])
def test_read_until_eof_makes_no_difference(until_eof: bool) -> None:
    """Every reply declares its length, so it ends by itself."""
    with behind_doors(Script(BASE, says("body"))):
        assert _in_session(lambda session: _read(session, read_until_eof=until_eof)) == b"body"


def test_raise_for_status_raises() -> None:
    """The status, the reason and the headers reach the exception."""

    async def use(session: Any) -> Any:
        with pytest.raises(aiohttp.ClientResponseError) as raised:
            await _read(session)
        return raised.value.status, raised.value.message, raised.value.headers["x-a"]

    with behind_doors(Script(BASE, says("no", ("X-A", "1"), status=429))):
        assert _in_session(use, raise_for_status=True) == (429, "Too Many Requests", "1")


def test_a_connectors_limit_holds_nobody_for_ever() -> None:
    """Twenty requests over one allowed connection: each gets it in its turn, also after failures."""

    def answer(request: Request) -> Reply:
        return Failure("reset") if request.body == b"3" else says(request.body.decode())

    async def use(session: Any) -> Any:
        asked = (_read(session, data=str(number).encode()) for number in range(20))
        return await asyncio.gather(*asked, return_exceptions=True)

    async def limited(session: Any) -> Any:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as narrow:
            return await use(narrow)

    with behind_doors(Script(BASE, answer)):
        got = _in_session(limited)
    assert [type(one) if isinstance(one, Exception) else one for one in got] == [
        aiohttp.ClientOSError if number == 3 else str(number).encode() for number in range(20)
    ]


def test_traces_tell_the_story() -> None:
    """TraceConfig sees a connection made, the request's chunks and the end."""
    seen: list[str] = []
    trace = aiohttp.TraceConfig()
    for name in ("on_request_start", "on_connection_create_start", "on_connection_create_end", "on_request_chunk_sent",
                 "on_response_chunk_received", "on_request_end"):  # fmt: skip

        async def note(session: Any, context: Any, params: Any, name: str = name) -> None:
            seen.append(name)

        getattr(trace, name).append(note)
    with behind_doors(Script(BASE, says("ok"))):
        assert _in_session(lambda session: _read(session, data=b"question"), trace_configs=[trace]) == b"ok"
    assert sorted(seen) == sorted([
        "on_request_start", "on_connection_create_start", "on_connection_create_end", "on_request_chunk_sent",
        "on_request_end", "on_response_chunk_received",
    ])  # fmt: skip


def test_a_session_may_have_a_base_url() -> None:
    """ClientSession(base_url) completes the URL before we see it."""
    script = Script(BASE, says("ok"))
    with behind_doors(script):
        assert _in_session(lambda session: _read(session, "threads?x=1"), base_url=f"{BASE}/") == b"ok"
    assert [request.url for request in script.asked] == [f"{BASE}/threads?x=1"]


@pytest.mark.parametrize("body", [b"question", "pieces"])
def test_expect100_is_granted(body: Any) -> None:
    """A client that waits for "100 Continue" gets it, then sends its body, then gets the answer."""

    async def pieces() -> Any:
        yield b"ques"
        yield b"tion"

    async def use(session: Any) -> bytes:
        return await _read(session, data=pieces() if body == "pieces" else body, expect100=True)

    script = Script(BASE, says("ok"))
    with behind_doors(script):
        assert _in_session(use) == b"ok"
    assert [request.body for request in script.asked] == [b"question"]


def test_json_and_forms_arrive() -> None:
    """aiohttp's own payloads write what they write on a real line."""
    script = Script(BASE, says("ok"))

    async def use(session: Any) -> None:
        await _read(session, json={"a": "你"})
        form = aiohttp.FormData()
        form.add_field("purpose", "assistants")
        form.add_field("file", b"content", filename="a.txt")
        await _read(session, data=form)

    with behind_doors(script):
        _in_session(use)
    assert script.asked[0].json() == {"a": "你"}
    assert b'name="purpose"\r\n\r\nassistants\r\n' in script.asked[1].body
    assert b"\r\n\r\ncontent\r\n" in script.asked[1].body


def test_a_reply_left_unread_leaves_nothing_behind() -> None:
    """The response is closed early; session and loop end in silence."""

    async def use(session: Any) -> int:
        async with session.get(f"{BASE}/x") as response:
            status: int = response.status
            return status

    with behind_doors(Script(BASE, says("x" * 100_000))):
        assert _in_session(use) == 200


def test_a_get_is_asked_again_once_after_a_reset_as_aiohttp_does() -> None:
    """aiohttp repeats idempotent requests on a broken line, once; both are seen."""

    async def use(session: Any) -> None:
        with pytest.raises(aiohttp.ClientOSError):
            await (await session.get(f"{BASE}/x")).read()

    script = Script(BASE, Failure("reset"))
    with behind_doors(script):
        _in_session(use)
    assert len(script.asked) == 2


@pytest.mark.parametrize("failure", ["connect_refused", "connect_timeout"])
def test_a_connection_that_fails_is_not_tried_again(failure: Any) -> None:
    """aiohttp repeats no request whose connection failed."""

    async def use(session: Any) -> None:
        with pytest.raises((aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError)):
            await session.get(f"{BASE}/x")

    script = Script(BASE, Failure(failure))
    with behind_doors(script):
        _in_session(use)
    assert len(script.asked) == 1


def test_a_witnessed_total_timeout_is_a_read_timeout_and_a_cancelled_call_is_nothing() -> None:
    """Time that ran out is told; a call that its own program gave up is not."""

    async def times_out(session: Any, url: str) -> None:
        with pytest.raises(TimeoutError):
            await _read(session, url)

    async def is_cancelled(session: Any, url: str, real: Any) -> None:
        task = asyncio.ensure_future(_read(session, url))
        while not real.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    with peer(hangs()) as real:
        recorder = Recorder(real.url)
        with behind_doors(recorder):
            _in_session(lambda session: is_cancelled(session, real.url, real))
            assert recorder.told == []
            _in_session(lambda session: times_out(session, real.url), timeout=aiohttp.ClientTimeout(total=0.1))
    assert [reply for _, reply in recorder.told] == [Failure("read_timeout")]


def test_a_call_let_through_leaves_nothing_behind() -> None:
    """The real line is closed with the response, without a word from asyncio."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal"
    with peer(sends(answer, keep=True)) as real:
        for script in (Recorder(real.url), Script(real.url, None)):
            with behind_doors(script):
                assert _in_session(lambda session: _read(session, real.url, data=b"x")) == b"real"


async def _pieces() -> AsyncIterator[bytes]:
    yield b"a"
    yield b"b"


def _form() -> Any:
    form = aiohttp.FormData()
    form.add_field("file", b"x", filename="a.txt")
    return form


BODIES: dict[str, Callable[[], dict[str, Any]]] = {
    "none": dict,
    "json": lambda: {"json": {}},
    "bytes": lambda: {"data": b"x"},
    "form": lambda: {"data": _form()},
    "pieces": lambda: {"data": _pieces()},
}


@pytest.mark.parametrize("outside", [False, True])
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("error", [LookupError("mine"), pytest.fail.Exception("mine")], ids=lambda error: type(error).__name__)
def test_what_an_answerer_raises_is_raised_at_the_call(error: BaseException, body: str, outside: bool) -> None:
    """The very exception, neither wrapped nor lost, however the body is written; the same below a mock that listens."""

    def answer(request: Request) -> Reply:
        raise error

    async def use(session: Any) -> BaseException:
        with pytest.raises(type(error)) as raised:
            await asyncio.wait_for(_read(session, **BODIES[body]()), 5)
        return raised.value

    with ExitStack() as doors:
        doors.enter_context(behind_doors(Script(BASE, answer)))
        if outside:
            doors.enter_context(behind_doors(Recorder(BASE)))
        assert _in_session(use) is error
