"""Drawn streams are the vendor's own, and drawn broken ones are wrong exactly where they say."""

from __future__ import annotations

import pytest
from hypothesis import Phase, find, given, settings

from pytest_assistant_mock import contract, strategies, turns

VENDORS = ("model_studio", "appbuilder")
QUICK = settings(max_examples=1000, phases=[Phase.generate])  # the first that is found will do
RULES = {
    "the stream ends before its run stops",
    "an event comes twice",
    "an event is left out",
    "an event has a name that no event has",
    "the data is no JSON",
    "a field is missing",
    "a field is of another type",
    "the id of the thread is another one",
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_stream_of_any_script_keeps_the_contract(vendor):
    """Event by event and in their order, strictly: as bytes, and frame by frame."""

    @settings(max_examples=60)
    @given(strategies.stream(vendor, max_rounds=2))
    def keeps(stream):
        assert contract.violations(stream.body, vendor=vendor, strict=True) == []
        assert contract.violations(list(stream.frames), vendor=vendor, strict=True) == []
        assert len(stream.events) == len(stream.frames)

    keeps()


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_broken_stream_is_wrong_where_it_says(vendor):
    """The contract's first violation is in the event that is named, and every rule is broken at some time."""
    seen = set()

    @settings(max_examples=150)
    @given(strategies.broken_stream(vendor))
    def wrong(broken):
        seen.add(broken.rule)
        found = contract.violations(broken.body, vendor=vendor, strict=True)
        assert found, broken
        assert found[0].event.split()[:2] == ["event", str(broken.event)], broken

    wrong()
    assert seen >= RULES


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_stream_shrinks_to_a_run_that_says_little(vendor):
    """What fails for every stream is shown with the shortest; a failing example shows its script, not its frames."""
    found = find(strategies.stream(vendor), lambda stream: True)
    assert found.script == (turns.says("a"),)
    assert repr(found) == f"EventStream(vendor={vendor!r}, script=(turns.says('a'),), part=0)"


def test_model_studios_next_stream_is_drawn_too():
    """After outputs another stream goes on, and begins with the completed step."""
    found = find(strategies.stream("model_studio"), lambda stream: stream.part == 1, settings=QUICK)
    assert found.events[0].name == "thread.run.step.completed"


def test_appbuilders_stream_goes_on_over_a_call():
    """It holds the call, the output that came and the end of the run."""
    called = lambda stream: any(isinstance(turn, list) for turn in stream.script)  # noqa: E731
    found = find(strategies.stream("appbuilder"), called, settings=QUICK)
    kinds = [event.data.get("event_type") for event in found.events]
    assert kinds.index("tool_calls") < kinds.index("tool_submitted_output") < kinds.index("run_end")


def test_an_unknown_vendor_is_refused_at_once():
    """The error names those there are."""
    for make in (strategies.stream, strategies.broken_stream):
        with pytest.raises(ValueError, match="no vendor 'baidu'; the vendors are model_studio, appbuilder"):
            make("baidu")
