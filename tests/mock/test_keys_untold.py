"""The real key stands in nothing that a test is told: no error, no report, no text of an object, whoever answers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from vendors import STUDIO, ask

from pytest_assistant_mock import AssistantMock, Exchange, Failure, Request, Response, contract, errors

KEY = "Zq8mN3vX7kP2wL9tR4yB"
"""Of no known shape: only because it is configured, or carried, it is known as a key."""

JSON = (("Content-Type", "application/json"),)
CARRIED = (("Authorization", f"Bearer {KEY}"), *JSON)


@pytest.fixture(autouse=True)
def _configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)


def asked(url: str = "/threads", body: Any = b"", **settings: Any) -> AssistantMock:
    """A mock that was asked something with the key in its URL."""
    mock = AssistantMock(**settings)
    ask(mock, "POST", f"{STUDIO}{url}", body)
    return mock


def called() -> None:
    asked(f"/threads?k={KEY}", {"metadata": {"k": KEY}}).model_studio.exchanges.assert_called(
        "create_thread", metadata={"k": "x"}
    )


def called_otherwise() -> None:
    asked(f"/threads?k={KEY}", {"metadata": {"k": KEY}}).model_studio.exchanges.assert_not_called("create_thread")


def called_too_often() -> None:
    asked(f"/{KEY}?k={KEY}").model_studio.exchanges.assert_not_called()


def unanswered() -> None:
    with asked(f"/x/{KEY}"):
        pass


def broken() -> None:
    body = {"metadata": {f"long {KEY}": f"{KEY} {'x' * 600}"}, "messages": [{"role": KEY}]}
    with asked(f"/threads?k={KEY}", body, contract="fail"):
        pass


def no_json() -> None:
    with asked(f"/threads?k={KEY}", b'{"metadata": {"k": "' + b"x" * 20 + KEY.encode(), contract="fail"):
        pass


def warned() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with asked(f"/threads?k={KEY}", {"messages": KEY}, contract="warn"):
            pass


def judged() -> None:
    contract.check({"id": KEY, "object": KEY}, vendor="model_studio", operation="create_thread")


def judged_as_text() -> None:
    contract.check(f'{{"id": "{KEY}", "id": 1}}', vendor="model_studio", operation="create_thread")


def judged_whole() -> None:
    exchange = Exchange("model_studio", "create_thread", Request("POST", f"{STUDIO}/threads?k={KEY}"), Response(200, JSON, b"{}"))
    contract.check(exchange)


def judged_cut_off() -> None:
    contract.check(f'{{"id": "{KEY}', vendor="model_studio", operation="create_thread")


def judged_twice() -> None:
    contract.check(f'{{"{KEY}": 1, "{KEY}": 1}}', vendor="model_studio", operation="create_thread")


ERRORS: dict[Callable[[], None], type[Exception]] = {
    called: AssertionError,
    called_otherwise: AssertionError,
    called_too_often: AssertionError,
    unanswered: errors.UnansweredRequest,
    broken: errors.ContractViolation,
    no_json: errors.ContractViolation,
    warned: errors.ContractWarning,
    judged: errors.ContractViolation,
    judged_as_text: errors.NotJSON,
    judged_whole: errors.ContractViolation,
    judged_cut_off: errors.NotJSON,
    judged_twice: errors.NotJSON,
}


@pytest.mark.parametrize("provoke", ERRORS, ids=lambda provoke: provoke.__name__)
def test_no_error_tells_the_key(provoke: Callable[[], None]) -> None:
    """Neither whole nor cut short, in its text and in what it holds."""
    with pytest.raises(ERRORS[provoke]) as told:
        provoke()
    text = f"{told.value} {getattr(told.value, 'violations', '')}"
    assert KEY[:8] not in text


def test_no_text_of_an_exchange_tells_the_key() -> None:
    """What the request carries is hidden in the answer as well; a header of a vendor's own shows plain words only."""
    answer = Response(200, (("X-Echo", KEY), ("X-Request-Id", "r-1"), ("X-Mode", "on")), f'{{"k": "{KEY}"}}'.encode())
    request = Request("POST", f"{STUDIO}/threads?k={KEY}", CARRIED, f'{{"k": "{KEY}"}}'.encode())
    replies = (answer, Failure("truncated", 3, answer), Failure("reset"))
    for reply in replies:
        exchange = Exchange("model_studio", None, request, reply)
        assert KEY not in f"{exchange!r} {exchange} {request!r}"
    assert repr(Exchange("model_studio", None, request, answer)) == (
        "Exchange(vendor='model_studio', operation=None,"
        " request=Request(method='POST', url='https://dashscope.aliyuncs.com/api/v1/threads?k=REDACTED',"
        " headers=(('Authorization', 'Bearer REDACTED'), ('Content-Type', 'application/json')), body=b'{\"k\": \"REDACTED\"}'),"
        " reply=Response(status=200, headers=(('X-Echo', 'REDACTED'), ('X-Request-Id', 'r-1'), ('X-Mode', 'on')),"
        ' body=b\'{"k": "REDACTED"}\', delay=0.0), faults=())'
    )
    assert "secret-0123456789abcdef" not in repr(Response(200, (), b'{"api_key": "secret-0123456789abcdef"}'))


def test_a_live_run_tells_no_key(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Not in its output, nor in junitxml: the key that the test itself configured, and has taken back by the time it is told of.
    """
    monkeypatch.delenv("DASHSCOPE_API_KEY")
    pytester.makepyfile(f"""
        import pytest, requests

        @pytest.fixture
        def _key(monkeypatch):
            monkeypatch.setenv("DASHSCOPE_API_KEY", "{KEY}"[:10] + "{KEY}"[10:])
            monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", "http://127.0.0.1:9/api/v1")

        def test_x(_key, assistant_mock):
            import os
            try:
                requests.post("http://127.0.0.1:9/api/v1/threads?k=" + os.environ["DASHSCOPE_API_KEY"], timeout=5)
            except requests.ConnectionError:
                pass
            raise AssertionError("an ordinary failure")

        @pytest.fixture
        def late(_key, assistant_mock):
            yield
            raise AssertionError("at teardown")

        def test_y(late):
            import os
            try:
                requests.post("http://127.0.0.1:9/api/v1/threads?k=" + os.environ["DASHSCOPE_API_KEY"], timeout=5)
            except requests.ConnectionError:
                pass
    """)
    result = pytester.runpytest("--assistant-source=live", "--junitxml=out.xml", "--tb=line", "--assistant-traffic=all")
    result.assert_outcomes(failed=1, passed=1, errors=1)
    report = (pytester.path / "out.xml").read_text("utf-8")
    assert "?k=REDACTED" in report
    assert KEY not in report
    assert KEY not in result.stdout.str()


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A cassette of one call."""
    path = tmp_path / "c.yaml"
    path.write_text(
        "interactions:\n- request:\n    method: POST\n    uri: https://dashscope.aliyuncs.com/api/v1/threads\n    body: '{}'\n"
        "    headers: {}\n  response:\n    status: {code: 200, message: OK}\n    headers: {}\n"
        '    body: {string: \'{"id": "thread_aaaaaaaaaaaaaaaa", "object": "thread"}\'}\nversion: 1\n',
        "utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("record", "path"), [("none", f"/threads?k={KEY}"), ("new", f"/threads/thread_aaaaaaaaaaaaaaaa?k={KEY}")]
)
def test_a_cassette_tells_no_key(record: str, path: str, recorded: Path) -> None:
    """Neither a miss nor the refusal of a new call, where the key stands in the URL only."""
    mock = AssistantMock(source="cassette", cassette=recorded, record=record, contract="off")
    with pytest.raises(errors.CassetteMiss, match="k=REDACTED") as told, mock:
        assert mock._session is not None
        mock._session.answerer.handle(Request("POST", f"{STUDIO}{path}", JSON, f'{{"a": "{KEY}"}}'.encode()))
    assert KEY not in str(told.value)
