"""A served fake in a process of its own, as a real service is: for each program asked for, what its console held before."""

from __future__ import annotations

import json
import sys

from pytest_assistant_mock import AssistantServer, turns

with AssistantServer(strict=False) as server:
    for program in map(str.strip, sys.stdin):
        server.reset()
        studio = server.model_studio
        studio.add_assistant(id="asst_x", model="qwen-plus")
        studio.add_thread(id="thread_16344e95-0000-4000-8000-c63de944ec00")
        if program in ("voice_lamp", "travel"):
            studio.script(turns.calls("weather", city="x"), "sunny")
        sys.stdout.write(f"{json.dumps(dict(server.env))}\n")
        sys.stdout.flush()
    server.reset()
