"""
A vendor's OpenAPI documents, 3.1 and 3.2: every path, parameter, body, response, error, server and security scheme.

Made from the same routes, shapes and error rows the fake answers with.
"""

from __future__ import annotations

import re
from typing import Any, cast

from pytest_assistant_mock._engine.vendor import Route, Vendor
from pytest_assistant_mock._vendors import DOCUMENTS
from pytest_assistant_mock._vendors.documents import Documents
from pytest_assistant_mock._vendors.shape import JSONRequest, MultipartRequest, QueryRequest, RequestShape, Shape
from pytest_assistant_mock.contract.operations import NEWEST, asks, revisions, shapes
from pytest_assistant_mock.contract.schemas import DIALECT, JSONSchema, schema_of

_PREFIX = "#/components/schemas/"
_JSON = "application/json"


def openapi(name: str, version: str = "3.1.0") -> JSONSchema:
    """The document. Raises KeyError for an unknown vendor. From 3.2 on, a stream says what its items are, not what it is."""
    vendor, documents = revisions(name)[NEWEST], DOCUMENTS[name]
    paths: dict[str, Any] = {}
    for route in vendor.routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(vendor, documents, route)
        if _may_stream(vendor, route) and version >= "3.2":
            media = paths[route.path][route.method.lower()]["responses"]["200"]["content"][_media_type(vendor)]
            media["itemSchema"] = media.pop("schema")
    return {
        "openapi": version,
        "jsonSchemaDialect": DIALECT,
        "info": {
            "title": documents.title,
            "version": documents.version,
            "description": "Made from the shapes pytest-assistant-mock answers with; no document of the vendor's.",
        },
        "externalDocs": {"description": "The vendor's page", "url": documents.page},
        "servers": [_server(url) for url in vendor.base_urls],
        "security": [{scheme: []} for scheme in documents.schemes],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in vendor.routes)],
        "paths": paths,
        "components": {
            "schemas": _schemas(vendor),
            "securitySchemes": dict(documents.schemes),
            "headers": {"RequestId": {"description": "Id of the request.", "required": True, "schema": {"type": "string"}}},
        },
    }


def _server(url: str) -> JSONSchema:
    if "*" not in url:
        return {"url": url}
    variable = {"default": "workspace", "description": "The part of the host that is the caller's own."}
    return {"url": url.replace("*", "{workspace}"), "variables": {"workspace": variable}}


def _schemas(vendor: Vendor) -> JSONSchema:
    found: list[type[Shape]] = []
    for route in vendor.routes:
        for kind in ("request", "response", "error"):
            found += shapes(vendor.name, route.operation, kind, None)
    found += [event.shape for event in DOCUMENTS[vendor.name].streams.events.values() if event.shape.media_type == _JSON]
    shown = [shape for shape in dict.fromkeys(found) if not issubclass(shape, RequestShape) or issubclass(shape, JSONRequest)]
    return {**schema_of(shown, _PREFIX + "{model}")["$defs"], _EVENT: _event(vendor.name)}


def _operation(vendor: Vendor, documents: Documents, route: Route) -> JSONSchema:
    asked = asks(vendor.name, route.operation)
    operation: JSONSchema = {
        "operationId": route.operation,
        "summary": route.summary,
        "externalDocs": {"url": route.page},
        "tags": [route.tag],
    }
    if parameters := [_path_parameter(vendor, name) for name in re.findall(r"{(\w+)}", route.path)] + _query_parameters(asked):
        operation["parameters"] = parameters
    if issubclass(asked, JSONRequest):
        required = not asked.bodiless
        operation["requestBody"] = {"required": required, "content": {_JSON: {"schema": _any_of((asked,))}}}
    if issubclass(asked, MultipartRequest):
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": _form(asked)}}}
    operation["responses"] = _responses(vendor, route)
    return operation


def _form(asked: type[MultipartRequest]) -> JSONSchema:
    """A form whose fields are texts, or files."""
    parts = {"type": "array", "items": {"type": "string", "contentMediaType": "application/octet-stream"}}
    return {"type": "object", "properties": dict.fromkeys(asked.model_fields, parts)}


def _path_parameter(vendor: Vendor, name: str) -> JSONSchema:
    about = f"Id of the {name.removesuffix('_id')}."
    return {"name": name, "in": "path", "required": True, "description": about, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(asked: type[RequestShape]) -> list[JSONSchema]:
    if not issubclass(asked, QueryRequest):
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


def _responses(vendor: Vendor, route: Route) -> JSONSchema:
    """The success and each status of an error; where a status is both, either."""
    answers: dict[int, list[type[Shape]]] = {200: list(shapes(vendor.name, route.operation, "response", None))}
    says: dict[int, list[str]] = {200: [f"{route.summary}: done."]}
    for row in vendor.errors.values():
        shape = cast("type[Shape]", getattr(row.shape, "__self__", None))
        if shape not in DOCUMENTS[vendor.name].errors:
            continue  # an answer that is no object
        if shape not in answers.setdefault(row.status, []):
            answers[row.status].append(shape)
        says.setdefault(row.status, []).append(row.message)
    responses = {str(status): _response(vendor, status, answers[status], says[status]) for status in sorted(answers)}
    if _may_stream(vendor, route):
        responses["200"]["content"][_media_type(vendor)] = {"schema": {"$ref": _PREFIX + _EVENT}}
    return responses


_EVENT = "Event"


def _may_stream(vendor: Vendor, route: Route) -> bool:
    return "stream" in asks(vendor.name, route.operation).model_fields


def _media_type(vendor: Vendor) -> str:
    return vendor.streams.content_type.partition(";")[0] if vendor.streams else ""


def _event(vendor: str) -> JSONSchema:
    """One event of a stream: its name, and its data as text."""
    rules = DOCUMENTS[vendor].streams
    by_name: dict[str, dict[type[Shape], None]] = {}
    wrapper = {kind: name for name in rules.wrapped for kind in rules.events if rules.wraps(kind)}
    for kind, event in rules.events.items():
        by_name.setdefault(wrapper.get(kind, kind.partition(" ")[0]), {})[event.shape] = None
    about = "One of the events that come, one after the other, if stream is true. What may follow what is not said here."
    return {"description": about, "oneOf": [_named_event(name, tuple(found)) for name, found in by_name.items()]}


def _named_event(name: str, found: tuple[type[Shape], ...]) -> JSONSchema:
    data: JSONSchema = {"type": "string", "contentMediaType": _JSON, "contentSchema": _any_of(found)}
    if found[0].media_type != _JSON:
        data = {"type": "string", "const": "[DONE]"}
    return {"type": "object", "required": ["event", "data"], "properties": {"event": {"const": name}, "data": data}}


def _response(vendor: Vendor, status: int, found: list[type[Shape]], says: list[str]) -> JSONSchema:
    content: dict[str, list[type[Shape]]] = {}
    for shape in found:
        content.setdefault(shape.media_type, []).append(shape)
    return {
        "description": "; ".join(dict.fromkeys(filter(None, says))),
        "headers": {vendor.request_id_header: {"$ref": "#/components/headers/RequestId"}},
        "content": {
            media_type: {"schema": _any_of(tuple(shapes)) if media_type == _JSON else {"type": "string"}}
            for media_type, shapes in content.items()
        },
    }


def _any_of(found: tuple[type[Shape], ...]) -> JSONSchema:
    references = [{"$ref": _PREFIX + shape.__name__} for shape in found]
    return references[0] if len(references) == 1 else {"anyOf": references}
