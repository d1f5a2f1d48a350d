"""The file format: ours and vcrpy's are one; readable, one line a change, nothing lost."""

from __future__ import annotations

import base64
import gzip
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
import vcr
import yaml
from hypothesis import given
from hypothesis import strategies as st
from made import JSON, ask, asked, one, player, saved

from pytest_assistant_mock._engine.wire import Failure, Request, Response
from pytest_assistant_mock.cassettes import Cassette, Interaction, load, yaml_reader, yaml_writer
from pytest_assistant_mock.cassettes.format import from_text, to_text
from pytest_assistant_mock.cassettes.json_bodies import compact, laid_out

TEXT = """\
version: 1
interactions:
- request:
    method: POST
    uri: https://dashscope.aliyuncs.com/api/v1/threads/thread_1/messages
    body: |-
      {
        "role": "user",
        "content": "你好 😀"
      }
    headers:
      Content-Type:
      - application/json
  response:
    status:
      code: 200
      message: OK
    headers:
      Content-Type:
      - application/json
    body:
      string: |-
        {
          "id": "message_1",
          "metadata": {}
        }
  recorded_at: "2026-01-02T03:04:05Z"
"""


def hello(content: str = "你好 😀") -> Interaction:
    """One message sent."""
    request = asked("POST", "/threads/thread_1/messages", {"role": "user", "content": content})
    return one(request, {"id": "message_1", "metadata": {}})


def test_a_cassette_reads_well() -> None:
    """Bodies stand one value a line, keys in the order of the wire, every letter as itself; and it comes back as it was."""
    assert to_text(Cassette([hello()])) == TEXT
    assert from_text(TEXT) == Cassette([hello()])


def test_the_text_is_what_vcrpys_serialize_gives() -> None:
    """With its own requests, and our writer for a serializer, byte for byte."""

    class Writer:
        serialize = staticmethod(yaml_writer.write)

    interactions = [replace(hello(), recorded_at=""), replace(one(asked("GET", "/threads/x"), {"id": "你"}), recorded_at="")]
    requests = [
        vcr.request.Request(one.request.method, one.request.url, one.request.body or None, dict(one.request.headers))
        for one in interactions
    ]
    responses = [
        {
            "status": {"code": one.response.status, "message": "OK"},
            "headers": {name: [value] for name, value in one.response.headers},
            "body": {"string": one.response.body},
        }
        for one in interactions
        if one.response
    ]
    data = {"requests": requests, "responses": responses}
    assert to_text(Cassette(interactions)) == vcr.serialize.serialize(data, Writer)


def test_one_change_is_one_line() -> None:
    """Another word in a message changes one line of the file."""
    before, after = to_text(Cassette([hello("one")])).splitlines(), to_text(Cassette([hello("another")])).splitlines()
    assert [(a, b) for a, b in zip(before, after, strict=True) if a != b] == [
        ('        "content": "one"', '        "content": "another"')
    ]


AWKWARD = {
    "empty": b"",
    "not UTF-8": b"\xff\xfe\x00binary",
    "text": "event:done\ndata: 你好\n\ndata: [DONE]\n\n".encode(),
    "text with returns": b"a\r\nb\r\n",
    "spaces first": b"  indented\n more",
    "a colon": b"yes: no",
    "a word of YAML": b"null",
    "a number": b"12",
    "JSON of one line": b"{}",
    "JSON with a name twice": b'{"a":1,\n"a":2}',
    "JSON with NaN": b'{"a":NaN}',
    "half a character": rb'{"a":"\ud83d"}',
    "line separators": '{"a":"\u2028\u0085\ufeff\x7f"}'.encode(),
    "deep": b"[" * 5000 + b"]" * 5000,
    "ends with line breaks": b"a\nb\n\n\n",
}


@pytest.mark.parametrize("name", AWKWARD)
def test_no_body_is_lost(name: str) -> None:
    """Whatever a body holds, it is read back: JSON by value, all else byte for byte; PyYAML and vcrpy agree."""
    body = AWKWARD[name]
    text = to_text(Cassette([one(asked("POST", "/x", body), Response(200, JSON, body))]))
    (back,) = from_text(text).interactions
    assert isinstance(back.reply, Response)
    assert back.reply.body == body or json.loads(back.reply.body) == json.loads(body)
    assert back.request.body == back.reply.body
    _, (response,) = vcr.serialize.deserialize(text, vcr.serializers.yamlserializer)
    assert response["body"]["string"] == body or json.loads(response["body"]["string"]) == json.loads(body)


TEXTS = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_json_comes_back_from_its_layout(value: object) -> None:
    """Laying a body out and back changes no value, and compact UTF-8 JSON not even a byte."""
    wire = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    laid = laid_out(wire)
    assert laid is None or compact(laid) == wire


@given(st.dictionaries(TEXTS, VALUES | st.binary(min_size=1), min_size=1, max_size=4))
def test_our_writer_and_any_reader_agree(data: dict[str, object]) -> None:
    """What the writer writes, PyYAML's own loader and our reader read alike."""
    text = yaml_writer.write(data)
    assert yaml_reader.read(text).value == yaml.load(text, yaml.CSafeLoader) == data


@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, min_size=1, max_size=2)), min_size=1, max_size=4))
def test_our_reader_reads_what_vcrpy_writes(pairs: list[tuple[str, list[str]]]) -> None:
    """Whatever style its dumper chooses, folded and quoted lines included, the data is the same."""
    data = {"version": 1, "interactions": [{"name": name, "values": values} for name, values in pairs]}
    text = vcr.serializers.yamlserializer.serialize(data)
    assert yaml_reader.read(text).value == yaml.load(text, yaml.CSafeLoader)


def test_aliases_of_vcrpy_are_read() -> None:
    """A list that vcrpy writes once and names twice is there twice."""
    headers = ["application/json"]
    text = yaml.dump({"version": 1, "a": headers, "b": headers})
    assert "&id001" in text
    assert yaml_reader.read(text).value == {"version": 1, "a": headers, "b": headers}


FAILURES = {
    "refused": Failure("connect_refused"),
    "timeout": Failure("read_timeout"),
    "reset": Failure("reset"),
    "reset in the body": Failure("reset", 3, Response(200, JSON, b"abc")),
    "cut short": Failure("truncated", 5, Response(200, (*JSON, ("Content-Length", "90")), '{"你'.encode())),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_an_interaction_without_response(name: str, tmp_path: Path) -> None:
    """It stands under a key of ours, comes back as it was, and vcrpy leaves it out."""
    path = saved(tmp_path / "c.yaml", hello(), one(asked("GET", "/threads/x"), FAILURES[name]))
    assert load(path).interactions[1].reply == FAILURES[name]
    data = yaml.safe_load(path.read_text())["interactions"][1]
    assert (data["response"], data["failure"]["kind"], data["failure"]["after_bytes"]) == (
        None, FAILURES[name].kind, FAILURES[name].after_bytes,
    )  # fmt: skip
    with vcr.use_cassette(str(path), record_mode="none") as cassette:
        assert [request.method for request in cassette.requests] == ["POST"]


def test_what_vcrpy_knows_not_is_kept_beside() -> None:
    """Metadata, the test, the vendor and the base URL survive being read and written."""
    beside = Interaction(
        asked("GET", "/threads/x", base="http://gw.corp/ai"), Response(404), "2026-01-02T03:04:05Z", "test_a.py::test",
        "model_studio", "http://gw.corp/ai",
    )  # fmt: skip
    cassette = Cassette([beside], {"source": "seed page", "list": [1, 2.5, None, True]})
    assert from_text(to_text(cassette)) == cassette


def test_compression_and_its_header_go_together() -> None:
    """A compressed body with its header is read plain without it; a header left beside a plain body is dropped."""
    headers = (*JSON, ("content-encoding", "gzip"), ("Content-Length", "99"))
    for body in (gzip.compress(b'{"a":1}'), b'{"a":1}'):
        text = to_text(Cassette([one(asked("GET", "/x"), Response(200, headers, body))]))
        assert from_text(text).interactions[0].reply == Response(200, JSON, b'{"a":1}')


# With vcrpy and pytest-recording themselves


class _Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = 0

    def do_POST(self) -> None:
        type(self).asked += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = gzip.compress(json.dumps({"你": json.loads(body)}).encode())
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that compresses; the base URL of Model Studio for as long."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    base = f"http://127.0.0.1:{server.server_address[1]}/api/v1"
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", base)
    _Echo.asked = 0
    yield base
    server.shutdown()
    server.server_close()
    thread.join()


def talk(base: str) -> list[object]:
    """Two messages sent; what came back."""
    bodies = ({"content": "你好"}, {"content": "世界"})
    return [requests.post(f"{base}/threads/thread_1/messages", json=body, timeout=10).json() for body in bodies]


def test_plain_vcrpy_replays_ours(echo: str, tmp_path: Path) -> None:
    """What we record, vcrpy plays back to the same client, matching bodies, without a server."""
    path = tmp_path / "ours.yaml"
    with player(path, record="once"):
        live = talk(echo)
    assert (_Echo.asked, live) == (2, [{"你": {"content": "你好"}}, {"你": {"content": "世界"}}])
    with vcr.use_cassette(str(path), record_mode="none", match_on=["method", "uri", "body"]) as cassette:
        assert talk(echo) == live
        assert cassette.all_played
    assert _Echo.asked == 2


def test_we_replay_vcrpys(echo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What vcrpy records through a gateway, compressed bodies and all, we play back at home."""
    path = tmp_path / "theirs.yaml"
    with vcr.use_cassette(str(path), record_mode="once"):
        live = talk(echo)
    monkeypatch.delenv("DASHSCOPE_HTTP_BASE_URL")
    with player(path):
        assert talk("https://dashscope-intl.aliyuncs.com/api/v1") == live
    assert _Echo.asked == 2


RECORDING = """
import pytest, requests

@pytest.mark.vcr
@pytest.mark.parametrize("word", ["a/b"])
def test_it(word):
    requests.post(%r + "/threads/thread_1/messages", json={"content": word})
"""


def test_we_replay_pytest_recordings(echo: str, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cassette of pytest-recording lies where ours would, and is played without a change."""
    pytest.importorskip("pytest_recording")
    pytester.makepyfile(test_moved=RECORDING % echo)
    pytester.runpytest_subprocess("--record-mode=once").assert_outcomes(passed=1)
    ours = RECORDING.replace("@pytest.mark.vcr\n", "").replace("(word)", "(word, assistant_mock)")
    pytester.makepyfile(test_moved=ours % "https://dashscope.aliyuncs.com/api/v1")
    monkeypatch.delenv("DASHSCOPE_HTTP_BASE_URL")
    pytester.runpytest_subprocess("--assistant-contract=off", "--assistant-source=cassette").assert_outcomes(passed=1)
    assert _Echo.asked == 1


def test_pytest_recording_replays_ours(echo: str, pytester: pytest.Pytester) -> None:
    """The other way round: recorded here, replayed there."""
    pytest.importorskip("pytest_recording")
    pytester.makepyfile(test_moved=RECORDING.replace("@pytest.mark.vcr\n", "").replace("(word)", "(word, assistant_mock)") % echo)
    pytester.runpytest_subprocess(
        "--assistant-contract=off", "--assistant-source=cassette", "--assistant-record=once"
    ).assert_outcomes(passed=1)
    pytester.makepyfile(test_moved=RECORDING % echo)
    pytester.runpytest_subprocess("--record-mode=none", "--block-network").assert_outcomes(passed=1)
    assert _Echo.asked == 1


def test_a_body_that_was_a_file_is_read(tmp_path: Path) -> None:
    """vcrpy writes such a body with a tag of its own; nothing else with a tag is."""
    body = base64.b64encode(b'{"a": 1}').decode()
    tagged = (
        "!!python/object/new:_io.BytesIO\n      state: !!python/tuple\n      - !!binary |\n        "
        + body
        + "\n      - 0\n      - null"
    )
    text = TEXT.replace('|-\n      {\n        "role": "user",\n        "content": "你好 😀"\n      }', tagged)
    path = tmp_path / "c.yaml"
    path.write_text(text)
    assert load(path).interactions[0].request == Request(
        "POST", "https://dashscope.aliyuncs.com/api/v1/threads/thread_1/messages", JSON, b'{"a": 1}'
    )
    with player(path) as mock:
        ask(mock, asked("POST", "/threads/thread_1/messages", {"a": 1}))
