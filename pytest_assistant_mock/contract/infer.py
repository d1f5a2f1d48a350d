"""What a bare JSON object is, told from its fields: its "object" says the kind, the shape it fits best the vendor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pytest_assistant_mock._vendors import DOCUMENTS, REVISIONS
from pytest_assistant_mock._vendors.shape import Shape
from pytest_assistant_mock.contract.explain import Violation
from pytest_assistant_mock.contract.operations import checked, revised
from pytest_assistant_mock.contract.validators import validator


def guessed(
    thing: dict[str, Any],
    name: str,
    vendor: str | None = None,
    kind: str | None = None,
    revision: str | None = None,
    strict: bool = False,
) -> list[Violation]:
    """
    `contract.violations` against what the thing most likely is. Raises TypeError if its fields do not say, ValueError for
    an unknown revision.
    """
    checked("revision", revision, REVISIONS)
    candidates = [shapes for one in DOCUMENTS if vendor in (None, one) for shapes in _candidates(thing, one, kind, revision)]
    if not candidates:
        raise TypeError(f'{name}: cannot tell what this is from its "object"; say so with --vendor and --operation')
    likest = min(candidates, key=lambda shapes: _strangeness(validator(shapes, True).judge(thing, name)))
    return validator(likest, strict).judge(thing, name)


def _strangeness(found: list[Violation]) -> tuple[int, int]:
    """
    A field unknown tells as much of what a thing is not as a field broken: a message fits no thread, however few its fields.
    """
    return len(found), sum(not one.drift for one in found)


def _candidates(thing: dict[str, Any], vendor: str, kind: str | None, revision: str | None) -> Iterator[tuple[type[Shape], ...]]:
    documents = DOCUMENTS[vendor]
    objects = [*(one.shapes for one in documents.objects.values()), *documents.nested.values()]
    fitting = [shapes for one in objects if _says(thing, shapes := revised(one, revision))] if kind != "error" else []
    yield from fitting
    if kind == "error" or (kind is None and "object" not in thing and _like_error(thing, documents.errors)):
        yield documents.errors


def _says(thing: dict[str, Any], shapes: tuple[type[Shape], ...]) -> bool:
    if thing.get("object") not in get_args(shapes[0].model_fields["object"].annotation):
        return False
    first = next(iter(thing["data"]), None) if isinstance(thing.get("data"), list) else None
    if "data" not in shapes[0].model_fields or not isinstance(first, dict):
        return True
    (item,) = get_args(shapes[0].model_fields["data"].annotation)
    return first.get("object") in get_args(item.model_fields["object"].annotation)


def _like_error(thing: dict[str, Any], errors: tuple[type[Shape], ...]) -> bool:
    return any(name in thing for shape in errors for name in shape.model_fields)
