"""vcrpy is what the format is measured by, and no cost of a run: replay does without it, recording and `check` go through it."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import vcr
from hypothesis import given
from hypothesis import strategies as st
from made import JSON, STUDIO, asked, one, saved
from vcr.serializers import yamlserializer

from pytest_assistant_mock import errors
from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock.cassettes import Cassette, check, load
from pytest_assistant_mock.cassettes.format import from_text, to_text
from pytest_assistant_mock.cassettes.matching import canonical

REPLAY = """
import sys
from pytest_assistant_mock import AssistantMock, Request, cassettes

recorded = cassettes.load(sys.argv[1]).interactions[0]
with AssistantMock(source="cassette", cassette=sys.argv[1], contract="off") as mock:
    assert mock._session.answerer.handle(recorded.request) == recorded.reply
print(sorted({"vcr", "aiohttp", "httpx"} & set(sys.modules)))
"""


def test_loading_and_replaying_do_not_import_vcrpy(tmp_path: Path) -> None:
    """In a fresh process; vcrpy would bring aiohttp and httpx with it."""
    path = saved(tmp_path / "c.yaml", one(asked("POST", "/threads", {}), {"id": "t"}))
    found = subprocess.run([sys.executable, "-c", REPLAY, str(path)], capture_output=True, text=True, check=False)
    assert (found.stdout, found.stderr) == ("[]\n", "")


def theirs(text: str) -> list[tuple[Any, ...]]:
    """What vcrpy reads in a text: method, URL, body, headers; status, headers, body."""
    requests, responses = vcr.serialize.deserialize(text, yamlserializer)[:2]
    return [
        (
            request.method,
            request.uri,
            whole(request.body),
            dict(request.headers),
            answer["status"]["code"],
            answer["body"]["string"],
        )
        for request, answer in zip(requests, responses, strict=True)
    ]


def ours(text: str) -> list[tuple[Any, ...]]:
    """The same by our reader."""
    found = from_text(text).interactions
    return [
        (one.request.method, one.request.url, one.request.body, dict(one.request.headers), one.response.status, one.response.body)
        for one in found
        if one.response is not None
    ]


def whole(body: Any) -> bytes:
    """A body of vcrpy's, which may be a file, an iterator or pieces."""
    if body is None or isinstance(body, bytes):
        return body or b""
    if hasattr(body, "read"):
        return bytes(body.read())
    return b"".join(piece.encode() if isinstance(piece, str) else piece for piece in body)


NAMES = st.text(st.sampled_from("abcXYZ-"), min_size=1, max_size=4)
LINES = st.text(st.characters(min_codepoint=32, max_codepoint=0x4FFF, exclude_characters="\x7f\x85\xa0"), max_size=8)
BODIES = st.binary(max_size=6) | LINES.map(str.encode) | st.just(b'{"a":"b"}') | st.just("一\r\n 二\r\n".encode())
HEADERS = st.dictionaries(NAMES, LINES, max_size=3).map(lambda found: tuple(found.items()))


@given(st.sampled_from(["GET", "POST"]), HEADERS, BODIES, HEADERS, BODIES)
def test_what_we_write_vcrpy_reads_as_we_do(method: str, sent: Any, body: bytes, got: Any, answer: bytes) -> None:
    """Whatever the bodies and headers."""
    text = to_text(Cassette([one(Request(method, f"{STUDIO}/threads/t", sent, body), Response(200, got, answer))]))
    assert [counted(row) for row in ours(text)] == [counted(row) for row in theirs(text)]


def counted(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """What counts of a row: JSON by its value, headers whatever the case of their names."""
    asked, url, sent, headers, status, got = row
    return asked, url, canonical(sent), {name.lower(): value for name, value in headers.items()}, status, canonical(got)


BODIES_OF_VCRPY: dict[str, Any] = {
    "bytes": b'{"a": 1}',
    "text": "a\nb",
    "nothing": None,
    "a file": BytesIO(b"file\xff"),
    "an iterator": iter([b"one", b"two"]),
}


@pytest.mark.parametrize("name", BODIES_OF_VCRPY)
def test_what_vcrpy_writes_we_read_as_it_does(name: str) -> None:
    """Bodies that were files or iterators too, which have tags of vcrpy's own."""
    request = vcr.request.Request("POST", f"{STUDIO}/files", BODIES_OF_VCRPY[name], {"Content-Type": "text/plain"})
    answer = {"status": {"code": 200, "message": "OK"}, "headers": {"A": ["b"]}, "body": {"string": b"\xff"}}
    text = vcr.serialize.serialize({"requests": [request], "responses": [answer]}, yamlserializer)
    assert ours(text) == theirs(text)


REFUSED = {
    "a key twice": "state: !!python/tuple [!!binary YQ==, 0, null]\n      state: a",
    "code inside": "state: !!python/tuple [!!python/object/apply:os.system [exit]]",
    "an alias to itself": "state: &a [*a]",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_our_reader_refuses_stays_refused_beside_a_tag_of_vcrpys(name: str, tmp_path: Path) -> None:
    """Such a tag is no way round it."""
    text = to_text(Cassette([one(asked("POST", "/files", b"x"), {})]))
    path = tmp_path / "c.yaml"
    path.write_text(text.replace("body: x", f"body: !!python/object/new:_io.BytesIO\n      {REFUSED[name]}"))
    with pytest.raises(errors.CassetteError, match=r"c\.yaml:[678]: "):
        load(path)


def test_check_says_where_vcrpy_reads_otherwise(tmp_path: Path) -> None:
    """A number for us is text for nobody; a word of YAML 1.1 is no text for vcrpy alone."""
    path = saved(tmp_path / "c.yaml", one(asked("POST", "/x", b"x"), Response(200, JSON, b"{}")))
    assert check.problems(path) == []
    text = path.read_text()
    path.write_text(text.replace("body: x", "body: on").replace("message: OK", "message: 12:30"))
    assert [(problem.line, problem.text) for problem in check.problems(path)] == [
        (3, "interaction 1: vcrpy reads the request's body otherwise: True; write it in quotes, or record it again"),
    ]
    path.write_text(text.replace("code: 200", "code: 200\n      x: =\n"))
    (problem,) = check.problems(path)
    assert problem.text.startswith("vcrpy cannot read it: ")


@pytest.mark.parametrize("most", ["values", "characters"])
def test_aliases_cannot_claim_more_than_a_file_may_hold(most: str, tmp_path: Path) -> None:
    """A megabyte named twenty thousand times in one header is refused where it is too much, before it is joined."""
    path = tmp_path / "c.yaml"
    text = to_text(Cassette([one(asked("GET", "/threads/t"), {})]))
    long = "x" * 1_000_000 if most == "characters" else "x"
    times = 20_000 if most == "characters" else 1_000_001
    repeated = f"- &a {long}\n" + "      - *a\n" * times
    path.write_text(text.replace("- application/json\n", repeated, 1))
    with pytest.raises(errors.CassetteError, match=rf"c\.yaml:\d+: aliases stand for more than [\d,]+ {most}"):
        load(path)
