"""The conftest of the vendor's own tests where each runs on a cassette of its own; as a program, the service they record from."""

import json
import os
import sys
from pathlib import Path

import pytest

from pytest_assistant_mock import AssistantMock, AssistantServer, turns

PLACE = {"location": "北京", "unit": "摄氏度"}


def model(run):
    """Calls the function once if there is one, then says what the instructions of the vendor's tests ask for."""
    if run.tools and not run.outputs:
        return turns.calls(run.tools[0]["function"]["name"], **PLACE)
    return f"我是秦始皇, {''.join(run.outputs.values())}"


@pytest.fixture(autouse=True)
def on_a_cassette(request):
    """What was recorded, or what the service says while it is recorded."""
    path = Path("cassettes", f"{request.node.path.stem}-{request.node.name}.yaml")
    with AssistantMock(source="cassette", cassette=path, record=os.environ["RECORD"], contract="off"):
        yield


if __name__ == "__main__":
    with AssistantServer(strict=False) as server:
        server.appbuilder.script(model, times=None, optional=True)
        sys.stdout.write(f"{json.dumps(dict(server.env))}\n")
        sys.stdout.flush()
        sys.stdin.readline()
else:
    import wrapt

    _wrap = wrapt.wrap_function_wrapper
    # the SDK's tracer names an argument that wrapt 2 has renamed
    wrapt.wrap_function_wrapper = lambda module, name, wrapper: _wrap(module, name, wrapper)
