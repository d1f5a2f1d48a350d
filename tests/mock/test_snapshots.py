"""Snapshots: everything as it was, as often as one likes."""

from __future__ import annotations

from typing import Any

import pytest
from vendors import BAIDU, STUDIO, ask

from pytest_assistant_mock import AssistantMock, faults
from pytest_assistant_mock._engine.kinds.messages import MESSAGE


def world(mock: AssistantMock) -> list[Any]:
    """All that can be seen of a mock."""
    handles = (mock.model_studio, mock.appbuilder)
    return [
        mock.clock.now_ms,
        [[(thread, handle.messages(thread)) for thread in handle.threads()] for handle in handles],
        [list(handle.exchanges) for handle in handles],
    ]


def conversation(mock: AssistantMock) -> list[bytes]:
    """A few operations at both vendors, on the first threads and new ones; the bodies of their answers."""
    thread = mock.model_studio.threads()[0]
    url = f"{STUDIO}/threads/{thread.id}"
    return [
        ask(mock, *request).body
        for request in (
            ("POST", f"{url}/messages", {"content": "你好"}),
            ("POST", url, {"metadata": {"a": "b"}}),
            ("POST", f"{STUDIO}/threads", {"messages": [{"content": "x"}]}),
            ("POST", f"{BAIDU}/v2/threads", {}),
            ("GET", f"{url}/messages"),
            ("DELETE", url),
        )
    ]


@pytest.fixture
def mock() -> AssistantMock:
    """One thread with two messages, not opened."""
    one = AssistantMock()
    thread = one.model_studio.add_thread({"a": "1"})
    one.model_studio.add_message(thread, "first")
    one.model_studio.add_message(thread, "second", role="assistant")
    return one


def test_what_is_restored_is_as_it_was_and_goes_on_as_it_did(mock: AssistantMock) -> None:
    """Threads, messages, counters, clock and exchanges; the same conversation has the same answers, ids and times included."""
    snapshot, before = mock.snapshot(), world(mock)
    answers = conversation(mock)
    after = world(mock)
    for _ in range(2):
        assert world(mock) == after != before
        mock.restore(snapshot)
        assert world(mock) == before
        assert conversation(mock) == answers


def test_snapshots_do_not_disturb_each_other(mock: AssistantMock) -> None:
    """An older one may be restored after a newer one, and the newer one again."""
    older, old = mock.snapshot(), world(mock)
    conversation(mock)
    newer, new = mock.snapshot(), world(mock)
    mock.restore(older)
    assert world(mock) == old
    mock.model_studio.add_message(mock.model_studio.threads()[0], "third")
    mock.restore(newer)
    assert world(mock) == new


def test_faults_quotas_keys_and_answers_are_restored_with_their_counts(mock: AssistantMock) -> None:
    """What had struck once strikes for the second time again; what was planned since is gone, unused or not."""
    studio = mock.model_studio
    plan = studio.fail(faults.rate_limited(), on="create_thread", times=2)
    studio.limit(requests=2, per=60, on="create_thread")
    studio.keys({"k"})
    key = (("Authorization", "Bearer k"),)

    def create(headers: Any = key) -> int:
        return ask(mock, "POST", f"{STUDIO}/threads", {}, headers).status

    assert create() == 429
    snapshot = mock.snapshot()
    for _ in range(2):
        assert [create(), create(), create(), create()] == [429, 200, 200, 429]
        assert (plan.asked, plan.used) == (5, 2)
        assert create((("Authorization", "Bearer other"),)) == 401
        studio.fail(faults.hang())
        studio.keys({"other"})
        mock.restore(snapshot)
        assert (plan.asked, plan.used) == (1, 1)
    mock._complain()


def test_a_frozen_clock_is_restored_frozen(mock: AssistantMock) -> None:
    """Whether it ticks belongs to the clock."""
    mock.clock.freeze()
    snapshot = mock.snapshot()
    mock.clock.unfreeze()
    mock.restore(snapshot)
    now = mock.clock.now_ms
    assert mock.model_studio.add_message(mock.model_studio.threads()[0], "x").created_at == now


def test_reset_is_a_new_mock(mock: AssistantMock) -> None:
    """Empty, the first id next, nothing arranged."""
    mock.model_studio.fail(faults.reset())
    mock.appbuilder.keys({"a"})
    mock.reset()
    assert world(mock) == world(AssistantMock())
    assert mock.model_studio.add_thread() == AssistantMock().model_studio.add_thread()
    assert ask(mock, "POST", f"{BAIDU}/v2/threads", {}).status == 200
    mock._complain()


def test_a_snapshot_shares_what_cannot_change(mock: AssistantMock) -> None:
    """The restored store has the very same messages: nothing was copied."""
    messages = mock._engine.services["model_studio"].state[MESSAGE]
    before = dict(messages._items)
    snapshot = mock.snapshot()
    conversation(mock)
    mock.restore(snapshot)
    assert messages._items is not before
    assert all(messages._items[key] is message for key, message in before.items())


def test_only_a_mocks_own_snapshot_is_restored(mock: AssistantMock) -> None:
    """Anything else is refused, and nothing has happened."""
    with pytest.raises(ValueError, match="this snapshot is another mock's; a mock restores only its own"):
        mock.restore(AssistantMock().snapshot())
    with pytest.raises(TypeError, match=r"None is no snapshot; mock\.snapshot\(\) makes one"):
        mock.restore(None)  # type: ignore[arg-type]
    assert len(mock.model_studio.threads()) == 1


def test_one_set_up_serves_a_module(pytester: pytest.Pytester) -> None:
    """As docs/trouble.md shows it: a mock for the module, put back before each test."""
    pytester.makepyfile(
        """
        import httpx, pytest
        from pytest_assistant_mock import AssistantMock

        @pytest.fixture(scope="module")
        def shared():
            with AssistantMock() as mock:
                thread = mock.model_studio.add_thread()
                for number in range(1000):
                    mock.model_studio.add_message(thread, str(number))
                yield mock, thread, mock.snapshot()

        @pytest.fixture
        def studio(shared):
            mock, thread, snapshot = shared
            mock.restore(snapshot)
            return mock.model_studio

        @pytest.mark.parametrize("run", range(3))
        def test_each_starts_alike(studio, run):
            url = f"{studio.base_url}/threads/{studio.threads()[0].id}/messages"
            answer = httpx.post(url, json={"content": "hi"}, headers={"Authorization": "Bearer k"})
            assert answer.json()["id"].endswith("0003e9")  # 1001
            assert len(studio.messages(studio.threads()[0])) == 1001
        """
    )
    pytester.runpytest().assert_outcomes(passed=3)
