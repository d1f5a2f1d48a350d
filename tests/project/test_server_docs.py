"""The blocks of docs/server.md that are not Python: the seed file loads, the script runs, the curl lines are answered."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from shutil import which

import pytest

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._commands import serve
from pytest_assistant_mock._mock.seeds import load

pytest.importorskip("uvicorn")

PAGE = (Path(__file__).parents[2] / "docs/server.md").read_text("utf-8")


def blocks(language):
    """The page's blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_seed_file_loads(tmp_path):
    """Three messages, two threads."""
    seeds = blocks("yaml")[0]
    (tmp_path / "seeds.yaml").write_text(seeds, "utf-8")
    mock = AssistantMock()
    assert load(tmp_path / "seeds.yaml", mock) == 3
    assert [one.text for one in mock.model_studio.messages("thread_e99a9fe7-0433-426f-98ad-a5139c36579c")] == [
        "你是誰",
        "我是通义千问。",
    ]


def test_the_compose_file_starts_what_there_is():
    """It is YAML, its command is one that `serve` takes, and its health check asks where health is."""
    yaml = pytest.importorskip("yaml")
    service = yaml.safe_load(blocks("yaml")[1])["services"]["assistants"]
    parser = argparse.ArgumentParser()
    serve.arguments(parser)
    options = parser.parse_args(shlex.split(service["command"].rstrip('"').partition("assistant-mock serve")[2]))
    assert (options.host, options.port, options.control_key) == ("0.0.0.0", 8080, "control-of-mine")
    assert "http://127.0.0.1:8080/__mock__/health" in service["healthcheck"]["test"]


def node(number, server, folder):
    """What a script of the page prints."""
    (folder / "page.mjs").write_text(blocks("javascript")[number], "utf-8")
    environment = {**os.environ, **server.env}
    done = subprocess.run(["node", folder / "page.mjs"], env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.stderr == ""
    return done.stdout


@pytest.mark.skipif(which("node") is None, reason="Node is not installed")
def test_the_scripts_run(assistant_server, tmp_path):
    """One prints the message it sent, the other what the run says, piece by piece, the third what a fault does."""
    assistant_server.model_studio.script("晴，24 度，有风")
    assert node(0, assistant_server, tmp_path) == "你好\n"
    assert node(1, assistant_server, tmp_path) == "晴，24 度，有风\n"
    assert node(2, assistant_server, tmp_path) == "429 200\n"
    assert len(blocks("javascript")) == 3


def curl(line, server):
    """What a curl line of the page prints."""
    command = shlex.split(line.replace("http://127.0.0.1:8080", server.url))
    return subprocess.run([*command, "-s"], stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout


def curl_lines():
    """The page's curl lines."""
    return [line for block in blocks("sh") for line in block.splitlines() if line.startswith("curl ")]


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
def test_the_control_lines_are_answered(assistant_server):
    """One after the other, each without an error but for `verify`, which finds the script that no run took."""
    lines = [line for line in curl_lines() if "/__mock__/" in line]
    errors = [line for line in lines if "error" in json.loads(curl(line, assistant_server))]
    assert (len(lines), errors) == (5, ["curl -X POST http://127.0.0.1:8080/__mock__/verify"])


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
def test_the_curl_lines_are_answered(assistant_server):
    """One after the other, with the ids that the page says, also with the content type curl says of its own accord."""
    assistant_server.model_studio.script("晴")
    lines = [line for line in curl_lines() if "/__mock__/" not in line]
    *answers, stream = [curl(line, assistant_server) for line in lines]
    assert [json.loads(answer)["object"] for answer in answers] == ["thread", "list", "thread", "assistant"]
    assert json.loads(answers[1])["data"][0]["content"][0]["text"]["value"] == "你好"
    assert "event:thread.message.delta\n" in stream
    assert stream.endswith("event:done\ndata:[DONE]\n\n")


PARSE = """
import com.sun.source.util.JavacTask;
import java.io.File;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

class Parse {
    public static void main(String[] files) throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        var names = compiler.getStandardFileManager(null, null, null).getJavaFileObjects(files);
        ((JavacTask) compiler.getTask(null, null, null, null, null, names)).parse();
    }
}
"""


@pytest.mark.skipif(which("javac") is None, reason="a Java compiler is not installed")
def test_the_java_programs_are_java(tmp_path):
    """A compiler reads their syntax; the SDK that they import is not here, so it compiles and runs nothing."""
    programs = blocks("java")
    (tmp_path / "Parse.java").write_text(PARSE, "utf-8")
    for number, program in enumerate(programs):
        (tmp_path / f"{number}.java").write_text(program, "utf-8")
    files = [str(tmp_path / f"{number}.java") for number in range(len(programs))]
    command = ["java", "-Dfile.encoding=UTF-8", str(tmp_path / "Parse.java"), *files]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr, len(programs)) == (0, "", "", 3)
