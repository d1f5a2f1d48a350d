"""
Answers of the test's own, for what the fake does not know or should say otherwise.

Knows operations and routes by name; whether an answer keeps the contract is somebody else's business.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pytest_assistant_mock._engine.wire import Failure, Reply, Request, Response

Content: TypeAlias = "Response | Failure | dict[str, Any] | list[Any]"
"""An answer: whole, or as JSON to be sent with status 200 and the vendor's headers."""
Answer: TypeAlias = "Content | Callable[[Request], Content]"
Respond: TypeAlias = Callable[[int, bytes], Response]
"""From a status and a body, a response with the vendor's headers."""


@dataclass(slots=True, eq=False)
class OwnReply:
    """
    An answer in the fake's place, `times` times or for ever (None).

    operation: a vendor's operation, or "METHOD /path/{anything}" below its base URL.
    check: looks at a finished reply of an operation, and raises if it may not be sent.
    """

    operation: str
    answer: Answer
    times: int | None = None
    optional: bool = False
    check: Callable[[Reply], None] | None = None
    used: int = 0

    def __repr__(self) -> str:
        return f"reply({self.operation!r})"

    @property
    def wasted(self) -> bool:
        """
        Whether it was never asked for.
        """
        return not self.used and not self.optional

    def fits(self, operation: str | None, method: str, path: str | None) -> bool:
        """
        Whether it answers such a request, once more.
        """
        if self.times is not None and self.used >= self.times:
            return False
        wanted_method, space, template = self.operation.partition(" ")
        if not space:
            return operation == self.operation
        return method == wanted_method and path is not None and _same_path(template, path)

    def reply(self, request: Request, respond: Respond) -> Reply:
        """
        What is sent; counts it.
        """
        content = self.answer(request) if callable(self.answer) else self.answer
        reply = as_reply(content, respond)
        if self.check is not None:
            self.check(reply)
        self.used += 1
        return reply


def as_reply(content: object, respond: Respond) -> Reply:
    """
    An answer made whole. Raises TypeError for anything else.
    """
    if isinstance(content, (Response, Failure)):
        return content
    if isinstance(content, (dict, list)):
        return respond(200, json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode())
    raise TypeError(f"an own answer is {content!r}; expected a Response, a Failure, or a dict or list to be sent as JSON")


def find(replies: Sequence[OwnReply], operation: str | None, method: str, path: str | None) -> OwnReply | None:
    """
    The answer to a request: of several that fit the one given first.
    """
    return next((reply for reply in replies if reply.fits(operation, method, path)), None)


def _same_path(template: str, path: str) -> bool:
    wanted, segments = template.strip("/").split("/"), path.strip("/").split("/")
    return len(wanted) == len(segments) and all(
        bool(there) if here.startswith("{") else here == there for here, there in zip(wanted, segments, strict=True)
    )
