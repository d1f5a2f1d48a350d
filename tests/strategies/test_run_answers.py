"""Drawn assistants, runs, steps and files look as the vendors print them, and agree with themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_assistant_mock import contract, strategies

VENDORS = {"model_studio": strategies.model_studio, "appbuilder": strategies.appbuilder}
ANSWERS = {
    "retrieve_assistant": lambda own: own.assistant(),
    "create_assistant": lambda own: own.assistant(operation="create_assistant"),
    "update_assistant": lambda own: own.assistant(operation="update_assistant"),
    "list_assistants": lambda own: own.assistant_list(),
    "create_assistant_file": lambda own: own.assistant_file(),
    "list_assistant_files": lambda own: own.assistant_file_list(),
    "retrieve_file": lambda own: own.file(),
    "list_files": lambda own: own.file_list(),
    "retrieve_run": lambda own: own.run(),
    "create_run": lambda own: own.run(operation="create_run"),
    "cancel_run": lambda own: own.run(operation="cancel_run"),
    "submit_tool_outputs": lambda own: own.run(operation="submit_tool_outputs"),
    "list_runs": lambda own: own.run_list(),
    "retrieve_run_step": lambda own: own.run_step(),
    "list_run_steps": lambda own: own.run_step_list(),
}


@pytest.mark.parametrize("operation", ANSWERS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_drawn_answers_pass_the_strict_contract(vendor, operation):
    """What is drawn is what the schemas allow, and nothing is unknown to them."""

    @settings(max_examples=25)
    @given(ANSWERS[operation](VENDORS[vendor]))
    def passes(answer):
        assert contract.violations(answer, vendor=vendor, operation=operation, kind="response", strict=True) == []

    passes()


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_operation_has_a_strategy_of_its_answer(vendor):
    """But for what is left of a deleted object, the text of a file, and what an upload answers."""
    older = ("message", "thread")
    routes = VENDORS[vendor]._vendor.routes
    answered = {route.operation for route in routes if route.kind.partition("_")[0] not in older}
    left = {route for route in answered - set(ANSWERS) if not route.startswith(("delete_", "upload_", "download_", "read_"))}
    assert left <= {"create_thread_and_run", "update_run", "retrieve_assistant_file"}  # as create_run and create_assistant_file


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_run_has_what_goes_with_its_status(vendor):
    """One that waits says its calls, one that failed its error; no other has either."""

    @settings(max_examples=80)
    @given(VENDORS[vendor].run())
    def agrees(run):
        assert bool(run["required_action"]) == (run["status"] == "requires_action")
        assert bool(run["last_error"]) == (run["status"] == "failed")
        assert bool(run["failed_at"]) == (run["status"] == "failed")
        assert not run["failed_at"] or run["failed_at"] > run["created_at"]

    agrees()


def test_a_completed_run_of_appbuilder_has_its_answer():
    """And no other run has one."""

    @settings(max_examples=60)
    @given(strategies.appbuilder.run(operation="create_run"))
    def answered(run):
        assert bool(run["final_answer"]) == (run["status"] == "completed")

    answered()


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize(
    ("name", "parent"), [("run_list", "thread_id"), ("run_step_list", "run_id"), ("assistant_file_list", "assistant_id")]
)
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_page_is_consistent(vendor, name, parent, order):
    """One parent, ids that differ, first and last those of the data, nothing more after nothing."""

    @settings(max_examples=20)
    @given(getattr(VENDORS[vendor], name)(order=order, **{parent: "id_1"}))
    def consistent(page):
        ids = [one["id"] for one in page["data"]]
        assert (page["first_id"], page["last_id"]) == ((ids[0], ids[-1]) if ids else ("", ""))
        assert len(set(ids)) == len(ids)
        assert {one[parent] for one in page["data"]} <= {"id_1"}
        assert ids or not page["has_more"]

    consistent()


PINS = [
    ("assistant", {"name": "助手", "created_at": 1711508433283}),
    ("assistant", {"metadata": {"key": "value"}}),
    ("run", {"status": "expired"}),
    ("run", {"id": "run_1", "thread_id": "thread_1", "assistant_id": "asst_1"}),
    ("run_step", {"status": "completed", "run_id": "run_1"}),
    ("assistant_file", {"id": "file-1", "assistant_id": "asst_1"}),
]


@pytest.mark.parametrize(("name", "pin"), PINS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_pinned_field_is_as_it_was_pinned(vendor, name, pin):
    """A value, or drawn from a strategy."""

    @settings(max_examples=10)
    @given(getattr(VENDORS[vendor], name)(**pin), getattr(VENDORS[vendor], name)(**{key: st.just(pin[key]) for key in pin}))
    def pinned(by_value, by_strategy):
        assert [{key: thing[key] for key in pin} for thing in (by_value, by_strategy)] == [pin, pin]

    pinned()


WRONG = [
    (lambda: strategies.model_studio.run(status="done"), ValueError, "no run of model_studio has status='done'; status: Input"),
    (lambda: strategies.appbuilder.run(operation="create_run", status="done"), ValueError, "no run of appbuilder has status="),
    (
        lambda: strategies.appbuilder.run_step(state="x"),
        TypeError,
        "run_step has nothing called 'state' to pin; did you mean 'status'?; it has id, run_id, thread_id, assistant_id,",
    ),
    (lambda: strategies.model_studio.assistant(created_at="x"), ValueError, "no assistant of model_studio has created_at='x'"),
    (
        lambda: strategies.appbuilder.assistant_list(order="up"),
        ValueError,
        "assistant_list: order='up'; allowed: 'asc' or 'desc'",
    ),
    (lambda: strategies.appbuilder.run_list(thread="x"), TypeError, "run_list has nothing called 'thread' to pin; did you mean"),
    (
        lambda: strategies.model_studio.run(operation="retrieve_runs"),
        ValueError,
        "model_studio has no operation 'retrieve_runs'; did you mean 'retrieve_run'?",
    ),
]


@pytest.mark.parametrize(("make", "kind", "message"), WRONG)
def test_what_no_answer_has_is_refused_when_the_strategy_is_made(make, kind, message):
    """Unknown pins are TypeErrors, impossible values ValueErrors, both with what is allowed."""
    with pytest.raises(kind) as caught:
        make()
    assert message is None or str(caught.value).startswith(message)
