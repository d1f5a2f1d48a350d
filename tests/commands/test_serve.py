"""`assistant-mock serve` and its seed files: what it prints, how it stops, what it refuses."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from errno import EADDRINUSE
from shutil import which
from time import perf_counter

import httpx
import pytest
from sockets import KEY

from pytest_assistant_mock import AssistantMock, AssistantServer
from pytest_assistant_mock._mock.seeds import SeedError, load

pytest.importorskip("uvicorn")

SEEDS = """\
model_studio:
  threads:
    - id: thread_e99a9fe7-0433-426f-98ad-a5139c36579c
      metadata: {user: abc123}
      messages:
        - {id: message_ea26d29d-4509-490e-98e9-9f6238bd821b, text: 你好}
        - {role: assistant, text: 你好！有什么可以帮你？}
appbuilder:
  threads:
    - messages:
        - text: 地球是圆的吗?
          file_ids: [file-510945304731717]
"""


@contextmanager
def serving(*arguments):
    """The command in a process of its own."""
    command = [sys.executable, "-m", "pytest_assistant_mock", "serve", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def head(process):
    """What is printed before the first exchange: to the empty line after the curl lines."""
    lines = []
    while lines.count("") < 4:
        lines.append(process.stdout.readline().rstrip("\n"))
    return lines


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "ctrl-C"])
def test_it_says_where_and_stops_clean(number):
    """
    Base URLs, variables, curl lines; then a line an exchange; exit status 0 within a second of the signal, nothing on stderr.
    """
    with serving() as process:
        told = head(process)
        url = told[3].split()[1]
        assert told[:6] == [
            "Both vendors are served; ctrl-C stops.",
            "",
            f"  model_studio  {url}/api/v1",
            f"  appbuilder    {url}",
            f"  control       {url}/__mock__/",
            "",
        ]
        assert told[6:10] == [
            "export DASHSCOPE_API_KEY='sk-assistant-mock'",
            f"export DASHSCOPE_HTTP_BASE_URL='{url}/api/v1'",
            "export APPBUILDER_TOKEN='bce-v3/ALTAK-assistant-mock'",
            f"export GATEWAY_URL='{url}'",
        ]
        answers = [httpx.post(f"{url}/v2/threads", json={}, headers=KEY), httpx.get(f"{url}/api/v1/nothing", headers=KEY)]
        assert [answer.status_code for answer in answers] == [200, 400]
        assert [process.stdout.readline().split() for _ in answers] == [
            ["appbuilder", "200", "create_thread", "POST", "/v2/threads"],
            ["model_studio", "400", "no", "route", "GET", "/api/v1/nothing"],
        ]
        before = perf_counter()
        process.send_signal(number)
        assert process.wait(10) == 0
        assert perf_counter() - before < 1
        assert process.stderr.read() == ""


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("seeded", [False, True])
def test_its_curl_lines_can_be_pasted(seeded, tmp_path):
    """Each is answered 200: with seeds they ask for seeded threads, without for the ones the lines before have made."""
    (tmp_path / "seeds.yaml").write_text(SEEDS, "utf-8")
    with serving(*(["--seed", str(tmp_path / "seeds.yaml")] if seeded else [])) as process:
        lines = [line for line in head(process) if line.startswith("curl ")]
        answers = [
            json.loads(subprocess.run([*shlex.split(line), "-s"], stdout=subprocess.PIPE, check=True).stdout) for line in lines
        ]
    assert [answer["object"] for answer in answers] == ["thread", "list", "thread", "list"]
    expected = ["你好！有什么可以帮你？", "地球是圆的吗?"] if seeded else ["你好", "你好"]
    assert [answer["data"][0]["content"][0]["text"]["value"] for answer in answers[1::2]] == expected


@pytest.mark.parametrize(
    ("key", "status", "said"), [("c-key", 200, "{url}/__mock__/"), (None, 403, "off; --control-key KEY turns it on")]
)
def test_where_others_are_let_in_the_control_api_needs_a_key(key, status, said):
    """It says where the control API is, or how to turn it on."""
    with serving("--host", "0.0.0.0", "--key", "sk-right", *(["--control-key", key] if key else [])) as process:
        told = head(process)
        url = told[3].split()[1]
        assert told[4] == f"  control       {said.format(url=url)}"
        answer = httpx.post(f"{url}/__mock__/reset", headers={"Authorization": f"Bearer {key}"})
        assert (answer.status_code, httpx.get(f"{url}/__mock__/health").status_code) == (status, status)
        key = {"Authorization": "Bearer sk-right"}
        assert httpx.post(f"{url}/v2/threads", json={}, headers=key).status_code == 200


def test_what_a_session_asks_is_printed_too():
    """A line an exchange, whichever world it belongs to."""
    with serving("--json-log") as process:
        base = json.loads(process.stdout.readline())["base_urls"]["appbuilder"]
        httpx.post(f"{base}/v2/threads", json={}, headers={**KEY, "X-Assistant-Session": "a"})
        assert json.loads(process.stdout.readline())["operation"] == "create_thread"


def test_json_log():
    """One JSON object where it listens, one an exchange; no key is in them."""
    with serving("--json-log", "--key", "sk-secret-1", "--key", "sk-secret-2", "--revision", "2026") as process:
        start = json.loads(process.stdout.readline())
        assert set(start) == {"base_urls", "env"}
        base = start["base_urls"]["model_studio"]
        assert (start["env"]["DASHSCOPE_HTTP_BASE_URL"], start["env"]["DASHSCOPE_API_KEY"]) == (base, "sk-secret-1")
        key = {"Authorization": "Bearer sk-secret-2"}
        httpx.get(f"{base}/threads/x", headers={"Authorization": "Bearer sk-wrong"})
        thread = httpx.post(f"{base}/threads", json={}, headers=key).json()["id"]
        message = httpx.post(f"{base}/threads/{thread}/messages", json={"content": "你好"}, headers=key).json()
        lines = [process.stdout.readline() for _ in range(3)]
    assert message["status"] == ""
    assert not [line for line in lines if "sk-" in line]
    path = "/api/v1/threads"
    facts = [json.loads(line) for line in lines]
    assert [(one["vendor"], one["operation"], one["method"], one["path"], one["status"]) for one in facts] == [
        ("model_studio", "retrieve_thread", "GET", f"{path}/x", 401),
        ("model_studio", "create_thread", "POST", path, 200),
        ("model_studio", "create_message", "POST", f"{path}/{thread}/messages", 200),
    ]


def test_what_was_asked_last_is_printed_too():
    """The signal comes while lines are gathered: each exchange has had its line when the process ends."""
    with serving("--json-log") as process:
        base = json.loads(process.stdout.readline())["base_urls"]["appbuilder"]
        with httpx.Client(headers=KEY) as client:
            for _ in range(3):
                client.post(f"{base}/v2/threads", json={})
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        assert [json.loads(line)["operation"] for line in process.stdout] == ["create_thread"] * 3


def test_a_body_limit_can_be_given():
    """`--body-limit` in bytes."""
    with serving("--json-log", "--body-limit", "100") as process:
        base = json.loads(process.stdout.readline())["base_urls"]["appbuilder"]
        statuses = [httpx.post(f"{base}/v2/threads", content=b"{}" + b" " * n, headers=KEY).status_code for n in (98, 99)]
    assert statuses == [200, 413]


def test_a_reader_that_sleeps_stops_nothing():
    """Nobody reads what it prints, more than a pipe holds: every request is answered, and it stops."""
    with serving() as process:
        base = head(process)[3].split()[1]
        with httpx.Client() as client:
            for _ in range(1500):
                assert client.get(f"{base}/api/v1/threads/{'x' * 60}", headers=KEY).status_code == 400
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--host", "0.0.0.0"],
            "host='0.0.0.0' lets other machines in: give the keys they must know (serve --key …), or listen on",
        ),
        (["--host", "no such host", "--key", "k"], "no such host"),
        (["--port", "99999"], "argument --port: '99999' is no port; expected a number from 0 to 65535"),
        (["--port", "http"], "argument --port: 'http' is no port; expected a number from 0 to 65535"),
        (["--seed", "no-such-file.yaml"], "no-such-file.yaml: No such file or directory"),
        (["--revision", "2024"], "invalid choice: '2024'"),
        (["--key", ""], "argument --key: it is empty; is the variable set that it comes from?"),
        (["--control-key", ""], "argument --control-key: it is empty; is the variable set that it comes from?"),
        (["--body-limit", "-5"], "argument --body-limit: '-5' is no number of bytes; expected digits, like 10000000"),
        (["--body-limit", "10MB"], "argument --body-limit: '10MB' is no number of bytes; expected digits, like 10000000"),
    ],
)
def test_what_it_refuses(arguments, says):
    """Exit status 2 and one sentence; nothing listens, no traceback."""
    with serving(*arguments) as process:
        output, error = process.communicate(timeout=30)
    assert (process.returncode, output) == (2, "")
    assert says in error
    assert "Traceback" not in error


def test_a_port_that_is_taken_is_said_and_what_to_do():
    """One sentence, with the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving("--port", str(port)) as process:
            output, error = process.communicate(timeout=30)
    said = f"[Errno {EADDRINUSE}] cannot listen at 127.0.0.1:{port}: {os.strerror(EADDRINUSE)}; --port 0 takes a free one"
    assert (process.returncode, output, error) == (2, "", f"assistant-mock serve: {said}\n")


# Seeds


def seeded(tmp_path, text, name="seeds.yaml"):
    """A mock with the threads and messages of a file."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    mock = AssistantMock()
    return mock, load(path, mock)


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_a_seed_file_is_stored(kind, tmp_path):
    """YAML and JSON alike: ids that are given, ids that are not, roles, metadata, files."""
    import yaml

    text = SEEDS if kind == "yaml" else json.dumps(yaml.safe_load(SEEDS), ensure_ascii=False)
    mock, count = seeded(tmp_path, text, f"seeds.{kind}")
    assert count == 3
    (thread,) = mock.model_studio.threads()
    assert (thread.id, thread.metadata) == ("thread_e99a9fe7-0433-426f-98ad-a5139c36579c", {"user": "abc123"})
    assert [(one.id, one.role, one.text) for one in mock.model_studio.messages(thread)] == [
        ("message_ea26d29d-4509-490e-98e9-9f6238bd821b", "user", "你好"),
        ("message_00000000-0000-4000-8000-000000000002", "assistant", "你好！有什么可以帮你？"),
    ]
    (other,) = mock.appbuilder.threads()
    assert [one.file_ids for one in mock.appbuilder.messages(other)] == [("file-510945304731717",)]


def test_a_date_is_the_text_it_is_written_as(tmp_path):
    """YAML would make it a date, which nothing sends as JSON."""
    mock, _ = seeded(tmp_path, "appbuilder:\n  threads:\n    - {metadata: {day: 2025-01-01}, messages: [{text: 2025-01-02}]}")
    (thread,) = mock.appbuilder.threads()
    assert thread.metadata == {"day": "2025-01-01"}
    assert [one.text for one in mock.appbuilder.messages(thread)] == ["2025-01-02"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ": nothing, expected a mapping"),
        ("[]", ", line 1: a list, expected a mapping"),
        ("model_studio: []", ", line 1: model_studio: a list, expected a mapping"),
        ("modelstudio: {}", ", line 1: modelstudio: unknown; expected model_studio or appbuilder; did you mean 'model_studio'?"),
        (
            "appbuilder:\n  threads:\n    - message:\n        - text: a",
            ", line 3: appbuilder.threads[0].message: unknown; expected id or metadata or messages; did you mean 'messages'?",
        ),
        (
            "appbuilder:\n  threads:\n    - messages:\n        - content: a",
            ", line 4: appbuilder.threads[0].messages[0].content: unknown; expected id or role or text or file_ids or metadata or"
            " assistant_id or run_id; did you mean 'text'?",
        ),
        (
            "appbuilder:\n  thread: []",
            ", line 2: appbuilder.thread: unknown; expected assistants or files or threads; did you mean 'threads'?",
        ),
        ("appbuilder:\n  threads:\n    - 7", ", line 3: appbuilder.threads[0]: a number, expected a mapping"),
        (
            "appbuilder:\n  threads:\n    - messages:\n        - role: user",
            ", line 4: appbuilder.threads[0].messages[0]: a message needs a text",
        ),
        (
            "appbuilder:\n  threads:\n    - messages:\n        - text: a\n          role: asistant",
            ", line 4: appbuilder.threads[0].messages[0]: role='asistant': expected 'user' or 'assistant'",
        ),
        (
            "appbuilder:\n  threads:\n    - messages:\n        - text: 7",
            ", line 4: appbuilder.threads[0].messages[0].text: a number, expected a string",
        ),
        (
            "appbuilder:\n  threads:\n    - {id: a}\n    - {id: a}",
            ", line 4: appbuilder.threads[1]: id='a': appbuilder has one of that id already",
        ),
        ("appbuilder:\n  threads: []\nappbuilder: {}", ", line 3: appbuilder: stands here a second time"),
        ("appbuilder: {", ", line 1: expected the node content, but found '<stream end>'; expected YAML"),
        ("a: !!python/object/apply:os.system [exit]", ", line 1: could not determine a constructor for the tag"),
        (b"a: \xff", ": not UTF-8 (byte 3)"),
        ("[" * 5000, ", line 1: nested more than 100 deep; expected YAML"),
    ],
)  # fmt: skip
def test_a_bad_seed_file_is_explained(text, says, tmp_path):
    """The file, the line, the field, what came and what was expected."""
    with pytest.raises(SeedError) as refused:
        seeded(tmp_path, text)
    assert str(refused.value).startswith(f"{tmp_path / 'seeds.yaml'}{says}")


def test_a_bad_json_seed_file_is_explained(tmp_path):
    """A line where JSON breaks off, a field where a value is wrong."""
    for text, says in (
        ('{\n"appbuilder": }', ", line 2: Expecting value; expected JSON"),
        ('{"appbuilder": {"threads": [{"id": 1}]}}', ": appbuilder.threads[0].id: a number, expected a string"),
    ):
        with pytest.raises(SeedError) as refused:
            seeded(tmp_path, text, "seeds.json")
        assert str(refused.value) == f"{tmp_path / 'seeds.json'}{says}"


def test_an_id_that_was_given_away_is_not_given_again():
    """Counted ids step over seeded ones; a second of the same id is refused."""
    mock = AssistantMock()
    studio = mock.model_studio
    first = "thread_00000000-0000-4000-8000-000000000001"
    assert studio.add_thread(id=first).id == first
    thread = studio.add_thread()
    assert thread.id == "thread_00000000-0000-4000-8000-000000000002"
    message = studio.add_message(thread, "a", id="message_00000000-0000-4000-8000-000000000002")
    assert studio.add_message(thread, "b").id == "message_00000000-0000-4000-8000-000000000003"
    with pytest.raises(ValueError, match=f"id='{message.id}': model_studio has one of that id already"):
        studio.add_message(thread, "c", id=message.id)
    with pytest.raises(ValueError, match="id='': expected an id, or None"):
        studio.add_thread(id="")
    with pytest.raises(TypeError, match="id is int, expected str"):
        studio.add_thread(id=7)
    assert [one.text for one in studio.messages(thread)] == ["a", "b"]


MOCK_IN_A_SUBPROCESS = """
import os, sys, httpx, warnings
warnings.showwarning = lambda message, *rest: print(message)
from pytest_assistant_mock import AssistantMock
with AssistantMock() as mock:
    url = os.environ["DASHSCOPE_HTTP_BASE_URL"]
    for _ in range(2):
        answer = httpx.post(f"{url}/threads", json={}, headers={"Authorization": "Bearer k"})
        print(answer.status_code, len(mock.model_studio.threads()))
"""


def test_what_is_exported_does_not_keep_a_mock_from_answering():
    """Pasted into a shell, it lives on: the mock answers the base URL the SDK was told, as any other."""
    with serving("--json-log") as process:
        told = json.loads(process.stdout.readline())
    assert "ASSISTANT_MOCK_SERVER" not in told["env"]
    command = [sys.executable, "-c", MOCK_IN_A_SUBPROCESS]
    done = subprocess.run(command, env={**os.environ, **told["env"]}, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("200 1\n200 2\n", "")


def test_a_mock_that_leaves_the_server_alone_says_so_once():
    """In a process that got `server.env`: the request goes over the socket, and the variable and the URL are named."""
    with AssistantServer() as server:
        command = [sys.executable, "-c", MOCK_IN_A_SUBPROCESS]
        done = subprocess.run(command, env={**os.environ, **server.env}, capture_output=True, text=True)
        assert len(server.model_studio.threads()) == 2
        url = server.url
    assert (done.stdout, done.stderr) == (
        f"ASSISTANT_MOCK_SERVER='{url} {url.replace('127.0.0.1', 'localhost')}' says that a server of this project listens at"
        f" {url}. So the mock does not answer {url}/api/v1, {url}, which the SDK was told to use: the request goes to"
        " that server.\nWhere the mock is to answer:  unset ASSISTANT_MOCK_SERVER\n"
        "200 0\n200 0\n",
        "",
    )


def test_a_name_may_be_allowed():
    """A request for another host gets 421; for one that is named, an answer."""
    with serving("--json-log", "--allow-host", "mock.test") as process:
        url = json.loads(process.stdout.readline())["base_urls"]["appbuilder"]
        asked = [httpx.post(f"{url}/v2/threads", json={}, headers={**KEY, "Host": name}) for name in ("mock.test", "evil.test")]
    assert [answer.status_code for answer in asked] == [200, 421]
    assert asked[1].json() == {
        "error": "this server answers to localhost and 127.0.0.1, not to evil.test",
        "do": "ask it by one of these names, or start it with --allow-host evil.test",
    }
