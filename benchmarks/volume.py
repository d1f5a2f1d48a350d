"""
A million messages in one thread: their memory, and what a page and one message more cost beside a thread of a thousand.

Asks the engine itself: a client's own time would hide what grows.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import harness
from harness import Batch, Case, Row, each, effort

from pytest_assistant_mock import AssistantMock, Request, Response

FEW = 1_000
MB = 1_000_000


class Thread:
    """One thread of many messages at a vendor, and the three requests that are measured."""

    def __init__(self, vendor: str, size: int) -> None:
        self.mock = AssistantMock()
        self.handle = getattr(self.mock, vendor)
        self.thread = self.handle.add_thread()
        add, text, middle = self.handle.add_message, "message {}".format, size // 2
        for number in range(size):
            last = add(self.thread, text(number))
            if number == middle:
                self.middle = last.id
        self.ask = self._model_studio if vendor == "model_studio" else self._appbuilder

    def page(self) -> None:
        """The newest 20."""
        self.ask("list", {"limit": 20})

    def page_in_the_middle(self) -> None:
        """20 after the one in the middle."""
        self.ask("list", {"limit": 20, "after": self.middle})

    def create(self) -> None:
        """One more."""
        self.ask("create", {"role": "user", "content": "one more"})

    def _model_studio(self, what: str, given: dict[str, object]) -> None:
        url = f"{self.handle.base_url}/threads/{self.thread.id}/messages"
        if what == "list":
            self._send("GET", url + "?" + "&".join(f"{name}={value}" for name, value in given.items()), "Authorization")
        else:
            self._send("POST", url, "Authorization", given)

    def _appbuilder(self, what: str, given: dict[str, object]) -> None:
        url = f"{self.handle.base_url}/v2/threads/messages" + ("/list" if what == "list" else "")
        self._send("POST", url, "X-Appbuilder-Authorization", {"thread_id": self.thread.id, **given})

    def _send(self, method: str, url: str, header: str, body: dict[str, object] | None = None) -> None:
        headers = ((header, f"Bearer {self.handle.api_key}"),)
        reply = self.mock._engine.handle(Request(method, url, headers, b"" if body is None else json.dumps(body).encode()))
        assert isinstance(reply, Response)
        assert b'"error"' not in reply.body[:20]


def resident() -> float:
    """This process's memory, in MB of a million bytes."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


def volume(vendor: str) -> list[Row]:
    """A vendor's rows."""
    many = effort(1_000_000, 2_000)
    before = resident()
    large = Thread(vendor, many)
    memory = resident() - before
    small = Thread(vendor, FEW)

    def case(thread: Thread, name: str) -> Case:
        @contextmanager
        def opened() -> Iterator[Batch]:
            yield each(getattr(thread, name))

        return opened

    @contextmanager
    def a_new_small_one() -> Iterator[Batch]:
        yield each(Thread(vendor, FEW).create)  # or it would grow with the rounds

    beside = partial(_beside, note=f"{vendor}")
    return [
        beside(f"listing 20 of {many:,} / of {FEW:,}", case(large, "page"), case(small, "page")),
        beside(
            f"listing 20 after the middle of {many:,} / of {FEW:,}",
            case(large, "page_in_the_middle"),
            case(small, "page_in_the_middle"),
        ),
        beside(f"creating number {many + 1:,} / {FEW + 1:,}", case(large, "create"), a_new_small_one),
        Row(f"memory of {many:,} short messages", memory, 600, unit="MB", note=vendor),
    ]


def _beside(measure: str, large: Case, small: Case, note: str) -> Row:
    times = harness.interleaved({"ours": large, "small": small}, rounds=effort(60), calls=effort(20, 2))
    return Row(measure, harness.ratio(times, "ours", "small"), 1.2, note=f"{note}, {harness.microseconds(times, 'ours')}")


MEASURES: dict[str, Callable[[], list[Row]]] = {
    "volume-model_studio": partial(volume, "model_studio"),
    "volume-appbuilder": partial(volume, "appbuilder"),
}
