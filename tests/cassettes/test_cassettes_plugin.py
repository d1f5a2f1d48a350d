"""
Cassettes in pytest: the same test on the fake, on a cassette and live; modes, options, marker, reports.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sdk_calls import SDKS
from upstream import Upstream

from pytest_assistant_mock import cassettes

REAL_KEYS = ("sk-real-0123456789abcdef", "ALTAK-real", "0123456789abcdef")

TEST = """
import os
import pytest
import requests

BASE = os.environ.get("DASHSCOPE_HTTP_BASE_URL", "https://dashscope.aliyuncs.com/api/v1")

def post(path, body):
    headers = {"Authorization": "Bearer " + os.environ["DASHSCOPE_API_KEY"]}
    return requests.post(BASE + path, json=body, headers=headers)
"""


def home(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    No service and no key any more: as on a machine that only replays.
    """
    for name in ("DASHSCOPE_HTTP_BASE_URL", "GATEWAY_URL", "DASHSCOPE_API_KEY", "APPBUILDER_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """
    The tests in a process of their own, as an SDK reads its environment once.
    """
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)


@pytest.mark.parametrize(("source", "count"), SDKS)
def test_the_sdks_record_and_replay_every_operation(
    source: str, count: int, pytester: pytest.Pytester, service: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    One test, unchanged: on the fake, recorded from a service over sockets, replayed without service and key, and live.
    """
    pytester.makepyfile(
        source + "\ndef test_it(assistant_mock):\n    seen = conversation()\n    print(seen)\n    assert len(seen) >= 8\n"
    )
    run(pytester).assert_outcomes(passed=1)
    assert service.requests == []
    recording = run(pytester, "-s", "--assistant-source=cassette", "--assistant-record=once")
    recording.assert_outcomes(passed=1)
    assert len(service.requests) == count
    run(pytester, "--assistant-source=live").assert_outcomes(passed=1)
    assert len(service.requests) == 2 * count
    home(monkeypatch)
    replay = run(pytester, "-s", "--assistant-source=cassette")
    replay.assert_outcomes(passed=1)
    assert seen(replay) == seen(recording)
    (file,) = Path(pytester.path).glob("cassettes/*/*.yaml")
    assert len(cassettes.load(file).interactions) == count
    assert not [key for key in REAL_KEYS if key in file.read_text()]


def seen(result: pytest.RunResult) -> list[str]:
    """
    What the test printed.
    """
    return [line for line in result.outlines if "[" in line and "True" in line]
