"""The pydantic base of the shapes: what is read, what is written, which refusal an error becomes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, ClassVar

import pytest
from pydantic import Field

from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._vendors.shape import JSONRequest, PathRequest, QueryRequest, Shape


class Inner(JSONRequest):
    """A shape in a list."""

    name: str


class Outer(JSONRequest):
    """A shape in a body."""

    refusals: ClassVar = {("name", "string_type"): "bad_name", ("level", ""): "bad_level"}

    name: str
    level: int = 1
    inner: list[Inner] | None = None
    free: dict[str, str] | None = None

    def arguments(self) -> dict[str, Any]:
        return self.model_dump()


class Query(QueryRequest):
    """A shape in a query."""

    name: str = "default"

    def arguments(self) -> dict[str, Any]:
        return {"name": self.name}


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        (b"{}", "missing_field", "name"),
        (b'{"name": null}', "missing_field", "name"),
        (b'{"name": 5}', "bad_name", "name"),
        (b'{"name": "x", "level": "high"}', "bad_level", "level"),
        (b'{"name": "x", "level": null}', "bad_level", "level"),
        (b'{"name": "x", "inner": {}}', "wrong_type", "inner"),
        (b'{"name": "x", "inner": [5]}', "wrong_type", "inner"),
        (b'{"name": "x", "inner": [{}]}', "missing_field", "name"),
        (b'{"name": "x", "inner": [{"name": "x"}, {"name": []}]}', "bad_name", "name"),
        (b'{"name": "x", "free": {"name": 5}}', "wrong_type", "free"),
        (b'{"name": "x", "free": {"free": null}}', "wrong_type", "free"),
        (b"[]", "bad_json", None),
        (b"", "bad_json", None),
        (b'""', "bad_json", None),
    ],
)
def test_an_error_becomes_the_refusal_of_its_field(body: bytes, kind: str, field: str | None) -> None:
    """By field and pydantic's type, else by field, else missing or wrong; keys of a free object are no fields."""
    with pytest.raises(Refusal) as refusal:
        Outer.read({}, "", body)
    assert (refusal.value.kind, refusal.value.field) == (kind, field)


def test_what_is_read_joins_what_the_path_says() -> None:
    """The path's parameters and the shape's arguments; a query is not looked at."""
    assert Outer.read({"thread_id": "t"}, "name=y", b'{"name": "x", "unknown": 1}') == {
        "thread_id": "t",
        "name": "x",
        "level": 1,
        "inner": None,
        "free": None,
    }


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("", "default"),
        ("name=", "default"),
        ("name=a+b%C3%BC", "a bü"),
        ("name=1&name=2", "2"),
        ("other=1", "default"),
        ("name", "default"),
        ("&&=&", "default"),
    ],
)
def test_a_query_is_read(query: str, name: str) -> None:
    """Percent and plus decoded, empty values absent, the last of two; the body is not looked at."""
    assert Query.read({}, query, b"{") == {"name": name}


def test_nothing_but_the_path_may_be_asked_for() -> None:
    """Whatever stands in query and body."""
    assert PathRequest.read({"thread_id": "t"}, "limit=0", b"{") == {"thread_id": "t"}


def test_a_shape_writes_its_fields_in_order_and_only_those_set() -> None:
    """Compact UTF-8 JSON, by alias, Chinese unescaped, as exact as Python's own numbers."""

    class Written(Shape):
        from_: str = Field(alias="from")
        words: str = ""
        number: Any = None

    assert Written(number=10**20, **{"from": "你好"}).to_bytes() == '{"from":"你好","number":100000000000000000000}'.encode()
    assert Written.model_validate({"from_": "x"}).to_bytes() == b'{"from":"x"}'


def test_many_threads_may_be_the_first_to_use_a_shape() -> None:
    """A shape is built when first used, by whoever comes first; the others read as well as that one."""
    for _ in range(20):

        class First(JSONRequest):
            inner: list[Inner]

            def arguments(self) -> dict[str, Any]:
                return {"names": [one.name for one in self.inner]}

        together = Barrier(8)

        def read(_: int, shape: type[JSONRequest] = First, together: Barrier = together) -> dict[str, Any]:
            together.wait()
            return shape.read({}, "", b'{"inner": [{"name": "x"}]}')

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(read, range(8))) == [{"names": ["x"]}] * 8
