"""Record modes, misses, what is left unplayed, secrets, failures: a mock on a cassette, recording from a service over sockets."""

from __future__ import annotations

import contextlib
import gzip
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from made import STUDIO, ask, asked, one, player, saved
from upstream import Upstream

from pytest_assistant_mock import AssistantMock, errors, faults
from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock.cassettes import load

KEY = "sk-real-0123456789abcdef"
AUTHORIZED = {"Authorization": f"Bearer {KEY}", "X-DashScope-WorkSpace": "llm-workspace-1", "Cookie": "session=abc123def"}


def create(base: str, n: int = 0, **more: Any) -> Any:
    """A thread, by its number."""
    return requests.post(f"{base}/threads", json={"metadata": {"n": n, **more}}, headers=AUTHORIZED, timeout=20).json()


def numbers(path: Path) -> list[int]:
    """The numbers of the threads a cassette holds."""
    return [one.request.json()["metadata"]["n"] for one in load(path).interactions]


def test_none_never_touches_the_network(service: Upstream, tmp_path: Path) -> None:
    """A missing cassette is an error that says how to record it, at the call; the service is not asked."""
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
    """The first run writes the file, the second reads it, and a new call in it is a miss."""
    path = tmp_path / "c.yaml"
    with player(path, record="once"):
        first = create(service.model_studio)
    with player(path, record="once"):
        assert create(service.model_studio) == first
    with pytest.raises(errors.CassetteMiss, match="body differs"), player(path, record="once", unplayed="off"):
        create(service.model_studio, 1)
    assert (len(service.requests), numbers(path)) == (1, [0])


def test_new_adds_what_is_not_there(service: Upstream, tmp_path: Path) -> None:
    """What the cassette answers is replayed, what it does not is recorded at its end."""
    path = tmp_path / "c.yaml"
    with player(path, record="once"):
        first = create(service.model_studio)
    with player(path, record="new"):
        assert create(service.model_studio) == first
        create(service.model_studio, 1)
        create(service.model_studio)
    assert (len(service.requests), numbers(path)) == (3, [0, 1, 0])


def test_new_refuses_a_call_that_names_a_recorded_id(service: Upstream, tmp_path: Path) -> None:
    """The service of today need not know the thread: the reason is given, and nothing is sent."""
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
        "  fix:       delete the file and record it again:"
        f'  AssistantMock(source="cassette", cassette=\'{path}\', record="once")'
    )
    assert (len(service.requests), numbers(path)) == (1, [0])


def test_all_replaces_what_it_records_again(service: Upstream, tmp_path: Path) -> None:
    """As vcrpy 9 has it: an interaction recorded again takes the old one's place, the others stay."""
    path = tmp_path / "c.yaml"
    with player(path, record="once"):
        create(service.model_studio)
        create(service.model_studio, 1)
    before = load(path).interactions
    with player(path, record="all", old_values="replace"):
        again = create(service.model_studio)
    after = load(path).interactions
    assert (after[1], numbers(path)) == (before[1], [0, 1])
    assert before[0].response is not None
    assert after[0].response is not None
    assert after[0].response.json() == again != before[0].response.json()


@pytest.mark.parametrize("record", ["once", "new", "all"])
def test_nothing_is_written_if_the_test_fails(record: str, service: Upstream, tmp_path: Path) -> None:
    """The file stays as it was, or missing."""
    path = tmp_path / "c.yaml"
    with pytest.raises(ZeroDivisionError), player(path, record=record):
        create(service.model_studio)
        raise ZeroDivisionError
    assert not path.exists()
    if record != "once":
        before = saved(path, one(asked("POST", "/threads", {"metadata": {"n": 0}}), {"id": "t"})).read_text()
        with pytest.raises(ZeroDivisionError), player(path, record=record):
            create(service.model_studio, 1)
            assert path.read_text() == before  # it is never taken away first
            raise ZeroDivisionError
        assert path.read_text() == before


def test_live_asks_the_service_and_records_only_if_told(service: Upstream, tmp_path: Path) -> None:
    """Live alone writes nothing; with a record mode what was asked is recorded."""
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
    """A real service may send gzip: the contract reads through it, and so does who looks at the exchanges."""
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
    """Code that catches everything cannot turn a miss into a green test."""
    path = saved(tmp_path / "c.yaml", one(asked("GET", "/threads/x"), {}))
    swallowed = pytest.raises(errors.CassetteMiss, match="raised at a call before, and swallowed")
    with swallowed, player(path), contextlib.suppress(AssertionError):
        create(STUDIO)


def test_a_miss_shows_the_closest_recording(tmp_path: Path) -> None:
    """With ids by name, a diff of what differs, the values to name, the counts, and the command."""
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
        "  fix:       if the request is right, record the whole test again:"
        "  pytest 'tests/test_a.py::test_b[c d]' --assistant-source=cassette --assistant-record=all\n"
        "             or, if the value differs in each run, pin it or name it:"
        '  @pytest.mark.assistant(ignore=["metadata.trace"])\n'
        "  ids:       <thread#1> is thread_abc"
    )


def test_recorded_and_never_played_fails(tmp_path: Path) -> None:
    """The interactions are listed; a miss, or an error on its way, is not hidden by them."""
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


def test_seeding_is_refused_with_the_portable_way(tmp_path: Path) -> None:
    """Neither putting into the fake's store nor looking into it would mean anything."""
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
    """Replay needs none; recording and live leave the one that is there alone."""
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
    """What came, what was expected, what was meant."""
    with pytest.raises((TypeError, ValueError)) as refusal:
        AssistantMock(**options)
    assert str(refusal.value) == problem


@pytest.mark.parametrize(
    "body", [b'{"a":"\\ud800"}', b'{"\\udfff":"x"}', b"\xff\xfe", "a=\ud800".encode("utf-8", "surrogatepass")]
)
def test_a_miss_can_be_told_whatever_the_request_holds(body: bytes, tmp_path: Path) -> None:
    """Half of a character too: at the call, and at the end where the code has swallowed it; every word of it can be printed."""
    path = saved(tmp_path / "c.yaml", one(asked("POST", "/threads", {"metadata": {"a": "1"}}), {"id": "t"}))
    with pytest.raises(errors.CassetteMiss) as told, player(path, unplayed="off") as mock:
        with pytest.raises(errors.CassetteMiss) as miss:
            ask(mock, asked("POST", "/threads", body))
        assert str(miss.value).encode()
    assert str(told.value).encode().startswith(b"no recorded answer to")
