"""Trouble on purpose: functions that make the faults `handle.fail` takes. See docs/trouble.md."""

from typing import TYPE_CHECKING, Any

from pytest_assistant_mock._engine.faults import (
    FAULTS,
    Fault,
    bad_gateway_html,
    closed,
    connect_refused,
    connect_timeout,
    cut,
    empty_body,
    error_event,
    forbidden,
    garbage_frame,
    hang,
    out_of_order,
    quota_exceeded,
    rate_limited,
    repeat,
    reset,
    server_error,
    slow,
    slow_pieces,
    stall,
    truncated,
    unauthorized,
    unavailable,
    without,
    wrong_content_type,
)

__all__ = [
    "FAULTS",
    "Fault",
    "bad_gateway_html",
    "closed",
    "connect_refused",
    "connect_timeout",
    "cut",
    "empty_body",
    "error_event",
    "forbidden",
    "garbage_frame",
    "hang",
    "out_of_order",
    "quota_exceeded",
    "rate_limited",
    "repeat",
    "reset",
    "server_error",
    "slow",
    "slow_pieces",
    "stall",
    "truncated",
    "unauthorized",
    "unavailable",
    "without",
    "wrong_content_type",
]

if not TYPE_CHECKING:  # or every name would pass the type checker

    def __getattr__(name: str) -> Any:
        from pytest_assistant_mock.errors import nearest

        __tracebackhide__ = True  # a failing test shows its own line
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{nearest(name, FAULTS)}")
