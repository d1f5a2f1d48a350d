"""What a test says of assistants: turns, scripts, assistants and files, and what is told of a mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_assistant_mock import AssistantMock, Handle, turns
from pytest_assistant_mock._mock.tool_arguments import ToolArguments
from pytest_assistant_mock.errors import UnusedScript

CALL = {"type": "function", "function": {"name": "f"}}


@pytest.fixture
def studio() -> Handle:
    """Model Studio of a mock that is not open."""
    return AssistantMock().model_studio


@pytest.fixture
def appbuilder() -> Handle:
    """AppBuilder of a mock that is not open."""
    return AssistantMock().appbuilder


WRONG_TURNS: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no text": (lambda: turns.says(None), TypeError, "says(None): expected a text, or a list of content items"),  # type: ignore[arg-type]
    "half a surrogate": (lambda: turns.says("\ud800"), ValueError, "cannot be sent as UTF-8"),
    "pieces do not join": (
        lambda: turns.says("ab", pieces=["a", "c"]),
        ValueError,
        "pieces=['a', 'c'] join to 'ac', expected 'ab'",
    ),
    "no pieces": (lambda: turns.says("ab", pieces=0), ValueError, "pieces=0: expected 1 or more, or the pieces themselves"),
    "pieces is a text": (lambda: turns.says("ab", pieces="ab"), TypeError, "expected a whole number, or a list of texts"),
    "negative polls": (lambda: turns.says("ab", polls=-1), ValueError, "polls=-1: expected a whole number, 0 or more"),
    "polls of a kind": (lambda: turns.says("ab", polls=True), TypeError, "polls=True: expected a whole number, 0 or more"),
    "negative pause": (
        lambda: turns.says("ab", pause=-1),
        ValueError,
        "pause=-1: expected a finite number of seconds, 0 or more",
    ),
    "endless pause": (lambda: turns.says("ab", pause=float("inf")), ValueError, "expected a finite number of seconds"),
    "wait is a number": (lambda: turns.says("ab", wait=1), TypeError, "wait=1: expected True or False"),  # type: ignore[arg-type]
    "usage of one": (lambda: turns.says("ab", usage=(1,)), TypeError, "expected two whole numbers"),  # type: ignore[arg-type]
    "no JSON": (lambda: turns.calls("f", x={1, 2}), TypeError, "cannot be sent as JSON"),
    "NaN": (lambda: turns.calls("f", x=float("nan")), ValueError, "cannot be sent as JSON"),
    "a list of arguments": (lambda: turns.calls("f", [1]), TypeError, "expected a dict of arguments, or keywords"),  # type: ignore[arg-type]
    "no name": (lambda: turns.calls(None), TypeError, "name is NoneType, expected str"),  # type: ignore[arg-type]
    "an output that is no JSON": (lambda: turns.uses("t", "", {1}), TypeError, "cannot be written as JSON"),
}


@pytest.mark.parametrize(("make", "kind", "told"), WRONG_TURNS.values(), ids=WRONG_TURNS)
def test_a_wrong_turn_is_told_at_once(make: Callable[[], Any], kind: type[Exception], told: str) -> None:
    """With what came and what was expected."""
    with pytest.raises(kind) as raised:
        make()
    assert told in str(raised.value)


WRONG_SCRIPTS: dict[str, tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = {
    "nothing": ((), {}, TypeError, 'script() says nothing: model_studio.script("晴,24 度")'),
    "a number": ((1,), {}, TypeError, "1 is no turn; expected a text, a turn such as turns.says(…), or a function of the run"),
    "a list of texts": ((["a", "b"],), {}, TypeError, "a list holds turns.calls(…) that are made at once"),
    "a class": ((str,), {}, TypeError, "is no turn"),
    "a function of two": ((lambda a, b: "",), {}, TypeError, "takes (a, b); expected a function of a run"),
    "times": (("x",), {"times": 0}, ValueError, "times=0: expected a whole number, 1 or more (None: always)"),
    "when": (("x",), {"when": 3}, TypeError, "when=3: expected a text of the last message, or a function of the run"),
    "an unknown assistant": (
        ("x",),
        {"assistant": "asst_2"},
        ValueError,
        "model_studio has no assistant 'asst_2'; did you mean 'asst_1'?; it has asst_1",
    ),
    "no assistant": (("x",), {"assistant": 3}, TypeError, "3 is no assistant: expected an object with an id, or the id"),
}


@pytest.mark.parametrize(("given", "options", "kind", "told"), WRONG_SCRIPTS.values(), ids=WRONG_SCRIPTS)
def test_a_wrong_script_is_told_at_once(
    studio: Handle, given: tuple[Any, ...], options: dict[str, Any], kind: type[Exception], told: str
) -> None:
    """And is not kept."""
    studio.add_assistant(id="asst_1")
    with pytest.raises(kind) as raised:
        studio.script(*given, **options)
    assert told in str(raised.value)
    assert studio._service.state.scripts == []


def test_an_async_function_is_told_at_once(studio: Handle) -> None:
    """It could not be awaited where the request is answered."""

    async def answer(run: turns.Run) -> str:
        return ""

    with pytest.raises(TypeError, match="is async; expected a plain function of one run"):
        studio.script(answer)  # type: ignore[arg-type]


NOT_THERE: dict[str, tuple[Any, str]] = {
    "polls": (turns.says("x", polls=1), "polls=1: appbuilder answers when a run is done, nobody polls"),
    "usage": (turns.says("x", usage=(1, 2)), "appbuilder does not say how many tokens a run used"),
    "never": (turns.never(), "appbuilder answers when a run is done, so there is nothing to wait for"),
    "a built-in tool": (turns.searches("x", []), "appbuilder runs no tools itself; expected turns.calls('quark_search', …)"),
    "annotations": (turns.says("x", annotations=[{}]), "appbuilder's SDK takes texts only"),
}


@pytest.mark.parametrize(("turn", "told"), NOT_THERE.values(), ids=NOT_THERE)
def test_what_appbuilder_does_not_do_is_told(appbuilder: Handle, turn: Any, told: str) -> None:
    """A turn that its service has no way to say is a ValueError."""
    with pytest.raises(ValueError, match="appbuilder") as raised:
        appbuilder.script(turn)
    assert told in str(raised.value)


def test_a_turn_is_printed_as_it_is_written() -> None:
    """So that a message about it can be pasted."""
    for text in (
        "turns.says('晴')",
        "turns.says('ab', pieces=2, pause=1.5, wait=True)",
        "turns.calls('f')",
        "turns.calls('f', {})",
        "turns.calls('f', city='北京')",
        "turns.calls('f', {'a b': 1})",
        "turns.fails('server_error', 'x')",
        "turns.expires()",
        "turns.cancels()",
        "turns.incomplete('x')",
        "turns.never()",
    ):
        assert repr(eval(text)) == text


def test_a_script_that_no_run_took_fails_the_test() -> None:
    """It is printed as it was written, with what was asked and what to do; an optional one is not missed."""
    with pytest.raises(UnusedScript) as raised, AssistantMock(name="a test") as mock:
        assistant = mock.model_studio.add_assistant(id="asst_1")
        mock.model_studio.script("never", [turns.calls("f"), turns.calls("g")], when="天气", assistant=assistant, times=None)
        mock.appbuilder.script("never", optional=True)
        mock.appbuilder.script(lambda run: "")
    assert str(raised.value) == (
        "mock.model_studio.script('never', [turns.calls('f'), turns.calls('g')], when='天气', assistant='asst_1', times=None)"
        " was never used in a test\n"
        "  runs:   the code under test made no run\n"
        "  do:     remove it, let the code under test make a run that fits it, or say optional=True\n"
        "mock.appbuilder.script(lambda run: …) was never used in a test\n"
        "  runs:   the code under test made no run\n"
        "  do:     remove it, let the code under test make a run that fits it, or say optional=True"
    )


def test_assistants_and_files_are_seeded(studio: Handle) -> None:
    """They are there for every key, in the order they were added; what is handed out is a copy."""
    assistant = studio.add_assistant("qwen-plus", "helper", "be kind", [CALL], ["file_1"], {"k": "v"})
    other = studio.add_assistant(id="asst_1")
    assert (assistant.model, assistant.name, assistant.instructions) == ("qwen-plus", "helper", "be kind")
    assert (assistant.tools, assistant.file_ids, assistant.metadata) == ((CALL,), ("file_1",), {"k": "v"})
    assert studio.assistants() == [assistant, other]
    studio.assistants()[0].metadata["k"] = "changed"
    assert studio.assistants()[0].metadata == {"k": "v"}
    file = studio.add_file("a.txt", "文本")
    assert (file.name, file.content) == ("a.txt", "文本".encode())
    second = studio.add_file("b.bin", b"\0", id="file-x")
    assert studio.files() == [file, second]


WRONG_SEEDS: dict[str, tuple[Callable[[Handle], Any], type[Exception], str]] = {
    "a taken id": (lambda studio: studio.add_assistant(id="asst_1"), ValueError, "model_studio has one of that id already"),
    "an empty id": (lambda studio: studio.add_file("a", "", id=""), ValueError, "id='': expected an id, or None"),
    "no tools": (lambda studio: studio.add_assistant(tools="f"), TypeError, "tools='f': expected a list of tools"),  # type: ignore[arg-type]
    "a tool": (lambda studio: studio.add_assistant(tools=[1]), TypeError, "tools[0]=1: expected a dict"),  # type: ignore[list-item]
    "a model": (lambda studio: studio.add_assistant(model=None), TypeError, "model is NoneType, expected str"),  # type: ignore[arg-type]
    "content": (lambda studio: studio.add_file("a", None), TypeError, "content is NoneType, expected bytes or str"),  # type: ignore[arg-type]
    "no file name": (lambda studio: studio.add_file("", ""), ValueError, "expected a file's name"),
    "steps": (lambda studio: studio.steps("run_1"), ValueError, "model_studio has no run 'run_1'; it has none yet"),
    "runs": (lambda studio: studio.runs("thread_1"), ValueError, "model_studio has no thread 'thread_1'"),
    "allow": (lambda studio: studio.allow("create_run"), ValueError, "model_studio.allow('create_run')"),
}


@pytest.mark.parametrize(("seed", "kind", "told"), WRONG_SEEDS.values(), ids=WRONG_SEEDS)
def test_a_wrong_seed_is_told_at_once(studio: Handle, seed: Callable[[Handle], Any], kind: type[Exception], told: str) -> None:
    """And nothing is stored."""
    studio.add_assistant(id="asst_1")
    with pytest.raises(kind) as raised:
        seed(studio)
    assert told in str(raised.value)
    assert (len(studio.assistants()), studio.files()) == (1, [])


def test_the_unnamed_assistant_shares_its_id_with_no_other(studio: Handle) -> None:
    """Messages seeded without an assistant have one placeholder, whose number no assistant gets, before or after."""
    thread = studio.add_thread()
    first = studio.add_assistant()
    unnamed = {studio.add_message(thread, "a", role="assistant").assistant_id for _ in range(2)}
    later = studio.add_assistant()
    assert len(unnamed) == 1
    assert unnamed.isdisjoint({first.id, later.id})
    assert first.id != later.id


MADE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "nothing required": ({"properties": {"a": {"type": "string"}}}, {}),
    "of each type": (
        {
            "required": ["s", "i", "n", "b", "z", "l", "o"],
            "properties": {
                "s": {"type": "string", "minLength": 2},
                "i": {"type": "integer", "minimum": 3},
                "n": {"type": "number", "exclusiveMinimum": 1},
                "b": {"type": "boolean"},
                "z": {"type": "null"},
                "l": {"type": "array", "minItems": 2, "items": {"enum": ["x", "y"]}},
                "o": {"type": "object", "required": ["p"], "properties": {"p": {"const": 7}}},
            },
        },
        {"s": "xx", "i": 3, "n": 2, "b": False, "z": None, "l": ["x", "x"], "o": {"p": 7}},
    ),
    "a default": ({"required": ["a"], "properties": {"a": {"type": "string", "default": "北京"}}}, {"a": "北京"}),
    "only a maximum": ({"required": ["a"], "properties": {"a": {"type": "integer", "maximum": -2}}}, {"a": -2}),
    "no type": ({"required": ["a"]}, {"a": ""}),
}


@pytest.mark.parametrize(("schema", "made"), MADE.values(), ids=MADE)
def test_arguments_are_made_by_the_schema(schema: dict[str, Any], made: dict[str, Any]) -> None:
    """The required fields: default, const, first enum, else the smallest in bounds."""
    assert ToolArguments().make("f", schema) == made


UNMADE: dict[str, dict[str, Any]] = {
    "a pattern": {"required": ["a"], "properties": {"a": {"type": "string", "pattern": "^[a-z]+@"}}},
    "a type of its own": {"required": ["a"], "properties": {"a": {"type": "city"}}},
}


@pytest.mark.parametrize("schema", UNMADE.values(), ids=UNMADE)
def test_arguments_that_cannot_be_made_are_asked_for(schema: dict[str, Any]) -> None:
    """With the call to write."""
    with pytest.raises(ValueError, match=r"turns\.calls\('f'\) cannot make arguments: .*; give them: turns\.calls\('f', …\)"):
        ToolArguments().make("f", schema)


def test_given_arguments_are_checked_by_the_schema() -> None:
    """What does not fit is named with its place."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    ToolArguments().check("f", schema, {"city": "北京"})
    ToolArguments().check("f", {}, {"city": 1})
    with pytest.raises(ValueError, match=r"turns\.calls\('f', …\)\['city'\]: 1 is not of type 'string'"):
        ToolArguments().check("f", schema, {"city": 1})
    with pytest.raises(ValueError, match="the parameters of the function 'f' are no JSON Schema"):
        ToolArguments().check("f", {"type": "city"}, {})
