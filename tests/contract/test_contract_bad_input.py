"""What is no JSON, or none that can be sent: each a clear error that names the thing, never a library's own, never a pass."""

from __future__ import annotations

import math

import httpx
import pytest
from test_contract import CREATE, MESSAGE, forget
from vendors import STUDIO

from pytest_assistant_mock import contract
from pytest_assistant_mock.contract import parse
from pytest_assistant_mock.errors import NotJSON

DEEP = "[" * 150 + "]" * 150
DEEPER = "[" * 100_000
NESTED: dict[str, object] = {}
for _ in range(150):
    NESTED = {"x": NESTED}

BAD = {
    "empty": (b"", "bytes (model_studio create_message) is empty; expected JSON"),
    "blank": (" \n", "str (model_studio create_message) is empty; expected JSON"),
    "no JSON": (
        b"<html>502 Bad Gateway</html>",
        "bytes (model_studio create_message) is not JSON: Expecting value at line 1, column 1: '<html>502 Bad Gateway</html>'",
    ),
    "cut off": (
        b'{"id": "message_1", "ob',
        "bytes (model_studio create_message) is cut off after 23 characters: Unterminated string starting at;"
        """ it ends with '{"id": "message_1", "ob'""",
    ),
    "cut off between": (
        '{"id": ',
        """str (model_studio create_message) is cut off after 7 characters: Expecting value; it ends with '{"id": '""",
    ),
    "two in one": (
        "{} {}",
        "str (model_studio create_message) is not JSON: Extra data at line 1, column 4: '{}'",
    ),
    "too deep to parse": (DEEPER, "str (model_studio create_message) is nested deeper than 100 levels"),
    "too deep": (f'{{"metadata": {DEEP}}}', "str (model_studio create_message) is nested deeper than 100 levels"),
    "a key twice": (
        '{"id": "a", "metadata": {"k": 1, "k": 2}}',
        'str (model_studio create_message) has the key "k" twice in one object',
    ),
    "NaN": ('{"metadata": {"a": NaN}}', "str (model_studio create_message) holds NaN; JSON has no such number"),
    "-Infinity": (b"[-Infinity]", "bytes (model_studio create_message) holds -Infinity; JSON has no such number"),
    "overflow": (
        '{"metadata": {"a": 1e999}}',
        "str (model_studio create_message) holds Infinity at $.metadata.a; JSON has no such number",
    ),
    "a number too long": (
        f'{{"created_at": {"9" * 5000}}}',
        "str (model_studio create_message) Exceeds the limit (4300 digits) for integer string conversion",
    ),
    "lone surrogate": (
        '{"content": "\\ud83d"}',
        "str (model_studio create_message) holds a lone surrogate (\\ud83d) at $.content; UTF-8 cannot carry it",
    ),
    "lone surrogate in a str": (
        '{"content": "\ud83d"}',
        "str (model_studio create_message) holds a lone surrogate (\\ud83d) at $.content; UTF-8 cannot carry it",
    ),
    "lone surrogate as key": (
        '{"metadata": {"\\udc00": 1}}',
        "str (model_studio create_message) holds a lone surrogate (\\udc00) at $.metadata; UTF-8 cannot carry it",
    ),
    "not UTF-8": (b'{"id": "\xff"}', "bytes (model_studio create_message) is not UTF-8: byte 0xff at 8"),
    "GBK": ('{"id": "你"}'.encode("gbk"), "bytes (model_studio create_message) is not UTF-8: byte 0xc4 at 8"),
}
VALUES = {
    "NaN": ({"a": math.nan}, "dict holds NaN at $.metadata.a; JSON has no such number"),
    "infinity": ({"a": [math.inf]}, "dict holds Infinity at $.metadata.a[0]; JSON has no such number"),
    "lone surrogate": ({"a b": "\ud800"}, 'dict holds a lone surrogate (\\ud800) at $.metadata["a b"]; UTF-8 cannot carry it'),
    "lone surrogate as key": ({"\udc00": 1}, "dict holds a lone surrogate (\\udc00) at $.metadata; UTF-8 cannot carry it"),
    "too deep": (NESTED, "dict is nested deeper than 100 levels"),
    "a key that is no string": ({1: "a"}, "dict has the key 1 at $.metadata, a int; JSON keys are strings"),
    "a value that is no JSON": ({"a": {1}}, "dict holds a set at $.metadata.a; JSON has no such type"),
    "bytes": ({"a": b"x"}, "dict holds a bytes at $.metadata.a; JSON has no such type"),
}


@pytest.fixture(params=["with jsonschema-rs", "without"], autouse=True)
def engine(request, monkeypatch):
    """Every case with the extra and without it."""
    forget()
    if request.param == "without":
        monkeypatch.setattr("pytest_assistant_mock.contract.validators.find_spec", lambda name: None)
    yield
    forget()


@pytest.mark.parametrize(("thing", "complaint"), BAD.values(), ids=BAD)
def test_a_text_that_is_no_json(thing, complaint):
    """The error names the thing and says what is wrong with it, where, and what came."""
    with pytest.raises(NotJSON) as caught:
        contract.violations(thing, **CREATE)
    message = str(caught.value)
    assert message.partition(":")[0] == complaint.partition(":")[0] if "4300" in complaint else message == complaint
    assert isinstance(caught.value, ValueError)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(("metadata", "complaint"), VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("strict", [False, True])
def test_a_value_that_cannot_be_json(metadata, complaint, strict):
    """A dict is looked through to its last corner, also where the contract takes anything."""
    with pytest.raises(NotJSON) as caught:
        contract.violations({**MESSAGE, "metadata": metadata}, **CREATE, strict=strict)
    assert str(caught.value) == complaint


def test_a_value_in_a_field_the_contract_does_not_know():
    """Nor does an unknown field hide anything."""
    with pytest.raises(NotJSON, match=r"dict holds NaN at \$.colour"):
        contract.violations({**MESSAGE, "colour": math.nan}, **CREATE)


@pytest.mark.parametrize("name", [name for name, value in MESSAGE.items() if isinstance(value, str)])
def test_no_field_takes_a_lone_surrogate(name):
    """A message with nothing wrong but one half of a character, in any of its fields."""
    with pytest.raises(NotJSON, match=rf"dict holds a lone surrogate \(\\ud83d\) at \$\.{name};"):
        contract.violations({**MESSAGE, name: "\ud83d"}, **CREATE)


def test_the_text_itself_takes_no_lone_surrogate():
    """Nor does the text of a message."""
    content = [{"type": "text", "text": {"value": "\ud83d", "annotations": []}}]
    with pytest.raises(NotJSON, match=r"at \$\.content\[0\]\.text\.value;"):
        contract.violations({**MESSAGE, "content": content}, **CREATE)


def test_a_deep_value_within_the_limit_passes():
    """Ninety levels of metadata are many, but allowed."""
    metadata: dict[str, object] = {}
    for _ in range(90):
        metadata = {"x": metadata}
    assert contract.violations({**MESSAGE, "metadata": metadata}, **CREATE) == []


@pytest.mark.parametrize(
    ("thing", "came"), [("[]", "[]"), (b"null", "null"), ('"text"', '"text"'), ("12", "12"), ("true", "true")]
)
def test_another_top_level_type_is_a_violation(thing, came):
    """JSON, but no object: one violation, at the top."""
    for what in ({}, {"kind": "error"}, {"kind": "request"}):
        (violation,) = contract.violations(thing, **CREATE, **what)
        assert (violation.path, violation.expected, violation.came) == ("$", "an object", came)


@pytest.mark.parametrize("thing", [b'{"content": "12345678"}', '{"content": "12345678"}', '{"content": "你好你"}'])
def test_max_bytes_is_a_setting(thing):
    """A thing of more bytes than allowed is refused unread; 16 MB unless told otherwise."""
    size = len(thing if isinstance(thing, bytes) else thing.encode())
    assert contract.violations(thing, **CREATE, kind="request", max_bytes=size) == []
    with pytest.raises(NotJSON) as caught:
        contract.violations(thing, **CREATE, kind="request", max_bytes=size - 1)
    name = f"{type(thing).__name__} (model_studio create_message)"
    assert str(caught.value) == f"{name} is larger than max_bytes={size - 1} ({size} bytes)"
    assert parse.MAX_BYTES == contract.MAX_BYTES == 16_000_000


def test_an_answer_is_named_by_its_request():
    """A response is named by what it answers."""
    response = httpx.Response(502, content=b"<html>", request=httpx.Request("GET", f"{STUDIO}/threads/t"))
    with pytest.raises(NotJSON) as caught:
        contract.violations(response)
    assert str(caught.value) == (
        f"the answer to GET {STUDIO}/threads/t (model_studio retrieve_thread) is not JSON:"
        " Expecting value at line 1, column 1: '<html>'"
    )


def test_a_byte_order_mark_is_read_over():
    """Windows tools begin a file with one."""
    assert contract.violations(b'\xef\xbb\xbf{"content": "x"}', **CREATE, kind="request") == []
