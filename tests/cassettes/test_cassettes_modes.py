"""
Record modes, misses, what is left unplayed, secrets, failures: a mock on a cassette, recording from a service over sockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from made import JSON, STUDIO, ask, asked, one, player, saved
from upstream import Upstream

from pytest_assistant_mock import AssistantMock, errors, faults
from pytest_assistant_mock._engine.wire import Failure, Request, Response
from pytest_assistant_mock.cassettes import load

KEY = "sk-real-0123456789abcdef"
AUTHORIZED = {"Authorization": f"Bearer {KEY}", "X-DashScope-WorkSpace": "llm-workspace-1", "Cookie": "session=abc123def"}


def create(base: str, n: int = 0, **more: Any) -> Any:
    """
    A thread, by its number.
    """
    return requests.post(f"{base}/threads", json={"metadata": {"n": n, **more}}, headers=AUTHORIZED, timeout=20).json()


def numbers(path: Path) -> list[int]:
    """
    The numbers of the threads a cassette holds.
    """
    return [one.request.json()["metadata"]["n"] for one in load(path).interactions]


def test_none_never_touches_the_network(service: Upstream, tmp_path: Path) -> None:
    """
    A missing cassette is an error that says how to record it, at the call; the service is not asked.
    """
    path = tmp_path / "c.yaml"
    with pytest.raises(errors.CassetteMiss) as miss, player(path):
        create(service.model_studio)
    assert str(miss.value) == (
        "no recorded answer to  POST /threads   (model_studio)\n"
        "  why:       there is no cassette\n"
        f"  asked:     POST {service.model_studio}/threads\n"
        f"  cassette:  {path}   0 recorded, 0 played\n"
        "  mode:      source=cassette, record=none\n"
        f'  fix:       record it:  AssistantMock(source="cassette", cassette=\'{path}\', record="once")'
    )
    assert service.requests == []


def test_once_records_what_is_missing_and_then_only_replays(service: Upstream, tmp_path: Path) -> None:
    """
    The first run writes the file, the second reads it, and a new call in it is a miss.
    """
    path = tmp_path / "c.yaml"
    with player(path, record="once"):
        first = create(service.model_studio)
    with player(path, record="once"):
        assert create(service.model_studio) == first
    with pytest.raises(errors.CassetteMiss, match="body differs"), player(path, record="once", unplayed="off"):
        create(service.model_studio, 1)
    assert (len(service.requests), numbers(path)) == (1, [0])


def test_new_adds_what_is_not_there(service: Upstream, tmp_path: Path) -> None:
    """
    What the cassette answers is replayed, what it does not is recorded at its end.
    """
    path = tmp_path / "c.yaml"
    with player(path, record="once"):
        first = create(service.model_studio)
    with player(path, record="new"):
        assert create(service.model_studio) == first
        create(service.model_studio, 1)
        create(service.model_studio)
    assert (len(service.requests), numbers(path)) == (3, [0, 1, 0])


def test_new_refuses_a_call_that_names_a_recorded_id(service: Upstream, tmp_path: Path) -> None:
    """
    The service of today need not know the thread: the reason is given, and nothing is sent.
    """
    path = tmp_path / "c.yaml"
    with player(path, record="once"):
        thread = create(service.model_studio)
    with pytest.raises(errors.CassetteMiss) as miss, player(path, record="new"):
        create(service.model_studio)
        requests.get(f"{service.model_studio}/threads/{thread['id']}", headers=AUTHORIZED, timeout=20)
    assert str(miss.value) == (
        "not recorded:  GET /threads/<thread#1>   (model_studio)\n"
        f"  why:       the call is new, and names <thread#1> ({thread['id']}) from the cassette; the service of today need not"
        " know that id,\n"
        "             and its answer would not belong to the rest of the recording\n"
        f"  cassette:  {path}\n"
        "  mode:      source=cassette, record=new\n"
        f'  fix:       record the whole test again:  AssistantMock(source="cassette", cassette=\'{path}\', record="all")'
    )
    assert (len(service.requests), numbers(path)) == (1, [0])


def test_all_replaces_what_it_records_again(service: Upstream, tmp_path: Path) -> None:
    """
    As vcrpy 9 has it: an interaction recorded again takes the old one's place, the others stay.
    """
    path = tmp_path / "c.yaml"
    with player(path, record="once"):
        create(service.model_studio)
        create(service.model_studio, 1)
    before = load(path).interactions
    with player(path, record="all"):
        again = create(service.model_studio)
    after = load(path).interactions
    assert (after[0], numbers(path)) == (before[1], [1, 0])
    assert after[1].response is not None
    assert after[1].response.json() == again != before[0].response


@pytest.mark.parametrize("record", ["once", "new", "all"])
def test_nothing_is_written_if_the_test_fails(record: str, service: Upstream, tmp_path: Path) -> None:
    """
    The file stays as it was, or missing.
    """
    path = tmp_path / "c.yaml"
    with pytest.raises(ZeroDivisionError), player(path, record=record):
        create(service.model_studio)
        raise ZeroDivisionError
    assert not path.exists()


def test_live_asks_the_service_and_records_only_if_told(service: Upstream, tmp_path: Path) -> None:
    """
    Live alone writes nothing; with a record mode what was asked is recorded.
    """
    with AssistantMock(source="live") as mock:
        create(service.model_studio)
        assert [exchange.operation for exchange in mock.model_studio.exchanges] == ["create_thread"]
    path = tmp_path / "c.yaml"
    for record, expected in (("none", None), ("once", [0]), ("once", [0]), ("new", [0, 1]), ("all", [0, 1])):
        with AssistantMock(source="live", cassette=path, record=record):
            create(service.model_studio)
            if record in ("new", "all"):
                create(service.model_studio, 1)
        assert (numbers(path) if path.exists() else None) == expected
    assert len(service.requests) == 8


@pytest.mark.parametrize("source", ["live", "cassette"])
def test_a_compressed_answer_is_checked_and_seen_as_it_reads(
    source: str, service: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A real service may send gzip: the contract reads through it, and so does who looks at the exchanges.
    """
    plainly = service.answer

    def compressed(request: Request) -> Response:
        whole = plainly(request)
        body = gzip.compress(whole.body)
        headers = tuple(pair for pair in whole.headers if pair[0] != "Content-Length")
        return Response(whole.status, (*headers, ("Content-Encoding", "gzip"), ("Content-Length", str(len(body)))), body)

    monkeypatch.setattr(service, "answer", compressed)
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", service.model_studio)
    if "dashscope" in sys.modules:  # which has read the variable when it was imported
        monkeypatch.setattr(sys.modules["dashscope"], "base_http_api_url", service.model_studio)
    record = "once" if source == "cassette" else "none"
    with AssistantMock(source=source, cassette=tmp_path / "c.yaml", record=record) as mock:
        assert mock.model_studio.base_url == service.model_studio
        answer = create(mock.model_studio.base_url)
    (exchange,) = mock.model_studio.exchanges
    assert exchange.response is not None
    assert exchange.response.json() == answer


def test_a_swallowed_miss_is_raised_again_at_the_end(tmp_path: Path) -> None:
    """
    Code that catches everything cannot turn a miss into a green test.
    """
    path = saved(tmp_path / "c.yaml", one(asked("GET", "/threads/x"), {}))
    swallowed = pytest.raises(errors.CassetteMiss, match="raised at a call before, and swallowed")
    with swallowed, player(path), contextlib.suppress(AssertionError):
        create(STUDIO)


def test_a_miss_shows_the_closest_recording(tmp_path: Path) -> None:
    """
    With ids by name, a diff of what differs, the values to name, the counts, and the command.
    """
    path = saved(
        tmp_path / "c.yaml",
        one(asked("POST", "/threads", {}), {"id": "thread_abc", "object": "thread"}),
        one(asked("POST", "/threads/thread_abc/messages", {"content": "一", "metadata": {"trace": "a"}}), {"id": "message_1"}),
        one(asked("POST", "/threads/thread_abc/messages", {"content": "二", "metadata": {"trace": "a"}}), {"id": "message_2"}),
    )
    with pytest.raises(errors.CassetteMiss) as miss, player(path, test="tests/test_a.py::test_b[c d]") as mock:
        ask(mock, asked("POST", "/threads", {}))
        ask(mock, asked("POST", "/threads/thread_abc/messages", {"content": "二", "metadata": {"trace": "b"}}))
    assert str(miss.value) == (
        "no recorded answer to  POST /threads/<thread#1>/messages   (model_studio)\n"
        "  why:       the body differs from every recording of this request\n"
        f"  asked:     POST {STUDIO}/threads/<thread#1>/messages\n"
        "  closest:   interaction 3 (line 50), not played:  POST /threads/<thread#1>/messages   (model_studio)\n"
        "             --- recorded\n"
        "             +++ asked\n"
        "             @@ -3,5 +3,5 @@\n"
        '                "content": "二",\n'
        '                "metadata": {\n'
        '             -    "trace": "a"\n'
        '             +    "trace": "b"\n'
        "                }\n"
        "              }\n"
        f"  cassette:  {path}   3 recorded, 1 played\n"
        "  mode:      source=cassette, record=none\n"
        "  fix:       if the request is right, record it:"
        "  pytest 'tests/test_a.py::test_b[c d]' --assistant-source=cassette --assistant-record=all\n"
        "             or, if the value differs in each run, pin it or name it:"
        '  @pytest.mark.assistant(ignore=["metadata.trace"])\n'
        "  ids:       <thread#1> is thread_abc"
    )


def test_recorded_and_never_played_fails(tmp_path: Path) -> None:
    """
    The interactions are listed; a miss, or an error on its way, is not hidden by them.
    """
    path = saved(tmp_path / "c.yaml", one(asked("GET", "/threads/x"), {}), one(asked("GET", "/threads/y"), {}))
    with pytest.raises(errors.UnplayedInteractions) as left, player(path) as mock:
        ask(mock, asked("GET", "/threads/x"))
    assert str(left.value) == (
        "1 of 2 recorded interactions were never played\n"
        "  interaction 2 (line 20):  GET /threads/y   (model_studio)\n"
        f"  cassette:  {path}\n"
        "  mode:      source=cassette, record=none\n"
        "  fix:       delete the file and record it again:"
        f'  AssistantMock(source="cassette", cassette=\'{path}\', record="once")\n'
        '             or, if the test need not ask for all of it:  @pytest.mark.assistant(unplayed="warn" or "off")'
    )
    with pytest.raises(ZeroDivisionError), player(path):
        raise ZeroDivisionError
    with pytest.warns(UserWarning, match="2 of 2 recorded interactions"), player(path, unplayed="warn"):
        pass
    with player(path, unplayed="off"):
        pass


def test_secrets_never_reach_the_file(service: Upstream, tmp_path: Path) -> None:
    """
    Not from headers, the query, bodies in either direction; and the recording is found again with another key.
    """
    path, literal = tmp_path / "c.yaml", "team-key-of-no-known-shape"
    signed = "https://bucket.oss-cn-beijing.aliyuncs.com/f?Expires=1&Signature=c2VjcmV0LXNpZw%3D"

    def talk(key: str) -> list[Any]:
        headers = {**AUTHORIZED, "Authorization": f"Bearer {key}"}
        body = {"metadata": {"echo": f"the key is {key}", "sk": KEY, "url": signed, "bce": "bce-v3/ALTAK-abc/0123456789"}}
        thread = requests.post(f"{service.model_studio}/threads", json=body, headers=headers, timeout=20)
        listed = requests.get(f"{service.model_studio}/threads/x/messages?after={key}", headers=headers, timeout=20)
        return [thread.status_code, listed.status_code]

    with player(path, record="once"):
        assert talk(literal) == [200, 400]
    text = path.read_text()
    for secret in (literal, KEY, "llm-workspace-1", "session=abc123def", "c2VjcmV0LXNpZw", "ALTAK-abc", "0123456789"):
        assert secret not in text
    assert "the key is REDACTED" in text
    assert service.requests[0].json()["metadata"]["echo"] == f"the key is {literal}"


def test_what_still_looks_like_a_key_is_not_written(service: Upstream, tmp_path: Path) -> None:
    """
    A key in base64 cannot be replaced: the error says where it stands, and there is no file.
    """
    path = tmp_path / "c.yaml"
    remains = r"is not written: something that looks like a secret remains(.|\n)*line \d+:"
    with pytest.raises(errors.CassetteError, match=remains), player(path, record="once"):
        create(service.model_studio, encoded="c2stcmVhbC0wMTIzNDU2Nzg5YWJjZGVm")
    assert not path.exists()


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Failure("connect_refused"), httpx.ConnectError),
        (Failure("connect_timeout"), httpx.ConnectTimeout),
        (Failure("read_timeout"), httpx.ReadTimeout),
        (Failure("reset"), httpx.ReadError),
        (Failure("closed"), httpx.RemoteProtocolError),
        (
            Failure("truncated", 4, Response(200, (*JSON, ("Content-Length", "90")), b'{"a"')),
            httpx.RemoteProtocolError,
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Failure) else "",
)
def test_a_failure_is_replayed_as_the_same_exception(failure: Failure, error: type[Exception], tmp_path: Path) -> None:
    """
    The client raises what it would raise in life.
    """
    path = saved(tmp_path / "c.yaml", one(asked("GET", "/threads/x"), failure))
    with pytest.raises(error), player(path):
        httpx.get(f"{STUDIO}/threads/x", timeout=20)


def _reset(line: socket.socket) -> None:
    line.recv(65536)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def _closed(line: socket.socket) -> None:
    line.recv(65536)
    line.close()


def _cut(line: socket.socket) -> None:
    line.recv(65536)
    line.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"id": "\xe4\xbd')
    line.close()


@pytest.mark.parametrize("act", [None, _reset, _closed, _cut], ids=["refused", "reset", "closed", "cut short"])
def test_a_failure_is_recorded(
    act: Callable[[socket.socket], None] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    From a real socket into the file and back: the same exception, by name, and no service is needed for it.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", base)
    if act is None:
        listener.close()
    else:
        thread = threading.Thread(target=lambda: act(listener.accept()[0]))
        thread.start()
    path, seen = tmp_path / "c.yaml", []
    for record in ("once", "none"):
        with player(path, record=record):
            try:
                httpx.get(f"{base}/threads/x", timeout=20)
            except httpx.TransportError as error:
                seen.append(type(error))
        if act is not None:
            thread.join()
            listener.close()
    assert len(seen) == 2
    assert seen[0] is seen[1]
    assert path.read_text().count("response: null") == 1


def test_an_error_status_is_recorded(service: Upstream, tmp_path: Path) -> None:
    """
    With its body, and replayed.
    """
    path = tmp_path / "c.yaml"
    for record in ("once", "none"):
        with player(path, record=record):
            answer = requests.get(f"{service.model_studio}/threads/nope", headers=AUTHORIZED, timeout=20)
        assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParameter")
    assert len(service.requests) == 1


def test_eight_threads_lose_nothing(service: Upstream, tmp_path: Path) -> None:
    """
    Whatever the order, every call is in the file.
    """
    path = tmp_path / "c.yaml"

    def some(worker: int) -> None:
        for number in range(6):
            create(service.model_studio, 10 * worker + number)

    with player(path, record="once"):
        threads = [threading.Thread(target=some, args=(worker,)) for worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(numbers(path)) == [10 * worker + number for worker in range(8) for number in range(6)]


def test_fifty_requests_in_flight_lose_nothing(service: Upstream, tmp_path: Path) -> None:
    """
    Under asyncio, with httpx.
    """
    path = tmp_path / "c.yaml"

    async def all_at_once() -> None:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            bodies = [{"metadata": {"n": number}} for number in range(50)]
            await asyncio.gather(
                *(client.post(f"{service.model_studio}/threads", json=body, headers=AUTHORIZED) for body in bodies)
            )

    with player(path, record="once"):
        asyncio.run(all_at_once())
    assert sorted(numbers(path)) == list(range(50))


def test_seeding_is_refused_with_the_portable_way(tmp_path: Path) -> None:
    """
    Neither putting into the fake's store nor looking into it would mean anything.
    """
    path = tmp_path / "c.yaml"
    with player(path) as mock:
        studio = mock.model_studio
        for call in (studio.add_thread, studio.threads, lambda: studio.messages("x"), lambda: studio.fail(faults.hang())):
            with pytest.raises(errors.CannotSeed) as refusal:
                call()
            assert str(refusal.value) == (
                f"model_studio: this test runs on a cassette ({path}); there is no fake to put anything into, to look"
                " into, or to arrange trouble in\n"
                "  do:  write it so that it runs on all three: let the test create what it needs, and ask for it, through the API"
                " (POST /threads, POST /threads/{thread_id}/messages, GET /threads/{thread_id}/messages)\n"
                '  or:  keep it on the fake:  @pytest.mark.assistant(source="fake")'
            )
        assert repr(mock.model_studio) == "<model_studio: source=cassette, record=none, 0 exchanges>"


def test_the_key_is_fake_in_replay_and_real_in_recording(
    service: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Replay needs none; recording and live leave the one that is there alone.
    """
    import os

    for options, key in (({}, "sk-assistant-mock"), ({"record": "once"}, KEY), ({"record": "all"}, KEY)):
        with player(tmp_path / "c.yaml", **options):
            assert os.environ["DASHSCOPE_API_KEY"] == key
    with AssistantMock(source="live"):
        assert os.environ["DASHSCOPE_API_KEY"] == KEY


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"source": "tape"}, "source='tape': expected one of 'fake', 'cassette', 'live'"),
        ({"source": "casette"}, "source='casette': expected one of 'fake', 'cassette', 'live'; did you mean 'cassette'?"),
        (
            {"source": "cassette", "record": "ones"},
            "record='ones': expected one of 'none', 'once', 'new', 'all'; did you mean 'once'?",
        ),
        ({"source": "fake", "record": "x"}, "record='x': expected one of 'none', 'once', 'new', 'all'"),
        ({"source": "cassette", "cassette": "a", "unplayed": True}, "unplayed=True: expected one of 'fail', 'warn', 'off'"),
        ({"source": "cassette"}, "source='cassette', record='none' and no cassette: expected cassette=, the path of a YAML file"),
        (
            {"source": "live", "record": "all"},
            "source='live', record='all' and no cassette: expected cassette=, the path of a YAML file",
        ),
        ({"reuse": 1}, "reuse=1: expected True or False"),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_word_is_refused(options: dict[str, Any], problem: str) -> None:
    """
    What came, what was expected, what was meant.
    """
    with pytest.raises((TypeError, ValueError)) as refusal:
        AssistantMock(**options)
    assert str(refusal.value) == problem
