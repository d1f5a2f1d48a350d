"""
What cassetter needs to load a cassette and replay it, in its own environment: it claims the same flags as pytest-recording,
so that pytest would not start with both.

    .venv-bench-cassetter/bin/python benchmarks/beside_cassetter.py EXCHANGES

EXCHANGES is JSON: a list of [method, URL, request body, response body]. Prints JSON: version, CPU seconds by what was done. Knows
cassetter and the standard library, nothing of ours.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, TypeAlias

from cassetter import Cassette, MatchConfig, RecordMode

Exchange: TypeAlias = tuple[str, str, str, str]
_HEADERS = {"content-type": ["application/json"]}


def recorded(path: Path, exchanges: Sequence[Exchange]) -> None:
    """A cassette as its own recording would leave it."""
    cassette = Cassette(path, record_mode=RecordMode.ALL)
    for method, url, asked, answered in exchanges:
        cassette.record(
            method=method,
            uri=url,
            request_headers=_HEADERS,
            request_body=asked.encode(),
            status=200,
            response_headers=_HEADERS,
            response_body=answered.encode(),
            order=cassette.reserve_record_order(),
        )
    cassette.save()


def loaded(path: Path) -> Cassette:
    """The cassette, matching JSON bodies."""
    match = MatchConfig(match_on=["method", "uri", "json_body"])
    cassette = Cassette(path, record_mode=RecordMode.NONE, match_config=match)
    cassette.load()
    return cassette


def replay(path: Path, exchanges: Sequence[Exchange]) -> None:
    """Every request once, asked as its own interceptors ask; each must get its own answer."""
    cassette = loaded(path)
    for method, url, asked, answered in exchanges:
        _, response = cassette.match(method, url, _HEADERS, asked.encode())
        if response.body.content["id"] != json.loads(answered)["id"]:
            raise AssertionError("another request's answer")


def seconds(work: Callable[[], Any], times: int = 3) -> float:
    """The median of some runs."""
    found = []
    for _ in range(times):
        gc.collect()
        start = process_time()
        work()
        found.append(process_time() - start)
    return median(found)


def main(file: Path) -> None:
    """Record; load and replay."""
    exchanges = [tuple(one) for one in json.loads(file.read_text("utf8"))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cassette.yaml")
        recorded(path, exchanges)
        found = {
            "version": metadata.version("cassetter"),
            "in order": seconds(lambda: replay(path, exchanges)),
            "reversed": seconds(lambda: replay(path, exchanges[::-1])),
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
