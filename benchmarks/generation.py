"""
Payloads drawn per second: our strategy for create_message beside what one would write by hand, and beside `st.builds` on a
pydantic model of the same fields.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from operator import methodcaller
from statistics import median
from typing import Annotated, Any, Literal

import harness
from harness import Case, Row, effort

EXAMPLES = 100


def generation() -> list[Row]:
    """Model Studio's create_message."""
    from pytest_assistant_mock import strategies

    drawn = {"ours": strategies.model_studio.create_message(), **by_others()}
    cases: dict[str, Case] = {name: drawing(strategy) for name, strategy in drawn.items()}
    times = harness.interleaved(cases, rounds=effort(16), calls=1, warm_up=1)
    note = ", ".join(f"{name} {effort(EXAMPLES, 5) / median(seconds):,.0f}/s" for name, seconds in times.items())
    faster = {name: harness.ratio(times, name, "ours") for name in times}
    return [
        Row("create_message() payloads a second / fixed_dictionaries by hand", faster["by hand"], 0.9, good="high", note=note),
        Row("the same / st.builds on a pydantic model", faster["st.builds"], 2.0, good="high"),
        Row("the same / st.builds with every field by hand", faster["st.builds, fields by hand"], good="high"),
    ]


def by_others() -> dict[str, Any]:
    """What the vendor accepts, spelled out; and a model of it, its fields found by hypothesis or given."""
    from hypothesis import strategies as st
    from pydantic import BaseModel, Field, JsonValue

    class CreateMessage(BaseModel):
        content: Annotated[str, Field(min_length=1)]
        role: Literal["user"] = "user"
        metadata: dict[str, JsonValue] | None = None
        file_ids: list[str] | None = None

    def text(**sizes: int) -> Any:
        return st.text(st.characters(codec="utf-8"), **sizes)

    plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | text(max_size=20)
    value = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text(max_size=8), inner, max_size=3))
    content = {"content": text(min_size=1).filter(str.strip)}
    others = {
        "role": st.just("user"),
        "metadata": st.none() | st.dictionaries(text(max_size=64), value, max_size=3),
        "file_ids": st.none() | st.lists(st.integers(1, 2**53).map("file-{}".format), max_size=4),
    }
    inferred = {"role": ..., "file_ids": ..., "metadata": others["metadata"]}  # hypothesis knows no JsonValue
    dumped = methodcaller("model_dump", exclude_unset=True)
    return {
        "by hand": st.fixed_dictionaries(content, optional=others),
        "st.builds": st.builds(CreateMessage, **inferred).map(dumped),
        "st.builds, fields by hand": st.builds(CreateMessage, **content, **others).map(dumped),
    }


def drawing(strategy: Any) -> Case:
    """The case of so many payloads drawn, as `@given` draws them."""
    from hypothesis import HealthCheck, Phase, given, settings

    @settings(
        max_examples=effort(EXAMPLES, 5),
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(payload: Any) -> None:
        pass

    batch: Callable[[int], object] = harness.each(draw)
    return lambda: nullcontext(batch)


MEASURES = {"generation": generation}
