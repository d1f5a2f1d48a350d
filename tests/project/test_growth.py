"""
Time grows no faster than the input: every public entry, at n and at 4n. Cassettes have a table of their own beside their tests.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from timing import seconds
from vendors import BAIDU, STUDIO, ask

from pytest_assistant_mock import AssistantMock, Exchange, Request, Response, contract
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock.contract.verdict import listed
from pytest_assistant_mock.errors import nearest

MESSAGE = {"id": 1, "object": "x", "created_at": "x"}


def judged(operation: str, value: Any, **more: Any) -> list[contract.Violation]:
    """What the contract says of an answer of Model Studio's, right or wrong."""
    try:
        return contract.violations(value, vendor="model_studio", operation=operation, **more)
    except contract.NotJSON:
        return []


def bad_list(count: int) -> dict[str, Any]:
    """A page on which every message is wrong in several places."""
    return {"object": "list", "data": [{**MESSAGE, "id": number} for number in range(count)], "has_more": False}


def thread(metadata: Any) -> dict[str, Any]:
    """A thread with some metadata."""
    return {"id": "thread_1", "object": "thread", "created_at": 1, "metadata": metadata}


def talked(count: int) -> AssistantMock:
    """A mock with a thread of so many messages, each sent over the wire."""
    mock = AssistantMock()
    created = mock.model_studio.add_thread()
    for number in range(count):
        ask(mock, "POST", f"{STUDIO}/threads/{created.id}/messages", {"content": f"{number}"})
    return mock


def exchange(body: bytes) -> Exchange:
    """One exchange with the same body both ways."""
    request = Request("POST", f"{STUDIO}/threads", (("Authorization", "Bearer sk-0123456789"),), body)
    return Exchange("model_studio", "create_thread", request, Response(200, (), body))


def told(mock: AssistantMock) -> str:
    """The words of an assertion that does not hold."""
    with pytest.raises(AssertionError) as error:
        mock.model_studio.exchanges.assert_called("create_message", content="never")
    return str(error.value)


def watched(bodies: list[bytes]) -> int:
    """A mock whose every exchange breaks the contract, closed."""
    mock = AssistantMock(contract="fail")
    for body in bodies:
        ask(mock, "POST", f"{STUDIO}/threads", body)
    with pytest.raises(contract.ContractViolation):
        mock.contract.finish()
    return len(mock.contract.violations)


def pieces(count: int) -> str:
    """So many pieces of a message of AppBuilder's, out of order each second time."""
    data = {"status": "in_progress", "is_end": 0, "message_id": "m", "message_index": "", "content": [TEXT]}
    frames = (json.dumps({**data, "send_id": number + 1 - number % 2}) for number in range(count))
    return "".join(f"event: message\ndata: {frame}\n\n" for frame in frames)


TEXT = {"type": "text", "text": {"value": "x" * 20}}


Entry = tuple[int, Callable[[int], Any], Callable[[Any], Any]]
"""How much, what to make of so much, what to do with it."""

SUSPICIOUS = {
    "bearer": "bearer+",
    "JSON web tokens": "-eyJ",
    "dots of tokens": "eyJaaaaaaaa.",
    "keys": "-sk-",
    "fields": '"token":"',
    "open fields": "'key': \"",
    "escaped fields": r"\"password\":\"",
    "users": "://",
    "parameters": "?sign=",
    "encoded parameters": "%26sign%3D",
    "hidden parameters": "?token=REDACTED",
    "parts": 'name="key"\n\n',
    "heads of parts": 'key";key"\n',
    "elements": "<token>",
    "spaces after a name": 'token"' + " " * 40,
    "names": "aaaaaaaaaa_",
    "brackets": "[" * 8 + "key=",
}
"""What a secret begins with, again and again and nothing else."""


def repeated(text: str) -> Callable[[int], str]:
    """So many characters of a text."""
    return lambda count: text * (count // len(text))


def keyed(count: int) -> str:
    """A page of text with a secret on each line."""
    return "\n".join(f"line {number}: sk-{number:012}" for number in range(count))


ENTRIES: dict[str, Entry] = {
    **{f"text: {name}": (30_000, repeated(text), Secrets(["team-key"]).text) for name, text in SUSPICIOUS.items()},
    **{f"find: {name}": (30_000, repeated(text), Secrets(["team-key"]).find) for name, text in SUSPICIOUS.items()},
    "a secret on each line": (1000, keyed, Secrets().find),
    "a body of fields": (
        3000,
        lambda count: json.dumps([{"token": "x", "password": "x", "a": "\n"}] * count).encode(),
        Secrets().body,
    ),
    "a body of levels": (
        900,
        lambda count: b'{"password":' * count + b'"x"' + b"}" * count,
        Secrets().body,
    ),
    "contract: bad messages": (50, bad_list, lambda value: judged("list_messages", value)),
    "contract: bad messages as text": (
        50,
        lambda count: json.dumps(bad_list(count)),
        lambda value: judged("list_messages", value),
    ),
    "contract: bad messages, strictly": (50, bad_list, lambda value: judged("list_messages", value, strict=True)),
    "contract: unknown fields": (
        400,
        lambda count: {f"field_{number}": 1 for number in range(count)},
        lambda value: judged("create_thread", value, strict=True),
    ),
    "contract: a name that is long": (
        20_000,
        lambda count: {"creted_a" * (count // 8): 1},
        lambda value: judged("create_thread", value, strict=True),
    ),
    "contract: a value that is large": (
        20_000,
        lambda count: thread([{"a": "你好"}] * count),
        lambda value: judged("create_thread", value),
    ),
    "contract: a name that stands twice": (
        4000,
        lambda count: json.dumps({f"k{number}": 1 for number in range(count)})[:-1] + f', "k{count - 1}": 2}}',
        lambda value: judged("create_thread", value),
    ),
    "contract: pairs of metadata": (
        2000,
        lambda count: thread({f"k{number}": "x" for number in range(count)}),
        lambda value: judged("create_thread", value),
    ),
    "contract: text that is cut off": (
        200_000,
        lambda count: '{"id": "' + "x" * count,
        lambda value: judged("create_thread", value),
    ),
    "contract: levels": (
        20,
        lambda count: thread(json.loads('{"a":' * count + "1" + "}" * count)),
        lambda value: judged("create_thread", value),
    ),
    "contract: a list of what is wrong": (
        2000,
        lambda count: [contract.Violation("$", "a", "b", "", f"thing {number}") for number in range(count)],
        listed,
    ),
    "contract: every exchange is wrong": (20, lambda count: [b'{"messages": %d}' % number for number in range(count)], watched),
    "contract: a stream of pieces": (1000, pieces, lambda stream: contract.violations(stream, vendor="appbuilder", part=True)),
    "contract: a stream of pieces that are wrong": (
        200,
        lambda count: pieces(count).replace('"is_end": 0', '"is_end": null'),
        lambda stream: contract.violations(stream, vendor="appbuilder", part=True),
    ),
    "contract: a stream of lines": (
        20_000,
        lambda count: "event: message\n" + "data: \n" * count + "\n",
        lambda stream: contract.violations(stream, vendor="appbuilder"),
    ),
    "contract: a stream of frames without data": (
        20_000,
        lambda count: "event: message\n\n" * count,
        lambda stream: contract.violations(stream, vendor="appbuilder"),
    ),
    "the nearest of many words": (
        20_000,
        lambda count: [f"word_{number}" for number in range(count)],
        lambda w: nearest("wurd", w),
    ),
    "the nearest of long words": (
        20_000,
        lambda count: ["a" * count, "b" * count],
        lambda words: nearest("ab" * len(words[0]), words),
    ),
    "traffic: many exchanges": (100, talked, lambda mock: mock.traffic(list(mock.model_studio.exchanges))),
    "traffic: a large body": (
        30_000,
        lambda count: [exchange(json.dumps({"content": "你好 \n" * count}).encode())],
        lambda exchanges: AssistantMock().traffic(exchanges),
    ),
    "traffic: a body of spaces": (
        30_000,
        lambda count: [exchange(json.dumps({"content": " " * count}).encode())],
        lambda exchanges: AssistantMock().traffic(exchanges),
    ),
    "an assertion that does not hold": (100, talked, told),
    "an exchange as text": (
        20_000,
        lambda count: exchange(b'{"content": "' + b"x\\n" * count + b'"}'),
        lambda one: f"{one!r} {one}",
    ),
    "messages over the wire": (60, lambda count: count, talked),
    "a snapshot and its return": (100, talked, lambda mock: mock.restore(mock.snapshot())),
    "a page of messages": (
        100,
        talked,
        lambda mock: ask(mock, "GET", f"{STUDIO}/threads/{mock.model_studio.threads()[0].id}/messages?limit=100"),
    ),
    "threads over the wire": (
        100,
        lambda count: count,
        lambda count: [ask(mock, "POST", f"{BAIDU}/v2/threads", {}) for mock in [AssistantMock()] for _ in range(count)],
    ),
    "metadata of levels": (
        45,
        lambda count: ('{"metadata":' + '{"a":' * count + "1" + "}" * (count + 1)).encode(),
        lambda body: [ask(AssistantMock(contract="warn"), "POST", f"{STUDIO}/threads", body) for _ in range(5)],
    ),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_four_times_the_input_takes_no_more_than_its_share(name: str) -> None:
    """Half of the sixteen times that what is quadratic would take."""
    count, make, work = ENTRIES[name]
    few, more = make(count), make(4 * count)
    work(few)  # what is compiled or imported once, is by now
    assert seconds(work, more) < 8 * seconds(work, few) + 0.03


def test_metadata_that_is_too_deep_is_refused_in_words() -> None:
    """Nine hundred levels, in seeding and in the contract: no RecursionError comes out of the package."""
    deep: Any = "x"
    for _ in range(900):
        deep = {"a": deep}
    with pytest.raises(ValueError, match="metadata is nested deeper than 190 levels, and cannot be sent as JSON"):
        AssistantMock().model_studio.add_thread(deep)
    with pytest.raises(contract.NotJSON, match="dict is nested deeper than 100 levels"):
        contract.check(thread(deep), vendor="model_studio", operation="create_thread")
