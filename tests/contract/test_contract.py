"""The contract's verdicts: what the vendors document passes, things say themselves what they are, what is wrong is explained."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
import urllib3
from documented_errors import ERRORS
from test_samples import SAMPLES
from vendors import BAIDU, KEY, STUDIO, ask

from pytest_assistant_mock import AssistantMock, Exchange, Failure, Request, Response, contract
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock.contract.validators import Validator
from pytest_assistant_mock.errors import ContractViolation, NotJSON

ANSWERS = [
    pytest.param(vendor, sample, id=f"{vendor}-{sample['name']}")
    for vendor, samples in sorted(SAMPLES.items())
    for sample in samples
    if sample["operation"] and (sample["response"] or {}).get("status") == 200
]
OPERATIONS = [(vendor.name, route.operation) for vendor in REVISIONS["2026"] for route in vendor.routes]
MESSAGE = next(sample for sample in SAMPLES["model_studio"] if sample["name"] == "create_message-2025")["response"]["body"]
NEWER = next(sample for sample in SAMPLES["model_studio"] if sample["name"] == "create_message-2026")["response"]["body"]
CREATE = {"vendor": "model_studio", "operation": "create_message"}
THREAD = f"{STUDIO}/threads/thread_1"


def forget() -> None:
    """Compile every validator anew, on its next use."""
    contract.validator.cache_clear()
    contract._validator.cache_clear()


def said(found: list[contract.Violation]) -> list[str]:
    """The first line of each violation."""
    return [str(one).splitlines()[0] for one in found]


@pytest.mark.parametrize(("vendor", "sample"), ANSWERS)
def test_a_documented_response_passes(vendor, sample):
    """Every printed response of every generation passes; strictly too, but for the status_code the SDK adds."""
    body = sample["response"]["body"]
    what = {"vendor": vendor, "operation": sample["operation"]}
    assert contract.violations(body, **what) == []
    drift = contract.violations(body, **what, strict=True)
    assert [one.path for one in drift] == (["$.status_code"] if "status_code" in body else [])


@pytest.mark.parametrize(("vendor", "sample"), [row for row in ANSWERS if row.values[0] == "model_studio"])
def test_an_sdk_objects_dump_passes_as_an_sdk_object(vendor, sample):
    """What the pages print of the SDK's objects, made into those objects again, passes strictly: status_code is the SDK's own."""
    dashscope = pytest.importorskip("dashscope")
    body = copy.deepcopy(sample["response"]["body"])
    classes = {
        "thread.message": "ThreadMessage",
        "thread": "Thread",
        "thread.deleted": "DeleteResponse",
        "list": "ThreadMessageList",
    }
    module = __import__("dashscope.threads.thread_types", fromlist=["x"])
    made = getattr(module, classes[body["object"]], None) or dashscope.DeleteResponse
    assert contract.violations(made(**{"status_code": 200, **body}), strict=True) == []


@pytest.mark.parametrize(("vendor", "status", "body"), ERRORS)
def test_a_documented_error_passes_as_an_error_and_fails_as_a_success(vendor, status, body):
    """By its status or fields where it has them, by what the caller says where not; and it is no answer of any operation."""
    assert contract.violations(body, vendor=vendor, operation="create_message", kind="error", strict=True) == []
    for operation in ("create_message", "list_messages", "retrieve_thread", "delete_thread"):
        assert contract.violations(body, vendor=vendor, operation=operation) != []
    url = {"model_studio": f"{THREAD}/messages", "appbuilder": f"{BAIDU}/v2/threads/messages"}[vendor]
    answer = httpx.Response(status, json=body, request=httpx.Request("POST", url))
    assert contract.violations(answer, strict=True) == []
    assert contract.violations(answer, kind="response") != []


def test_revisions_can_be_pinned():
    """Either revision is valid; pinned, the other is not, and a message is explained against the revision it is nearest to."""
    assert contract.violations(MESSAGE, **CREATE, revision="2025") == []
    assert contract.violations(NEWER, **CREATE, revision="2026") == []
    assert said(contract.violations(MESSAGE, **CREATE, revision="2026")) == ["$.status: expected a string; came {}"]
    assert said(contract.violations(NEWER, **CREATE, revision="2025")) == [
        '$.status: expected an object; came ""',
        '$.from: expected a string; came nothing',
    ]  # fmt: skip
    assert said(contract.violations({**NEWER, "role": "robot"}, **CREATE)) == [
        '$.role: expected "user" or "assistant"; came "robot"'
    ]
    with pytest.raises(ValueError, match="revision='2024': expected one of '2025', '2026'"):
        contract.violations(MESSAGE, **CREATE, revision="2024")


def test_violations_come_in_document_order_with_the_schemas_sentence():
    """Everything that is wrong is listed as it stands in the document: path, expected, came, and what the field means."""
    broken = {**MESSAGE, "created_at": "yesterday", "role": "robot", "content": [{"type": "text", "text": {"annotations": []}}]}
    del broken["request_id"]
    thing = "dict"
    assert contract.violations(broken, **CREATE) == [
        contract.Violation(
            "$.created_at",
            "a whole number",
            '"yesterday"',
            "When it was created, in milliseconds since 1970-01-01 UTC.",
            thing,
        ),
        contract.Violation("$.role", '"user" or "assistant"', '"robot"', "Who speaks.", thing),
        contract.Violation("$.content[0].text.value", "a string", "nothing", "The message's text.", thing),
        contract.Violation("$.request_id", "a string", "nothing", "Id of the request.", thing),
    ]


def test_check_raises_with_everything_listed():
    """`check` is `violations`, raised: an AssertionError that lists them and carries them."""
    contract.check(MESSAGE, **CREATE)
    with pytest.raises(ContractViolation) as caught:
        contract.check({**MESSAGE, "role": "robot", "object": "message"}, **CREATE)
    assert isinstance(caught.value, AssertionError)
    assert [one.path for one in caught.value.violations] == ["$.object", "$.role"]
    assert str(caught.value) == (
        "dict breaks the contract in 2 places\n"
        '  $.object: expected "thread.message"; came "message"\n'
        "    Kind of object.\n"
        '  $.role: expected "user" or "assistant"; came "robot"\n'
        "    Who speaks."
    )


def test_drift_is_reported_when_strict_and_names_the_nearest_field():
    """A field the contract does not know passes unless strict; a near miss is named, on both sides of it."""
    listed = next(sample for sample in SAMPLES["model_studio"] if sample["name"] == "list_messages-2025")["response"]["body"]
    typo = {("his_more" if name == "has_more" else name): value for name, value in listed.items()}
    what = {"vendor": "model_studio", "operation": "list_messages"}
    assert contract.violations({**listed, "colour": "red"}, **what) == []
    (drift,) = contract.violations({**listed, "colour": "red"}, **what, strict=True)
    assert (str(drift), drift.drift) == (
        '$.colour: expected no such field; came "red"\n  A field the contract does not know.',
        True,
    )
    assert said(contract.violations(typo, **what)) == [
        '$.has_more: expected true or false; came nothing, but there is "his_more"'
    ]
    assert said(contract.violations(typo, **what, strict=True)) == [
        "$.his_more: expected no such field; did you mean 'has_more'?; came false",
        '$.has_more: expected true or false; came nothing, but there is "his_more"',
    ]


@pytest.mark.parametrize("client", ["requests", "httpx", "urllib3"])
def test_a_response_says_itself_what_it_is(client):
    """Vendor and operation come from the URL, error or not from the status, whatever library answered; requests too."""
    with AssistantMock() as mock:
        thread = mock.model_studio.add_thread()
        url, headers = f"{STUDIO}/threads/{thread.id}/messages", dict([KEY])
        ask = {
            "requests": lambda method, url: requests.request(method, url, headers=headers, data=b'{"content": "hi"}'),
            "httpx": lambda method, url: httpx.request(method, url, headers=headers, content=b'{"content": "hi"}'),
            "urllib3": lambda method, url: urllib3.PoolManager().request(method, url, headers=headers, body=b'{"content": "hi"}'),
        }[client]
        assert contract.violations(ask("POST", url), strict=True, revision="2025") == []
        assert contract.violations(ask("GET", f"{url}?limit=0"), strict=True) == []
        assert said(contract.violations(ask("POST", url), kind="error"))[:1] == ["$.code: expected a string; came nothing"]
        assert said(contract.violations(ask("POST", url), operation="list_messages"))[:1] == [
            '$.object: expected "list"; came "thread.message"'
        ]
        if client != "urllib3":
            assert contract.violations(ask("POST", url), kind="request") == []
            limit = contract.violations(ask("GET", f"{url}?limit=0&order=up"), kind="request")
            assert said(limit) == [
                "$.limit: expected a number from 1 to 100; came 0",
                '$.order: expected "asc" or "desc"; came "up"',
            ]
        else:
            with pytest.raises(TypeError, match="does not keep its request's body; check the bytes you sent"):
                contract.violations(ask("POST", url), kind="request")


async def _aiohttp(url: str) -> tuple[Any, Any]:
    import aiohttp

    async with aiohttp.ClientSession(headers=dict([KEY])) as session:
        read = await session.get(url)
        await read.read()
        return read, await session.get(url)


def test_an_aiohttp_response_must_have_been_read():
    """A read one is checked like any other; one not read yet says what to do, and so does httpx's."""
    asyncio = pytest.importorskip("asyncio")
    with AssistantMock() as mock:
        url = f"{STUDIO}/threads/{mock.model_studio.add_thread().id}"
        read, unread = asyncio.run(_aiohttp(url))
        assert contract.violations(read, strict=True) == []
        with pytest.raises(TypeError, match=r"not read yet; await its read\(\) first"):
            contract.violations(unread)
        with httpx.stream("GET", url, headers=dict([KEY])) as streamed:
            with pytest.raises(TypeError, match=r"not read yet; read\(\) it first"):
                contract.violations(streamed)
            streamed.read()
            assert contract.violations(streamed, strict=True) == []


def test_dashscope_objects():
    """What the SDK returns is checked as it is: a message, a list and its items, a thread, a deletion, an error."""
    dashscope = pytest.importorskip("dashscope")
    with AssistantMock():
        thread = dashscope.Threads.create()
        message = dashscope.Messages.create(thread.id, content="你好")
        listed = dashscope.Messages.list(thread.id)
        refused = dashscope.Messages.retrieve("message_0", thread_id=thread.id)
        deleted = dashscope.Threads.delete(thread.id)
    for thing in (thread, message, listed, listed.data[0], refused, deleted):
        assert contract.violations(thing, strict=True) == [], thing
    message.role = "robot"
    message.colour = "red"
    assert said(contract.violations(message, strict=True)) == [
        '$.role: expected "user" or "assistant"; came "robot"',
        '$.colour: expected no such field; came "red"',
    ]
    assert said(contract.violations(refused, kind="response"))[:1] == ["$.id: expected a string; came nothing"]


def test_appbuilder_objects():
    """What AppBuilder's SDK returns is checked as it is, without the defaults its classes add."""
    appbuilder = pytest.importorskip("appbuilder")
    with AssistantMock():
        threads = appbuilder.assistant.threads
        thread = threads.create([])
        message = threads.messages.create(thread.id, content="你好", file_ids=["file-1"])
        listed = threads.messages.list(thread.id)
        found = threads.messages.query(thread.id, message.id)
        files = threads.messages.files(thread.id, message.id)
        updated = threads.messages.update(thread.id, message.id, content="您好")
        deleted = threads.delete(thread.id)
    for thing in (thread, message, listed, listed.data[0], found, files, files.data[0], updated, deleted):
        assert contract.violations(thing, strict=True) == [], thing
    made = type(message)(**{**message.model_dump(), "object": "message"})
    assert said(contract.violations(made)) == ['$.object: expected "thread.message"; came "message"']


def test_an_object_of_the_sdk_the_contract_has_no_word_of():
    """A part of a run is no answer: the error lists the classes that can be checked."""
    types = pytest.importorskip("dashscope.threads.thread_types")
    with pytest.raises(TypeError) as caught:
        contract.violations(types.LastError(code="x", message="y"))
    assert str(caught.value) == (
        "cannot check model_studio's LastError; of its SDK's classes: Assistant, AssistantFile, AssistantFileList, AssistantList,"
        " DeleteResponse, MessageFile, MessageFileList, Run, RunList, RunStep, RunStepList, Thread, ThreadMessage,"
        " ThreadMessageList"
    )


def test_an_exchange_is_checked_in_both_directions():
    """Request and answer of one exchange, each named; `kind` picks one. A broken line has no answer to check."""
    request = Request("POST", f"{THREAD}/messages", (KEY,), b'{"content": " ", "role": "user"}')
    body = json.dumps({**MESSAGE, "role": "robot"}).encode()
    exchange = Exchange("model_studio", "create_message", request, Response(200, (), body))
    where = f"POST {THREAD}/messages (model_studio create_message)"
    asked = contract.Violation(
        "$.content", "text that is not blank", '" "', "The message's text; not blank.", f"the request {where}"
    )
    answered = contract.Violation("$.role", '"user" or "assistant"', '"robot"', "Who speaks.", f"the answer to {where}")
    assert contract.violations(exchange) == [asked, answered]
    assert contract.violations(exchange, kind="request") == [asked]
    assert contract.violations(exchange, kind="response") == [answered]
    broken = Exchange("model_studio", "create_message", request, Failure("truncated", 3, Response(200, (), body)))
    assert contract.violations(broken) == [asked]


def test_what_the_sdks_send_for_nothing_is_fine():
    """`""` and an empty body create a thread, an empty cursor counts as left out."""
    for body in (b'""', b"", b"{}"):
        exchange = Exchange("model_studio", "create_thread", Request("POST", f"{STUDIO}/threads", (KEY,), body), Failure("reset"))
        assert contract.violations(exchange, strict=True) == []
    listed = Request("GET", f"{THREAD}/messages?limit=2&after=&before=", (KEY,))
    assert contract.violations(Exchange("model_studio", "list_messages", listed, Failure("reset")), strict=True) == []


@pytest.mark.parametrize(
    ("url", "method", "said_too", "operation"),
    [
        (f"{THREAD}/messages", "POST", {}, "create_message"),
        ("https://dashscope-intl.aliyuncs.com/api/v1/threads/t", "GET", {}, "retrieve_thread"),
        ("https://ws.cn-hongkong.maas.aliyuncs.com/api/v1/threads/t", "DELETE", {}, "delete_thread"),
        (f"{BAIDU}/v2/threads/messages/list", "POST", {}, "list_messages"),
        ("https://gw.corp/ai/api/v1/threads/t/messages/m", "GET", {}, "retrieve_message"),
        ("http://127.0.0.1:8000/v2/threads/messages/query", "POST", {}, "retrieve_message"),
        ("https://gw.corp/studio/threads/t/messages/m/files", "GET", {"vendor": "model_studio"}, "list_message_files"),
    ],
)
def test_the_operation_is_found_by_url(url, method, said_too, operation):
    """At the vendor's base URLs; elsewhere below the same path; or below any path once the vendor is named."""
    response = httpx.Response(200, content=b"{}", request=httpx.Request(method, url))
    assert contract.violations(response, **said_too)[0].thing.endswith(f" {operation})")


@pytest.mark.parametrize(
    ("thing", "given", "complaint"),
    [
        ({}, {}, "cannot tell which answer dict is; give vendor=… and operation=…"),
        (b"{}", {"vendor": "appbuilder"}, "cannot tell which answer bytes is; give operation=…"),
        ("{}", {"operation": "create_thread"}, "cannot tell which answer str is; give vendor=…"),
        (
            httpx.Response(200, content=b"{}", request=httpx.Request("GET", "https://example.com/x")),
            {},
            "cannot tell which answer the answer to GET https://example.com/x is; give vendor=… and operation=…",
        ),
        (
            7,
            {},
            "cannot check a int; expected a response of requests, httpx, urllib3 or aiohttp, an object of the vendor's SDK,"
            " an Exchange, bytes, str, dict, or a stream: its frames, or what the SDK yields",
        ),
    ],
)
def test_a_thing_that_does_not_say_what_it_is(thing, given, complaint):
    """A TypeError that says what is missing, or what can be checked."""
    with pytest.raises(TypeError) as caught:
        contract.violations(thing, **given)
    assert str(caught.value) == complaint


BARE = {
    "requests": requests.Response,
    "httpx": lambda: httpx.Response(200),
    "urllib3": lambda: urllib3.HTTPResponse(status=200),
}


@pytest.mark.parametrize("library", BARE)
def test_a_response_made_by_hand_says_what_is_missing(library):
    """Without a request it names no operation, without a body it is no JSON; never an error of ours."""
    with pytest.raises(TypeError) as caught:
        contract.check(BARE[library]())
    assert str(caught.value) == ("cannot tell which answer a response without its request is; give vendor=… and operation=…")
    with pytest.raises(NotJSON) as caught:
        contract.check(BARE[library](), **CREATE)
    assert str(caught.value) == "a response without its request (model_studio create_message) is empty; expected JSON"


def test_a_response_made_by_hand_is_checked():
    """Its body is, once the operation is given; its request, which it does not have, is not."""
    assert contract.violations(httpx.Response(200, json=MESSAGE), **CREATE) == []
    with pytest.raises(TypeError) as caught:
        contract.violations(httpx.Response(200, json=MESSAGE), **CREATE, kind="request")
    assert str(caught.value) == "this response was made by hand, without its request; check the bytes you sent"


@pytest.mark.parametrize("thing", [requests.Request("POST", STUDIO), requests.Session(), httpx.Request("POST", STUDIO)])
def test_what_a_library_has_besides_responses_cannot_be_checked(thing):
    """A request or a client, given by mistake."""
    with pytest.raises(TypeError) as caught:
        contract.check(thing)
    assert str(caught.value) == (
        f"cannot check a {type(thing).__name__}; expected a response of requests, httpx, urllib3 or aiohttp,"
        " an object of the vendor's SDK, an Exchange, bytes, str, dict, or a stream: its frames, or what the SDK yields"
    )


def test_validators_are_compiled_once():
    """Two checks of one operation use one validator; the module's import compiles none."""
    contract.violations(MESSAGE, **CREATE)
    before = contract.validator((), False)
    assert contract.validator((), False) is before
    assert isinstance(before, Validator)
    assert "accepts" not in vars(before)


def test_importing_the_contract_compiles_nothing():
    """Neither validator is imported before the first check."""
    script = "import sys, pytest_assistant_mock.contract; print(sorted({'jsonschema', 'jsonschema_rs'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_without_the_extra_the_verdicts_are_the_same(monkeypatch):
    """With jsonschema-rs not installed, jsonschema alone gives the same violations."""
    broken = {**MESSAGE, "role": "robot"}
    fast = contract.violations(broken, **CREATE, strict=True)
    monkeypatch.setattr("pytest_assistant_mock.contract.validators.find_spec", lambda name: None)
    forget()
    assert contract.violations(broken, **CREATE, strict=True) == fast
    assert contract.violations(MESSAGE, **CREATE, strict=True) == []
    forget()


def test_the_readers_of_samples_are_not_fooled():
    """The samples this file rests on are there: every generation of a message, and the pages' SDK objects."""
    names = {row.id for row in ANSWERS}
    assert {"model_studio-create_message-2024", "model_studio-create_message-sdk-object-file_ids"} <= names
    assert (Path(__file__).parent.parent / "samples").is_dir()


def test_a_file_that_does_not_exist_is_answered_with_null_by_contract() -> None:
    """AppBuilder's query of a file is the one answer that may be null."""
    with AssistantMock(contract="fail") as mock:
        headers = (("X-Appbuilder-Authorization", "Bearer k"), ("Content-Type", "application/json"))
        answer = ask(mock, "POST", f"{BAIDU}/v2/storage/files/query", {"file_id": "file-1"}, headers)
    assert answer.body == b"null"
    assert contract.violations(b"null", vendor="appbuilder", operation="retrieve_file", kind="response") == []
    assert contract.violations(b"null", vendor="appbuilder", operation="retrieve_thread", kind="response")
