"""
The quick reader of what our writer writes: what it reads, the slow one reads alike; what it doubts, it leaves alone.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from made import JSON, STUDIO, asked, one

from pytest_assistant_mock._engine.wire import Failure, Request, Response
from pytest_assistant_mock.cassettes import Cassette, Interaction, written, yaml_checked
from pytest_assistant_mock.cassettes.format import to_text
from pytest_assistant_mock.cassettes.yaml_reader import Broken

FULL = Interaction(
    Request("POST", f"{STUDIO}/threads?a=[1]", (*JSON, ("X-Trace", "a: b"), ("X-Trace", "你好")), '{"a":["你好 😀"]}'.encode()),
    Response(200, (*JSON, ("X-Empty", ""), ("Set-Cookie", "REDACTED"), ("Set-Cookie", "REDACTED")), b'{"id":"t","n":[1,{}]}'),
    "2026-01-02T03:04:05Z", "tests/test_a.py::test_b[c]", "model_studio", "http://gw.corp/ai",
)  # fmt: skip
PLAIN = one(Request("GET", f"{STUDIO}/threads/x", (), b""), Response(404, (), b"gone"))
TEXT = to_text(Cassette([FULL, PLAIN, FULL], {"source": "the page", "lines": "a\nb", "n": [1, None]}))
LINES = TEXT.splitlines()


def agreed(text: str) -> bool:
    """
    Whether the quick reader reads a text; if so, the slow one has to agree.
    """
    found = written.read(text)
    if found is not None:
        assert found == yaml_checked.read(text)
    return found is not None


def test_what_the_writer_writes_is_read_quickly() -> None:
    """
    Every key of ours, metadata, headers of one name, bodies of all kinds but text over several lines: and alike.
    """
    assert agreed(TEXT)


ODD = [
    "",
    "---",
    "...",
    "# x",
    "- request:",
    "  x: 1",
    "    x: &a 1",
    "  'a",
    '"',
    "        }",
    "\tx",
    "interactions:",
    "a: *a",
    "      ",
]
CHARACTERS = "\x00\t\r\x85\u2028\ufeff\xa0 \\\"'#:-[]{}&*!|>%@,?~0ynå你😀"


@st.composite
def altered(draw: st.DrawFn) -> str:
    """
    The text with some lines taken out, put elsewhere, or spoilt by a letter.
    """
    lines = list(LINES)
    for _ in range(draw(st.sampled_from([1, 1, 2]))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["letter", "letter", "letter", "letter", "insert", "repeat", "delete", "cut"])):
            case "delete":
                del lines[at]
            case "repeat":
                lines.insert(draw(st.integers(0, len(lines))), lines[at])
            case "insert":
                lines.insert(at, draw(st.sampled_from(ODD)))
            case "letter":
                place = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:place] + draw(st.sampled_from(CHARACTERS) | st.sampled_from("0yA你")) + lines[at][place:]
            case "cut":
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
    return "\n".join(lines) + "\n"


@settings(max_examples=600, deadline=None)
@given(altered())
@example("version: 1\ninteractions:\n")
@example(TEXT[:-1])
@example(TEXT + "...\n")
@example(TEXT.replace("metadata:\n", "metadata:\n  x: 'a\n", 1))
def test_a_spoilt_text_is_read_alike_or_not_at_all(text: str) -> None:
    """
    The quick reader never reads what the slow one refuses, nor anything else than that.
    """
    try:
        agreed(text)
    except Broken as broken:
        raise AssertionError(f"read, though line {broken.line}: {broken.problem}") from None


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
BODIES = (
    st.binary(max_size=4)
    | TEXTS.map(str.encode)
    | st.dictionaries(TEXTS, TEXTS, max_size=2).map(lambda body: json.dumps(body).encode())
)
HEADERS = st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple)


@given(
    st.lists(
        st.builds(
            one,
            st.builds(Request, TEXTS.filter(bool), TEXTS.filter(bool), HEADERS, BODIES),
            st.builds(Response, st.integers(100, 999), HEADERS, BODIES),
        ),
        min_size=1,
        max_size=2,
    )
)
def test_whatever_is_written_is_read_alike(interactions: list[Interaction]) -> None:
    """
    Any text as method, URL, header and body.
    """
    agreed(to_text(Cassette(interactions)))


DOUBTFUL: dict[str, Any] = {
    "a failure": one(asked("GET", "/x"), Failure("reset")),
    "bytes": one(asked("GET", "/x"), Response(200, JSON, b"\xff")),
    "text of several lines": one(asked("GET", "/x"), Response(200, JSON, b"a\nb")),
    "a word of YAML": one(asked("GET", "/x"), Response(200, (("X", "null"),), b"null")),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_is_rare_is_left_to_the_slow_reader(name: str) -> None:
    """
    It is read there.
    """
    text = to_text(Cassette([DOUBTFUL[name]]))
    assert len(yaml_checked.read(text).value["interactions"]) == 1
    assert agreed(text) is (name == "a word of YAML")  # which the writer has quoted
