"""
What a cassette costs beside vcrpy and cassetter: load, memory, save, replay. CPU time, ours and theirs in turn.

cassetter runs in an environment of its own (beside_cassetter.py); where that is missing its rows are left out.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, NamedTuple

import harness
from harness import Row, effort

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.streams import Reading
from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock.cassettes import Cassette, Interaction, load, storage
from pytest_assistant_mock.cassettes.format import to_text
from pytest_assistant_mock.cassettes.redaction import redacted

CASSETTER = Path(__file__).parent.parent / ".venv-bench-cassetter" / "bin" / "python"
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
    """So many messages, each with a body of its own, as the vendor answers them."""
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


def streams(count: int, pieces: int) -> list[Interaction]:
    """So many streamed runs, each in so many pieces, as Model Studio streams them."""
    made = []
    for n in range(count):
        frames = [
            f"event:thread.message.delta\ndata:{json.dumps(delta(n, at), ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
            for at in range(pieces)
        ]
        reply = Response(200, (("Content-Type", "text/event-stream;charset=UTF-8"),), b"".join(frames))
        times = tuple((40 * at, len(frame)) for at, frame in enumerate(frames))
        made.append(Interaction(asking(n, stream=True), reply, pieces=times))
    return made


def delta(n: int, at: int) -> dict[str, Any]:
    """One event of a stream, or one item of a list."""
    content = [{"type": "text", "text": {"value": f"第 {at} 段，晴天。", "annotations": []}}]
    said = {"role": "assistant", "content": content, "file_ids": []}
    return {"id": f"message_{n:08d}", "object": "thread.message.delta", "delta": said, "request_id": f"r{n}"}


def whole(count: int, pieces: int) -> list[Interaction]:
    """As many answers that say the same in one JSON text."""
    made = []
    for n in range(count):
        answer = {"object": "list", "data": [delta(n, at) for at in range(pieces)], "request_id": f"r{n}"}
        body = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
        made.append(Interaction(asking(n, stream=False), Response(200, (("Content-Type", "application/json"),), body)))
    return made


def asking(n: int, *, stream: bool) -> Request:
    """The request for a run."""
    body = json.dumps({"assistant_id": f"asst_{n:08d}", "stream": stream})
    return Request("POST", f"{BASE}/threads/thread_1/runs", HEADERS, body.encode())


def streamed(count: int, pieces: int) -> Iterator[Row]:
    """Streams on a cassette: loaded beside vcrpy, saved and replayed beside answers that come whole, byte for byte."""
    with tempfile.TemporaryDirectory() as folder:
        made = {Path(folder, f"{make.__name__}.yaml"): make(count, pieces) for make in (streams, whole)}
        for file, some in made.items():
            storage.write(file, to_text(Cassette(some)), Secrets())
        file, plain = made
        sizes = [sum(len(one.response.body) for one in some if one.response) for some in made.values()]
        found = both(lambda: load(file), lambda: vcrpy_cassette(file), 5)
        yield found.row(f"cassettes: load of {count} streams / vcrpy's", 1.0, "s")
        keep = [Cassette(some) for some in made.values()]
        found = both(lambda: save(file, keep[0]), lambda: save(plain, keep[1]), 5)
        yield a_byte(found, sizes).row("cassettes: save of a stream / of an answer that comes whole, a byte", 1.1, "ns", 1e9)
        asked = [[one.request for one in some] for some in made.values()]
        found = both(lambda: replay(file, asked[0]), lambda: replay(plain, asked[1]), 5)
        yield a_byte(found, sizes).row("cassettes: replay of a stream / of an answer that comes whole, a byte", 1.1, "ns", 1e9)


def save(file: Path, kept: Cassette) -> None:
    """As a recording is saved: without its secrets, which are looked for once more in the text."""
    clean = Cassette([redacted(one, Secrets()) for one in kept.interactions])
    storage.write(file, to_text(clean), Secrets())


def a_byte(found: Both, sizes: Sequence[int]) -> Both:
    """The same for each byte."""
    ours, theirs = found.ours / sizes[0], found.theirs / sizes[1]
    return Both(ours, theirs, found.ratio * sizes[1] / sizes[0])


def vcrpy_cassette(path: Path) -> Any:
    """A cassette of vcrpy's, loaded, that matches bodies."""
    from vcr.cassette import Cassette as Vcrpy
    from vcr.matchers import body, method, uri

    cassette = Vcrpy(str(path), record_mode="none", match_on=(method, uri, body))
    cassette._load()
    return cassette


def replay(path: Path, requests: list[Request]) -> None:
    """Every request once, straight to who stands behind the doors."""
    with AssistantMock(source="cassette", cassette=path, contract="off") as mock:
        assert mock._session is not None
        handle = mock._session.answerer.handle
        for request in requests:
            reply = handle(request)
            if reply is not None and getattr(reply, "pieces", None) is not None:
                reading = Reading(reply.pieces)
                while reading.next() is not None:
                    pass


def vcrpy_replay(path: Path, requests: list[Request]) -> None:
    """The same with vcrpy's cassette, asked as its stubs ask it."""
    from vcr.request import Request as Asked

    cassette = vcrpy_cassette(path)
    for request in requests:
        asked = Asked(request.method, request.url, request.body, dict(request.headers))
        assert cassette.can_play_response_for(asked)
        cassette.play_response(asked)


def memory(path: Path, tool: str) -> float:
    """MiB that stay resident after loading, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", MEMORY, str(path), tool], check=True, capture_output=True, text=True)
    return float(done.stdout)


class Both(NamedTuple):
    """Ours, theirs, and ours in parts of theirs: medians of rounds."""

    ours: float
    theirs: float
    ratio: float

    def row(self, measure: str, target: float, unit: str, scale: float = 1) -> Row:
        """A part of theirs."""
        return Row(measure, self.ratio, target, note=f"{self.ours * scale:.3g} of {self.theirs * scale:.3g} {unit}")


def both(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> Both:
    """Each in its turn, the garbage collected before."""
    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(effort(rounds))]
    return Both(*map(median, zip(*pairs, strict=True)), median(one / other for one, other in pairs))


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = process_time()
    work()
    return process_time() - start


def loading(files: dict[int, Path]) -> Iterator[Row]:
    """Load at both sizes, and what stays in memory of the larger."""
    for (size, file), rounds in zip(files.items(), (7, 3), strict=True):
        found = both(lambda file=file: load(file), lambda file=file: vcrpy_cassette(file), rounds)
        yield found.row(f"cassettes: load of {size} / vcrpy's", 0.30, "s")
    ours, theirs = memory(file, "ours"), memory(file, "vcrpy")
    yield Row(f"cassettes: memory of {size} / vcrpy's", ours / theirs, 0.4, note=f"{ours:.0f} of {theirs:.0f} MiB")


def saving(file: Path) -> Iterator[Row]:
    """The same interactions written, ours with the last look for secrets and the certainty of being on the disk."""
    import vcr.serialize
    from vcr.serializers import yamlserializer

    kept, beside = load(file), file.with_name("saved.yaml")
    requests, responses = vcr.serialize.deserialize(file.read_text("utf8"), yamlserializer)[:2]
    data = {"requests": requests, "responses": responses}
    found = both(
        lambda: storage.write(beside, to_text(kept), Secrets()),
        lambda: beside.write_text(vcr.serialize.serialize(data, yamlserializer), "utf8"),
        7,
    )
    yield found.row("cassettes: save, an interaction / vcrpy's", 0.3, "µs", 1e6 / len(kept.interactions))


def replaying(file: Path, count: int) -> Iterator[Row]:
    """As many POSTs as there are, each with a body of its own, beside vcrpy and cassetter."""
    made = interactions(count)
    asked = [one.request for one in made]
    beside = cassetter(made)
    for order, requests in (("in order", asked), ("reversed", asked[::-1])):
        measure = f"cassettes: load and replay {count} POSTs {order}"
        ours = median(_seconds(lambda requests=requests: replay(file, requests)) for _ in range(effort(5)))
        theirs = _seconds(lambda requests=requests: vcrpy_replay(file, requests))
        note = f"{ours:.3g} of {theirs:.3g} s"
        yield Row(f"{measure}, times faster than vcrpy", theirs / ours, 50, good="high", note=note)
        if beside:
            note = f"{ours:.3g} of {beside[order]:.3g} s; cassetter {beside['version']}"
            yield Row(f"{measure} / cassetter's", ours / beside[order], 1, note=note)


def cassetter(made: list[Interaction]) -> dict[str, Any]:
    """Its version, and its CPU seconds by what it did; nothing where its environment is missing."""
    if not CASSETTER.exists():
        return {}
    exchanges = [
        [one.request.method, one.request.url, one.request.body.decode(), one.response.body.decode()]
        for one in made
        if one.response
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf8") as file:
        json.dump(exchanges, file, ensure_ascii=False)
        file.flush()
        command = [CASSETTER, Path(__file__).with_name("beside_cassetter.py"), file.name]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def growth(few: Path, many: Path, sizes: tuple[int, int]) -> Iterator[Row]:
    """Ten times as many interactions in ten times the time."""
    small, large = ([one.request for one in interactions(size)] for size in sizes)
    found = both(lambda: replay(many, large), lambda: replay(few, small), 3)
    yield found.row(f"cassettes: load and replay, {sizes[1]} / {sizes[0]}", 12, "s")


def rows() -> list[Row]:
    """Load, memory, save and replay."""
    harness.need("vcr")
    sizes = effort(1000, 20), effort(10_000, 200)
    with tempfile.TemporaryDirectory() as folder:
        files = {size: Path(folder, f"{size}.yaml") for size in sizes}
        for size, file in files.items():
            storage.write(file, to_text(Cassette(interactions(size))), Secrets())
        few, many = files.values()
        size = effort(1000, 20)
        return [*streamed(size, 50), *loading(files), *saving(few), *replaying(few, sizes[0]), *growth(few, many, sizes)]


if __name__ == "__main__":
    harness.main(rows)
