"""Strategies for the public types, for `st.from_type`."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from hypothesis import strategies as st

from pytest_assistant_mock._engine.kinds.messages import Message, MessageFile
from pytest_assistant_mock._engine.kinds.threads import Thread
from pytest_assistant_mock._engine.wire import Exchange, Failure, FailureKind, Request, Response
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock.strategies import answers, appbuilder, model_studio
from pytest_assistant_mock.strategies.drawing import conversations
from pytest_assistant_mock.strategies.values import appbuilder_ids, model_studio_ids


@cache
def strategies() -> dict[Any, st.SearchStrategy[Any]]:
    """Type -> strategy: of both vendors, and consistent inside."""
    ids = (model_studio_ids, appbuilder_ids)
    responses = _responses()
    return {
        Message: st.one_of(*(answers.stored_message(each, {}) for each in ids)),
        MessageFile: st.one_of(*(answers.stored_file(each, {}) for each in ids)),
        Thread: st.one_of(*(answers.stored_thread(each, {}) for each in ids)),
        Request: exchanges().map(lambda exchange: exchange.request),
        Response: responses,
        Failure: st.builds(Failure, st.sampled_from(get_args(FailureKind)), st.integers(0, 200), responses),
        Exchange: exchanges(),
    }


def _responses() -> st.SearchStrategy[Response]:
    bodies = st.one_of(*(vendor.message() | vendor.thread() | vendor.error() for vendor in (model_studio, appbuilder)))
    return st.builds(_response, st.just(200), bodies)


def _response(status: int, body: dict[str, Any]) -> Response:
    from pydantic_core import to_json

    data = to_json(body)
    return Response(status, (("Content-Type", "application/json"), ("Content-Length", str(len(data)))), data)


def exchanges() -> st.SearchStrategy[Exchange]:
    """Exchanges as the fake would have them: the last of a short conversation."""
    return st.one_of(*(conversations(vendor.name, max_calls=3).map(_last) for vendor in REVISIONS["2025"]))


def _last(conversation: Any) -> Exchange:
    from pytest_assistant_mock._engine.engine import Engine

    engine = Engine(REVISIONS["2025"])
    conversation.play(engine.handle, quiet=True)
    return engine.journal.of(conversation.vendor)[-1]
