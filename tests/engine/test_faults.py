"""Faults: what they say, how they compose, are counted and run out, and what becomes of one nobody met."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from vendors import BAIDU, STUDIO, ask

from pytest_assistant_mock import AssistantMock, Failure, Request, Response, errors, faults
from pytest_assistant_mock._vendors import MODEL_STUDIO


def send(mock: AssistantMock, text: str = "hi") -> Any:
    """One create_message to Model Studio's first thread: the status, or the kind of failure."""
    body = json.dumps({"content": text}).encode()
    url = f"{STUDIO}/threads/{mock.model_studio.threads()[0].id}/messages"
    reply = mock._engine.handle(Request("POST", url, (("Authorization", "Bearer k"),), body))
    return reply.status if isinstance(reply, Response) else reply.kind  # type: ignore[union-attr]


@pytest.fixture
def mock() -> AssistantMock:
    """A mock that is not opened: nothing is judged, unless `_complain` is called. Model Studio has one thread."""
    one = AssistantMock(name="test_x")
    one.model_studio.add_thread()
    return one


STUDIO_WORDS = {
    "rate_limited": (429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    "quota_exceeded": (429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit."),
    "unauthorized": (401, "InvalidApiKey", "Invalid API-key provided."),
    "forbidden": (403, "Workspace.AccessDenied", "Workspace access denied."),
    "server_error": (
        500,
        "InternalError",
        "An internal error has occured, please try again later or contact service support.",
    ),
    "unavailable": (503, "ModelUnavailable", "Model is unavailable, please try again later."),
}


@pytest.mark.parametrize("name", STUDIO_WORDS)
def test_model_studio_refuses_in_its_documented_words(mock: AssistantMock, name: str) -> None:
    """Status, code and message are the vendor's, in its envelope; nothing is stored."""
    mock.model_studio.fail(faults.FAULTS[name]())
    status, code, message = STUDIO_WORDS[name]
    reply = ask(mock, "POST", f"{STUDIO}/threads", {})
    request_id = reply.header("x-request-id")
    assert (reply.status, reply.json()) == (status, {"code": code, "message": message, "request_id": request_id})
    assert len(mock.model_studio.threads()) == 1


ZEROS = "00000000-0000-0000-0000-000000000000"
BAIDU_WORDS = {
    "rate_limited": (429, {"requestId": "r", "code": "RateLimitExceeded", "message": "QPS超限"}),
    "quota_exceeded": (400, {"code": "QuotaLimitExceeded", "message": "quota资源已达上限", "request_id": "r"}),
    "unauthorized": (
        401,
        {
            "requestId": ZEROS,
            "code": 216003,
            "message": "Authentication error: ( [Code: InvalidHTTPAuthHeader; Message: Fail to parse apikey authorization;"
            " RequestId: r] )",
        },
    ),
    "forbidden": (
        403,
        {"requestId": "r", "code": "PermissionDeniedError", "message": "The account has no permission to access the resource."},
    ),
    "server_error": (500, {"requestId": "r", "code": "InternalServerError", "message": "Internal server error."}),
    "unavailable": (503, {"requestId": "r", "code": "ServiceUnavailable", "message": "The service is temporarily unavailable."}),
}


@pytest.mark.parametrize("name", BAIDU_WORDS)
def test_appbuilder_refuses_in_words_marked_inferred(mock: AssistantMock, name: str) -> None:
    """The whole body, and the mark in the table of errors."""
    mock.appbuilder.fail(faults.FAULTS[name]())
    headers = (("Authorization", "Bearer k"), ("X-Appbuilder-Request-Id", "r"))
    reply = ask(mock, "POST", f"{BAIDU}/v2/threads", {}, headers)
    kind = "bad_key" if name == "unauthorized" else name
    basis = mock._engine.services["appbuilder"].vendor.errors[kind].basis
    assert (reply.status, reply.json(), basis) == (*BAIDU_WORDS[name], "inferred")


def test_faults_strike_in_order_are_counted_and_run_out(mock: AssistantMock) -> None:
    """Two refusals, then a broken line, then the answer; each fault says how often it was meant and used."""
    studio = mock.model_studio
    limited = studio.fail(faults.rate_limited(), on="create_message", times=2)
    broken = studio.fail(faults.reset(), on="create_message")
    assert [send(mock) for _ in range(4)] == [429, 429, "reset", 200]
    assert [(plan.asked, plan.used) for plan in (limited, broken)] == [(4, 2), (4, 1)]
    assert [exchange.faults for exchange in studio.exchanges] == [("rate_limited()",)] * 2 + [("reset()",), ()]


def test_after_leaves_the_first_requests_alone(mock: AssistantMock) -> None:
    """`after=2` strikes the third; requests of other operations do not count."""
    mock.model_studio.fail(faults.unavailable(), on="create_message", after=2)
    ask(mock, "POST", f"{STUDIO}/threads", {})
    assert [send(mock) for _ in range(4)] == [200, 200, 503, 200]


def test_times_none_strikes_for_ever(mock: AssistantMock) -> None:
    """And without `on`, every request, a path no route answers and a request without a key included."""
    mock.model_studio.fail(faults.hang(), times=None)
    assert [send(mock) for _ in range(3)] == ["read_timeout"] * 3
    for path in ("/nowhere", "/threads"):
        assert mock._engine.handle(Request("POST", STUDIO + path)) == Failure("read_timeout")


def test_when_chooses_the_request(mock: AssistantMock) -> None:
    """The predicate sees the request; those it turns down do not count for `after`."""
    plan = mock.model_studio.fail(
        faults.rate_limited(), on="create_message", after=1, when=lambda request: request.json()["content"].startswith("b")
    )
    assert [send(mock, text) for text in ("a", "b1", "a", "b2", "b3")] == [200, 200, 200, 429, 200]
    assert (plan.asked, plan.used) == (3, 1)


def test_faults_that_are_not_final_compose(mock: AssistantMock) -> None:
    """Late, without a field, of the wrong type and cut short: one request, all four, in the order planned."""
    studio = mock.model_studio
    before = mock.clock.now_ms
    for fault in (faults.slow(2), faults.without("id"), faults.wrong_content_type("text/plain"), faults.truncated(5)):
        studio.fail(fault, on="create_message")
    assert send(mock) == "truncated"
    exchange = studio.exchanges.last
    assert exchange.faults == ("slow(2)", "without('id')", "wrong_content_type('text/plain')", "truncated(5)")
    assert exchange.response is not None
    assert "id" not in exchange.response.json()
    assert exchange.response.header("content-type") == "text/plain"
    assert mock.clock.now_ms - before == 2001


def test_a_slow_refusal_is_late_and_a_refusal_is_final(mock: AssistantMock) -> None:
    """slow goes with whatever the reply is, a broken line too; behind a refusal the next fault waits."""
    studio = mock.model_studio
    studio.fail(faults.slow(30, wait=True), on="create_message", times=2)
    studio.fail(faults.rate_limited(), on="create_message")
    studio.fail(faults.hang(), on="create_message")
    assert [send(mock), send(mock), send(mock)] == [429, "read_timeout", 200]
    assert [exchange.reply.delay for exchange in studio.exchanges] == [30, 30, 0]
    assert mock.clock.now_ms - 1_735_689_600_000 == 60_001


def test_without_waits_for_an_answer_that_has_the_field(mock: AssistantMock) -> None:
    """A path leads into objects and lists, * to every item; what is not there is not counted as taken."""
    studio = mock.model_studio
    send(mock), send(mock)
    url = f"{STUDIO}/threads/{studio.threads()[0].id}/messages"
    plan = studio.fail(faults.without("data.*.content.0.text"), times=2)
    assert send(mock) == 200
    assert plan.used == 0
    texts = [message["content"] for message in ask(mock, "GET", url).json()["data"]]
    assert (plan.used, texts) == (1, [[{"type": "text"}]] * 3)
    studio.fail(faults.without("data.1"), on="list_messages", optional=True)  # an item is no field
    assert len(ask(mock, "GET", url).json()["data"]) == 3


def test_truncated_waits_for_a_longer_answer(mock: AssistantMock) -> None:
    """An answer that is not longer than that comes whole, and the fault is not used up."""
    plan = mock.model_studio.fail(faults.truncated(10_000), on="create_message", optional=True)
    assert (send(mock), plan.used) == (200, 0)


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "without": ("id",),
    **dict.fromkeys(("slow", "truncated", "cut", "stall", "repeat", "slow_pieces"), (1,)),
}
FAULTS = [make(*ARGUMENTS.get(name, ())) for name, make in faults.FAULTS.items()]


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if not fault.streams], ids=repr)
def test_every_fault_says_whether_the_server_had_acted(mock: AssistantMock, fault: faults.Fault) -> None:
    """`acted` is what the store shows afterwards."""
    mock.model_studio.fail(fault, on="create_message")
    send(mock)
    assert (len(mock.model_studio.messages(mock.model_studio.threads()[0])) > 0) == fault.acted


def unused(mock: AssistantMock) -> str:
    """What the mock says when it closes."""
    with pytest.raises(errors.UnusedFault) as raised:
        mock._complain()
    return str(raised.value)


def test_a_fault_nobody_met_is_told_when_the_mock_closes(mock: AssistantMock) -> None:
    """What was planned, what was asked instead, what to do; one that is optional is not told."""
    mock.model_studio.fail(faults.hang(after=True), on="list_messages", times=3)
    mock.model_studio.fail(faults.reset(), on="list_messages", optional=True)
    send(mock), send(mock)
    assert unused(mock) == (
        "model_studio: fail(hang(after=True), on='list_messages', times=3) was never used in test_x\n"
        "  asked:  create_message 2×\n"
        "  do:     remove it, let the code under test come to it, or say optional=True"
    )


def test_a_fault_that_found_nothing_to_do_says_why(mock: AssistantMock) -> None:
    """A predicate that took too few, an answer without the field."""

    def is_long(request: Request) -> bool:
        return len(request.body) > 1000

    mock.model_studio.fail(faults.reset(), when=is_long)
    mock.model_studio.fail(faults.without("nmae"), on="create_message")
    send(mock)
    assert unused(mock) == (
        "model_studio: fail(reset(), when=is_long) was never used in test_x\n"
        "  asked:  create_message 1×\n"
        "  why:    its predicate took 0 of them\n"
        "  do:     remove it, let the code under test come to it, or say optional=True\n"
        "model_studio: fail(without('nmae'), on='create_message') was never used in test_x\n"
        "  asked:  create_message 1×\n"
        "  why:    its 1 request met an earlier fault, or had nothing to spoil\n"
        "  do:     remove it, let the code under test come to it, or say optional=True"
    )


def test_an_unused_fault_never_hides_an_exception() -> None:
    """The block's own exception comes out."""

    def fails(error: type[Exception] | None) -> None:
        with AssistantMock() as mock:
            mock.model_studio.fail(faults.reset())
            if error:
                raise error

    with pytest.raises(ZeroDivisionError):
        fails(ZeroDivisionError)
    with pytest.raises(errors.UnusedFault):
        fails(None)


def test_the_fixture_fails_a_passing_test_only(pytester: pytest.Pytester) -> None:
    """A test that passes ends in an error; one that fails, is skipped or fails as expected has no second complaint."""
    pytester.makepyfile("""
        import pytest
        from pytest_assistant_mock import faults

        @pytest.fixture(autouse=True)
        def trouble(appbuilder):
            appbuilder.fail(faults.reset())

        def test_passes(): pass
        def test_fails(): assert False
        def test_skips(): pytest.skip()
        @pytest.mark.xfail
        def test_xfails(): assert False
    """)
    result = pytester.runpytest()
    result.assert_outcomes(passed=1, failed=1, skipped=1, xfailed=1, errors=1)
    result.stdout.fnmatch_lines(["*UnusedFault: appbuilder: fail(reset()) was never used in test_passes"])


OPERATIONS = ", ".join(route.operation for route in MODEL_STUDIO["2025"].routes)
LISTED = ", ".join(f"faults.{name}()" for name in faults.FAULTS)
WRONG: dict[str, tuple[Any, dict[str, Any], type[Exception], str]] = {
    "a name": (
        "rate_limit",
        {},
        TypeError,
        f"fault='rate_limit' is a string; expected a fault; did you mean 'rate_limited'?; the faults are {LISTED}",
    ),
    "a function": (faults.hang, {}, TypeError, "fault is the function faults.hang; call it: faults.hang(…)"),
    "no fault": (5, {}, TypeError, f"fault=5: expected a fault; the faults are {LISTED}"),
    "an operation": (
        faults.hang(),
        {"on": "create_mesage"},
        ValueError,
        f"model_studio has no operation 'create_mesage'; did you mean 'create_message'?; it has {OPERATIONS}",
    ),
    "no operation": (faults.hang(), {"on": 5}, TypeError, f"5 is no operation's name; model_studio has {OPERATIONS}"),
    "times 0": (faults.hang(), {"times": 0}, ValueError, "times=0: expected a whole number, 1 or more (None: always)"),
    "times True": (faults.hang(), {"times": True}, TypeError, "times=True: expected a whole number, 1 or more (None: always)"),
    "times 1.5": (faults.hang(), {"times": 1.5}, TypeError, "times=1.5: expected a whole number, 1 or more (None: always)"),
    "after -1": (faults.hang(), {"after": -1}, ValueError, "after=-1: expected a whole number, 0 or more"),
    "after None": (faults.hang(), {"after": None}, TypeError, "after=None: expected a whole number, 0 or more"),
    "when text": (
        faults.hang(),
        {"when": "hi"},
        TypeError,
        "when='hi': expected a function that takes a Request and says whether the fault may strike it",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_plan_is_refused_at_once(mock: AssistantMock, name: str) -> None:
    """With what is allowed and what comes nearest; nothing is planned."""
    fault, options, kind, message = WRONG[name]
    with pytest.raises(kind) as raised:
        mock.model_studio.fail(fault, **options)
    assert str(raised.value) == message
    mock._complain()


def test_a_predicate_of_another_shape_is_refused_at_once(mock: AssistantMock) -> None:
    """It must take one request."""
    with pytest.raises(TypeError, match=r"takes \(\); expected a function of one Request"):
        mock.model_studio.fail(faults.hang(), when=lambda: True)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("make", "arguments", "kind", "message"),
    [
        (faults.reset, (-1,), ValueError, "after_bytes=-1: expected a number of bytes, 0 or more"),
        (faults.truncated, ("5",), TypeError, "at='5': expected a number of bytes, 0 or more"),
        (faults.slow, (-1,), ValueError, "seconds=-1: expected a finite number of seconds, 0 or more"),
        (faults.slow, (float("nan"),), ValueError, "seconds=nan: expected a finite number of seconds, 0 or more"),
        (faults.slow, ("1",), TypeError, "seconds='1': expected a number of seconds"),
        (faults.without, ("",), TypeError, "field='': expected a field's name, or a path like 'data.0.id'"),
        (faults.without, ("data..id",), TypeError, "field='data..id': expected a field's name, or a path like 'data.0.id'"),
        (faults.wrong_content_type, (1,), TypeError, "content_type=1: expected a media type like 'text/html'"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_at_once(
    make: Any, arguments: tuple[Any, ...], kind: type[Exception], message: str
) -> None:
    """Bytes, seconds and fields are checked where they are written."""
    with pytest.raises(kind) as raised:
        make(*arguments)
    assert str(raised.value) == message


def test_flags_are_flags() -> None:
    """`hang(after=2)` is meant for `fail(…, after=2)`."""
    with pytest.raises(TypeError, match="after=2: expected True or False"):
        faults.hang(after=2)  # type: ignore[arg-type]


def test_eight_threads_with_faults_and_quotas_lose_no_exchange_and_break_no_count(mock: AssistantMock) -> None:
    """Of 800 requests so many fail, so many are over the limit, the rest are stored, and the journal has all."""
    studio, thread = mock.model_studio, mock.model_studio.threads()[0]
    broken = studio.fail(faults.reset(), on="create_message", times=100)
    late = studio.fail(faults.hang(after=True), on="create_message", times=50)
    studio.limit(requests=600, per=3600)
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda number: send(mock, str(number)), range(800)))
    assert (broken.used, late.used, broken.asked) == (100, 50, 800)
    assert {kind: seen.count(kind) for kind in set(seen)} == {"reset": 100, "read_timeout": 50, 200: 550, 429: 100}
    messages = studio.messages(thread)
    assert (len(studio.exchanges), len(messages), len({message.id for message in messages})) == (800, 600, 600)
