"""The OpenAPI 3.1 document of the control API, made from its calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_assistant_mock._serving.control.calls import Call
from pytest_assistant_mock._serving.control.worlds import MOST_SESSIONS

_JSON = "application/json"
_SESSION = {
    "name": "X-Assistant-Session",
    "in": "header",
    "description": f"The session that is meant, made on first use. At most {MOST_SESSIONS} are held.",
    "schema": {"type": "string"},
}
_EVENTS = {
    "operationId": "events",
    "summary": "The exchanges as server-sent events, as they end: event, id (its number) and data (the exchange as JSON).",
    "parameters": [
        {
            "name": "since",
            "in": "query",
            "description": "First those that are held after this number.",
            "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
        },
        {"$ref": "#/components/parameters/Session"},
    ],
    "responses": {
        "200": {"description": "A stream without an end.", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
        "4XX": {"$ref": "#/components/responses/Refused"},
    },
}


def openapi(calls: Iterable[Call], version: str, with_key: bool) -> dict[str, Any]:
    """The document. with_key: whether a key must be shown."""
    paths: dict[str, Any] = {"/events": {"get": _EVENTS}}
    for call in calls:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The control API of pytest-assistant-mock",
            "version": version,
            "description": "Seed, script, ask and verify the served fake.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/__mock__", "description": "This server."}],
        "security": [{"key": []}] if with_key else [],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "parameters": {"Session": _SESSION},
            "responses": {
                "Refused": {
                    "description": "What is wrong.",
                    "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Refused"}}},
                }
            },
            "schemas": {"Refused": _REFUSED},
        },
    }


_REFUSED = {
    "type": "object",
    "properties": {
        "error": {"type": "string", "description": "What came, and what was expected."},
        "nearest": {"type": ["string", "null"], "description": "The allowed name that comes nearest."},
        "complaints": {"type": "array", "items": {"type": "object"}, "description": "verify: each by its kind and its text."},
        "dropped": {"type": "object", "description": "verify: how many older exchanges were not judged, by vendor."},
    },
    "required": ["error", "nearest"],
}


def _operation(call: Call) -> dict[str, Any]:
    in_path = [_parameter(name, "path", {"type": "string", "minLength": 1}) for name in re.findall(r"{(\w+)}", call.path)]
    in_query = [_parameter(name, "query", schema) for name, schema in call.query.items()]
    session = [{"$ref": "#/components/parameters/Session"}] if call.of_a_world else []
    operation: dict[str, Any] = {"operationId": call.name, "summary": call.summary}
    if parameters := [*in_path, *in_query, *session]:
        operation["parameters"] = parameters
    if call.takes:
        content = {_JSON: {"schema": _object(call.takes, call.needs)}}
        operation["requestBody"] = {"required": bool(call.needs), "content": content}
    needed = tuple(name for name in call.answers if name not in call.optional)
    operation["responses"] = {
        "200": {"description": "Done.", "content": {_JSON: {"schema": _object(call.answers, needed)}}},
        "4XX": {"$ref": "#/components/responses/Refused"},
    }
    return {**operation, "security": []} if call.free else operation


def _parameter(name: str, place: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    about = {"description": schema["description"]} if "description" in schema else {}
    rest = {key: value for key, value in schema.items() if key != "description"}
    return {"name": name, "in": place, "required": place == "path", **about, "schema": rest}


def _object(fields: Mapping[str, Any], needed: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": dict(fields), "additionalProperties": False}
    return {**found, "required": list(needed)} if needed else found
