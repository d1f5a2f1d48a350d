"""
Schemas -> verdicts. Compiled once each, on first use; jsonschema is the reference, jsonschema-rs the fast way to a yes.

Knows nothing of where a thing came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from typing import Any

from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._vendors.secrets import secrets as _hiding
from pytest_assistant_mock._vendors.shape import Shape
from pytest_assistant_mock.contract.explain import Violation, explain
from pytest_assistant_mock.contract.parse import look
from pytest_assistant_mock.contract.schemas import JSONSchema, guarded, schema_of, strictly


@dataclass(frozen=True)
class Validator:
    """What a thing must be: one of the shapes."""

    shapes: tuple[type[Shape], ...]
    strict: bool

    @cached_property
    def accepts(self) -> Callable[[Any], bool]:
        """A quick yes. A no only means that `judge` must look."""
        if find_spec("jsonschema_rs") is None:
            return lambda value: False
        import jsonschema_rs

        schema = strictly(self.schema) if self.strict else self.schema
        return jsonschema_rs.validator_for(guarded(schema)).is_valid

    def accepts_all(self, values: list[Any]) -> bool:
        """A quick yes to all of these. One question for many small events: to ask costs more than to answer."""
        try:
            return self._accepts_list(values)
        except ValueError:  # what is no JSON
            return False

    @cached_property
    def _accepts_list(self) -> Callable[[Any], bool]:
        if find_spec("jsonschema_rs") is None:
            return lambda values: False
        import jsonschema_rs

        one = guarded(strictly(self.schema) if self.strict else self.schema)
        definitions = one.pop("$defs")
        return jsonschema_rs.validator_for({"type": "array", "items": one, "$defs": definitions}).is_valid

    @cached_property
    def schema(self) -> JSONSchema:
        """As published, without $id."""
        return schema_of(self.shapes)

    @cached_property
    def _references(self) -> list[tuple[JSONSchema, Any]]:
        from jsonschema import Draft202012Validator

        schemas = [schema_of([shape]) for shape in self.shapes]
        return [(one, Draft202012Validator(strictly(one) if self.strict else one)) for one in schemas]

    def judge(self, value: Any, name: str, secrets: Secrets | None = None) -> list[Violation]:
        """
        Everything that is wrong, in document order, against the shape that comes nearest. Raises NotJSON.

        secrets: what hides those of the value in words; by default what is configured.
        """
        try:
            if self.accepts(value):
                return []
        except ValueError:  # a lone surrogate (UnicodeEncodeError), a key that is no string
            pass
        secrets = secrets or _hiding()
        look(value, name, secrets)
        found: list[list[Violation]] = []
        for schema, reference in self._references:
            if reference.is_valid(value):
                return []
            found.append(explain(schema, reference.iter_errors(value), value, name, secrets))
        return nearest_of(found)


@cache
def validator(shapes: tuple[type[Shape], ...], strict: bool) -> Validator:
    """The one validator of these shapes."""
    return Validator(shapes, strict)


def nearest_of(found: Iterable[list[Violation]]) -> list[Violation]:
    """Of several judgements the mildest: drift weighs less than a broken field."""
    return min(found, key=lambda violations: (sum(not one.drift for one in violations), len(violations)))
