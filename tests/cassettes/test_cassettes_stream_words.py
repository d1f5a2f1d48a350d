"""What streams on a cassette say: no secret, whatever way it is split; a conversation for people; objects for the fake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import made
import pytest

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock.__main__ import main
from pytest_assistant_mock._engine.wire import Failure, Response
from pytest_assistant_mock._vendors.secrets import secrets_of
from pytest_assistant_mock.cassettes import Cassette, Interaction, storage
from pytest_assistant_mock.cassettes.check import problems
from pytest_assistant_mock.cassettes.format import to_text
from pytest_assistant_mock.cassettes.pieces import cut_anew
from pytest_assistant_mock.cassettes.redaction import redacted
from pytest_assistant_mock.cassettes.stream_secrets import hidden_stream
from pytest_assistant_mock.cassettes.transcript import conversation

EVENTS = (("Content-Type", "text/event-stream"),)
KEY = "company-key-0123456789"
SHAPED = "sk-abcdefghij0123456789"


def delta(text: str, space: str = "") -> bytes:
    """A delta of Model Studio."""
    value = {
        "id": "message_1",
        "object": "thread.message.delta",
        "delta": {"content": [{"type": "text", "text": {"value": text}}]},
    }
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f"event:thread.message.delta\ndata:{space}{data}\n\n".encode()


def part(text: str) -> bytes:
    """A part of a message of AppBuilder."""
    value = {"send_id": 1, "message_id": "m", "content": [{"type": "text", "text": {"value": text}}]}
    return f"event: message\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def said(body: bytes) -> str:
    """The joined text of a stream's deltas."""
    found = [json.loads(line[5:]) for line in body.decode().splitlines() if line.startswith("data:")]
    return "".join((one.get("delta") or one)["content"][0]["text"]["value"] for one in found)


def stream(*pieces: bytes, reply: Any = None, path: str = "/threads/thread_1/runs", **more: Any) -> Interaction:
    """An interaction whose answer came in pieces."""
    times = tuple((at, len(piece)) for at, piece in enumerate(pieces))
    asked = made.asked("POST", path, {"assistant_id": "asst_1", "stream": True}, more.pop("base", made.STUDIO))
    return Interaction(asked, reply or Response(200, EVENTS, b"".join(pieces)), pieces=times, **more)


SPLITS = {
    "two": lambda make, key: [make(f"你好 {key[:9]}"), make(f"{key[9:]} 好")],
    "many": lambda make, key: [make("a "), *(make(letter) for letter in key), make(" b")],
    "whole": lambda make, key: [make(f"a {key} b")],
    "twice": lambda make, key: [make(f"{key[:4]}"), make(f"{key[4:]} and {key[:7]}"), make(f"{key[7:]}.")],
}


@pytest.mark.parametrize("key", [KEY, SHAPED])
@pytest.mark.parametrize("make", [delta, part])
@pytest.mark.parametrize("split", SPLITS)
def test_a_key_that_is_split_over_deltas_is_hidden(split: str, make: Any, key: str) -> None:
    """In what the deltas say together; all else that they say stays, and each stays a delta."""
    pieces = SPLITS[split](make, key)
    whole = said(b"".join(pieces))
    hidden = hidden_stream(b"".join(pieces), secrets_of([KEY]))
    assert said(hidden) == whole.replace(key, "REDACTED")
    assert hidden.count(b"\n\n") == len(pieces)


def test_a_stream_without_secrets_is_left_byte_by_byte() -> None:
    """Its escapes and its spaces too."""
    body = b"".join(
        [delta("a", " "), b'data: {"text": "\\u4f60", "id":"sk"}\r\n\r\n', b": comment\n\n", b"data:[DONE]\n\n", b"data:{"]
    )
    assert hidden_stream(body, secrets_of([KEY])) == body


def test_a_key_that_json_escapes_in_an_event_is_hidden() -> None:
    """Only who reads the JSON sees it."""
    body = delta("QQ").replace(b"QQ", "".join(f"\\u{ord(letter):04x}" for letter in KEY).encode())
    assert said(hidden_stream(body, secrets_of([KEY]))) == "REDACTED"


def test_ids_of_events_are_no_split_text() -> None:
    """They stand beside each other by chance."""
    body = b'data:{"id":"a sk-abc"}\n\ndata:{"id":"defghij0123456789"}\n\n'
    assert hidden_stream(body, secrets_of([])) == body


def test_pieces_are_cut_anew_where_frames_end() -> None:
    """After redaction a piece ends where the frame ends that it ended in; none is lost or made up."""
    key = delta(KEY)
    before = b"".join([delta("a"), key, delta("b"), delta("c")])
    first = len(delta("a")) + 20  # inside the second frame
    pieces = ((0, first), (5, 9), (9, len(before) - first - 9))
    after = before.replace(KEY.encode(), b"REDACTED")
    second = len(delta("a")) + len(key) - len(KEY) + len("REDACTED")
    assert cut_anew(before, after, pieces) == ((0, second), (9, len(after) - second))
    assert cut_anew(before, before, pieces) == pieces


def test_a_redacted_stream_is_saved_and_loaded(tmp_path: Path) -> None:
    """With pieces that fit its text, also where it was cut."""
    pieces = [delta(f"a {KEY[:9]}"), delta(KEY[9:]), delta("b")[:30]]
    body = b"".join(pieces)
    for reply in (Response(200, EVENTS, body), Failure("truncated", len(body), Response(200, EVENTS, body))):
        clean = redacted(stream(*pieces, reply=reply), secrets_of([KEY]))
        storage.write(path := tmp_path / "c.yaml", to_text(Cassette([clean])), secrets_of([KEY]))
        assert storage.load(path).interactions == [clean]
        assert KEY[:9] not in path.read_text("utf-8")


def test_check_finds_a_split_key_and_scrub_hides_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that somebody has recorded with another tool."""
    path = tmp_path / "c.yaml"
    path.write_text(to_text(Cassette([stream(delta(f"a {SHAPED[:5]}"), delta(SHAPED[5:]))])), "utf-8")
    assert any("the events of its stream together" in one.text for one in problems(path))
    assert main(["scrub", str(path)]) == 0
    capsys.readouterr()
    assert said(storage.load(path).interactions[0].response.body) == "a REDACTED"
    assert not any("together" in one.text for one in problems(path))


def run(status: str, **more: Any) -> bytes:
    """A run of Model Studio in a stream."""
    value = {"id": "run_1", "object": "thread.run", "thread_id": "thread_1", "assistant_id": "asst_1", "status": status, **more}
    return f"event:thread.run.{status}\ndata:{json.dumps(value, ensure_ascii=False)}\n\n".encode()


CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"北京"}'}}
ACTION = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [CALL]}}


def test_show_prints_a_stream_as_a_conversation() -> None:
    """The calls of its tools, its text in one, the state of its run, and that the client left."""
    given = {"tool_outputs": [{"tool_call_id": "call_1", "output": "晴"}]}
    outputs = made.one(
        made.asked("POST", "/threads/thread_1/runs/run_1/submit_tool_outputs", given),
        {"id": "run_1", "object": "thread.run", "status": "queued"},
    )
    first = stream(run("queued"), run("requires_action", required_action=ACTION), closed_by_client=True)
    text = "\n".join(conversation(Cassette([first, outputs, stream(delta("晴"), delta("天"), run("completed"))])))
    for line in (
        '    < calls weather({"city":"北京"})',
        "    < thread.run <run#1>, requires_action\n    < (closed by the client)",
        "    > <id#1> gave 晴",
        "    < assistant: 晴天\n    < thread.run <run#1>, completed",
    ):
        assert line in text, text


def test_show_says_how_a_stream_broke() -> None:
    """After what it said."""
    body = delta("half")
    one = stream(body, reply=Failure("reset", len(body), Response(200, EVENTS, body)))
    assert "    < assistant: half\n    < reset after" in "\n".join(conversation(Cassette([one])))


def test_load_takes_messages_from_a_stream_of_model_studio() -> None:
    """The completed message, in its thread."""
    message = {
        "id": "message_2", "object": "thread.message", "created_at": 5, "thread_id": "thread_1", "role": "assistant",
        "content": [{"type": "text", "text": {"value": "晴天", "annotations": []}}], "assistant_id": "asst_1", "run_id": "run_1",
    }  # fmt: skip
    completed = f"event:thread.message.completed\ndata:{json.dumps(message, ensure_ascii=False)}\n\n".encode()
    with AssistantMock() as mock:
        mock.model_studio.load(Cassette([stream(run("queued"), completed, run("completed"))]))
        [told] = mock.model_studio.messages("thread_1")
        assert (told.role, told.text, told.id) == ("assistant", "晴天", "message_2")
        assert mock.model_studio.assistants() != []


def test_load_joins_the_parts_of_a_message_of_appbuilder() -> None:
    """Its stream has no whole message."""
    value = {"id": "run_1", "object": "thread.run", "thread_id": "thread_1", "assistant_id": "asst_1", "created_at": 7}
    begun = f"event: status\ndata: {json.dumps({'event_type': 'run_begin', 'details': {'run_object': value}})}\n\n".encode()
    with AssistantMock() as mock:
        mock.appbuilder.load(Cassette([stream(begun, part("晴"), part("天"), path="/v2/threads/runs", base=made.BAIDU)]))
        [told] = mock.appbuilder.messages("thread_1")
        assert (told.role, told.text) == ("assistant", "晴天")


def test_a_miss_after_a_stream_names_its_ids(tmp_path: Path) -> None:
    """The ids that only a stream brought have names."""
    path = made.saved(tmp_path / "c.yaml", stream(run("queued")))
    with pytest.raises(Exception, match="<run#1>"), made.player(path, unplayed="off") as one:
        made.ask(one, made.asked("GET", "/threads/thread_1/runs/run_1"))
