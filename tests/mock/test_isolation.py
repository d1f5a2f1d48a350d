"""Each mock begins anew and keeps to itself: first ids and times, nested mocks, many threads."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Thread as Worker

import httpx
import pytest
import requests
from vendors import ask

from pytest_assistant_mock import AssistantMock, AssistantServer, Handle

FIRST = {
    "model_studio": ("thread_00000000-0000-4000-8000-000000000001", "message_00000000-0000-4000-8000-000000000001"),
    "appbuilder": ("thread_00000000000040008000000000000001", "msg_00000000000040008000000000000001"),
}
HEADERS = {"Authorization": "Bearer sk-test"}


@pytest.mark.parametrize("again", [1, 2, 3])
@pytest.mark.parametrize("vendor", FIRST)
def test_each_test_and_parameter_sees_the_same_first_ids_and_time(assistant_mock: AssistantMock, vendor: str, again: int) -> None:
    """Counters and clock start anew with every mock."""
    handle: Handle = getattr(assistant_mock, vendor)
    thread = handle.add_thread()
    messages = [handle.add_message(thread, "x") for _ in range(again)]
    assert (thread.id, messages[0].id) == FIRST[vendor]
    assert [message.created_at for message in messages] == [1735689600001 + number for number in range(again)]
    assert thread.created_at == 1735689600000


def test_the_first_ids_are_the_same_in_every_run_and_worker(pytester: pytest.Pytester) -> None:
    """Also under -n 2: ids and times do not depend on which worker runs a test, nor on what ran before."""
    pytest.importorskip("xdist")
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_ids(model_studio, appbuilder, number):
            thread, other = model_studio.add_thread(), appbuilder.add_thread()
            message = model_studio.add_message(thread, "x")
            assert (thread.id, message.id, message.created_at) == {(*FIRST["model_studio"], 1735689600001)!r}
            assert other.id == {FIRST["appbuilder"][0]!r}
        """
    )
    pytester.runpytest_subprocess("-n", "2", "-p", "no:cacheprovider").assert_outcomes(passed=6)


def test_vendors_of_one_mock_share_the_clock_and_nothing_else(assistant_mock: AssistantMock) -> None:
    """A message of one vendor moves the time of the other by a millisecond; counts and threads are its own."""
    studio, baidu = assistant_mock.model_studio, assistant_mock.appbuilder
    studio.add_message(studio.add_thread(), "x")
    message = baidu.add_message(baidu.add_thread(), "y")
    assert (message.id, message.created_at) == (FIRST["appbuilder"][1], 1735689600002)
    with pytest.raises(ValueError, match="appbuilder has no thread"):
        baidu.messages(studio.threads()[0])


def test_ids_keep_the_vendors_format() -> None:
    """A prefix and a uuid of version 4; request ids are of version 9 at Model Studio; no two ids of a mock are equal."""
    mock = AssistantMock()
    for handle, pattern in ((mock.model_studio, r"[0-9a-f]{8}-0000-4000-8000-[0-9a-f]{12}"), (mock.appbuilder, r"[0-9a-f]{32}")):
        thread = handle.add_thread()
        messages = [handle.add_message(thread, "x", role=role) for role in ("user", "assistant", "user", "assistant")]
        found = [message.id for message in messages]
        prefixes = ["message"] * 4 if handle.name == "model_studio" else ["msg", "chatmsg"] * 2
        assert [message_id.partition("_")[0] for message_id in found] == prefixes
        assert len({message_id.partition("_")[2] for message_id in found}) == 4
        assert all(re.fullmatch(pattern, message_id.partition("_")[2]) for message_id in [thread.id, *found])


def test_an_inner_mock_neither_sees_nor_changes_the_outer_one() -> None:
    """The innermost answers; when it closes, the outer one goes on where it was."""
    url = "https://dashscope.aliyuncs.com/api/v1/threads"
    with AssistantMock() as outer:
        first = httpx.post(url, headers=HEADERS, json={}).json()["id"]
        with AssistantMock() as inner:
            assert httpx.post(url, headers=HEADERS, json={}).json()["id"] == first
            assert httpx.get(f"{url}/{first}", headers=HEADERS).status_code == 200
            httpx.delete(f"{url}/{first}", headers=HEADERS)
            assert inner.model_studio.threads() == []
        assert [thread.id for thread in outer.model_studio.threads()] == [first]
        assert httpx.post(url, headers=HEADERS, json={}).json()["id"] != first
        assert len(outer.model_studio.exchanges) == 2


def test_a_mock_that_closed_left_nothing_for_the_next() -> None:
    """Threads of one mock are unknown in the next."""
    with AssistantMock() as one:
        thread = one.model_studio.add_thread()
    with AssistantMock() as two:
        assert two.model_studio.threads() == []
        with pytest.raises(ValueError, match="it has none yet"):
            two.model_studio.messages(thread)


@pytest.fixture
def eager() -> Iterator[None]:
    """Threads take turns as often as they can, not every 5 ms: a race has a chance to be lost."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("vendor", FIRST)
def test_whoever_stores_stores_alone(vendor: str) -> None:
    """While an id is being made, by seeding or for a request, no other thread can enter the engine."""
    mock = AssistantMock()
    handle: Handle = getattr(mock, vendor)
    state, entered = handle._service.state, list[bool]()
    format_id, lock = state.format_id, mock._engine.lock

    def enter() -> None:
        entered.append(lock.acquire(blocking=False))
        if entered[-1]:
            lock.release()

    def watched(kind: str, number: int) -> str:
        worker = Worker(target=enter)
        worker.start()
        worker.join()
        return format_id(kind, number)

    state.format_id = watched
    thread = handle.add_thread()
    handle.add_message(thread, "x")
    path = f"/threads/{thread.id}/messages" if vendor == "model_studio" else "/v2/threads/messages"
    ask(mock, "POST", handle.base_url + path, {"thread_id": thread.id, "role": "user", "content": "y"})
    assert [message.text for message in handle.messages(thread)] == ["x", "y"]
    assert entered == [False] * 3


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("vendor", FIRST)
def test_eight_threads_lose_and_duplicate_nothing(vendor: str) -> None:
    """8 x 1000 messages straight into the engine: 8000 ids, 8000 times, each thread's own messages in its own order."""
    mock = AssistantMock()
    handle: Handle = getattr(mock, vendor)
    threads = [handle.add_thread() for _ in range(8)]

    def send(thread_id: str) -> None:
        for number in range(1000):
            if vendor == "model_studio":
                ask(mock, "POST", f"{handle.base_url}/threads/{thread_id}/messages", {"content": str(number)})
            else:
                body = {"thread_id": thread_id, "role": "user", "content": str(number)}
                ask(mock, "POST", f"{handle.base_url}/v2/threads/messages", body)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, [thread.id for thread in threads]))
    kept = [handle.messages(thread) for thread in threads]
    assert [[message.text for message in messages] for messages in kept] == [[str(number) for number in range(1000)]] * 8
    assert len({message.id for messages in kept for message in messages}) == 8000
    assert sorted(message.created_at for messages in kept for message in messages) == [1735689600001 + n for n in range(8000)]
    answers = [exchange.response.json() for exchange in handle.exchanges]  # type: ignore[union-attr]
    assert len({answer["id"] for answer in answers}) == 8000


@pytest.mark.usefixtures("eager")
def test_eight_threads_through_a_real_client(model_studio: Handle) -> None:
    """The same through requests, a session a thread."""
    thread = model_studio.add_thread()

    def send(who: int) -> list[str]:
        with requests.Session() as session:
            session.headers.update(HEADERS)
            url = f"{model_studio.base_url}/threads/{thread.id}/messages"
            return [session.post(url, json={"content": f"{who}-{number}"}).json()["id"] for number in range(100)]

    with ThreadPoolExecutor(8) as pool:
        ids = [message_id for sent in pool.map(send, range(8)) for message_id in sent]
    kept = model_studio.messages(thread)
    assert sorted(ids) == sorted(message.id for message in kept)
    assert len(set(ids)) == 800
    assert sorted(message.text for message in kept) == sorted(f"{who}-{number}" for who in range(8) for number in range(100))


def runs_of_eight(handle: Handle, client: httpx.Client, each: int) -> int:
    """8 threads, each of its own and in one that they share: what was made is there, once. How many were asked for."""
    handle.script(lambda run: run.metadata["n"], times=None)
    assistant, shared = handle.add_assistant(model="m"), handle.add_thread()
    handle.add_message(shared, "?")

    def work(worker: int) -> list[str]:
        own, made = handle.add_thread(), []
        handle.add_message(own, "?")
        for number in range(each):
            thread = (own, shared)[number % 2]
            body = {"assistant_id": assistant.id, "metadata": {"n": f"{worker}-{number}"}, "stream": number % 4 > 1}
            answer = client.post(f"{handle.base_url}/threads/{thread.id}/runs", headers=HEADERS, json=body)
            text = answer.text.partition("data:")[2] or answer.text
            made.append(re.findall(r'"id":"(run_[^"]+)"', text)[0])
        return made

    with ThreadPoolExecutor(8) as pool:
        made = [run_id for ids in pool.map(work, range(8)) for run_id in ids]
    runs = handle.runs()
    numbers = range(1, 8 * each + 1)
    assert sorted(made) == sorted(run.id for run in runs) == [f"run_00000000-0000-4000-8000-{n:012x}" for n in numbers]
    assert {run.status for run in runs} == {"completed"}
    said = [one.text for thread in handle.threads() for one in handle.messages(thread) if one.role == "assistant"]
    assert sorted(said) == sorted(f"{worker}-{number}" for worker in range(8) for number in range(each))
    assert sum(len(handle.steps(run)) for run in runs) == 8 * each
    return handle.counts["create_run"]


@pytest.mark.usefixtures("eager")
def test_eight_threads_of_200_runs_lose_and_duplicate_nothing(model_studio: Handle) -> None:
    """8 x 200, streamed and polled, on threads of their own and one that is shared: ids are counted, each says its own text."""
    with httpx.Client(trust_env=False) as client:
        assert runs_of_eight(model_studio, client, 200) == 1600


def test_eight_threads_of_runs_at_a_server_lose_and_duplicate_nothing() -> None:
    """The same over sockets, 8 x 100."""
    with AssistantServer() as server, httpx.Client(trust_env=False) as client:
        assert runs_of_eight(server.model_studio, client, 100) == 800
