"""The vendors this project plays. The only place that knows them by name; see docs/add-an-endpoint.md for adding one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_assistant_mock._engine.provider import Provider
from pytest_assistant_mock._providers.appbuilder.provider import APPBUILDER
from pytest_assistant_mock._providers.model_studio.provider import MODEL_STUDIO

if TYPE_CHECKING:
    from pytest_assistant_mock._providers.documents import Documents

    DOCUMENTS: Mapping[str, Documents]

REVISIONS: Mapping[str, tuple[Provider, ...]] = {revision: (MODEL_STUDIO[revision], APPBUILDER) for revision in MODEL_STUDIO}
"""Every revision of the recorded shapes, with the vendors as they stood then."""

__all__ = ["APPBUILDER", "DOCUMENTS", "MODEL_STUDIO", "REVISIONS"]


def __getattr__(name: str) -> Any:
    """
    DOCUMENTS, what is written about each vendor: found on first use, for the contract alone asks.
    """
    if name != "DOCUMENTS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pytest_assistant_mock._providers.appbuilder import documents as appbuilder
    from pytest_assistant_mock._providers.model_studio import documents as model_studio

    globals()[name] = {"model_studio": model_studio.DOCUMENTS, "appbuilder": appbuilder.DOCUMENTS}
    return globals()[name]
