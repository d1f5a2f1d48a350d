"""A vendor as a value: the router, the rows of errors, the headers of its answers."""

from __future__ import annotations

import pytest

from pytest_assistant_mock._engine.vendor import ErrorRow, Match, Route, Router
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock._vendors.shape import PathRequest


def route(operation: str, method: str, path: str) -> Route:
    """A route that is only looked for."""
    return Route(operation, method, path, print, PathRequest, None)  # type: ignore[arg-type]


ROUTES = (
    route("list", "GET", "/a"),
    route("create", "POST", "/a"),
    route("one", "GET", "/a/{x}"),
    route("literal", "GET", "/a/special"),
    route("deep", "GET", "/a/{x}/b/{y}"),
)
ROUTER = Router(ROUTES, ("/a/left-out",))


@pytest.mark.parametrize(
    ("method", "path", "operation", "params"),
    [
        ("GET", "/a", "list", {}),
        ("POST", "/a", "create", {}),
        ("GET", "//a", "list", {}),
        ("GET", "/a/1", "one", {"x": "1"}),
        ("GET", "/a/special", "literal", {}),
        ("GET", "/a/specials", "one", {"x": "specials"}),
        ("GET", "/a/%E4%BD%A0%2F%25", "one", {"x": "你/%"}),
        ("GET", "/a/1/b/2", "deep", {"x": "1", "y": "2"}),
        ("GET", "/a/a/b/b", "deep", {"x": "a", "y": "b"}),
    ],
)
def test_a_route_is_found_with_what_its_braces_hold(method: str, path: str, operation: str, params: dict[str, str]) -> None:
    """A literal segment wins over one in braces; what is in braces is percent-decoded."""
    found = ROUTER.find(method, path)
    assert isinstance(found, Match)
    assert (found.route.operation, found.params) == (operation, params)


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", None, "unknown_path"),
        ("GET", "", "unknown_path"),
        ("GET", "/", "unknown_path"),
        ("GET", "/a/", "unknown_path"),
        ("GET", "/a//b/2", "unknown_path"),
        ("GET", "/a/1/b", "unknown_path"),
        ("GET", "/a/1/b/2/c", "unknown_path"),
        ("GET", "/a/left-out", "unknown_path"),
        ("POST", "/a/left-out", "unknown_path"),
        ("DELETE", "/a", "wrong_method"),
        ("get", "/a", "wrong_method"),
        ("HEAD", "/a/1", "wrong_method"),
    ],
)
def test_no_route_is_a_refusal(method: str, path: str | None, kind: str) -> None:
    """A path nobody has, one left out on purpose, or a method the path does not know."""
    found = ROUTER.find(method, path)
    assert isinstance(found, Refusal)
    assert found.kind == kind


def test_a_row_of_errors_fills_its_text() -> None:
    """From the field and the details; braces in a value stay as they are, a text without braces is taken as it is."""
    row = ErrorRow(400, "c", "{field}: {id} is not there", "inferred", lambda *_: b"")
    assert row.text(Refusal("x", "thread", {"id": "{0}"})) == "thread: {0} is not there"
    assert ErrorRow(400, "c", "100% sure", "inferred", lambda *_: b"").text(Refusal("x")) == "100% sure"


@pytest.mark.parametrize("vendor", REVISIONS["2026"], ids=lambda vendor: vendor.name)
def test_every_route_of_a_vendor_is_found_by_its_own_path(vendor: object) -> None:
    """No route hides another."""
    for wanted in vendor.routes:  # type: ignore[attr-defined]
        found = vendor.router.find(wanted.method, wanted.path.replace("{", "").replace("}", ""))  # type: ignore[attr-defined]
        assert isinstance(found, Match)
        assert found.route is wanted


@pytest.mark.parametrize("vendor", REVISIONS["2025"], ids=lambda vendor: vendor.name)
def test_every_refusal_has_a_row(vendor: object) -> None:
    """Whatever kind the engine, the store or a shape refuses with, the vendor has words for it."""
    kinds = {"no_key", "unknown_path", "wrong_method", "bad_json", "missing_field", "wrong_type"}
    kinds |= {"thread_not_found", "message_not_found", "file_not_found"}
    for route in vendor.routes:  # type: ignore[attr-defined]
        kinds |= set(route.asks.refusals.values())
    assert kinds <= set(vendor.errors)  # type: ignore[attr-defined]
