"""The vendors this project plays. The only place that knows them by name; see docs/add-an-endpoint.md for adding one."""

from collections.abc import Mapping

from pytest_assistant_mock._engine.provider import Provider
from pytest_assistant_mock._providers.appbuilder.provider import APPBUILDER
from pytest_assistant_mock._providers.model_studio.provider import MODEL_STUDIO

REVISIONS: Mapping[str, tuple[Provider, ...]] = {revision: (MODEL_STUDIO[revision], APPBUILDER) for revision in MODEL_STUDIO}
"""Every revision of the recorded shapes, with the vendors as they stood then."""

__all__ = ["APPBUILDER", "MODEL_STUDIO", "REVISIONS"]
