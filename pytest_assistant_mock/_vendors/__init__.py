"""The vendors this project plays. The only place that knows them by name; see docs/add-an-endpoint.md for adding one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._vendors.appbuilder.vendor import APPBUILDER
from pytest_assistant_mock._vendors.model_studio.vendor import AUTO, MODEL_STUDIO

if TYPE_CHECKING:
    from pytest_assistant_mock._vendors.documents import Documents

    DOCUMENTS: Mapping[str, Documents]

REVISIONS: Mapping[str, tuple[Vendor, ...]] = {revision: (MODEL_STUDIO[revision], APPBUILDER) for revision in MODEL_STUDIO}
"""Every revision of the recorded shapes, with the vendors as they stood then."""

PRINTED: Mapping[str, tuple[Vendor, ...]] = {"auto": (AUTO, APPBUILDER), **REVISIONS}
"""What a mock prints: each client's own revision, or one for all."""

__all__ = ["APPBUILDER", "DOCUMENTS", "MODEL_STUDIO", "PRINTED", "REVISIONS"]


def __getattr__(name: str) -> Any:
    """DOCUMENTS, what is written about each vendor: found on first use, for the contract alone asks."""
    if name != "DOCUMENTS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pytest_assistant_mock._vendors.appbuilder import documents as appbuilder
    from pytest_assistant_mock._vendors.model_studio import documents as model_studio

    globals()[name] = {"model_studio": model_studio.DOCUMENTS, "appbuilder": appbuilder.DOCUMENTS}
    return globals()[name]
