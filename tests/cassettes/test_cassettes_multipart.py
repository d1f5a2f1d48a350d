"""Multipart bodies: compared by their parts, whatever the boundary; readable in the file where they are text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests
import vcr
import yaml
from gateway import KEY, Answer, gateway
from made import asked, one, player, saved

from pytest_assistant_mock import errors
from pytest_assistant_mock.cassettes import load
from pytest_assistant_mock.cassettes.matching import Ignored, canonical

Upload = Callable[[str, bytes], str]
TEXT, BINARY = "知识\n库\n".encode(), bytes(range(256))


def by_requests(base: str, content: bytes) -> str:
    """A file and a field."""
    files = {"files": ("kb.txt", content)}
    return requests.post(f"{base}/files", files=files, data={"purpose": "问"}, headers=KEY, timeout=10).text


def by_httpx(base: str, content: bytes) -> str:
    """A file and a field."""
    files = {"files": ("kb.txt", content)}
    return httpx.post(f"{base}/files", files=files, data={"purpose": "问"}, headers=KEY, timeout=10, trust_env=False).text


def by_aiohttp(base: str, content: bytes) -> str:
    """A file and a field."""

    async def send() -> str:
        form = aiohttp.FormData()
        form.add_field("files", content, filename="kb.txt")
        form.add_field("purpose", "问")
        async with aiohttp.ClientSession() as session, session.post(f"{base}/files", data=form, headers=KEY) as reply:
            return await reply.text()

    return asyncio.run(send())


UPLOADS: dict[str, Upload] = {"requests": by_requests, "httpx": by_httpx, "aiohttp": by_aiohttp}
ANSWER = Answer(b'{"request_id":"r","data":{"uploaded_files":[{"file_id":"file_1","name":"kb.txt"}],"failed_uploads":[]}}')


@pytest.mark.parametrize("content", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("client", UPLOADS)
def test_an_upload_is_recorded_and_replayed(client: str, content: bytes, tmp_path: Path) -> None:
    """The same parts are the same request; another content is none, and the miss says which part differs."""
    path, upload = tmp_path / "c.yaml", UPLOADS[client]
    with gateway(ANSWER) as service:
        with player(path, record="once", hosts=service.hosts):
            live = upload(service.base, content)
        sent = service.asked[0].body
        with player(path, hosts=service.hosts):
            assert upload(service.base, content) == live
        missed = (errors.CassetteMiss, aiohttp.ClientConnectionError)  # which holds it: aiohttp sends this body in a task
        with pytest.raises(missed) as miss, player(path, hosts=service.hosts, unplayed="off"):
            upload(service.base, content + b"!")
        assert len(service.asked) == 1
    assert load(path).interactions[0].request.body == sent
    assert '             +    "content": ' in str(miss.value)
    assert 'ignore=["files.content"]' in str(miss.value)


def test_dashscopes_upload_is_recorded_and_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file to work on, by the SDK itself."""
    dashscope = pytest.importorskip("dashscope")
    monkeypatch.setattr(dashscope, "api_key", "sk-real-0123456789abcdef")
    path, file = tmp_path / "c.yaml", tmp_path / "kb.txt"
    file.write_bytes(TEXT)

    def upload() -> str:
        reply = dashscope.Files.upload(file_path=str(file), purpose="inference")
        assert reply.status_code == HTTPStatus.OK
        return str(reply.output["uploaded_files"][0]["file_id"])

    with gateway(ANSWER) as service:
        monkeypatch.setattr(dashscope, "base_http_api_url", service.base)
        with player(path, record="once"):
            assert upload() == "file_1"
        with player(path):
            assert upload() == "file_1"
        assert len(service.asked) == 1


def form(content: bytes, kind: bytes = b"text/plain", boundary: bytes = b"b1", field: bytes = b"x") -> bytes:
    """A body of a file and a field."""
    head = b'Content-Disposition: form-data; name="files"; filename="kb.txt"\r\nContent-Type: ' + kind
    line = b"--" + boundary
    return b"\r\n".join(
        [line, head, b"", content, line, b'Content-Disposition: form-data; name="a"', b"", field, line + b"--", b""]
    )


def test_text_parts_stand_a_line_a_line(tmp_path: Path) -> None:
    """In the file, whose every reader reads the very bytes that were sent."""
    body = form(TEXT)
    path = saved(tmp_path / "c.yaml", one(asked("POST", "/files", body), {}))
    text = path.read_text()
    for line in ("知识\\n\\", "库\\n\\", '--b1--\\r\\n"'):
        assert f"\n      {line}\n" in text
    assert load(path).interactions[0].request.body == body
    assert yaml.safe_load(text)["interactions"][0]["request"]["body"].encode() == body
    (request,), _ = vcr.serialize.deserialize(text, vcr.serializers.yamlserializer)
    assert request.body == body


def test_beside_a_binary_part_the_text_parts_are_readable(tmp_path: Path) -> None:
    """The body is a list of what is text and what is none; joined it is what was sent, and vcrpy plays the cassette."""
    body = form(BINARY, field="你".encode())
    path = saved(tmp_path / "c.yaml", one(asked("POST", "/files", body), {"a": 1}))
    assert "\n      你\\r\\n\\\n" in path.read_text()
    assert load(path).interactions[0].request.body == body
    with vcr.use_cassette(str(path), record_mode="none"):
        url = load(path).interactions[0].request.url
        assert requests.post(url, data=form(BINARY, boundary=b"b2"), timeout=10).json() == {"a": 1}


DIFFERENT = {
    "content": form(b"b"),
    "type": form(b"a", b"text/html"),
    "field": form(b"a", field=b"y"),
    "file name": form(b"a").replace(b"kb.txt", b"kb.md"),
    "name": form(b"a").replace(b'"a"', b'"b"'),
    "one part less": form(b"a").partition(b"--b1\r\nContent-Disposition: form-data; name")[0] + b"--b1--\r\n",
    "JSON of the same fields": b'{"files":{"filename":"kb.txt","type":"text/plain","content":"a"},"a":"x"}',
    "cut short": form(b"a")[:-6],
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_every_part_counts(name: str) -> None:
    """Name, file name, type and content."""
    assert canonical(form(b"a")) != canonical(DIFFERENT[name])


def test_neither_boundary_nor_order_of_names_counts() -> None:
    """Nor how JSON in a part is written, nor what is named to be ignored."""
    assert canonical(form(b'{"a": 1, "b": 2}')) == canonical(form(b'{"b":2,"a":1}', boundary=b"other"))
    ignored = Ignored.of(["files.content.trace", "a"])
    assert canonical(form(b'{"trace": 1}', field=b"1"), ignored) == canonical(form(b'{"trace": 2}', field=b"2"), ignored)
