"""`assistant-mock serve --cassette`: what it prints, when it saves, what it refuses."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from pytest_assistant_mock import AssistantServer
from pytest_assistant_mock.cassettes import load

pytest.importorskip("uvicorn")

KEY = {"Authorization": "Bearer sk-1234567890abcdef1234567890abcdef"}


@contextmanager
def serving(*arguments):
    """The command in a process of its own."""
    command = [sys.executable, "-m", "pytest_assistant_mock", "serve", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def head(process, blocks):
    """What is printed before the first exchange: so many blocks, an empty line after each."""
    lines = []
    while lines.count("") < blocks:
        lines.append(process.stdout.readline().rstrip("\n"))
    return lines


def stopped(process, number=signal.SIGTERM):
    """Exit status and what it said last."""
    process.send_signal(number)
    _, error = process.communicate(timeout=30)
    return process.returncode, error


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "ctrl-C"])
def test_what_is_recorded_is_saved_when_it_stops(number, tmp_path):
    """It says where calls go and where they are kept, names no key, logs a line a call; stopped, the file is there."""
    cassette = tmp_path / "c.yaml"
    with AssistantServer(contract="off") as real:
        upstream = real.model_studio.base_url
        with serving("--cassette", cassette, "--record", "once", "--upstream", f"model_studio={upstream}/") as process:
            told = head(process, 4)
            assert told[:5] == [
                f"Calls are passed on, and recorded into {cassette} at the end; ctrl-C stops.",
                "",
                f"  model_studio  {upstream}",
                "  appbuilder    https://appbuilder.baidu.com",
                "",
            ]
            assert not [line for line in told if "KEY" in line or "TOKEN" in line]
            base = told[5].split()[1]
            made = httpx.post(f"{base}/threads", json={}, headers=KEY).json()["id"]
            assert process.stdout.readline().split() == ["model_studio", "200", "create_thread", "POST", "/api/v1/threads"]
            assert not cassette.exists()
            assert stopped(process, number) == (0, "")
    assert len(load(cassette).interactions) == 1
    with serving("--cassette", cassette, "--json-log") as process:
        base = json.loads(process.stdout.readline())["base_urls"]["model_studio"]
        answers = [httpx.post(f"{base}/threads", json={}, headers=KEY) for _ in range(2)]
        statuses = [json.loads(process.stdout.readline())["status"] for _ in answers]
        assert stopped(process) == (0, "")
    assert answers[0].json()["id"] == made
    assert statuses == [one.status_code for one in answers] == [200, 409]
    assert "--record new" in answers[1].json()["message"]


def test_it_says_what_answers(tmp_path):
    """A recording that is replayed: its file, and what a miss is."""
    (tmp_path / "c.yaml").write_text("version: 1\ninteractions: []\n", "utf-8")
    with serving("--cassette", tmp_path / "c.yaml") as process:
        told = head(process, 3)
    said = "answers for both vendors; what it does not hold gets 409, and words. Ctrl-C stops."
    assert told[0] == f"{tmp_path / 'c.yaml'} {said}"
    assert [line.split("=")[0] for line in told if line.startswith("export")][:2] == [
        "export DASHSCOPE_API_KEY",
        "export DASHSCOPE_HTTP_BASE_URL",
    ]


def test_a_file_that_cannot_be_written_is_said(tmp_path):
    """Exit status 1 and a sentence, no traceback."""
    cassette = tmp_path / "c.yaml"
    with (
        AssistantServer(contract="off") as real,
        serving(
            "--cassette", cassette, "--record", "once", "--upstream", f"model_studio={real.model_studio.base_url}"
        ) as process,
    ):
        base = head(process, 4)[5].split()[1]
        assert httpx.post(f"{base}/threads", json={}, headers=KEY).status_code == 200
        cassette.mkdir()
        status, error = stopped(process)
    assert status == 1
    assert error.startswith("assistant-mock serve: ")
    assert str(cassette) in error
    assert "Traceback" not in error


WRONG = {
    ("--record", "once"): "--record needs a file to record into: --cassette FILE",
    ("--upstream", "model_studio=https://x.example"): "--upstream needs a file to record into: --cassette FILE",
    ("--cassette", "c.yaml"): "there is no cassette at c.yaml; to record one, add --record once",
    ("--cassette", "."): "--cassette . is a folder; name a file in it: --cassette FILE",
    ("--cassette", ".", "--record", "once"): "--cassette . is a folder; name a file in it: --cassette FILE",
    (
        "--cassette",
        "c.yaml",
        "--record",
        "once",
        "--seed",
        "s.yaml",
    ): "--seed fills the fake, and --cassette answers in its place",
    (
        "--cassette",
        "c.yaml",
        "--upstream",
        "model_studio=https://x.example",
    ): "--upstream is asked only while something is recorded",
    (
        "--cassette",
        "c.yaml",
        "--record",
        "once",
        "--upstream",
        "model_studio",
    ): "'model_studio': expected one like 'model_studio=https",
    ("--cassette", "c.yaml", "--record", "once", "--upstream", "studio=https://x.example"): "did you mean 'model_studio'?",
    ("--cassette", "c.yaml", "--record", "always"): "invalid choice: 'always'",
    ("--cassette", "c.yaml", "--record", "once", "--host", "0.0.0.0"): "lets other machines in: give the keys they must know",
}


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_what_it_refuses(arguments, capsys, monkeypatch, tmp_path):
    """Exit status 2 and one sentence, before anything listens."""
    from pytest_assistant_mock.__main__ import main

    monkeypatch.chdir(tmp_path)
    try:
        status = main(["serve", *arguments])
    except SystemExit as stop:
        status = stop.code
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert re.sub(r"\s+", " ", WRONG[arguments]) in re.sub(r"\s+", " ", said.err)


def test_a_file_that_is_no_cassette_is_said(capsys, tmp_path):
    """Before anything listens, with its line."""
    from pytest_assistant_mock.__main__ import main

    (tmp_path / "c.yaml").write_text("nothing: here\n", "utf-8")
    assert main(["serve", "--cassette", str(tmp_path / "c.yaml")]) == 2
    assert capsys.readouterr().err.startswith(f"assistant-mock serve: {tmp_path / 'c.yaml'}:1: ")
