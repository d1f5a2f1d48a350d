"""Another tool's wrapper that stood at a client first is called, and the fake answers in place of what it calls next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import pytest
from answerers import Recorder, Script, behind_doors, says
from peers import peer, sends

from pytest_assistant_mock import faults
from pytest_assistant_mock._engine.wire import Failure

httpx = pytest.importorskip("httpx")
wrapt = pytest.importorskip("wrapt")

BASE = "https://gw.corp.invalid/ai"
Seen = list[tuple[str, Any]]


def _get(url: str) -> Any:
    with httpx.Client(trust_env=False) as client:
        return client.get(url)


def _get_async(url: str) -> Any:
    async def get() -> Any:
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.get(url)

    return asyncio.run(get())


WAYS: dict[str, tuple[str, str, Callable[[str], Any]]] = {
    "sync": ("HTTPTransport", "handle_request", _get),
    "async": ("AsyncHTTPTransport", "handle_async_request", _get_async),
}


@pytest.fixture(params=["wrapt", "functools"])
def seen(request: pytest.FixtureRequest) -> Iterator[Seen]:
    """What wrappers of httpx's transports saw that another tool had put there; OpenTelemetry uses wrapt."""
    seen: Seen = []
    before = [(getattr(httpx, owner), name, vars(getattr(httpx, owner))[name]) for owner, name, _ in WAYS.values()]

    def spy(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        seen.append(("asked", str(args[0].url)))
        return wrapped(*args, **kwargs)

    for owner, name, original in before:
        if request.param == "wrapt":
            wrapt.wrap_function_wrapper(owner, name, spy)
        else:
            setattr(owner, name, _wrapped(original, spy))
    there = [vars(owner)[name] for owner, name, _ in before]
    yield seen
    assert [vars(owner)[name] for owner, name, _ in before] == there
    for owner, name, original in before:
        setattr(owner, name, original)


def _wrapped(original: Callable[..., Any], spy: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def function(transport: Any, request: Any) -> Any:
        return spy(lambda *args: original(transport, *args), transport, (request,), {})

    return function


@pytest.mark.parametrize("way", WAYS)
def test_the_wrapper_is_called_and_the_fake_answers(way: str, seen: Seen) -> None:
    """Once a request, and its answer is the fake's; a request to another host goes by the wrapper as ever."""
    get = WAYS[way][2]
    with peer(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal")) as other, behind_doors(Script(BASE, says("ours"))):
        answer = get(f"{BASE}/x")
        assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, "ours", "text/plain; charset=utf-8")
        assert get(other.url).text == "real"
    assert seen == [("asked", f"{BASE}/x"), ("asked", other.url)]


@pytest.mark.parametrize("way", WAYS)
def test_the_wrapper_meets_a_failure_as_the_clients_own(way: str, seen: Seen) -> None:
    """The exception is the one the transport raises, so that a span says what went wrong."""
    with behind_doors(Script(BASE, Failure("connect_refused"))), pytest.raises(httpx.ConnectError):
        WAYS[way][2](f"{BASE}/x")
    assert len(seen) == 1


@pytest.mark.parametrize("way", WAYS)
def test_of_nested_mocks_the_inner_one_answers_through_the_wrapper(way: str, seen: Seen) -> None:
    """Also with another tool's wrapper between the two."""
    owner, name, get = getattr(httpx, WAYS[way][0]), WAYS[way][1], WAYS[way][2]
    outer, inner = Script(BASE, says("outer")), Script(BASE, says("inner"))
    with behind_doors(outer):
        before = vars(owner)[name]
        between: Seen = []
        wrapt.wrap_function_wrapper(owner, name, lambda wrapped, instance, args, kwargs: between.append(args) or wrapped(*args))
        with behind_doors(inner):
            assert get(f"{BASE}/x").text == "inner"
        setattr(owner, name, before)
        assert get(f"{BASE}/x").text == "outer"
    assert (len(seen), len(between), len(outer.asked), len(inner.asked)) == (2, 1, 1, 1)


def test_a_witnessed_call_goes_by_the_wrapper(seen: Seen) -> None:
    """A call that is let through to be recorded."""
    with peer(sends(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal")) as real:
        recorder = Recorder(real.url)
        with behind_doors(recorder):
            assert _get(f"{real.url}/x").text == "real"
    assert (len(seen), len(recorder.told)) == (1, 1)


def test_a_transport_that_many_threads_use_is_left_as_it_is(seen: Seen) -> None:
    """Its pool is its own all the time."""
    transport = httpx.HTTPTransport()
    pool = transport._pool
    pools: list[Any] = []
    script = Script(BASE, lambda request: pools.append(transport._pool) or says("ours"))  # type: ignore[func-returns-value]
    with behind_doors(script), httpx.Client(transport=transport) as client:
        assert client.get(f"{BASE}/x").text == "ours"
    assert pools == [pool]
    assert transport._pool is pool


def test_a_wrapper_of_requests_adapter_is_called() -> None:
    """The short way for requests gives way, and urllib3's door answers below the wrapper."""
    requests = pytest.importorskip("requests")
    owner, seen = requests.adapters.HTTPAdapter, []
    before = owner.send

    @wraps(before)
    def spy(adapter: Any, request: Any, **options: Any) -> Any:
        seen.append(request.url)
        return before(adapter, request, **options)

    owner.send = spy
    try:
        with behind_doors(Script(BASE, says("ours"))):
            assert requests.get(f"{BASE}/x").text == "ours"
        assert owner.send is spy
    finally:
        owner.send = before
    assert seen == [f"{BASE}/x"]


def test_opentelemetry_makes_its_span(model_studio: Any) -> None:
    """Instrumented before the mock opens, as an application does when it is imported."""
    instrumentation = pytest.importorskip("opentelemetry.instrumentation.httpx")
    trace, export = pytest.importorskip("opentelemetry.sdk.trace"), pytest.importorskip("opentelemetry.sdk.trace.export")
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    spans, provider = memory.InMemorySpanExporter(), trace.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(spans))
    instrumentor = instrumentation.HTTPXClientInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    try:
        with behind_doors(Script(BASE, says("ours"))):
            assert (_get(f"{BASE}/x").text, _get_async(f"{BASE}/x").text) == ("ours", "ours")
    finally:
        instrumentor.uninstrument()
    assert [span.name for span in spans.get_finished_spans()] == ["GET", "GET"]


@pytest.mark.parametrize("way", WAYS)
def test_a_slow_and_a_broken_answer_come_through_the_wrapper(way: str, seen: Seen, assistant_mock: Any) -> None:
    """Faults are the fake's, whoever stands between."""
    assistant_mock.model_studio.fail(faults.truncated(10))
    with pytest.raises(httpx.RemoteProtocolError):
        WAYS[way][2](f"{assistant_mock.model_studio.base_url}/threads/x")
    assert len(seen) == 1
