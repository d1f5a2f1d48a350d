"""A redirect of a vendor's to another host is recorded whole and replayed whole, or is an error of ours."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests
import vcr
from gateway import KEY, Answer, Gateway, gateway
from made import player

from pytest_assistant_mock import Request, errors
from pytest_assistant_mock.cassettes import load


@contextmanager
def service() -> Iterator[Gateway]:
    """A vendor that sends everybody from /away to a store on another host, and there once more."""

    def answer(asked: Request) -> Answer:
        target = targets.get(asked.url)
        return Answer(b"", (("Location", target),), 307) if target else Answer(b'{"landed":true}')

    targets = {"/store/file?Expires=1&a=b%20c": "/store/%E6%96%87"}
    with gateway(answer) as one:
        targets["/api/v1/away"] = f"{one.elsewhere}/store/file?Expires=1&a=b%20c"
        yield one


def by_requests(url: str) -> bytes:
    """What a client gets in the end."""
    return requests.get(url, headers=KEY, timeout=10).content


def by_urllib(url: str) -> bytes:
    """What a client gets in the end."""
    with urllib.request.urlopen(urllib.request.Request(url, headers=KEY), timeout=10) as reply:
        found: bytes = reply.read()
        return found


def by_httpx(url: str) -> bytes:
    """What a client gets in the end."""
    return httpx.get(url, headers=KEY, timeout=10, follow_redirects=True, trust_env=False).content


def by_aiohttp(url: str) -> bytes:
    """What a client gets in the end."""

    async def ask() -> bytes:
        async with aiohttp.ClientSession() as session, session.get(url, headers=KEY) as reply:
            return await reply.read()

    return asyncio.run(ask())


CLIENTS = {"requests": by_requests, "urllib": by_urllib, "httpx": by_httpx, "aiohttp": by_aiohttp}


@pytest.mark.parametrize("name", CLIENTS)
def test_every_hop_is_recorded_and_replayed(name: str, tmp_path: Path) -> None:
    """Whatever the client, the other host is asked while recording, and never in replay."""
    path, get = tmp_path / "c.yaml", CLIENTS[name]
    with service() as there:
        with player(path, record="once", hosts=there.hosts):
            assert get(f"{there.base}/away") == b'{"landed":true}'
        assert (len(there.asked), len(load(path).interactions)) == (3, 3)
        with player(path, hosts=there.hosts):
            assert get(f"{there.base}/away") == b'{"landed":true}'
        assert len(there.asked) == 3


@pytest.mark.parametrize("record", ["all", "new"])
def test_recording_again_adds_no_hop_twice(record: str, tmp_path: Path) -> None:
    """They go, or are replayed, with the call that led there."""
    path = tmp_path / "c.yaml"
    with service() as there:
        for _ in range(2):
            with player(path, record=record, hosts=there.hosts):
                by_requests(f"{there.base}/away")
        assert (len(there.asked), len(load(path).interactions)) == (6 if record == "all" else 3, 3)


def test_vcrpys_recording_of_a_redirect_replays_whole(tmp_path: Path) -> None:
    """It holds every hop; each is found by the answer that names it."""
    path = tmp_path / "c.yaml"
    with service() as there:
        with vcr.use_cassette(str(path)):
            by_requests(f"{there.base}/away")
        with player(path, hosts=there.hosts):
            assert by_requests(f"{there.base}/away") == b'{"landed":true}'
        assert len(there.asked) == 3


@pytest.mark.parametrize("name", CLIENTS)
def test_a_hop_that_is_not_recorded_is_a_miss(name: str, tmp_path: Path) -> None:
    """Nothing leaves the machine; what else is at that host is nobody's business, and passes."""
    path, get = tmp_path / "c.yaml", CLIENTS[name]
    with service() as there:
        with player(path, record="once", hosts=there.hosts):
            requests.get(f"{there.base}/away", headers=KEY, timeout=10, allow_redirects=False)
        there.asked.clear()
        with pytest.raises(errors.CassetteMiss, match="no recorded answer to  GET /store/file"), player(path, hosts=there.hosts):
            assert get(f"{there.elsewhere}/other") == b'{"landed":true}'
            get(f"{there.base}/away")
        assert [asked.url for asked in there.asked] == ["/other"]


def test_a_hop_that_is_never_asked_for_is_left_unplayed(tmp_path: Path) -> None:
    """Like any other recorded answer."""
    path = tmp_path / "c.yaml"
    with service() as there:
        with player(path, record="once", hosts=there.hosts):
            by_requests(f"{there.base}/away")
        with pytest.raises(errors.UnplayedInteractions, match="2 of 3 recorded"), player(path, hosts=there.hosts):
            requests.get(f"{there.base}/away", headers=KEY, timeout=10, allow_redirects=False)
