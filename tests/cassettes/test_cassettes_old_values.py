"""The next recording is a small diff: what differs only because it is new keeps its old value, and the file still replays."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from gateway import KEY, Answer, Gateway, gateway
from made import player, saved
from upstream import Upstream

from pytest_assistant_mock._engine.wire import Request
from pytest_assistant_mock.cassettes import load


class Service:
    """Threads with messages, whose ids and times are new on every day; `say` is what it answers to a message."""

    def __init__(self, day: int) -> None:
        self.day = day
        self.count = 0
        self.last = ""
        self.say = "你好"
        self.more: dict[str, Any] = {}
        self.stream = False

    def fresh(self, prefix: str) -> str:
        """The next id."""
        self.count += 1
        self.last = f"{prefix}_{self.day:04d}-{self.count:04d}"
        return self.last

    def __call__(self, asked: Request) -> Answer:
        parts = asked.url.removeprefix("/api/v1/").split("/")
        made = {"created_at": 1_700_000_000_000 + self.day * 86_400_000 + self.count, **self.more}
        if len(parts) == 1:
            body = {"id": self.fresh("thread"), "object": "thread", **made}
        elif asked.method == "GET":
            body = {"object": "list", "data": [{"id": self.last, "object": "thread.message", **made}]}
        else:
            text = f"{self.say} in {parts[1]}"
            body = {"id": self.fresh("message"), "object": "thread.message", "thread_id": parts[1], **made, "text": text}
        answer = json.dumps({**body, "request_id": f"r-{self.day}-{self.count}"}, ensure_ascii=False)
        if self.stream:
            answer = f"event:message\ndata: {answer}\n\nevent:done\ndata: [DONE]\n\n"
        headers = (
            ("Content-Type", "text/event-stream" if self.stream else "application/json"),
            ("Date", f"day {self.day}"),
            ("X-Request-Id", f"r-{self.day}-{self.count}"),
        )
        return Answer(answer.encode(), headers)


def talk(base: str, *, extra: bool = False, content: str = "hi") -> None:
    """A thread, a message in it, and the list of its messages; before that, if wanted, a thread more."""

    def call(method: str, path: str, body: Any = None) -> Any:
        text = requests.request(method, base + path, json=body, headers=KEY, timeout=20).text
        found = re.search(r"\{.*\}", text)
        assert found is not None
        return json.loads(found.group())

    if extra:
        call("POST", "/threads", {"metadata": {"n": "extra"}})
    thread = call("POST", "/threads", {})
    assert (
        call("POST", f"/threads/{thread['id']}/messages", {"content": f"{content} from {thread['id']}"})["thread_id"]
        == thread["id"]
    )
    call("GET", f"/threads/{thread['id']}/messages")


Change = Callable[[Service], object]


def recorded(path: Path, day: int, change: Change = lambda one: None, options: dict[str, Any] | None = None, **more: Any) -> str:
    """The file after a recording of that day."""
    service = Service(day)
    change(service)
    with gateway(service) as one, mock(path, one, record="all", **(options or {})):
        talk(one.base, **more)
    return path.read_text("utf-8")


def mock(path: Path, one: Gateway, **options: Any) -> Any:
    """A mock on the cassette, as in a test that pytest runs."""
    return player(path, hosts=one.hosts, test="test_it.py::test_it", **options)


def difference(before: str, after: str) -> list[str]:
    """The lines that were added, without the gateway's port and the dates of the recording."""
    texts = [re.sub(r"127\.0\.0\.1:\d+", "host", one).splitlines() for one in (before, after)]
    lines = [line[1:].strip() for line in difflib.unified_diff(*texts, n=0) if line[:1] == "+" and line[:3] != "+++"]
    return [line for line in lines if not line.startswith(("recorded_at", "confirmed_at", "metadata"))]


def replays(path: Path, **more: Any) -> None:
    """The test passes on the cassette."""
    with gateway(Service(9)) as one, mock(path, one):
        talk(one.base, **more)
        assert one.asked == []


def test_the_same_again_changes_nothing_but_one_date(tmp_path: Path) -> None:
    """A recording of another day that says the same leaves each call as it was; the file says when that was seen."""
    path = tmp_path / "c.yaml"
    before, after = recorded(path, 1), recorded(path, 2)
    assert difference(before, after) == []
    assert "_0002-" not in after
    assert "day 2" not in after
    assert "r-2-" not in after
    replays(path)


def test_the_dates_of_calls_stay_and_the_file_has_one_of_its_own(tmp_path: Path) -> None:
    """Byte for byte, only the line that says when the calls were last found the same is new."""
    path = tmp_path / "c.yaml"
    service = Service(1)
    texts = []
    with gateway(service) as one:
        for day in (1, 2, 3):
            service.day, service.count = day, 0
            with mock(path, one, record="all"):
                talk(one.base)
            texts.append(path.read_text("utf-8"))
    assert [line for line in texts[1].splitlines() if line not in texts[0]] == [
        "metadata:", next(line for line in texts[1].splitlines() if "confirmed_at" in line),
    ]  # fmt: skip
    assert load(path).interactions == load(saved(tmp_path / "d.yaml", *load(path).interactions)).interactions
    assert texts[2].replace(texts[2].splitlines()[2], texts[1].splitlines()[2]) == texts[1]


def test_what_changed_in_substance_changes_in_the_file(tmp_path: Path) -> None:
    """Another text in an answer is the one line that differs, with the old ids in it."""
    path = tmp_path / "c.yaml"
    before = recorded(path, 1)
    after = recorded(path, 2, lambda one: setattr(one, "say", "再见"))
    assert difference(before, after) == ['"text": "再见 in thread_0001-0001",']
    replays(path)


def test_a_field_that_is_new_is_there(tmp_path: Path) -> None:
    """A field that the service has added stands in the file, a time that was null before as well."""
    path = tmp_path / "c.yaml"
    before = recorded(path, 1, lambda one: one.more.update(expires_at=None))
    after = recorded(path, 2, lambda one: one.more.update(expires_at=17, extra={"a": 1}))
    assert set(difference(before, after)) == {'"expires_at": 17,', '"extra": {', '"a": 1', "},", "}"}


def test_another_request_changes_only_itself(tmp_path: Path) -> None:
    """A message that the test words otherwise is recorded as worded; its answer keeps its id."""
    path = tmp_path / "c.yaml"
    before, after = recorded(path, 1), recorded(path, 2, content="bye")
    assert difference(before, after) == ['"content": "bye from thread_0001-0001"']
    replays(path, content="bye")


def test_a_call_more_is_only_a_call_more(tmp_path: Path) -> None:
    """A call that came first in the new recording moves no id of the others; and one that goes is only gone."""
    path = tmp_path / "c.yaml"
    first, second = recorded(path, 1), recorded(path, 2, extra=True)
    added = difference(first, second)
    assert '"n": "extra"' in added
    assert '"id": "thread_0002-0001",' in added
    assert not [line for line in added if "0001-" in line]
    replays(path, extra=True)
    assert difference(second, recorded(path, 3)) == []
    replays(path)


def test_ids_that_only_shift_are_never_mixed_up(tmp_path: Path) -> None:
    """Where the new ids are old ones of something else, all are renamed at once, or not at all, and the file replays."""
    path = tmp_path / "c.yaml"
    recorded(path, 1)
    recorded(path, 1, extra=True)
    replays(path, extra=True)
    ids = [one.response.json()["id"] for one in load(path).interactions[:2] if one.response]
    assert len(set(ids)) == 2
    recorded(path, 1)
    replays(path)


def test_a_time_that_a_request_names_stays_new(tmp_path: Path) -> None:
    """A time that the test sends back is not renamed in the answer alone: the next replay would not find the request."""
    path = tmp_path / "c.yaml"
    for day in (1, 2):
        with gateway(Service(day)) as one, mock(path, one, record="all"):
            made = requests.post(f"{one.base}/threads", json={}, headers=KEY, timeout=20).json()["created_at"]
            requests.get(f"{one.base}/threads/x/messages?since={made}", headers=KEY, timeout=20)
    created, listed = load(path).interactions
    assert created.response is not None
    assert listed.request.url.endswith(f"since={created.response.json()['created_at']}")
    assert "thread_0001-0001" in created.response.body.decode()


def test_metadata_is_substance(tmp_path: Path) -> None:
    """What a test writes into metadata is nobody's time, however it is called."""
    path = tmp_path / "c.yaml"
    recorded(path, 1, lambda one: one.more.update(metadata={"created_at": "monday"}))
    assert '"created_at": "tuesday"' in recorded(path, 2, lambda one: one.more.update(metadata={"created_at": "tuesday"}))


def test_headers_that_are_new_each_time_keep_their_values(tmp_path: Path) -> None:
    """Of the request, as dashscope's session id, and of the answer, as the gateway's times; an SDK's version is substance."""
    sent = {"x-dashscope-sdk-session-id": "s{}", "X-Appbuilder-Request-Id": "a{}", "traceparent": "t{}", "x-sdk": "sdk/{}"}
    came = ("req-cost-time", "req-arrive-time", "x-envoy-upstream-service-time", "eagleeye-traceid", "x-b3-traceid", "x-answers")
    path = tmp_path / "c.yaml"
    for day in (1, 2):
        answer = Answer(headers=tuple((name, f"{name} {day}") for name in came))
        with gateway(answer) as one, mock(path, one, record="all"):
            headers = {**KEY, **{name: value.format(day) for name, value in sent.items()}}
            requests.post(f"{one.base}/threads", json={}, headers=headers, timeout=20)
    (found,) = load(path).interactions
    assert found.response is not None
    assert [found.request.header(name) for name in sent] == ["s1", "a1", "t1", "sdk/2"]
    assert [found.response.header(name) for name in came] == [f"{name} {2 if name == 'x-answers' else 1}" for name in came]


def test_the_id_of_a_request_that_a_text_repeats_keeps_its_value(tmp_path: Path) -> None:
    """As AppBuilder's "logId:…", in a text; not where a request names it, for replay must find that."""
    path, name = tmp_path / "c.yaml", "X-Appbuilder-Request-Id"
    for day in (1, 2):
        plain, named = f"{day}0000000-0000-4000-8000-00000000000a", f"{day}0000000-0000-4000-8000-00000000000b"
        answer = gateway(lambda asked: Answer(b'{"m": "logId:%b"}' % str(asked.header(name)).encode()))
        with answer as one, mock(path, one, record="all"):
            requests.post(f"{one.base}/threads", json={}, headers={**KEY, name: plain}, timeout=20)
            requests.post(f"{one.base}/threads?seen={named}", json={}, headers={**KEY, name: named}, timeout=20)
    texts = [one.response.json()["m"] for one in load(path).interactions if one.response]
    assert texts == ["logId:10000000-0000-4000-8000-00000000000a", "logId:20000000-0000-4000-8000-00000000000b"]


def test_streams_keep_their_old_values_too(tmp_path: Path) -> None:
    """In the frames of a stream ids and times stay as they were, and every other byte is as it came."""
    path = tmp_path / "c.yaml"
    before, after = (recorded(path, day, lambda one: setattr(one, "stream", True)) for day in (1, 2))
    assert difference(before, after) == []
    assert "pieces:" in after
    replays(path)


def test_the_pieces_of_a_stream_stay_as_they_were(tmp_path: Path) -> None:
    """A stream that says the same keeps when its pieces came; one that says more has pieces that fit its own bytes."""
    path = tmp_path / "c.yaml"
    recorded(path, 1, lambda one: setattr(one, "stream", True))
    texts = path.read_text("utf-8")
    old = [replace(one, pieces=((7, one.pieces[0][1]),)) for one in load(path).interactions]
    saved(path, *old)
    recorded(path, 2, lambda one: setattr(one, "stream", True))
    assert [one.pieces for one in load(path).interactions] == [one.pieces for one in old]
    recorded(path, 3, lambda one: (setattr(one, "stream", True), setattr(one, "say", "再见再见")))
    for one in load(path).interactions:
        assert one.response is not None
        assert sum(size for _, size in one.pieces) == len(one.response.body)
    assert texts != path.read_text("utf-8")


def test_of_a_shared_cassette_only_the_tests_own_calls_change(tmp_path: Path) -> None:
    """Recorded again by one of two tests, the other's calls, and the order of the file, stay as they were."""
    path = tmp_path / "c.yaml"

    service = Service(1)
    with gateway(service) as one:

        def by(test: str, day: int) -> str:
            service.day, service.count = day, 0
            with player(path, hosts=one.hosts, test=test, shared=True, record="all"):
                talk(one.base, content=test)
            return path.read_text("utf-8")

        by("a", 1)
        before = by("b", 2)
        added = difference(before, by("a", 3))
    assert added == [f'a: "{load(path).metadata["confirmed_at"]["a"]}"']


def test_off_by_a_setting(tmp_path: Path) -> None:
    """With old_values="replace" the file has what came, and nothing else."""
    path = tmp_path / "c.yaml"
    recorded(path, 1)
    after = recorded(path, 2, options={"old_values": "replace"})
    assert "_0001-" not in after
    assert "day 1" not in after
    assert "confirmed_at" not in after
    with pytest.raises(ValueError, match="old_values='drop': expected one of 'keep', 'replace'"):
        player(path, old_values="drop")


@pytest.mark.parametrize("say", ["marker", "ini", "option"])
def test_who_may_say_so_in_pytest(say: str, pytester: pytest.Pytester, service: Upstream) -> None:
    """Marker, ini file and command line each turn it off; without them a second recording leaves all calls as they were."""
    marker = "@pytest.mark.assistant(old_values='replace')" if say == "marker" else ""
    pytester.makepyfile(f"""
import os, pytest, requests
{marker}
def test_it(assistant_mock):
    url = os.environ["DASHSCOPE_HTTP_BASE_URL"] + "/threads"
    requests.post(url, json={{}}, headers={{"Authorization": "Bearer " + os.environ["DASHSCOPE_API_KEY"]}})
""")  # fmt: skip
    more = {"marker": (), "ini": ("-o", "assistant_old_values=replace"), "option": ("--assistant-old-values=replace",)}[say]
    command = ("-p", "no:cacheprovider", "-p", "no:randomly", "--assistant-source=cassette", "--assistant-record=all")
    pytester.runpytest_inprocess(*command).assert_outcomes(passed=1)
    (path,) = Path(pytester.path).glob("cassettes/*/*.yaml")
    (first,) = load(path).interactions
    pytester.runpytest_inprocess(*command, *more).assert_outcomes(passed=1)
    (second,) = load(path).interactions
    assert first.response is not None
    assert second.response is not None
    assert first.response.json()["id"] != second.response.json()["id"]


def test_a_model_studio_conversation_recorded_again_replays(tmp_path: Path, service: Upstream) -> None:
    """With the SDK: ids of the second recording are renamed in every call, and the conversation replays."""
    dashscope = pytest.importorskip("dashscope")
    path = tmp_path / "c.yaml"
    options: dict[str, Any] = {"hosts": {"model_studio": [service.model_studio]}, "contract": "off", "test": "t"}

    def conversation() -> list[str]:
        base, key = {"base_address": service.model_studio}, "sk-real-0123456789abcdef"
        thread = dashscope.Threads.create(api_key=key, **base)
        message = dashscope.Messages.create(thread.id, content=f"你好 {thread.id}。", api_key=key, **base)
        listed = dashscope.Messages.list(thread.id, api_key=key, **base)
        return [thread.id, message.id, *(one.content[0].text.value for one in listed.data)]

    with player(path, record="all", **options):
        first = conversation()
    with player(path, record="all", **options):
        second = conversation()
    with player(path, **options):
        assert conversation() == first != second
