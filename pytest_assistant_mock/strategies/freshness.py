"""A fresh mock for each example, without a suppressed health check."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from pytest_assistant_mock.errors import nearest

__tracebackhide__ = True  # a failing test shows its own line

_WHOLE = "assistant_mock"


def fresh(vendor: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """
    Decorates a function under `@given`: its first parameter gets a clean handle in each example.

    vendor: "model_studio", "appbuilder", or "assistant_mock" for the mock itself. options: as `AssistantMock` takes them.
    Raises ValueError for an unknown vendor, TypeError for a function without a parameter.
    """
    from pytest_assistant_mock._vendors import REVISIONS

    known = (*(one.name for one in REVISIONS["2025"]), _WHOLE)
    if vendor not in known:
        raise ValueError(f"fresh({vendor!r}): expected one of {', '.join(known)}{nearest(vendor, known)}")

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        parameters = list(inspect.signature(test).parameters.values())
        at = 1 if parameters and parameters[0].name == "self" else 0
        if len(parameters) <= at:
            raise TypeError(f"{test.__name__} takes no parameter; its first one gets the {vendor}")
        parameters.pop(at)

        @wraps(test)
        def each(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            from pytest_assistant_mock._mock.mock import AssistantMock

            with AssistantMock(**options) as mock:
                given = mock if vendor == _WHOLE else getattr(mock, vendor)
                return test(*args[:at], given, *args[at:], **kwargs)

        each.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        del each.__wrapped__  # pytest and hypothesis would look through it
        return each

    return decorate
