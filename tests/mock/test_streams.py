"""Replies in pieces through a mock: faults in them, what they raise, what a snapshot does to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
from made_streams import Made

from pytest_assistant_mock import AssistantMock, Response, errors, faults

PIECES = ["data: 北京\n\n".encode(), "data: 晴\n\n".encode()]
WHOLE = b"".join(PIECES)


@pytest.fixture
def mock() -> Iterator[AssistantMock]:
    with AssistantMock() as mock:
        yield mock


def get(mock: AssistantMock) -> requests.Response:
    """Ask for the reply in pieces; it is read by whoever asks."""
    studio = mock.model_studio
    return requests.get(f"{studio.base_url}/x", headers={"Authorization": f"Bearer {studio.api_key}"}, stream=True)


def stream(mock: AssistantMock, pieces: Any = PIECES) -> None:
    """Answer with pieces, for ever."""
    mock.model_studio.reply("GET /x", lambda request: Response(200, (), pieces=pieces), times=None, optional=True)


def test_a_list_of_pieces_is_sent_anew_each_time(mock: AssistantMock) -> None:
    """One use of it takes nothing away from the next; the exchange shows what was read."""
    mock.model_studio.reply("GET /x", Response(200, pieces=PIECES), times=2)
    assert [get(mock).content, get(mock).content] == [WHOLE, WHOLE]
    assert [one.response.body for one in mock.model_studio.exchanges] == [WHOLE, WHOLE]  # type: ignore[union-attr]


def test_truncated_waits_for_a_longer_stream(mock: AssistantMock) -> None:
    """A stream of no more bytes is whole, and the fault strikes the next that is longer."""
    mock.model_studio.fail(faults.truncated(len(PIECES[0])))
    stream(mock, PIECES[:1])
    assert get(mock).content == PIECES[0]
    mock.model_studio.reply("GET /y", Response(200, pieces=PIECES))
    url = f"{mock.model_studio.base_url}/y"
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(url, headers={"Authorization": "Bearer k"})
    assert [one.faults for one in mock.model_studio.exchanges] == [(), (f"truncated({len(PIECES[0])})",)]


def test_truncated_that_no_stream_was_long_enough_for_is_unused() -> None:
    """The mock says so when it closes."""
    with pytest.raises(errors.UnusedFault, match=r"truncated\(1000\)"), AssistantMock() as mock:
        mock.model_studio.fail(faults.truncated(1000))
        stream(mock)
        assert get(mock).content == WHOLE


def test_a_reset_comes_at_the_end_at_the_latest(mock: AssistantMock) -> None:
    """All of a shorter stream arrives, and then the line breaks."""
    mock.model_studio.fail(faults.reset(1000))
    stream(mock)
    parts = get(mock).iter_content(None)
    assert (next(parts), next(parts)) == tuple(PIECES)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        next(parts)
    assert mock.model_studio.exchanges[0].faults == ("reset(1000)",)


@pytest.mark.parametrize("fault", [faults.server_error(after=True), faults.bad_gateway_html()])
def test_a_fault_in_place_of_a_stream_closes_it(mock: AssistantMock, fault: faults.Fault) -> None:
    """The server had acted, and nobody reads what it says."""
    made = Made(PIECES)
    mock.model_studio.fail(fault)
    stream(mock, made)
    assert get(mock).status_code >= 500
    assert (made.made, made.closes) == (0, 1)


@pytest.mark.parametrize("fault", [faults.empty_body(), faults.without("id")])
def test_faults_of_a_whole_body_leave_a_stream_alone(mock: AssistantMock, fault: faults.Fault) -> None:
    """They wait for an answer that is whole."""
    mock.model_studio.fail(fault, optional=True)
    mock.model_studio.reply("GET /x", Response(200, pieces=[b'{"id": ', b"1}"]))
    assert (get(mock).json(), mock.model_studio.exchanges[0].faults) == ({"id": 1}, ())


def test_slow_delays_the_head_of_a_stream(mock: AssistantMock) -> None:
    """The clock moves on, and the pieces come as they are."""
    mock.model_studio.fail(faults.slow(3))
    stream(mock)
    before = mock.clock.now_ms
    response = get(mock)
    assert (mock.clock.now_ms - before, response.content) == (3000, WHOLE)


def test_what_a_piece_raises_is_raised_again_at_exit_if_the_code_swallowed_it() -> None:
    """The very exception."""
    error = LookupError("no script")
    with pytest.raises(LookupError) as raised, AssistantMock() as mock:
        stream(mock, Made(PIECES, raises=error))
        with suppress(LookupError):
            assert get(mock).content
    assert raised.value is error


def test_another_exception_on_its_way_hides_none() -> None:
    """What the test itself fails with comes first."""
    with pytest.raises(KeyError), AssistantMock() as mock:
        stream(mock, Made(PIECES, raises=LookupError("no script")))
        try:
            assert get(mock).content
        except LookupError:
            raise KeyError from None


@pytest.mark.parametrize("end", [AssistantMock.reset, lambda mock: mock.restore(mock.snapshot())])
def test_a_stream_from_before_is_cut(mock: AssistantMock, end: Callable[[AssistantMock], None]) -> None:
    """After reset and restore its client meets a reset, and no piece is made any more."""
    made = Made(PIECES)
    stream(mock, made)
    parts = get(mock).iter_content(None)
    assert next(parts) == PIECES[0]
    end(mock)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="Connection reset by peer"):
        next(parts)
    assert (made.made, made.closes) == (1, 1)


def test_a_stream_outlives_its_mock_as_a_reset() -> None:
    """Whoever reads on after the mock has closed meets a reset."""
    with AssistantMock() as mock:
        stream(mock)
        parts = get(mock).iter_content(None)
        next(parts)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="Connection reset by peer"):
        next(parts)


@pytest.mark.parametrize("vendor", ["model_studio", "appbuilder"])
def test_a_stream_that_is_open_at_exit_was_left_by_its_client(vendor: str) -> None:
    """The journal has what was read of it, and no failure: nothing broke. Whoever reads on meets a reset."""
    with AssistantMock() as mock:
        handle = getattr(mock, vendor)
        handle.script("晴")
        thread, assistant = handle.add_thread().id, handle.add_assistant().id
        handle.add_message(thread, "?")
        path = f"/threads/{thread}/runs" if vendor == "model_studio" else "/v2/threads/runs"
        body = {"assistant_id": assistant, "thread_id": thread, "stream": True}
        answer = requests.post(handle.base_url + path, json=body, headers={"Authorization": "Bearer k"}, stream=True)
        parts = answer.iter_content(None)
        first = next(parts)
    exchange = handle.exchanges.last
    assert isinstance(exchange.reply, Response)
    assert exchange.reply.body == first
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="Connection reset by peer"):
        next(parts)
