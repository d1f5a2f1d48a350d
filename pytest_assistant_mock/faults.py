"""
Trouble on purpose: functions that make the faults `handle.fail` takes. See docs/trouble.md.
"""

from pytest_assistant_mock._engine.faults import (
    FAULTS,
    Fault,
    bad_gateway_html,
    closed,
    connect_refused,
    connect_timeout,
    empty_body,
    forbidden,
    hang,
    quota_exceeded,
    rate_limited,
    reset,
    server_error,
    slow,
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
    "empty_body",
    "forbidden",
    "hang",
    "quota_exceeded",
    "rate_limited",
    "reset",
    "server_error",
    "slow",
    "truncated",
    "unauthorized",
    "unavailable",
    "without",
    "wrong_content_type",
]
