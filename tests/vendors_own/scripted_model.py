"""The conftest of the vendor's own tests: every run is answered as they expect, and what each test asked is written down."""

import json
import re
from pathlib import Path

import pytest
import wrapt

from pytest_assistant_mock import contract, turns

PLACE = {"location": "北京", "unit": "摄氏度"}

_wrap = wrapt.wrap_function_wrapper
# the SDK's tracer names an argument that wrapt 2 has renamed
wrapt.wrap_function_wrapper = lambda module, name, wrapper: _wrap(module, name, wrapper)


def model(run):
    """Calls the function once if there is one, then says what the instructions of the vendor's tests ask for."""
    if run.tools and not run.outputs:
        return turns.calls(run.tools[0]["function"]["name"], **PLACE)
    return f"我是秦始皇, {''.join(run.outputs.values())}"


@pytest.fixture(autouse=True)
def seen(appbuilder_mock, monkeypatch, request):
    """A line for each test: the file, the operations asked for, the events of the streams."""
    monkeypatch.setenv("APPBUILDER_TOKEN_V2", appbuilder_mock.api_key)
    appbuilder_mock.script(model, times=None, optional=True)
    yield
    exchanges = appbuilder_mock.exchanges
    events = [event for one in exchanges for event in re.findall(r'"event_type":"(\w+)"', one.response.body.decode("latin-1"))]
    streams = [one for one in exchanges if one.response.header("content-type") == "text/event-stream"]
    broken = [f"{violation}" for one in streams for violation in contract.violations(one, kind="response", strict=True)]
    row = {
        "file": request.node.path.name,
        "operations": [one.operation for one in exchanges],
        "events": events,
        "streams": len(streams),
        "broken": broken,
    }
    with Path("seen.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
