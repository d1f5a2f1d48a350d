"""The strategies of each vendor, as one object each."""

from __future__ import annotations

from pytest_assistant_mock._vendors import APPBUILDER, MODEL_STUDIO, REVISIONS
from pytest_assistant_mock._vendors.appbuilder.runs import Answered
from pytest_assistant_mock.strategies.appbuilder_run_fields import APPBUILDER_OPERATIONS
from pytest_assistant_mock.strategies.model_studio_run_fields import MODEL_STUDIO_OPERATIONS
from pytest_assistant_mock.strategies.values import appbuilder_ids, model_studio_ids
from pytest_assistant_mock.strategies.vendor import VendorStrategies

model_studio = VendorStrategies(MODEL_STUDIO, MODEL_STUDIO_OPERATIONS, model_studio_ids, {})
appbuilder = VendorStrategies(
    dict.fromkeys(REVISIONS, APPBUILDER),
    APPBUILDER_OPERATIONS,
    appbuilder_ids,
    dict.fromkeys(("create_run", "submit_tool_outputs", "cancel_run"), Answered),
)
