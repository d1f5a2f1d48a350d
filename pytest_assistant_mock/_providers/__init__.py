"""The vendors this project plays. The only place that knows them by name; see docs/add-an-endpoint.md for adding one."""

from collections.abc import Mapping

from pytest_assistant_mock._engine.provider import Provider
from pytest_assistant_mock._providers.appbuilder.documents import DOCUMENTS as APPBUILDER_DOCUMENTS
from pytest_assistant_mock._providers.appbuilder.provider import APPBUILDER
from pytest_assistant_mock._providers.documents import Documents
from pytest_assistant_mock._providers.model_studio.documents import DOCUMENTS as MODEL_STUDIO_DOCUMENTS
from pytest_assistant_mock._providers.model_studio.provider import MODEL_STUDIO

REVISIONS: Mapping[str, tuple[Provider, ...]] = {revision: (MODEL_STUDIO[revision], APPBUILDER) for revision in MODEL_STUDIO}
"""Every revision of the recorded shapes, with the vendors as they stood then."""

DOCUMENTS: Mapping[str, Documents] = {"model_studio": MODEL_STUDIO_DOCUMENTS, "appbuilder": APPBUILDER_DOCUMENTS}
"""What is written about each vendor."""

__all__ = ["APPBUILDER", "DOCUMENTS", "MODEL_STUDIO", "REVISIONS"]
