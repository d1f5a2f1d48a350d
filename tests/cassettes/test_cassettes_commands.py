"""The commands: verify, scrub, show, and check on cassettes."""

from __future__ import annotations

from pathlib import Path

import pytest
import vcr
import yaml
from made import BAIDU, STUDIO, asked, one, saved
from vcr.request import Request as VcrRequest

from pytest_assistant_mock import AssistantMock, errors
from pytest_assistant_mock.__main__ import main
from pytest_assistant_mock._engine.wire import Failure, Request
from pytest_assistant_mock.cassettes import Cassette, load

MESSAGE = {
    "id": "message_1", "object": "thread.message", "created_at": 1700000000001, "thread_id": "thread_1", "assistant_id": "",
    "run_id": "", "role": "user", "content": [{"type": "text", "text": {"value": "你好", "annotations": []}}],
    "metadata": {"k": "v"}, "from": "", "name": "", "plugin_call": {}, "tool_calls": [], "status": {}, "request_id": "r",
}  # fmt: skip
THREAD = {"id": "thread_1", "object": "thread", "created_at": 1700000000000, "metadata": {}, "request_id": "r"}


def talk(path: Path) -> Path:
    """A thread, a message in it with a file, and a call that never came back."""
    return saved(
        path,
        one(asked("POST", "/threads", {}), THREAD),
        one(asked("POST", "/threads/thread_1/messages", {"role": "user", "content": "你好", "file_ids": ["file-1"]}), MESSAGE),
        one(asked("GET", "/threads/thread_1/messages/message_1"), Failure("read_timeout")),
    )


def test_load_puts_threads_and_messages_into_the_store(tmp_path: Path) -> None:
    """Ids, times, files and metadata as recorded; from a file or a loaded cassette; the clock goes on from there."""
    path = talk(tmp_path / "c.yaml")
    for given in (path, str(path), load(path)):
        with AssistantMock() as mock:
            studio = mock.model_studio
            studio.load(given)
            (thread,) = studio.threads()
            (message,) = studio.messages(thread)
            assert (thread.id, thread.created_at) == ("thread_1", 1700000000000)
            assert (message.id, message.created_at, message.text, message.file_ids, message.metadata) == (
                "message_1", 1700000000001, "你好", ("file-1",), {"k": "v"},
            )  # fmt: skip
            assert studio.add_message(thread, "next").created_at > message.created_at
            assert mock.appbuilder.threads() == []


def test_load_knows_what_was_updated_and_deleted(tmp_path: Path) -> None:
    """The store is as the last answer left it."""
    path = saved(
        tmp_path / "c.yaml",
        one(asked("POST", "/threads", {}), THREAD),
        one(asked("POST", "/threads", {}), {**THREAD, "id": "thread_2"}),
        one(asked("POST", "/threads/thread_1/messages", {"content": "你好"}), MESSAGE),
        one(asked("POST", "/threads/thread_1/messages/message_1", {"metadata": {"k": "w"}}), {**MESSAGE, "metadata": {"k": "w"}}),
        one(asked("POST", "/threads/thread_1", {"metadata": {"a": "b"}}), {**THREAD, "metadata": {"a": "b"}}),
        one(
            asked("DELETE", "/threads/thread_2"),
            {"id": "thread_2", "object": "thread.deleted", "deleted": True, "request_id": "r"},
        ),
    )
    with AssistantMock() as mock:
        mock.model_studio.load(path)
        (thread,) = mock.model_studio.threads()
        assert (thread.id, thread.metadata) == ("thread_1", {"a": "b"})
        assert [message.metadata for message in mock.model_studio.messages(thread)] == [{"k": "w"}]


def test_new_ids_do_not_meet_loaded_ones(tmp_path: Path) -> None:
    """A cassette recorded from the fake itself holds the ids the fake would give next."""
    with AssistantMock() as first:
        thread = first.model_studio.add_thread()
        message = first.model_studio.add_message(thread, "one")
    body = {**MESSAGE, "id": message.id, "thread_id": thread.id}
    recorded = one(asked("POST", f"/threads/{thread.id}/messages", {"content": "one"}), body)
    with AssistantMock() as mock:
        mock.model_studio.load(Cassette([recorded]))
        assert mock.model_studio.add_thread().id != thread.id
        assert mock.model_studio.add_message(thread.id, "two").id != message.id


def test_a_cassette_cannot_be_loaded_where_there_is_no_fake(tmp_path: Path) -> None:
    """As with all seeding."""
    with AssistantMock(source="cassette", cassette=tmp_path / "c.yaml") as mock, pytest.raises(errors.CannotSeed):
        mock.model_studio.load(talk(tmp_path / "other.yaml"))


def test_a_cassette_of_the_other_vendor_is_not_loaded_in_silence(tmp_path: Path) -> None:
    """Nor is one of calls to a host nobody told of; an empty one has nothing to tell."""
    elsewhere = one(Request("POST", "https://elsewhere.example/runs", (), b"{}"), {})
    told = "the cassette holds no call to appbuilder, and nothing is loaded"
    with AssistantMock() as mock:
        with pytest.raises(ValueError, match=f"^{told}; it holds calls to model_studio$"):
            mock.appbuilder.load(talk(tmp_path / "c.yaml"))
        with pytest.raises(ValueError, match=f"^{told}$"):
            mock.appbuilder.load(Cassette([elsewhere]))
        mock.appbuilder.load(Cassette([]))
        assert mock.appbuilder.threads() == []


def test_verify_counts_what_the_fake_explains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line a file, each difference, one number; a failure on the way is nothing the fake could explain."""
    path = talk(tmp_path / "a.yaml")
    odd = saved(
        tmp_path / "b.yaml",
        one(asked("POST", "/threads", {}), {**THREAD, "extra": 1}),
        one(
            asked("GET", "/threads/thread_9"), {"code": "InvalidParameter", "message": "No such thread.", "request_id": "r"}, 400
        ),
        one(asked("GET", "/threads/thread_1"), THREAD, 202),
    )
    assert main(["verify", str(path)]) == 0
    assert capsys.readouterr().out == f"ok       2  {path}\nthe fake explains 100 % of this traffic (2 interactions)\n"
    assert main(["verify", str(tmp_path)]) == 1
    assert capsys.readouterr().out == (
        f"ok       2  {path}\nDIFF     3  {odd}\n"
        "            1. create_thread: $: keys id, object, created_at, metadata, request_id, extra recorded,"
        " id, object, created_at, metadata, request_id from the fake\n"
        "            2. retrieve_thread: $.message: 'No such thread.' recorded,"
        " 'The specified thread has been deleted or does not exist.' from the fake\n"
        "            3. retrieve_thread: status 202 recorded, 200 from the fake\n"
        "the fake explains 40 % of this traffic (5 interactions)\n"
    )


def test_show_prints_a_conversation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who said what, ids by name, failures as such."""
    path = talk(tmp_path / "c.yaml")
    assert main(["show", str(path)]) == 0
    assert capsys.readouterr().out == (
        f"{path}\n"
        "1.  model_studio create_thread  POST /threads  2026-01-02T03:04:05Z\n"
        "    < 200 OK\n"
        "    < thread <thread#1>\n"
        "2.  model_studio create_message  POST /threads/<thread#1>/messages  2026-01-02T03:04:05Z\n"
        "    > user: 你好\n"
        "    < 200 OK\n"
        "    < user: 你好\n"
        "3.  model_studio retrieve_message  GET /threads/<thread#1>/messages/<message#1>  2026-01-02T03:04:05Z\n"
        "    < read_timeout\n"
    )


def old_vcrpy_cassette(path: Path) -> Path:
    """As vcrpy writes one without a filter: keys in headers and bodies, letters escaped."""
    headers = {
        "Authorization": "Bearer team-key-of-no-shape",
        "X-DashScope-WorkSpace": "llm-ws-123",
        "Content-Type": "application/json",
    }
    body = '{"metadata": {"note": "你好 team-key-of-no-shape sk-0123456789abcdef"}}'
    request = VcrRequest("POST", f"{STUDIO}/threads?token=abc", body, headers)
    answer = {"status": {"code": 200, "message": "OK"}, "headers": {"Set-Cookie": ["s=1"]}, "body": {"string": b'{"id": "t"}'}}
    path.write_text(vcr.serialize.serialize({"requests": [request], "responses": [answer]}, vcr.serializers.yamlserializer))
    return path


def test_scrub_rewrites_an_old_cassette(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No secret is left, letters can be read, vcrpy still loads it; a second time there is nothing to do."""
    path = old_vcrpy_cassette(tmp_path / "old.yaml")
    before = path.read_text()
    assert main(["scrub", "--dry-run", str(path)]) == 0
    assert (capsys.readouterr().out, path.read_text()) == (f"{path}: would be rewritten\n", before)
    assert main(["scrub", str(path)]) == 0
    text = path.read_text()
    for secret in ("team-key-of-no-shape", "llm-ws-123", "sk-0123456789", "token=abc", "s=1"):
        assert secret in before
        assert secret not in text
    assert "你好 REDACTED REDACTED" in text
    ((request,), (response,)) = vcr.serialize.deserialize(text, vcr.serializers.yamlserializer)
    assert (request.method, response["body"]["string"]) == ("POST", b'{\n  "id": "t"\n}')
    capsys.readouterr()
    assert main(["scrub", str(path)]) == 0
    assert (capsys.readouterr().out, path.read_text()) == (f"{path}: clean\n", text)


def test_scrub_leaves_what_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The other files are done all the same."""
    broken = tmp_path / "a.yaml"
    broken.write_text("version: 1\n")
    good = old_vcrpy_cassette(tmp_path / "b.yaml")
    assert main(["scrub", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert (out, broken.read_text()) == (f"{good}: rewritten\n", "version: 1\n")
    assert err.startswith(f"assistant-mock scrub: {broken}:1: no cassette: expected a list under 'interactions'")


def test_check_finds_all_there_is_in_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that does not parse, one that breaks the contract, secrets, letters nobody can read; one exit status."""
    broken = tmp_path / "a.yaml"
    broken.write_text("version: 1\ninteractions:\n<<<<<<< HEAD\n")
    odd = saved(tmp_path / "b.yaml", one(asked("POST", "/v2/threads", {}, BAIDU), {"id": 5, "object": "thread", "created_at": 1}))
    old = old_vcrpy_cassette(tmp_path / "c.yaml")
    assert main(["check", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{broken}:3: a merge conflict"
    assert lines[1].startswith(f"{odd}:3: interaction 1, create_thread: ")
    assert any(
        line.startswith(f"{old}:") and "looks like a secret (sk-…): sk-012…; assistant-mock scrub hides it" in line
        for line in lines
    )
    for name in ("Authorization", "X-DashScope-WorkSpace", "Set-Cookie"):
        assert f"{old}:2: interaction 1: the header {name} is not hidden; assistant-mock scrub hides it" in lines
    assert any(line.startswith(f"{old}:") and "letters written as \\uXXXX" in line for line in lines)
    assert lines[-1].startswith("3 documents, ")


def test_a_good_cassette_passes_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said but the count."""
    assert main(["check", str(talk(tmp_path / "c.yaml"))]) == 0
    assert capsys.readouterr().out == "1 document, 0 violations\n"


def test_check_minds_the_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cassette of more than a megabyte is none that people review."""
    path = talk(tmp_path / "c.yaml")
    path.write_text(path.read_text() + "# padding\n" * 120_000)
    assert main(["check", str(path)]) == 1
    assert "nobody reviews more than 1,048,576: a cassette a test" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["check", "verify", "show", "scrub"])
def test_a_folder_without_cassettes(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, as for a misspelt path: nothing was looked at, and that must not pass for good."""
    (tmp_path / "notes.txt").write_text("no cassette")
    assert main([command, str(tmp_path)]) == 2
    problem = f"assistant-mock {command}: {tmp_path}: no cassette in this folder (.yaml or .yml)\n"
    assert capsys.readouterr() == ("", problem)


@pytest.mark.parametrize("command", ["check", "verify", "show", "scrub"])
def test_a_file_that_is_not_there(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 2, and the name."""
    assert main([command, str(tmp_path / "no.yaml")]) == 2
    assert capsys.readouterr().err == f"assistant-mock {command}: {tmp_path / 'no.yaml'}: no such file or folder\n"


def test_metadata_is_plain_yaml(tmp_path: Path) -> None:
    """What a file says about itself is there for other tools too."""
    path = talk(tmp_path / "c.yaml")
    assert set(yaml.safe_load(path.read_text())) == {"version", "interactions"}


@pytest.mark.parametrize("command", ["show", "check", "verify"])
def test_a_cassette_cannot_steer_the_terminal(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences, overwriting and reversed text in a recording are spelled out, whichever command prints them."""
    path = tmp_path / "c.yaml"
    wild = "\x1b[2J\x1b]0;title\x07\x9b31m\u202e你好"
    said = {"role": "user", "content": wild, "code": wild, "message": wild}
    saved(path, one(asked("POST", f"/threads/{wild}/messages", {"content": wild}), said, 400))
    main([command, str(path)])
    shown = "".join(capsys.readouterr())
    assert [letter for letter in shown if not letter.isprintable() and letter != "\n"] == []
    if command == "show":
        assert "\\x1b[2J\\x1b]0;title\\x07\\x9b31m\\u202e你好" in shown
