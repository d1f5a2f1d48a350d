"""The files in schemas/: fresh, whole, valid, and each field explained."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from pytest_assistant_mock import contract
from pytest_assistant_mock.__main__ import main
from pytest_assistant_mock._vendors import DOCUMENTS, REVISIONS
from pytest_assistant_mock._vendors.shape import PathRequest
from pytest_assistant_mock.contract.operations import operations
from pytest_assistant_mock.contract.schema_files import files

SCHEMAS = Path(__file__).parents[2] / "schemas"
TEXTS = files()
FILES = {name: json.loads(text) for name, text in TEXTS.items()}
OPENAPI = [name for name in FILES if name.endswith("openapi.json")]
PLAIN = [name for name in FILES if "openapi" not in name]
EVENTS = {vendor: {kind.partition(" ")[0] for kind in DOCUMENTS[vendor].streams.events} for vendor in contract.VENDORS}
ROUTES = [(vendor.name, route) for vendor in REVISIONS["2026"] for route in vendor.routes]


def fields(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of a schema and of its definitions."""
    for name, definition in [("", schema), *schema.get("$defs", {}).items()]:
        for field, says in definition.get("properties", {}).items():
            yield f"{name}.{field}", says


def test_the_committed_files_are_fresh(capsys):
    """What is committed is what the shapes say now; a stale, missing or left-over file is named."""
    assert (main(["schemas", "--check", str(SCHEMAS)]), capsys.readouterr().out) == (0, "")


def test_writing_mends_what_check_complains_of(tmp_path, capsys):
    """`schemas --check` names each stale, missing and left-over file, and what to do; `schemas` does it."""
    directory = str(tmp_path / "schemas")
    assert main(["schemas", directory]) == 0
    assert capsys.readouterr().out == f"{directory}: {len(FILES)} files, {len(FILES)} written, 0 removed\n"
    (tmp_path / "schemas/appbuilder/thread.json").write_text("{}")
    (tmp_path / "schemas/appbuilder/error.json").unlink()
    (tmp_path / "schemas/appbuilder/runner.json").write_text("{}")
    assert main(["schemas", "--check", directory]) == 1
    assert capsys.readouterr().out == (
        f"{directory}/appbuilder/error.json is stale\n"
        f"{directory}/appbuilder/thread.json is stale\n"
        f"{directory}/appbuilder/runner.json is no longer written\n"
        f"write them again: assistant-mock schemas {directory}\n"
    )
    assert main(["schemas", directory]) == 0
    assert capsys.readouterr().out == f"{directory}: {len(FILES)} files, 2 written, 1 removed\n"
    assert main(["schemas", "--check", directory]) == 0


def test_there_is_a_file_for_everything():
    """A request and a response an operation, every event, and a vendor's error, shared objects and OpenAPI documents."""
    operations = {f"{vendor}/{route.operation}.{kind}.json" for vendor, route in ROUTES for kind in ("request", "response")}
    others = {
        f"{vendor}/{name}.json"
        for vendor in contract.VENDORS
        for name in (*DOCUMENTS[vendor].objects, "error", "openapi", "openapi-3.2")
    }
    events = {f"{vendor}/events/{name}.json" for vendor in contract.VENDORS for name in EVENTS[vendor]}
    assert set(FILES) == operations | others | events


@pytest.mark.parametrize("name", PLAIN)
def test_a_file_says_what_it_is(name):
    """Valid JSON Schema 2020-12 with its $id, title, description and the vendor's page; Chinese stands readable."""
    schema = FILES[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "urn:pytest-assistant-mock:" + name.removesuffix(".json").replace("/", ":")
    assert all(schema[word] for word in ("title", "description"))
    assert schema["externalDocs"]["url"].startswith(("https://help.aliyun.com/", "https://cloud.baidu.com/"))
    assert re.search(r"(?<!\\)\\u", TEXTS[name]) is None


@pytest.mark.parametrize("name", PLAIN)
def test_every_field_has_a_meaning_and_an_example_that_fits(name):
    """Each field says what it means and shows an example the schema itself accepts."""
    schema = FILES[name]
    for where, field in fields(schema):
        assert field.get("description"), where
        assert field.get("examples"), where
        validator = Draft202012Validator({**field, "$defs": schema.get("$defs", {})})
        assert [example for example in field["examples"] if not validator.is_valid(example)] == [], where


def test_limits_are_in_the_schemas():
    """10 file ids, 1 to 100 items, 16 pairs of 64 and 512 characters, the roles, ids that are not empty."""
    baidu = FILES["appbuilder/create_message.request.json"]["properties"]
    assert baidu["file_ids"]["maxItems"] == 10
    metadata = baidu["metadata"]
    limits = (metadata["maxProperties"], metadata["propertyNames"]["maxLength"], metadata["additionalProperties"]["maxLength"])
    assert limits == (16, 64, 512)
    assert (baidu["role"]["const"], baidu["thread_id"]["minLength"]) == ("user", 1)
    limit = FILES["model_studio/list_messages.request.json"]["properties"]["limit"]
    assert (limit["minimum"], limit["maximum"]) == (1, 100)
    assert FILES["model_studio/list_messages.request.json"]["properties"]["order"]["enum"] == ["asc", "desc"]
    assert FILES["appbuilder/message.json"]["properties"]["role"]["enum"] == ["user", "assistant"]


def test_ids_have_no_format():
    """An id is any string that is not empty: the vendors' formats are examples."""
    for name in PLAIN:
        for where, field in fields(FILES[name]):
            if where.endswith((".id", ".thread_id", ".message_id", ".request_id")) and field.get("type") == "string":
                assert (field["minLength"], "pattern" in field) == (1, False), (name, where)


def test_schema_gives_what_the_file_holds():
    """`contract.schema` is the file, and each call's own copy; a revision pins one."""
    schema = contract.schema("model_studio", "create_message", "response")
    assert schema == FILES["model_studio/create_message.response.json"]
    schema.clear()
    assert contract.schema("model_studio", "create_message", "response") == FILES["model_studio/create_message.response.json"]
    assert contract.schema("model_studio", "create_message", "error") == FILES["model_studio/error.json"]
    pinned = contract.schema("model_studio", "create_message", "response", revision="2026")
    assert (pinned["$id"].rpartition(":")[2], "anyOf" in pinned) == ("create_message.response.2026", False)


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (
            ("model_studo", "create_message", "response"),
            "vendor='model_studo': expected one of 'model_studio', 'appbuilder'; did you mean 'model_studio'?",
        ),
        (
            ("appbuilder", "retrieve_message_file", "response"),
            f"operation='retrieve_message_file': expected one of {', '.join(map(repr, operations('appbuilder')))};"
            " did you mean 'retrieve_message'?",
        ),
        (
            ("appbuilder", "create_message", "reponse"),
            "kind='reponse': expected one of 'request', 'response', 'error', 'event'; did you mean 'response'?",
        ),
    ],
)
def test_an_unknown_name_is_refused(names, complaint):
    """An unknown vendor, operation or kind: what came, what there is, the nearest."""
    with pytest.raises(ValueError, match="expected one of") as caught:
        contract.schema(*names)
    assert str(caught.value) == complaint


@pytest.mark.parametrize("name", OPENAPI)
def test_openapi_is_valid(name):
    """A public validator of OpenAPI 3.1 finds nothing."""
    assert FILES[name]["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(FILES[name]).iter_errors()) == []


@pytest.mark.parametrize("vendor", contract.VENDORS)
def test_openapi_3_2_is_valid_and_says_what_comes_in_a_stream(vendor):
    """A public validator finds nothing; it is the other document, but that a stream is told by its items."""
    older, newer = FILES[f"{vendor}/openapi.json"], FILES[f"{vendor}/openapi-3.2.json"]
    streams = json.dumps(newer).count('"text/event-stream": {"itemSchema": {"$ref": "#/components/schemas/Event"}}')
    assert streams == json.dumps(older).count('"text/event-stream": {"schema": {"$ref": "#/components/schemas/Event"}}') > 0
    assert json.loads(json.dumps(newer).replace("itemSchema", "schema").replace('"3.2.0"', '"3.1.0"')) == older
    validators = pytest.importorskip("openapi_spec_validator")
    if not hasattr(validators, "OpenAPIV32SpecValidator"):
        pytest.skip("this openapi-spec-validator does not know OpenAPI 3.2")
    assert list(validators.OpenAPIV32SpecValidator(newer).iter_errors()) == []


@pytest.mark.parametrize(("vendor", "route"), [pytest.param(*row, id=f"{row[0]}-{row[1].operation}") for row in ROUTES])
def test_openapi_has_every_operation(vendor, route):
    """Each route with its path's parameters, its body or query, its success, and every status and shape of its errors."""
    operation = FILES[f"{vendor}/openapi.json"]["paths"][route.path][route.method.lower()]
    (described,) = (one for one in REVISIONS["2026"] if one.name == vendor)
    assert operation["operationId"] == route.operation
    in_path = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
    assert in_path == [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    in_query = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
    paging = ["page_no", "page_size"] if route.operation == "list_files" else ["limit", "order", "after", "before"]
    assert in_query == (paging if route.method == "GET" and "list_" in route.operation else [])
    assert ("requestBody" in operation) == (route.method == "POST" and not issubclass(route.asks, PathRequest))
    assert set(operation["responses"]) == {"200", *(str(row.status) for row in described.errors.values())}
    success = operation["responses"]["200"]["content"]
    assert ("text/event-stream" in success) == ("stream" in route.asks.model_fields)
    assert success.get("text/event-stream", {}).get("schema") in (None, {"$ref": "#/components/schemas/Event"})
    assert ("application/octet-stream" in success) == (route.operation in ("download_file", "read_file"))
    for status, response in operation["responses"].items():
        assert status == "200" or list(response["content"]) == ["application/json"]
        assert list(response["headers"]) == [described.request_id_header]


@pytest.mark.parametrize("vendor", contract.VENDORS)
def test_openapi_has_every_event_of_a_stream(vendor):
    """Each event is fitted by one branch alone, whose schema of the data is that of its file."""
    document = FILES[f"{vendor}/openapi.json"]
    schemas = document["components"]["schemas"]
    rules = DOCUMENTS[vendor].streams
    branches = {one["properties"]["event"]["const"]: one["properties"]["data"] for one in schemas["Event"]["oneOf"]}
    assert len(branches) == len(schemas["Event"]["oneOf"])
    for kind, event in rules.events.items():
        name = next((name for name, field in rules.wrapped.items() if field in event.shape.model_fields), kind.partition(" ")[0])
        said = branches[name]
        if name == "done":
            assert said == {"type": "string", "const": "[DONE]"}
            continue
        named = [one["$ref"].rpartition("/")[2] for one in said["contentSchema"].get("anyOf", [said["contentSchema"]])]
        assert event.shape.__name__ in named
        file = FILES[f"{vendor}/events/{kind.partition(' ')[0]}.json"]
        assert schemas[event.shape.__name__]["properties"].keys() in [
            one["properties"].keys() for one in (file, *file.get("$defs", {}).values()) if "properties" in one
        ]
    assert not [name for name in schemas if "__" in name]


@pytest.mark.parametrize("vendor", contract.VENDORS)
def test_openapi_has_servers_and_security(vendor):
    """Every base URL of the vendor is a server; every way to send the key a security scheme, and one is needed."""
    document = FILES[f"{vendor}/openapi.json"]
    (described,) = (one for one in REVISIONS["2026"] if one.name == vendor)
    assert [server["url"].replace("{workspace}", "*") for server in document["servers"]] == list(described.base_urls)
    schemes = document["components"]["securitySchemes"]
    assert document["security"] == [{name: []} for name in schemes]
    assert {"type": "http", "scheme": "bearer"}.items() <= next(iter(schemes.values())).items()
