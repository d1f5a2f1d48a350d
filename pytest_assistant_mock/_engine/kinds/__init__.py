"""
The kinds of object an assistant API knows, a file each: one frozen value and its verbs `verb(state, …)`.

KINDS is where a kind is registered; parents stand before what belongs to them.
"""

from __future__ import annotations

from typing import Any

from pytest_assistant_mock._engine.kinds.assistants import ASSISTANT, ASSISTANT_FILE
from pytest_assistant_mock._engine.kinds.files import FILE
from pytest_assistant_mock._engine.kinds.messages import MESSAGE
from pytest_assistant_mock._engine.kinds.performances import PERFORMANCE
from pytest_assistant_mock._engine.kinds.runs import RUN, STEP
from pytest_assistant_mock._engine.kinds.threads import THREAD
from pytest_assistant_mock._engine.table import Kind

KINDS: tuple[Kind[Any], ...] = (ASSISTANT, ASSISTANT_FILE, FILE, THREAD, MESSAGE, RUN, STEP, PERFORMANCE)
