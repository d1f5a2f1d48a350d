"""
Every check of an answer a test gives with `reply`: the operation or path it is for, the function that makes it, its contract.

Raises TypeError or ValueError that names what came, what was expected and what to write instead.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from pytest_assistant_mock._engine.replies import BRACES, Answer, OwnReply, as_reply
from pytest_assistant_mock._engine.streams import is_stream
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._engine.wire import Reply, Request, Response
from pytest_assistant_mock._mock.arguments import count, operation
from pytest_assistant_mock.errors import ContractViolation, nearest

__tracebackhide__ = True  # a failing test shows its own line

Check: TypeAlias = Callable[[str, Reply], None]
"""From an operation and a reply to it: raises if the reply may not be sent."""

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def own_reply(vendor: Vendor, name: str, answer: Answer, times: int | None, optional: bool, check: Check | None) -> OwnReply:
    """An answer in the fake's place. An answer that is no function is made and checked at once."""
    is_route = isinstance(name, str) and (" " in name.strip() or "/" in name)
    name = _route(vendor, name) if is_route else _operation(vendor, name)
    path = name if is_route else next(route.path for route in vendor.routes if route.operation == name)
    own = OwnReply(name, answer, count("times", times, 1, "None: until the next reply's turn"), bool(optional))
    if check is not None and not is_route:
        own.check = lambda reply: check(name, reply)
    if callable(answer):
        own.takes = _taken(name, answer, BRACES.findall(path))
    else:
        reply = as_reply(answer, lambda status, body: vendor.respond(status, body, ""))
        if own.check is not None:
            own.check(reply)
    return own


def _operation(vendor: Vendor, name: object) -> str:
    try:
        return operation(vendor, name)
    except (TypeError, ValueError) as problem:
        example = '"POST /apps/{app_id}/completion"'
        raise type(problem)(f'{problem}; what it does not have is written as "METHOD /path": {example}') from None


def _route(vendor: Vendor, name: str) -> str:
    """A "METHOD /path" that some request can fit, without spaces around it. Raises ValueError for any other."""
    method, space, path = name.strip().partition(" ")
    if not space:
        method, path = "", method
    path = path.strip()
    if "://" in path:
        raise _no_route(name, f"it has a host in it. {_without_host(vendor, method, path)}")
    right = f"{_method(method)} /{path.lstrip('/').partition('?')[0].partition('#')[0]}"
    if method not in _METHODS or not path.startswith("/"):
        raise _no_route(name, f'expected "METHOD /path": {right!r}')
    if "?" in path or "#" in path:
        raise _no_route(name, f"a query is no part of a path; write {right!r}, a function sees the query in request.url")
    base = urlsplit(vendor.base_urls[0]).path
    if base and f"{path}/".startswith(f"{base}/"):
        below = f"{method} {path.removeprefix(base) or '/'}"
        raise _no_route(name, f"the path begins below the base URL, {vendor.base_urls[0]}; write {below!r}")
    _check_braces(name, path)
    return f"{method} {path}"


def _method(method: str) -> str:
    upper = method.upper()
    near = nearest(upper, _METHODS)
    return upper if upper in _METHODS else near.split("'")[1] if near else "POST"


def _without_host(vendor: Vendor, method: str, url: str) -> str:
    """What to write in place of a route with a host: its path, and hosts= for a host that is nobody's."""
    parts = urlsplit(url)
    path, origin = parts.path or "/", f"{parts.scheme}://{parts.netloc}"
    for base_url in vendor.base_urls:
        base = urlsplit(base_url)
        if parts.hostname == base.hostname:
            return f"Write {f'{_method(method)} {path.removeprefix(base.path)}'!r}"
    return (
        f"Say whose host it is when the mock is made, hosts={{{vendor.name!r}: [{origin!r}]}} (or in the ini file,"
        f" assistant_hosts = {vendor.name} = {origin}), and write {f'{_method(method)} {path}'!r}"
    )


def _check_braces(name: str, path: str) -> None:
    names = BRACES.findall(path)
    if wrong := [one for one in names if not one.isidentifier()]:
        raise _no_route(name, f"{{{wrong[0]}}} has no name a function could take; write {{thread_id}}")
    if twice := [one for one in names if names.count(one) > 1]:
        raise _no_route(name, f"{{{twice[0]}}} stands in it twice; give each part a name of its own")
    rest = BRACES.sub("", path)
    if "{" in rest or "}" in rest or " " in rest:
        raise _no_route(name, "expected parameters like {thread_id}, in letters, digits and _, and no spaces")


def _no_route(name: str, problem: str) -> ValueError:
    return ValueError(f"reply({name!r}, …): {problem}")


def _taken(name: str, function: Callable[..., Any], params: Iterable[str]) -> frozenset[str]:
    """Which of a path's parameters a function takes. Raises TypeError for one that cannot be called with the request."""
    if isinstance(function, type):
        raise TypeError(
            f"the answer to {name} is the class {function.__name__}; expected an answer, or a function of one Request"
        )
    if inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None)):  # noqa: B004
        raise TypeError(f"the answer to {name} is an async function; expected a function of one Request: def, not async def")
    try:
        signature = inspect.signature(function)
    except ValueError:
        return frozenset()  # a built-in without a signature
    kinds = {parameter.name: parameter.kind for parameter in list(signature.parameters.values())}
    every = inspect.Parameter.VAR_KEYWORD in kinds.values()
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    first = next(iter(kinds), "")
    taken = frozenset(one for one in params if one != first and (every or kinds.get(one) in by_name))
    try:
        signature.bind(Request("GET", "https://example.com"), **dict.fromkeys(taken, ""))
    except TypeError:
        also = ", ".join(BRACES.findall(name))
        raise TypeError(
            f"the answer to {name} is a function of {signature}; expected one of the Request"
            f"{f', and if you like of what stands in the path: {also}' if also else ''}"
        ) from None
    return taken


def refuses_the_wrong(vendor: str) -> Check:
    """What the contract says of one vendor's replies. A broken line is nobody's answer, a stream yet to be made no answer yet."""

    def check(name: str, reply: Reply) -> None:
        from pytest_assistant_mock import contract
        from pytest_assistant_mock.contract.verdict import listed

        if isinstance(reply, Response) and not is_stream(reply.pieces):
            kind = "response" if reply.status == 200 and b'"error"' not in reply.body[:10] else "error"
            found = contract.violations(reply.body, vendor=vendor, operation=name, kind=kind)
            if found:
                own = [replace(one, thing=f"the answer given by {vendor}.reply({name!r}, …)") for one in found]
                raise ContractViolation(f"{listed(own)}\n  with check=False it is sent as it is", own)

    return check
