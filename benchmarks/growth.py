"""
How the cost of each operation grows with what it is given: its work at n, 10 n and 100 n, as the exponent of n.

1.0 is linear: ten times the work takes ten times as long. What sorts or searches is log-linear and may be a little above.
"""

from __future__ import annotations

import gc
import json
import math
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any, TypeAlias

import harness
from harness import Row, effort

from pytest_assistant_mock import AssistantMock, Request, Response, cassettes, contract, turns
from pytest_assistant_mock.cassettes import Cassette
from pytest_assistant_mock.cassettes.format import to_text

TIMES = (1, 10, 100)
"""How many times n."""
LINEAR = 1.1
"""The highest exponent that still counts as linear."""

Work: TypeAlias = Callable[[], object]
"""All of the work once; what it needs has been made before."""


class Talk:
    """A mock with a thread of so many messages, asked as a client's door asks it."""

    def __init__(self, messages: int = 0) -> None:
        self.mock = AssistantMock()
        self.studio = self.mock.model_studio
        self.thread = self.studio.add_thread()
        self.messages = [self.studio.add_message(self.thread, f"message {number}").id for number in range(messages)]
        self.url = f"{self.studio.base_url}/threads/{self.thread.id}"
        self.headers = (("Authorization", f"Bearer {self.studio.api_key}"),)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Response:
        """The answer below the thread."""
        sent = b"" if body is None else json.dumps(body).encode()
        reply = self.mock._engine.handle(Request(method, self.url + path, self.headers, sent))
        assert isinstance(reply, Response)
        assert reply.status == 200, reply
        return reply

    def recorded(self) -> Cassette:
        """What was asked and answered, as a recording."""
        kept = [cassettes.Interaction(one.request, one.reply) for one in self.studio.exchanges]
        return Cassette(kept)


def create(n: int) -> Work:
    """n messages, one after the other, in one thread."""
    talk = Talk()
    return lambda: [talk.ask("POST", "/messages", {"role": "user", "content": f"{number}"}) for number in range(n)]


def retrieve(n: int) -> Work:
    """Each of n messages of a thread."""
    talk = Talk(n)
    return lambda: [talk.ask("GET", f"/messages/{id}") for id in talk.messages]


def list_all(n: int) -> Work:
    """A thread of n messages, page by page to its end."""
    talk = Talk(n)

    def pages() -> None:
        after, more = "", True
        while more:
            page = talk.ask("GET", f"/messages?limit=100&order=asc{after}").json()
            after, more = f"&after={page['last_id']}", page["has_more"]

    return pages


def run(n: int) -> Work:
    """n runs in one thread, each created and polled once."""
    talk = Talk(1)
    talk.studio.script("晴,24 度", times=None)
    assistant = {"assistant_id": talk.studio.add_assistant().id}

    def runs() -> None:
        for _ in range(n):
            made = talk.ask("POST", "/runs", assistant).json()
            talk.ask("GET", f"/runs/{made['id']}")

    return runs


def stream(n: int) -> Work:
    """One run, streamed in n pieces."""
    talk = Talk(1)
    talk.studio.script(turns.says("晴" * n, pieces=n), times=None)
    assistant = {"assistant_id": talk.studio.add_assistant().id, "stream": True}

    def read() -> None:
        pieces = talk.ask("POST", "/runs", assistant).pieces
        while pieces.take():  # type: ignore[union-attr]
            pass

    return read


def record(n: int) -> Work:
    """A recording of n exchanges, as the text of its file."""
    talk = Talk()
    create_all(talk, n)
    return lambda: to_text(talk.recorded())


def replay(n: int) -> Work:
    """A recording of n exchanges, loaded, and each asked for."""
    talk = Talk()
    create_all(talk, n)
    folder = tempfile.TemporaryDirectory()  # removed with the work that holds it
    path = Path(folder.name, "recording.yaml")
    path.write_text(to_text(talk.recorded()), "utf8")
    asked = [one.request for one in talk.studio.exchanges]

    def all_of_it(folder: object = folder) -> None:
        with AssistantMock(source="cassette", cassette=path) as mock:
            for request in asked:
                assert mock._session.answerer.handle(request)  # type: ignore[union-attr]

    return all_of_it


def check(n: int) -> Work:
    """The answers of a recording of n exchanges, held against the contract."""
    talk = Talk()
    create_all(talk, n)
    return lambda: [contract.violations(one) for one in talk.studio.exchanges]


def restore(n: int) -> Work:
    """A thread of n messages, put back as it was."""
    talk = Talk(n)
    return lambda: talk.mock.restore(talk.mock.snapshot())


def report(n: int) -> Work:
    """What a failing test shows of n exchanges."""
    talk = Talk()
    create_all(talk, n)
    return lambda: talk.mock.traffic(list(talk.studio.exchanges))


def create_all(talk: Talk, n: int) -> None:
    """n messages over the wire, whose texts nobody has seen before: a file that is known is not read again."""
    go = next(_GOES)
    for number in range(n):
        talk.ask("POST", "/messages", {"role": "user", "content": f"message {number} of {go}"})


_GOES = count()


OPERATIONS: dict[str, tuple[int, Callable[[int], Work]]] = {
    "create": (100, create),
    "retrieve": (100, retrieve),
    "list": (300, list_all),
    "run": (30, run),
    "stream": (100, stream),
    "record": (30, record),
    "replay": (30, replay),
    "check": (100, check),
    "report": (30, report),
    "snapshot and restore": (300, restore),
}
"""The least n, and the work."""


def rows() -> list[Row]:
    """An exponent an operation."""
    return [_row(name, *how) for name, how in OPERATIONS.items()]


def _row(name: str, least: int, prepare: Callable[[int], Work]) -> Row:
    sizes = [least * times for times in (TIMES if effort(1, 0) else TIMES[:2])]
    costs = [_seconds(prepare, size) for size in sizes]
    exponent = math.log(costs[-1] / costs[0]) / math.log(sizes[-1] / sizes[0])
    note = ", ".join(f"{cost * 1e3:,.1f} ms for {size:,}" for cost, size in zip(costs, sizes, strict=True))
    return Row(f"growth: {name}, exponent", exponent, LINEAR, note=note)


def _seconds(prepare: Callable[[int], Work], size: int) -> float:
    """CPU time of the work, the median of some goes, each on what is made anew."""
    times = []
    for _ in range(effort(5)):
        work = prepare(size)
        gc.collect()
        start = process_time()
        work()
        times.append(process_time() - start)
    return max(median(times), 1e-6)


if __name__ == "__main__":
    harness.main(rows)
