"""`st.from_type` works for the public types, and learning them costs hypothesis next to nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_assistant_mock import Exchange, Failure, Message, Request, Response, Thread


@pytest.mark.parametrize("type_", [Exchange, Failure, Message, Request, Response, Thread])
def test_every_public_type_can_be_drawn(type_):
    """A value of the type, consistent inside."""

    @settings(max_examples=15)
    @given(st.from_type(type_))
    def drawn(value):
        assert isinstance(value, type_)

    drawn()


@settings(max_examples=20)
@given(st.from_type(Exchange))
def test_an_exchange_is_a_real_one(exchange):
    """Its response is what the fake answers to its request."""
    assert exchange.operation is not None
    assert exchange.response.status == 200
    assert exchange.request.url.startswith("https://")


def test_the_hook_imports_only_what_needs_the_standard_library():
    """Importing hypothesis imports neither pydantic nor any HTTP library because of us."""
    code = (
        "import sys, hypothesis; "
        "assert 'pytest_assistant_mock.strategies._entry_point' in sys.modules; "
        "print([name for name in ('pydantic', 'httpx', 'vcr', 'jsonschema', 'requests') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
