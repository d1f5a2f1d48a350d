"""
Hypothesis strategies for both vendors: payloads they accept, payloads they must refuse, answers, conversations, faults.

Imported only when used: importing it imports hypothesis.
"""

from __future__ import annotations

from pytest_assistant_mock._providers import APPBUILDER, MODEL_STUDIO, REVISIONS
from pytest_assistant_mock.strategies.appbuilder_fields import APPBUILDER_OPERATIONS
from pytest_assistant_mock.strategies.conversations import Call, Conversation, conversations
from pytest_assistant_mock.strategies.fresh import fresh
from pytest_assistant_mock.strategies.machine import AssistantMachine
from pytest_assistant_mock.strategies.model_studio_fields import MODEL_STUDIO_OPERATIONS
from pytest_assistant_mock.strategies.payloads import Expected, Refused
from pytest_assistant_mock.strategies.schedules import Schedule, Strike, faults
from pytest_assistant_mock.strategies.values import appbuilder_ids, metadata, model_studio_ids, text, timestamps
from pytest_assistant_mock.strategies.vendor import VendorStrategies

__all__ = [
    "AssistantMachine",
    "Call",
    "Conversation",
    "Expected",
    "Refused",
    "Schedule",
    "Strike",
    "appbuilder",
    "conversations",
    "faults",
    "fresh",
    "metadata",
    "model_studio",
    "text",
    "timestamps",
]

model_studio = VendorStrategies(MODEL_STUDIO, MODEL_STUDIO_OPERATIONS, model_studio_ids)
appbuilder = VendorStrategies(dict.fromkeys(REVISIONS, APPBUILDER), APPBUILDER_OPERATIONS, appbuilder_ids)
