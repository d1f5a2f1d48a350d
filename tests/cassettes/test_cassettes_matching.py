"""When two requests are the same, and which recorded answer each gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import BAIDU, STUDIO, ask, asked, one, player, saved

from pytest_assistant_mock import errors
from pytest_assistant_mock._engine.base_urls import Place
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.wire import Request
from pytest_assistant_mock.cassettes.matching import Ignored, Index, canonical, key

MESSAGES = "/threads/thread_1/messages"

SAME = {
    "order of names": (b'{"a":1,"b":{"c":2,"d":3}}', b'{ "b": {"d": 3, "c": 2}, "a": 1 }'),
    "escapes": (b'{"a":"\\u4f60\\/"}', '{"a":"你/"}'.encode()),
    "nothing": (b"", b""),
    "no JSON": (b"a=1", b"a=1"),
}
DIFFERENT = {
    "a value": (b'{"a":1}', b'{"a":2}'),
    "a type": (b'{"a":1}', b'{"a":"1"}'),
    "a number's kind": (b'{"a":1}', b'{"a":1.0}'),
    "true and 1": (b'{"a":1}', b'{"a":true}'),
    "null and nothing": (b'{"a":null}', b"{}"),
    "order of items": (b"[1,2]", b"[2,1]"),
    "a name twice": (b'{"a":1,"a":2}', b'{"a":2}'),
    "too large for a float": (b'{"a":1e400}', b'{"a":2e400}'),
    "long numbers": (b'{"a":10000000000000000001}', b'{"a":10000000000000000002}'),
    "empty and an empty text": (b"", b'""'),
    "space in a text": (b'{"a":"x "}', b'{"a":"x"}'),
    "no JSON": (b"a=1", b"a= 1"),
}


@pytest.mark.parametrize("name", SAME)
def test_how_a_body_is_written_does_not_count(name: str) -> None:
    """Order of names, whitespace and escapes do not make two bodies different."""
    assert canonical(SAME[name][0]) == canonical(SAME[name][1])


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_a_body_says_counts(name: str) -> None:
    """Any value does, and its type."""
    assert canonical(DIFFERENT[name][0]) != canonical(DIFFERENT[name][1])


TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)


@given(JSON, JSON)
def test_canonical_bodies_are_equal_only_for_equal_values(one: Any, other: Any) -> None:
    """Whatever the values, equal text means the same JSON."""
    left, right = json.dumps(one).encode(), json.dumps(other, ensure_ascii=False).encode()
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical(left) == canonical(right)) is same


@given(JSON)
def test_redacting_before_or_after_gives_the_same_key(value: Any) -> None:
    """A request is found whether its secrets were hidden in its body or in its key."""
    secrets = Secrets()
    body = json.dumps({"v": value, "k": "use sk-0123456789abcdef", "api_key": "x1"}).encode()
    assert canonical(secrets.body(body)) == secrets.text(canonical(body))


@pytest.mark.parametrize(
    ("ignored", "left", "right", "same"),
    [
        (["metadata.trace"], {"metadata": {"trace": 1, "k": 2}}, {"metadata": {"trace": 3, "k": 2}}, True),
        (["metadata.trace"], {"metadata": {"trace": 1}}, {"metadata": {}}, True),
        (["metadata.trace"], {"metadata": {"k": 1}}, {"metadata": {"k": 2}}, False),
        (["metadata.trace"], {"trace": 1}, {"trace": 2}, False),
        (["messages.metadata.t"], {"messages": [{"metadata": {"t": 1}}]}, {"messages": [{"metadata": {"t": 2}}]}, True),
        (["a"], {"a": {"b": 1}}, {"a": 2}, True),
    ],
)
def test_named_values_do_not_count(ignored: list[str], left: Any, right: Any, same: bool) -> None:
    """Only at the path named, in every item of a list."""
    named = Ignored.of(ignored)
    assert (canonical(json.dumps(left).encode(), named) == canonical(json.dumps(right).encode(), named)) is same


def test_query_order_does_not_count_and_its_values_do() -> None:
    """Parameters in another order or spelling are the same; another or an empty value is not; a named one does not count."""

    def of(query: str, *ignored: str) -> str:
        return key("GET", Place("model_studio", "/threads", query), "", b"", Ignored.of(ignored))

    assert of("a=1&b=%20") == of("b=+&a=1")
    assert len({of(""), of("a="), of("a=1"), of("a=2"), of("a=1&a=2"), of("a=2&a=1")}) == 6
    assert of("a=1&t=5", "?t") == of("a=1&t=6", "?t") == of("a=1")


@pytest.mark.parametrize(
    ("ignore", "problem"),
    [
        ("a.b", TypeError("ignore='a.b': expected a list of names, like ['metadata.trace']")),
        ([1], TypeError("ignore=[1]: expected a list of names, like ['metadata.trace']")),
        (["a..b"], ValueError("ignore=['a..b']: a name is empty; expected names like 'metadata.trace' or '?after'")),
    ],
)
def test_a_malformed_ignore_is_refused(ignore: Any, problem: Exception) -> None:
    """With what came and what was expected."""
    with pytest.raises(type(problem)) as refusal:
        Ignored.of(ignore)
    assert str(refusal.value) == str(problem)


def test_the_same_request_gets_its_answers_in_turn(tmp_path: Path) -> None:
    """Recorded three times, three answers; a fourth time is a miss that says so."""
    path = saved(tmp_path / "c.yaml", *(one(asked("GET", "/threads/x"), {"n": n}) for n in range(3)))
    mock = player(path).__enter__()
    assert [ask(mock, asked("GET", "/threads/x")).json()["n"] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(errors.CassetteMiss, match="all 3 recorded answers to it have been played"):
        ask(mock, asked("GET", "/threads/x"))
    mock.__exit__(AssertionError, AssertionError(), None)


def test_reuse_repeats_the_last(tmp_path: Path) -> None:
    """With reuse=True the fourth time gets the third answer again."""
    path = saved(tmp_path / "c.yaml", *(one(asked("GET", "/threads/x"), {"n": n}) for n in range(3)))
    with player(path, reuse=True) as mock:
        assert [ask(mock, asked("GET", "/threads/x")).json()["n"] for _ in range(5)] == [0, 1, 2, 2, 2]


@pytest.mark.parametrize(
    "base",
    [
        STUDIO,
        "https://dashscope-intl.aliyuncs.com/api/v1",
        "https://ws-1.cn-beijing.maas.aliyuncs.com/api/v1",
        "https://gw.corp/ai/api/v1",
        "http://127.0.0.1:8000/api/v1",
    ],
)
def test_where_it_was_recorded_does_not_count(base: str, tmp_path: Path) -> None:
    """Abroad, or through a gateway nobody here knows: at home it is played."""
    path = saved(tmp_path / "c.yaml", one(asked("POST", MESSAGES, {"content": "hi"}, base), {"id": "m"}))
    with player(path) as mock:
        assert ask(mock, asked("POST", MESSAGES, {"content": "hi"})).json() == {"id": "m"}


def test_the_vendor_counts(tmp_path: Path) -> None:
    """The same path of another vendor is another request; through a gateway its route tells whose it is."""
    path = saved(tmp_path / "c.yaml", one(asked("POST", "/v2/threads", {}, "http://gw.corp/x"), {"id": "t"}))
    with player(path) as mock:
        assert ask(mock, asked("POST", "/v2/threads", {}, BAIDU)).json() == {"id": "t"}
    with pytest.raises(errors.CassetteMiss), player(path) as mock:
        ask(mock, asked("POST", "/v2/threads", {}))


def test_a_changed_body_is_a_miss(tmp_path: Path) -> None:
    """Never another request's answer."""
    path = saved(tmp_path / "c.yaml", one(asked("POST", MESSAGES, {"content": "hi"}), {"id": "m"}))
    with pytest.raises(errors.CassetteMiss), player(path) as mock:
        ask(mock, asked("POST", MESSAGES, {"content": "hi!"}))


def test_a_hidden_secret_still_matches(tmp_path: Path) -> None:
    """The file says REDACTED where any key of the same shape may stand."""
    path = saved(tmp_path / "c.yaml", one(asked("POST", MESSAGES, {"content": "key REDACTED"}), {"id": "m"}))
    with player(path) as mock:
        assert ask(mock, asked("POST", MESSAGES, {"content": "key sk-0123456789abcdef"})).json() == {"id": "m"}


def test_ten_thousand_are_found_by_an_index() -> None:
    """Each look-up touches its own queue only, whatever the order."""
    keys = [f"POST {n}" for n in range(10_000)]
    index = Index(keys)
    assert [index.take(one) for one in reversed(keys)] == list(range(9_999, -1, -1))
    assert index.take("POST 5") is None


def test_other_services_in_the_file_are_not_ours(tmp_path: Path) -> None:
    """A vcrpy cassette may hold calls to others: they are neither played nor asked for."""
    other = one(Request("GET", "https://example.com/x"), {"a": 1})
    path = saved(tmp_path / "c.yaml", other)
    with player(path) as mock:
        assert ask(mock, Request("GET", "https://example.com/x")) is None
