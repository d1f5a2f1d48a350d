"""
A vendor's OpenAPI 3.1 document: every path, parameter, body, response, error, server and security scheme.

Made from the same routes, shapes and error rows the fake answers with.
"""

from __future__ import annotations

import re
from typing import Any, cast

from pytest_assistant_mock._engine.provider import Provider, Route
from pytest_assistant_mock._providers import DOCUMENTS
from pytest_assistant_mock._providers.documents import SUMMARIES, Documents
from pytest_assistant_mock._providers.shape import Asked, AskedInBody, AskedInQuery, Shape
from pytest_assistant_mock.contract.find import NEWEST, asks, providers, shapes
from pytest_assistant_mock.contract.schemas import DIALECT, JSONSchema, schema_of

_PREFIX = "#/components/schemas/"
_JSON = "application/json"


def openapi(vendor: str) -> JSONSchema:
    """
    The document. Raises KeyError for an unknown vendor.
    """
    provider, documents = providers(vendor)[NEWEST], DOCUMENTS[vendor]
    paths: dict[str, Any] = {}
    for route in provider.routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(provider, documents, route)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": documents.title,
            "version": documents.version,
            "description": "Made from the shapes pytest-assistant-mock answers with; no document of the vendor's.",
        },
        "externalDocs": {"description": "The vendor's page", "url": documents.pages["create_message"]},
        "servers": [_server(url) for url in provider.base_urls],
        "security": [{name: []} for name in documents.schemes],
        "tags": [{"name": "messages"}, {"name": "threads"}],
        "paths": paths,
        "components": {
            "schemas": _schemas(vendor, provider),
            "securitySchemes": dict(documents.schemes),
            "headers": {"RequestId": {"description": "Id of the request.", "required": True, "schema": {"type": "string"}}},
        },
    }


def _server(url: str) -> JSONSchema:
    if "*" not in url:
        return {"url": url}
    variable = {"default": "workspace", "description": "The part of the host that is the caller's own."}
    return {"url": url.replace("*", "{workspace}"), "variables": {"workspace": variable}}


def _schemas(vendor: str, provider: Provider) -> JSONSchema:
    found: list[type[Shape]] = []
    for route in provider.routes:
        for kind in ("request", "response", "error"):
            found += shapes(vendor, route.operation, kind, None)
    shown = [shape for shape in dict.fromkeys(found) if not issubclass(shape, Asked) or issubclass(shape, AskedInBody)]
    return cast(JSONSchema, schema_of(shown, _PREFIX + "{model}")["$defs"])


def _operation(provider: Provider, documents: Documents, route: Route) -> JSONSchema:
    asked = asks(provider.name, route.operation)
    operation: JSONSchema = {
        "operationId": route.operation,
        "summary": SUMMARIES[route.operation],
        "externalDocs": {"url": documents.pages[route.operation]},
        "tags": ["messages" if "message" in route.operation else "threads"],
    }
    if parameters := [_path_parameter(provider, name) for name in re.findall(r"{(\w+)}", route.path)] + _query_parameters(asked):
        operation["parameters"] = parameters
    if issubclass(asked, AskedInBody):
        required = not asked.bodiless
        operation["requestBody"] = {"required": required, "content": {_JSON: {"schema": _any_of((asked,))}}}
    operation["responses"] = _responses(provider, route)
    return operation


def _path_parameter(provider: Provider, name: str) -> JSONSchema:
    about = f"Id of the {name.removesuffix('_id')}."
    return {"name": name, "in": "path", "required": True, "description": about, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(asked: type[Asked]) -> list[JSONSchema]:
    if not issubclass(asked, AskedInQuery):
        return []
    schema = schema_of([asked])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "description": field.get("description", ""),
            "schema": {key: value for key, value in field.items() if key != "description"},
        }
        for name, field in schema["properties"].items()
    ]


def _responses(provider: Provider, route: Route) -> JSONSchema:
    """
    The success and each status of an error; where a status is both, either.
    """
    answers: dict[int, list[type[Shape]]] = {200: list(shapes(provider.name, route.operation, "response", None))}
    says: dict[int, list[str]] = {200: [f"{SUMMARIES[route.operation]}: done."]}
    for row in provider.errors.values():
        shape = cast("type[Shape]", getattr(row.shape, "__self__", None))
        if shape not in answers.setdefault(row.status, []):
            answers[row.status].append(shape)
        says.setdefault(row.status, []).append(row.message)
    return {str(status): _response(provider, status, answers[status], says[status]) for status in sorted(answers)}


def _response(provider: Provider, status: int, found: list[type[Shape]], says: list[str]) -> JSONSchema:
    return {
        "description": "; ".join(dict.fromkeys(says)),
        "headers": {provider.request_id_header: {"$ref": "#/components/headers/RequestId"}},
        "content": {_JSON: {"schema": _any_of(tuple(found))}},
    }


def _any_of(found: tuple[type[Shape], ...]) -> JSONSchema:
    references = [{"$ref": _PREFIX + shape.__name__} for shape in found]
    return references[0] if len(references) == 1 else {"anyOf": references}
