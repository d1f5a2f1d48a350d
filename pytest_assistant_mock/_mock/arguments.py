"""
Every check of what a test gives: objects to seed, faults, quotas, keys. What is shown to a test is copied here too.

Raises TypeError or ValueError that names what is allowed and what comes nearest. Knows no vendor by name.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from pytest_assistant_mock._engine import checks
from pytest_assistant_mock._engine.faults import FAULTS, Fault
from pytest_assistant_mock._engine.kinds.messages import Message
from pytest_assistant_mock._engine.kinds.threads import Thread
from pytest_assistant_mock._engine.plans import Planned, When
from pytest_assistant_mock._engine.quotas import Limit
from pytest_assistant_mock._engine.tenants import Tenants
from pytest_assistant_mock._engine.trouble import Trouble
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._mock.list_like import ListLike
from pytest_assistant_mock._vendors import PRINTED
from pytest_assistant_mock.errors import nearest

__tracebackhide__ = True  # a failing test shows its own line

Stored = TypeVar("Stored", Thread, Message)
Keys: TypeAlias = Mapping[str, str | Iterable[str] | None] | Iterable[str]
"""Keys that are known; in a mapping each with the workspaces it may use (None: any)."""


def vendors_of(revision: str) -> tuple[Vendor, ...]:
    """The vendors, with the recorded shape of Model Studio's messages that is asked for. Raises ValueError."""
    if not isinstance(revision, str) or revision not in PRINTED:
        raise ValueError(f"revision={revision!r}: expected one of {', '.join(map(repr, PRINTED))}")
    return PRINTED[revision]


def operations(vendor: Vendor) -> tuple[str, ...]:
    """A vendor's operations, by name."""
    return tuple(route.operation for route in vendor.routes)


def operation(vendor: Vendor, name: object, also: Sequence[str] = ()) -> str:
    """An operation's name. Raises TypeError if it is no text, ValueError if it names nothing."""
    known = (*operations(vendor), *also)
    if not isinstance(name, str):
        raise TypeError(f"{name!r} is no operation's name; {vendor.name} has {', '.join(known)}")
    if name not in known:
        raise ValueError(f"{vendor.name} has no operation {name!r}{nearest(name, known)}; it has {', '.join(known)}")
    return name


def planned(
    vendor: Vendor,
    trouble: Trouble,
    fault: Fault,
    on: str | None,
    times: int | None,
    after: int,
    when: When | None,
    optional: bool,
) -> Planned:
    """A fault in waiting."""
    if on is not None:
        operation(vendor, on, [reply.operation for reply in trouble.replies])
    checked = _fault(fault)
    if checked.streams:
        _can_strike(vendor, checked, on, [reply.operation for reply in trouble.replies])
    return Planned(
        checked,
        on,
        count("times", times, 1, "None: always"),
        count("after", after, 0) or 0,
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


def _can_strike(vendor: Vendor, fault: Fault, on: str | None, replies: Sequence[str]) -> None:
    """Raises ValueError for a fault of streams where none can come, or where the vendor has no word for it."""
    if fault.worded and (vendor.streams is None or vendor.streams.error is None):
        raise ValueError(
            f"{fault!r}: {vendor.name} has no event for an error in a stream, as far as is known;"
            " write a run that fails instead: script(turns.fails('server_error', '…'))"
        )
    if on is None or on in replies:
        return
    from pytest_assistant_mock.contract.operations import asks

    streaming = [name for name in operations(vendor) if "stream" in asks(vendor.name, name).model_fields]
    if on not in streaming:
        raise ValueError(
            f"{fault!r} strikes streams, and {on} never answers with one;"
            f" those of {vendor.name} that do if asked to: {', '.join(streaming)}"
        )


def count(name: str, value: object, least: int, otherwise: str = "") -> int | None:
    """A whole number that is not too small; None where `otherwise` says what it means. Raises TypeError or ValueError."""
    if value is None and otherwise:
        return None
    return checks.count(name, value, least, "a whole number", f" ({otherwise})" if otherwise else "")


def _predicate(when: object) -> When | None:
    if when is None:
        return None
    if not callable(when):
        raise TypeError(f"when={when!r}: expected a function that takes a Request and says whether the fault may strike it")
    return checks.takes_one(when, f"when={when!r}", "one Request")


def limit(vendor: Vendor, requests: int, per: float, on: str | None) -> Limit:
    """A quota: `requests` whole, `per` in seconds."""
    if on is not None:
        operation(vendor, on)
    if isinstance(per, bool) or not isinstance(per, (int, float)):
        raise TypeError(f"per={per!r}: expected a number of seconds")
    if not (math.isfinite(per) and per > 0):
        raise ValueError(f"per={per!r}: expected a finite number of seconds, more than 0")
    return Limit(count("requests", requests, 0) or 0, per, on)


def tenants(vendor: Vendor, keys: Keys) -> Tenants:
    """The keys that are known, with their workspaces."""
    if isinstance(keys, str) or not isinstance(keys, Iterable):
        raise TypeError(f"keys={keys!r}: expected a set of keys, or a dict of keys with their workspaces")
    given: Mapping[str, Any] = keys if isinstance(keys, Mapping) else dict.fromkeys(keys)
    for key, spaces in given.items():
        if not isinstance(key, str) or not key.strip():
            raise TypeError(f"keys: {key!r} is no key; expected a text that is not empty")
        if spaces is not None and not vendor.workspace_header:
            raise ValueError(f"keys: {vendor.name} has no workspaces; give a set of keys, or None for each")
    return Tenants({key: _workspaces(key, spaces) for key, spaces in given.items()})


def _workspaces(key: str, spaces: object) -> tuple[str, ...]:
    named = [] if spaces is None else [spaces] if isinstance(spaces, str) else spaces
    found = tuple(named) if isinstance(named, Iterable) else (None,)
    if not all(isinstance(space, str) and space for space in found):
        raise TypeError(f"keys[{key!r}]={spaces!r}: expected a workspace, a list of workspaces, or None for any")
    return found


def shown(stored: Stored) -> Stored:
    """What is stored, in a copy: nothing done to it reaches the store. Ids of files may be compared with a list."""
    changes: dict[str, Any] = {"metadata": deepcopy(stored.metadata)}
    if isinstance(stored, Message):
        changes["file_ids"] = ListLike(stored.file_ids)
    return replace(stored, **changes)


def ids(name: str, value: Iterable[str]) -> tuple[str, ...]:
    """Some ids. Raises TypeError for anything but strings in a list."""
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{name}={value!r}: expected a list of ids")
    if "" in (value := tuple(value)):
        raise ValueError(f"{name}={list(value)!r}: an id is never empty")
    return tuple(checks.text(f"{name}[{index}]", one) for index, one in enumerate(value))


_MOST_LEVELS = 190  # what comes over the wire may be as deep


def _too_deep(name: str) -> str:
    return f"{name} is nested deeper than {_MOST_LEVELS} levels, and cannot be sent as JSON"


def _check_depth(value: Any) -> None:
    """Raises RecursionError where Python would, further down."""
    level, depth = [value], 0
    while level := [inner for one in level if isinstance(one, dict | list) for inner in _inside(one)]:
        depth += 1
        if depth > _MOST_LEVELS:
            raise RecursionError


def _inside(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def json_object(name: str, value: Mapping[str, Any] | None) -> dict[str, Any]:
    """
    A copy of a mapping as it would come over the wire; None counts as {}.

    Raises TypeError if it is no JSON object, ValueError if it cannot be sent.
    """
    if value is not None and not (isinstance(value, Mapping) and all(isinstance(key, str) for key in value)):
        raise TypeError(f"{name}={value!r}: expected a dict whose keys are strings")
    try:
        copy: dict[str, Any] = json.loads(json.dumps(dict(value or {}), ensure_ascii=False, allow_nan=False).encode())
        _check_depth(copy)
    except RecursionError:
        raise ValueError(_too_deep(name)) from None
    except (TypeError, ValueError) as problem:
        kind = TypeError if isinstance(problem, TypeError) else ValueError
        raise kind(f"{name}={value!r} cannot be sent as JSON: {problem}") from None
    return copy
