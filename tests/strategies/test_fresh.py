"""Each example gets a clean mock, and hypothesis has nothing to complain about."""

from __future__ import annotations

import unittest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_assistant_mock import AssistantMock, Handle, strategies


@given(text=st.text(min_size=1, max_size=5))
@strategies.fresh("model_studio")
def test_each_example_starts_empty(studio, text):
    """What an example before has stored is gone, and ids begin anew."""
    assert studio.threads() == []
    assert studio.add_thread().id == "thread_00000000-0000-4000-8000-000000000001"
    assert text


class TestMethods(unittest.TestCase):
    @given(st.integers())
    @strategies.fresh("appbuilder", revision="2026")
    def test_a_method_gets_its_handle_after_self(self, baidu, number):
        """Methods work as functions do, options reach the mock."""
        assert isinstance(self, TestMethods)
        assert isinstance(baidu, Handle)
        assert isinstance(number, int)


@settings(max_examples=5)
@given(st.integers())
@strategies.fresh("assistant_mock")
def test_the_mock_itself_can_be_asked_for(mock, number):
    """ "assistant_mock" gives both vendors."""
    assert isinstance(mock, AssistantMock)


def test_no_health_check_has_to_be_suppressed(pytester):
    """Where the fixture under @given fails hypothesis' health check, the decorator passes it."""
    pytester.makepyfile(
        """
        from hypothesis import given, strategies as st
        from pytest_assistant_mock import strategies

        @given(st.integers())
        def test_fixture(model_studio, number):
            pass

        @given(st.integers())
        @strategies.fresh("model_studio")
        def test_decorator(studio, number):
            pass
        """
    )
    result = pytester.runpytest("-p", "no:randomly")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*FailedHealthCheck*function-scoped fixture*"])


def test_other_fixtures_still_reach_the_test(pytester):
    """Parameters after the first are the test's own: drawn values and fixtures."""
    pytester.makepyfile(
        """
        import pytest
        from hypothesis import given, strategies as st
        from pytest_assistant_mock import strategies

        @pytest.fixture(scope="session")
        def word():
            return "hello"

        @given(number=st.integers())
        @strategies.fresh("model_studio")
        def test_it(studio, word, number):
            assert word == "hello"
        """
    )
    pytester.runpytest().assert_outcomes(passed=1)


def test_a_wrong_vendor_is_refused_when_decorating():
    """The error names the vendors and the nearest."""
    with pytest.raises(ValueError, match="one") as caught:
        strategies.fresh("model_studo")
    assert str(caught.value) == (
        "fresh('model_studo'): expected one of model_studio, appbuilder, assistant_mock; did you mean 'model_studio'?"
    )


def test_a_function_without_a_parameter_is_refused_when_decorating():
    """There would be no way to pass the handle."""
    with pytest.raises(TypeError, match="nothing takes no parameter; its first one gets the model_studio"):

        @strategies.fresh("model_studio")
        def nothing():
            pass
