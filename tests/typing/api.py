"""The public types, pinned. Read by mypy, never run."""

from collections.abc import Mapping
from typing import Any, assert_type

from pytest_assistant_mock import (
    AssistantMock,
    AssistantServer,
    Clock,
    Exchange,
    Exchanges,
    Failure,
    Fault,
    Handle,
    Message,
    OwnReply,
    Planned,
    Request,
    Response,
    Snapshot,
    Thread,
    Watch,
    contract,
    faults,
)
from pytest_assistant_mock._engine.wire import Headers, Reply
from pytest_assistant_mock.errors import BlockedHost, UnansweredRequest, UnknownSeam


class _OfAnSDK:
    id: str = "thread_1"


def mocks(hosts: Mapping[str, list[str]]) -> None:
    """How a mock is made and what it gives."""
    with AssistantMock() as mock:
        assert_type(mock, AssistantMock)
        assert_type(mock.model_studio, Handle)
        assert_type(mock.appbuilder, Handle)
        assert_type(mock.clock, Clock)
        assert_type(mock.clock.now_ms, int)
    AssistantMock(revision="auto")
    AssistantMock(revision="2026", hosts=hosts, strict=False, name="test_x")
    AssistantMock("2026")  # type: ignore[call-arg]
    AssistantMock(strict="no")  # type: ignore[arg-type]
    assert_type(mock.snapshot(), Snapshot)


def words(studio: Handle, thread: Thread) -> None:
    """A word that is none of the words is an error before the test runs."""
    AssistantMock(revision="2027")  # type: ignore[arg-type]
    AssistantMock(source="cassete", cassette="c.yaml")  # type: ignore[arg-type]
    AssistantMock(source="cassette", cassette="c.yaml", record="always")  # type: ignore[arg-type]
    AssistantMock(source="cassette", cassette="c.yaml", unplayed="error")  # type: ignore[arg-type]
    AssistantMock(contract="on")  # type: ignore[arg-type]
    AssistantMock(revison="2026")  # type: ignore[call-arg]
    AssistantServer(revision="2027")  # type: ignore[arg-type]
    AssistantServer(source="cassette", cassette="c.yaml", record="once", upstream={"model_studio": "https://x.example"})
    AssistantServer(upstream="https://x.example")  # type: ignore[arg-type]
    AssistantServer(keys=["sk-1"], contract="on")  # type: ignore[arg-type]
    studio.add_message(thread, "hi", role="asistant")  # type: ignore[arg-type]
    Failure("broken")  # type: ignore[arg-type]
    faults.rate_limit()  # type: ignore[attr-defined]


def trouble(studio: Handle) -> None:
    """What is arranged, and what it counts."""
    planned = studio.fail(faults.rate_limited(), on="create_thread", times=2, when=lambda request: request.body)
    assert_type(planned, Planned)
    assert_type(planned.used, int)
    assert_type(faults.closed(), Fault)
    assert_type(studio.reply("create_thread", {"id": "t"}, times=1), OwnReply)
    studio.reply("GET /threads/{thread_id}/runs/{run_id}", _answer)
    studio.reply("POST /x", lambda request: Response(503))
    studio.reply("POST /x", "text")  # type: ignore[arg-type]
    studio.fail(faults.closed)  # type: ignore[arg-type]


def _answer(request: Request, thread_id: str, run_id: str) -> dict[str, Any]:
    return {"id": run_id, "thread_id": thread_id, "asked": request.json()}


def handles(studio: Handle) -> None:
    """Seeding and looking."""
    assert_type(studio.name, str)
    assert_type(studio.base_url, str)
    assert_type(studio.api_key, str)
    thread = studio.add_thread(metadata={"a": "b"})
    assert_type(thread, Thread)
    assert_type(studio.threads(), list[Thread])
    assert_type(studio.thread(thread), Thread)
    message = studio.add_message(thread, "hi", role="assistant", file_ids=["file-1"], metadata={}, assistant_id="a", run_id="r")
    assert_type(message, Message)
    assert_type(studio.messages(thread.id), list[Message])
    assert_type(studio.messages(_OfAnSDK()), list[Message])
    studio.messages(1)  # type: ignore[arg-type]


def messages(message: Message, thread: Thread) -> None:
    """What is stored."""
    assert_type(message.id, str)
    assert_type(message.thread_id, str)
    assert_type(message.role, str)
    assert_type(message.text, str)
    assert_type(message.created_at, int)
    assert_type(message.file_ids, tuple[str, ...])
    assert_type(message.metadata, dict[str, Any])
    assert_type(thread.id, str)
    assert_type(thread.created_at, int)
    assert_type(thread.metadata, dict[str, Any])
    message.text = "new"  # type: ignore[misc]


def exchanges(exchange: Exchange) -> None:
    """What travelled."""
    assert_type(exchange.vendor, str)
    assert_type(exchange.operation, str | None)
    assert_type(exchange.request, Request)
    assert_type(exchange.request.headers, Headers)
    assert_type(exchange.request.header("x"), str | None)
    assert_type(exchange.request.body, bytes)
    assert_type(exchange.request.json(), Any)
    assert_type(exchange.reply, Reply)
    assert_type(exchange.response, Response | None)
    assert_type(exchange.status, int)
    assert_type(Failure("reset").after_bytes, int)


def asked(studio: Handle) -> None:
    """What was asked so far, narrowed."""
    assert_type(studio.exchanges, Exchanges)
    assert_type(studio.exchanges.of("create_thread"), Exchanges)
    assert_type(studio.exchanges.last, Exchange)
    assert_type(studio.exchanges.last.status, int)


def raised(unanswered: UnansweredRequest, blocked: BlockedHost, unknown: UnknownSeam) -> tuple[AssertionError, RuntimeError]:
    """What the code under test did wrong is an AssertionError."""
    return (unanswered if unanswered.args else blocked, unknown)


def contracts(exchange: Exchange) -> None:
    """What the contract says, and how a mock watches it."""
    found = contract.violations(exchange, vendor="appbuilder", strict=True)
    assert_type(found, list[contract.Violation])
    assert_type(found[0].path, str)
    assert_type(found[0].drift, bool)
    assert_type(contract.schema("appbuilder", "create_thread", "request"), dict[str, Any])
    contract.check({}, vendor="appbuilder", operation="create_thread", kind="request")
    mock = AssistantMock(contract="fail")
    assert_type(mock.contract, Watch)
