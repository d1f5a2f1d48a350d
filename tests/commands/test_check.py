"""`assistant-mock check FILE…`: what it reads, what it says, how it exits."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from test_samples import SAMPLES

from pytest_assistant_mock import Request, Response
from pytest_assistant_mock.__main__ import main
from pytest_assistant_mock.cassettes import Cassette, Interaction
from pytest_assistant_mock.cassettes.format import to_text
from pytest_assistant_mock.contract.operations import operations

ANSWERS = [
    (vendor, sample["response"]["body"])
    for vendor, samples in sorted(SAMPLES.items())
    for sample in samples
    if (sample["response"] or {}).get("body")
]
MESSAGE = ANSWERS[-1][1] if "content" in ANSWERS[-1][1] else next(body for _, body in ANSWERS if "content" in body)


def write(path, *documents):
    """JSON lines, or one document."""
    path.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in documents), "utf8")
    return str(path)


def test_documented_answers_need_no_options(tmp_path, capsys):
    """Every printed answer and error is recognised by its fields, and passes."""
    path = write(tmp_path / "log.jsonl", *(body for _, body in ANSWERS))
    assert (main(["check", path]), capsys.readouterr().out) == (0, f"{len(ANSWERS)} documents, 0 violations\n")


@pytest.mark.parametrize("vendor", sorted(SAMPLES))
def test_a_vendor_can_be_named(tmp_path, capsys, vendor):
    """With --vendor only its shapes are tried."""
    path = write(tmp_path / "log.ndjson", *(body for name, body in ANSWERS if name == vendor))
    assert main(["check", "--vendor", vendor, path]) == 0


def test_a_violation_is_told_in_text(tmp_path, capsys):
    """File, line, path, expected, came, meaning; a count; exit status 1."""
    path = write(tmp_path / "log.jsonl", MESSAGE, {**MESSAGE, "role": "robot"})
    assert main(["check", path]) == 1
    assert capsys.readouterr().out == (
        f'{path}:2: $.role: expected "user" or "assistant"; came "robot"\n    Who speaks.\n2 documents, 1 violation\n'
    )


def test_a_thing_wrong_in_several_places_is_still_told_for_what_it_is(tmp_path, capsys):
    """
    A message whose role is wrong is no thread with fields too many, though it would break a thread's contract in fewer places.
    """
    path = write(tmp_path / "one.json", {**MESSAGE, "role": "robot", "created_at": None})
    assert main(["check", path]) == 1
    assert capsys.readouterr().out == (
        f'{path}:1: $.role: expected "user" or "assistant"; came "robot"\n    Who speaks.\n'
        f"{path}:1: $.created_at: expected a whole number; came null\n"
        "    When it was created, in milliseconds since 1970-01-01 UTC.\n1 document, 2 violations\n"
    )


def test_a_violation_is_told_in_json(tmp_path, capsys):
    """The same, for programs."""
    path = write(tmp_path / "one.json", [MESSAGE, {**MESSAGE, "role": "robot"}])
    assert main(["check", "--format=json", path]) == 1
    row = {
        "file": path,
        "line": 1,
        "path": "$[1].role",
        "expected": '"user" or "assistant"',
        "came": '"robot"',
        "about": "Who speaks.",
    }
    assert json.loads(capsys.readouterr().out) == {"documents": 1, "violations": [row]}


def test_a_violation_is_told_to_github(tmp_path, capsys):
    """An annotation a violation, with what GitHub wants escaped."""
    path = write(tmp_path / "a,b.json", {**MESSAGE, "role": "100%\nrobot"})
    assert main(["check", "--format=github", path]) == 1
    place = path.replace(",", "%2C")
    assert capsys.readouterr().out == (
        f'::error file={place},line=1::$.role: expected "user" or "assistant"; came "100%25\\nrobot"\n'
    )


def test_strict_reports_drift(tmp_path, capsys):
    """A field the contract does not know is reported with --strict alone."""
    path = write(tmp_path / "one.json", {**MESSAGE, "his_more": 1})
    assert main(["check", path]) == 0
    assert main(["check", "--strict", path]) == 1
    assert "$.his_more: expected no such field; came 1" in capsys.readouterr().out


def test_an_operation_can_be_named(tmp_path, capsys):
    """With --vendor, --operation and --kind a request can be checked; with --revision one generation."""
    path = write(tmp_path / "one.json", {"limit": 0})
    said = ["--vendor=model_studio", "--operation=list_messages", "--kind=request"]
    assert main(["check", *said, path]) == 1
    assert "$.limit: expected a number from 1 to 100; came 0" in capsys.readouterr().out
    newer = write(
        tmp_path / "two.json", next(s for s in SAMPLES["model_studio"] if s["name"] == "create_message-2026")["response"]["body"]
    )
    assert main(["check", "--revision=2026", newer]) == 0
    assert main(["check", "--vendor=model_studio", "--revision=2025", newer]) == 1


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "is empty; expected JSON"),
        ('{"id": "x"', "is cut off after 10 characters: Expecting ',' delimiter; it ends with '{\"id\": \"x\"'"),
        ('{"id": 1, "id": 2}', 'has the key "id" twice in one object'),
        ('{"object": "run"}', 'cannot tell what this is from its "object"; say so with --vendor and --operation'),
        ("[1]", "$[0]: expected an object; came 1"),
    ],
)
def test_what_cannot_be_checked_never_passes(tmp_path, capsys, content, complaint):
    """No JSON, or nothing we know: said with file and line, exit status 1, and the next file is checked all the same."""
    path = tmp_path / "bad.json"
    path.write_text(content)
    good = write(tmp_path / "good.json", MESSAGE)
    assert main(["check", str(path), good]) == 1
    assert capsys.readouterr().out == f"{path}:1: {complaint}\n2 documents, 1 violation\n"


def test_a_file_without_a_document_never_passes(tmp_path, capsys):
    """JSON lines without a line hold nothing to check."""
    path = tmp_path / "empty.jsonl"
    path.write_text("\n\n")
    assert main(["check", str(path)]) == 1
    assert capsys.readouterr().out == f"{path}:1: is empty; expected JSON\n1 document, 1 violation\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nowhere.json"], "nowhere.json: no such file or folder"),
        (["--revision=2024", "-"], "revision='2024': expected one of '2025', '2026'; did you mean '2026'?"),
        (
            ["--vendor=model_studio", "--operation=create_messages", "-"],
            f"operation='create_messages': expected one of {', '.join(map(repr, operations('model_studio')))};"
            " did you mean 'create_message'?",
        ),
    ],
)
def test_what_was_asked_wrongly_exits_with_2(monkeypatch, capsys, arguments, complaint):
    """A file that is not there, a name that is unknown: not a violation, but no pass either."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(MESSAGE).encode())))
    assert main(["check", *arguments]) == 2
    assert capsys.readouterr().err == f"assistant-mock check: {complaint}\n"


def test_standard_input_and_max_bytes(monkeypatch, capsys):
    """`-` reads standard input; --max-bytes bounds a document."""
    data = json.dumps(MESSAGE).encode()
    for limit, status in ((len(data), 0), (len(data) - 1, 1)):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert main(["check", f"--max-bytes={limit}", "-"]) == status
    assert f"-:1: is larger than max_bytes={len(data) - 1} ({len(data)} bytes)" in capsys.readouterr().out


RUNS = json.loads((Path(__file__).parents[1] / "samples/runs/model_studio.json").read_text("utf8"))


def test_a_stream_in_a_file_is_judged_event_by_event(tmp_path, capsys):
    """As it came from a curl: it needs no options, and what is wrong is told with its event."""
    path = tmp_path / "run.txt"
    path.write_text(RUNS[6]["response"]["body"], "utf8")
    assert (main(["check", str(path)]), capsys.readouterr().out) == (0, "1 document, 0 violations\n")
    path.write_text(RUNS[6]["response"]["body"].replace('"role":"assistant"', '"role":"robot"', 1), "utf8")
    assert main(["check", str(path)]) == 1
    assert capsys.readouterr().out == (
        f'{path}:1: event 7 thread.message.created: $.role: expected "assistant"; came "robot"\n    Who speaks.\n'
        "1 document, 1 violation\n"
    )
    path.write_text("event: tick\ndata: {}\n\n", "utf8")
    assert main(["check", str(path)]) == 1
    assert "cannot tell whose stream" in capsys.readouterr().out


def test_a_stream_in_a_cassette_is_judged_event_by_event(tmp_path, capsys):
    """With the interaction, its line, and its operation."""
    reply = Response(200, (("Content-Type", "text/event-stream"),), RUNS[9]["response"]["body"].encode())
    spoilt = replace(reply, body=reply.body.replace(b'"submit_tool_outputs",', b'"submit",', 1))
    request = Request(
        "POST", "https://dashscope.aliyuncs.com/api/v1/threads/thread_1/runs", (), b'{"assistant_id":"a","stream":true}'
    )
    path = tmp_path / "run.yaml"
    path.write_text(to_text(Cassette([Interaction(request, reply), Interaction(request, spoilt)])), "utf8")
    assert main(["check", str(path)]) == 1
    told = capsys.readouterr().out
    assert (
        'interaction 2, create_run: event 6 thread.run.requires_action: $.required_action.type: expected "submit_tool_outputs"'
        in told
    )
    assert "interaction 1" not in told
