"""
What a cassette costs beside vcrpy: load, memory, save, replay. A table, and JSON with --json FILE.

Run by itself: python benchmarks/cassettes.py [--replay 300] [--large 10000]
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock._secrets import Secrets
from pytest_assistant_mock.cassettes import Cassette, Interaction, load, storage
from pytest_assistant_mock.cassettes.format import to_text

BASE = "https://dashscope.aliyuncs.com/api/v1"
HEADERS = (
    ("Content-Type", "application/json"),
    ("Authorization", "Bearer REDACTED"),
    ("User-Agent", "dashscope/1.26"),
    ("Accept", "*/*"),
)

MEMORY = """
import sys
def resident():
    return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS"))) / 1024
path, tool = sys.argv[1:]
if tool == "ours":
    import vcr.serialize
    from pytest_assistant_mock.cassettes import load, session
    before = resident(); kept = load(path)
else:
    from vcr.cassette import Cassette
    from vcr.matchers import body, method, uri
    before = resident(); kept = Cassette(path, record_mode="none", match_on=(method, uri, body)); kept._load()
print(resident() - before)
"""


def interactions(count: int) -> list[Interaction]:
    """
    So many messages, each with a body of its own, as the vendor answers them.
    """
    made = []
    for n in range(count):
        body = json.dumps({"role": "user", "content": f"你好，第 {n} 条消息", "metadata": {"n": str(n)}}, ensure_ascii=False)
        answer = {
            "id": f"message_{n:08d}", "object": "thread.message", "created_at": 1711508433283 + n, "thread_id": "thread_1",
            "assistant_id": "", "run_id": "", "role": "user",
            "content": [{"type": "text", "text": {"value": f"你好 {n}", "annotations": []}}], "metadata": {"n": str(n)},
            "from": "", "name": "", "plugin_call": {}, "tool_calls": [], "status": {}, "request_id": f"r{n}",
        }  # fmt: skip
        reply = Response(200, (("Content-Type", "application/json"), ("x-request-id", f"r{n}")), json.dumps(answer).encode())
        made.append(Interaction(Request("POST", f"{BASE}/threads/thread_1/messages", HEADERS, body.encode()), reply))
    return made


def seconds(work: Callable[[], Any], times: int) -> float:
    """
    The median of some runs, the garbage collected before each.
    """
    found = []
    for _ in range(times):
        gc.collect()
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def vcrpy_cassette(path: Path) -> Any:
    """
    A cassette of vcrpy's, loaded, that matches bodies.
    """
    from vcr.cassette import Cassette as Vcrpy
    from vcr.matchers import body, method, uri

    cassette = Vcrpy(str(path), record_mode="none", match_on=(method, uri, body))
    cassette._load()
    return cassette


def replay(path: Path, requests: list[Request]) -> None:
    """
    Every request once, straight to who stands behind the doors.
    """
    with AssistantMock(source="cassette", cassette=path, contract="off") as mock:
        assert mock._session is not None
        handle = mock._session.answerer.handle
        for request in requests:
            handle(request)


def vcrpy_replay(path: Path, requests: list[Request]) -> None:
    """
    The same with vcrpy's cassette, asked as its stubs ask it.
    """
    from vcr.request import Request as Asked

    cassette = vcrpy_cassette(path)
    for request in requests:
        asked = Asked(request.method, request.url, request.body, dict(request.headers))
        assert cassette.can_play_response_for(asked)
        cassette.play_response(asked)


def memory(path: Path, tool: str) -> float:
    """
    MiB that stay resident after loading, in a process of its own.
    """
    done = subprocess.run([sys.executable, "-c", MEMORY, str(path), tool], check=True, capture_output=True, text=True)
    return float(done.stdout)


def measured(folder: Path, count: int, large: int) -> list[dict[str, Any]]:
    """
    One row a measure: what it is, ours, vcrpy's, the target for the ratio.
    """
    import vcr.serialize
    from vcr.serializers import yamlserializer

    files = {}
    for size in (count, 1000, large):
        files[size] = folder / f"{size}.yaml"
        storage.write(files[size], to_text(Cassette(interactions(size))), Secrets())
    rows = []

    def row(name: str, ours: float, theirs: float | None, target: float, unit: str) -> None:
        ratio = round(ours / theirs, 4) if theirs else None
        rows.append({"measure": name, "ours": ours, "vcrpy": theirs, "ratio": ratio, "target": target, "unit": unit})

    for size, times in ((1000, 5), (large, 1)):
        file = files[size]
        row(
            f"load {size}",
            seconds(lambda file=file: load(file), times),
            seconds(lambda file=file: vcrpy_cassette(file), times),
            0.25,
            "s",
        )
    row(f"memory of {large}", memory(files[large], "ours"), memory(files[large], "vcrpy"), 0.4, "MiB")
    made = interactions(1000)
    kept = load(files[1000])
    data = dict(
        zip(("requests", "responses"), vcr.serialize.deserialize(files[1000].read_text(), yamlserializer)[:2], strict=True)
    )
    ours = seconds(lambda: storage.write(folder / "out.yaml", to_text(kept), Secrets()), 5)
    theirs = seconds(lambda: (folder / "out.yaml").write_text(vcr.serialize.serialize(data, yamlserializer)), 5)
    row("save, per interaction", ours / 1000 * 1e6, theirs / 1000 * 1e6, 0.3, "us")
    for name, order in (("in order", 1), ("reversed", -1)):
        asked = [one.request for one in interactions(count)][::order]
        row(f"load and replay {count} POSTs {name}", seconds(lambda asked=asked: replay(files[count], asked), 3),
            seconds(lambda asked=asked: vcrpy_replay(files[count], asked), 1), 1 / 50, "s")  # fmt: skip
    few = seconds(lambda: replay(files[1000], [one.request for one in made]), 3)
    many = seconds(lambda: replay(files[large], [one.request for one in interactions(large)]), 1)
    row(f"load and replay, {large} / 1000", many, few, 12, "s (ours at both sizes)")
    return rows


def main() -> None:
    """
    Measure and print.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replay", type=int, default=300, help="how many POSTs are replayed; vcrpy's time grows with the square")
    parser.add_argument("--large", type=int, default=10_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(Path(folder), options.replay, options.large)
    sys.stdout.write("| measure | ours | vcrpy | ratio | target |\n|---|---:|---:|---:|---:|\n")
    for one in rows:
        sys.stdout.write(
            f"| {one['measure']} ({one['unit']}) | {one['ours']:.4g} | {one['vcrpy']:.4g} | {one['ratio']} | {one['target']} |\n"
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
