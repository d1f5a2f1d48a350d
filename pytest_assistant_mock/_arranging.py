"""
What a test arranges for one vendor (faults, quotas, keys, answers), checked before it is believed.

Raises TypeError or ValueError that names what is allowed and what comes nearest. Knows no vendor by name.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from pytest_assistant_mock._engine.faults import FAULTS, Fault
from pytest_assistant_mock._engine.planned import Planned, When
from pytest_assistant_mock._engine.provider import Provider
from pytest_assistant_mock._engine.quotas import Limit
from pytest_assistant_mock._engine.replies import Answer, OwnReply, as_reply
from pytest_assistant_mock._engine.tenants import Tenants
from pytest_assistant_mock._engine.trouble import Trouble
from pytest_assistant_mock._engine.wire import Exchange, Reply, Request, Response
from pytest_assistant_mock.errors import ContractViolation, nearest

__tracebackhide__ = True  # a failing test shows its own line

Keys: TypeAlias = "Mapping[str, str | Iterable[str] | None] | Iterable[str]"
"""Keys that are known; in a mapping each with the workspaces it may use (None: any)."""
Check: TypeAlias = Callable[[str, Reply], None]
"""From an operation and a reply to it: raises if the reply may not be sent."""


def operations(provider: Provider) -> tuple[str, ...]:
    """
    A vendor's operations, by name.
    """
    return tuple(route.operation for route in provider.routes)


def operation(provider: Provider, name: object, also: Sequence[str] = ()) -> str:
    """
    An operation's name. Raises TypeError if it is no text, ValueError if it names nothing.
    """
    known = (*operations(provider), *also)
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is no operation's name; {provider.name} has {', '.join(known)}")
    if name not in known:
        raise ValueError(f"{provider.name} has no operation {name!r}{nearest(name, known)}; it has {', '.join(known)}")
    return name


def planned(
    provider: Provider,
    trouble: Trouble,
    fault: Fault,
    on: str | None,
    times: int | None,
    after: int,
    when: When | None,
    optional: bool,
) -> Planned:
    """
    A fault in waiting.
    """
    if on is not None:
        operation(provider, on, [reply.operation for reply in trouble.replies])
    return Planned(
        _fault(fault),
        on,
        _count("times", times, 1, "None: always"),
        _count("after", after, 0) or 0,
        _predicate(when),
        bool(optional),
    )


def _fault(fault: object) -> Fault:
    if isinstance(fault, Fault):
        return fault
    listed = f"the faults are {', '.join(f'faults.{name}()' for name in FAULTS)}"
    name = getattr(fault, "__name__", None)
    if name in FAULTS:
        raise TypeError(f"fault is the function faults.{name}; call it: faults.{name}(…)")
    if isinstance(fault, str) and fault in FAULTS:
        raise TypeError(f"fault={fault!r} is a string; expected a fault: faults.{fault}(…)")
    if isinstance(fault, str):
        raise TypeError(f"fault={fault!r} is a string; expected a fault{nearest(fault, FAULTS)}; {listed}")
    raise TypeError(f"fault={fault!r}: expected a fault; {listed}")


def _count(name: str, value: object, least: int, otherwise: str = "") -> int | None:
    allowed = f"a whole number, {least} or more{f' ({otherwise})' if otherwise else ''}"
    if value is None and otherwise:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}={value!r}: expected {allowed}")
    if value < least:
        raise ValueError(f"{name}={value!r}: expected {allowed}")
    return value


def _predicate(when: object) -> When | None:
    if when is None:
        return None
    if not callable(when):
        raise TypeError(f"when={when!r}: expected a function that takes a Request and says whether the fault may strike it")
    try:
        inspect.signature(when).bind(Request("GET", "https://example.com"))
    except TypeError:
        raise TypeError(f"when={when!r} takes {inspect.signature(when)}; expected a function of one Request") from None
    except ValueError:
        pass  # a built-in without a signature
    return when


def limit(provider: Provider, requests: int, per: float, on: str | None) -> Limit:
    """
    A quota: `requests` whole, `per` in seconds.
    """
    if on is not None:
        operation(provider, on)
    if isinstance(per, bool) or not isinstance(per, (int, float)):
        raise TypeError(f"per={per!r}: expected a number of seconds")
    if not (math.isfinite(per) and per > 0):
        raise ValueError(f"per={per!r}: expected a finite number of seconds, more than 0")
    return Limit(_count("requests", requests, 0) or 0, per, on)


def tenants(provider: Provider, keys: Keys) -> Tenants:
    """
    The keys that are known, with their workspaces.
    """
    if isinstance(keys, str) or not isinstance(keys, Iterable):
        raise TypeError(f"keys={keys!r}: expected a set of keys, or a dict of keys with their workspaces")
    given: Mapping[str, Any] = keys if isinstance(keys, Mapping) else dict.fromkeys(keys)
    for key, spaces in given.items():
        if not isinstance(key, str) or not key.strip():
            raise TypeError(f"keys: {key!r} is no key; expected a text that is not empty")
        if spaces is not None and not provider.workspace_header:
            raise ValueError(f"keys: {provider.name} has no workspaces; give a set of keys, or None for each")
    return Tenants({key: _workspaces(key, spaces) for key, spaces in given.items()})


def _workspaces(key: str, spaces: object) -> tuple[str, ...]:
    named = [] if spaces is None else [spaces] if isinstance(spaces, str) else spaces
    found = tuple(named) if isinstance(named, Iterable) else (None,)
    if not all(isinstance(space, str) and space for space in found):
        raise TypeError(f"keys[{key!r}]={spaces!r}: expected a workspace, a list of workspaces, or None for any")
    return found


def own_reply(provider: Provider, name: str, answer: Answer, times: int | None, optional: bool, check: Check | None) -> OwnReply:
    """
    An answer in the fake's place. An answer that is no function is made and checked at once.
    """
    if not (isinstance(name, str) and _looks_like_a_route(name)):
        name, known = operation(provider, name), True
    else:
        known = False
    own = OwnReply(name, answer, _count("times", times, 1, "None: always"), bool(optional))
    if check is not None and known:
        own.check = lambda reply: check(name, reply)
    if not callable(answer):
        reply = as_reply(answer, lambda status, body: provider.respond(status, body, ""))
        if own.check is not None:
            own.check(reply)
    elif isinstance(answer, type):
        raise TypeError(f"the answer to {name} is the class {answer.__name__}; expected an answer, or a function of one Request")
    return own


def _looks_like_a_route(name: str) -> bool:
    method, space, path = name.partition(" ")
    return bool(space) and method.isalpha() and method.isupper() and path.startswith("/")


def complaint(vendor: str, wasted: Sequence[Planned | OwnReply], exchanges: Sequence[Exchange], test: str = "") -> str:
    """
    What was arranged and never used, what was asked instead, what to do.
    """
    asked: dict[str, int] = {}
    for exchange in exchanges:
        asked[exchange.operation or "no route"] = asked.get(exchange.operation or "no route", 0) + 1
    listed = ", ".join(f"{name} {count}×" for name, count in asked.items()) or "nothing"
    where = f" in {test}" if test else ""
    return "\n".join(
        f"{vendor}: {_said(one)} was never used{where}\n"
        f"  asked:  {listed}{_why(one)}\n"
        "  do:     remove it, let the code under test come to it, or say optional=True"
        for one in wasted
    )


def _said(one: Planned | OwnReply) -> str:
    if isinstance(one, OwnReply):
        return repr(one)
    given = {"on": one.on, "times": one.times, "after": one.after, "when": one.when}
    usual = {"on": None, "times": 1, "after": 0, "when": None}
    words = [f"{name}={_word(value)}" for name, value in given.items() if value != usual[name]]
    return f"fail({', '.join([repr(one.fault), *words])})"


def _word(value: object) -> str:
    return getattr(value, "__name__", "…") if callable(value) else repr(value)


def _why(one: Planned | OwnReply) -> str:
    if isinstance(one, OwnReply):
        return ""
    if one.asked > one.after:
        return f"\n  why:    its {one.asked} request{'' if one.asked == 1 else 's'} met an earlier fault, or had nothing to spoil"
    if one.when is not None:
        return f"\n  why:    its predicate took {one.asked} of them"
    return ""


def refuses_the_wrong(vendor: str) -> Check:
    """
    The contract's judgement of a reply of one vendor; a broken line is nobody's answer and passes.
    """

    def check(name: str, reply: Reply) -> None:
        from pytest_assistant_mock import contract
        from pytest_assistant_mock.contract.judge import listed

        if isinstance(reply, Response):
            kind = "response" if reply.status == 200 and b'"error"' not in reply.body[:10] else "error"
            found = contract.violations(reply.body, vendor=vendor, operation=name, kind=kind)
            if found:
                own = [replace(one, thing=f"the answer given by {vendor}.reply({name!r}, …)") for one in found]
                raise ContractViolation(f"{listed(own)}\n  with check=False it is sent as it is", own)

    return check
