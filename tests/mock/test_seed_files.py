"""Seed files are read by the cassettes' reader under a policy of their own: to the values and lines of PyYAML's safe loader."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._mock.seeds import SeedError, load
from pytest_assistant_mock.cassettes.yaml_reader import Broken, by_hand, read


class Loader(yaml.SafeLoader):
    """PyYAML's own, with dates as text: JSON has none."""


Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

PLAIN = """
yes no on off y n true FALSE ~ null Null 0x1F 0o17 017 1_000 1:30 .5 1e3 1.5e+3 .inf -.INF 2025-01-01
"7" 'on' +12 -0 0b11 <<x a:b
""".split()  # noqa: SIM905
TAGGED = ["!!str 5", '!!int "7"', "!!float 1", "!!bool on", "! 5", "!!binary YQ=="]


@pytest.mark.parametrize("word", [*PLAIN, *TAGGED])
def test_a_word_means_what_it_means_in_yaml(word: str) -> None:
    """As a value and as a name, dates apart."""
    for text in (f"a: {word}", f"- {word}", f"{word}: 1", f"[{word}, {word}]"):
        assert repr(read(text, by_hand()).value) == repr(yaml.load(text, Loader))


TEXTS = {
    "merge": "a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc: {<<: [*a, {z: 1, x: 9}], w: 1}\n",
    "merged in place": "b: {x: 1, <<: {x: 2, y: 3}}\n",
    "a name that is quoted": "b: {'<<': 1}\n",
    "aliases": "a: &a [1, {b: 2}]\nc: *a\nd: [*a, *a]\n",
    "blocks": "a: |\n  {\n  no JSON\nb: >-\n  one\n  two\n",
    "empty": "",
    "only a comment": "# x\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_holds_what_pyyaml_reads(name: str) -> None:
    """Merge keys, aliases, blocks that begin with a bracket, nothing."""
    if name == "merge" and yaml.__version__ < "6.0.4":
        pytest.skip("PyYAML before 6.0.4 merges in another order")
    assert repr(read(TEXTS[name], by_hand()).value) == repr(yaml.load(TEXTS[name], Loader))


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("ab:-#{[ \"'1你😀\n", max_size=5)
NAMES = st.text("abcde", min_size=1, max_size=3)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8)


def lines_of(node: Any, where: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], int]:
    """Where each value stands, by PyYAML's nodes: a named one where its name does."""
    found = {where: node.start_mark.line + 1}
    if node.id == "mapping":
        for key, value in node.value:
            found |= lines_of(value, (*where, key.value)) | {(*where, key.value): key.start_mark.line + 1}
    elif node.id == "sequence":
        for number, item in enumerate(node.value):
            found |= lines_of(item, (*where, number))
    return found


def spots(spot: Any, where: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], int]:
    """The same by our reader."""
    found = {where: spot[0]}
    for name, inner in spot[1].items():
        found |= spots(inner, (*where, name))
    return found


@given(st.dictionaries(NAMES, VALUES, max_size=3), st.booleans())
def test_every_value_has_its_line(value: dict[str, Any], flow: bool) -> None:
    """In whatever style it is written."""
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=True, width=20)
    found = read(text, by_hand())
    assert (found.value, spots(found.spot)) == (value, lines_of(yaml.compose(text, Loader)))


def test_an_alias_stands_where_its_name_does_and_what_it_holds_where_that_is_written() -> None:
    """A line each, without walking it again."""
    text = "a: &a\n  - x\n  - {y: 1}\nb: *a\n"
    assert spots(read(text, by_hand()).spot) == lines_of(yaml.compose(text, Loader))


def refused(tmp_path: Path, text: str, name: str = "seeds.yaml") -> str:
    """Why a file is."""
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(SeedError) as told:
        load(path, AssistantMock())
    return str(told.value).removeprefix(str(path))


LAUGHS = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
BAD = {
    "made to explode": (
        LAUGHS,
        ", line 5: aliases stand for more than 100,000 values: this file is made to explode; expected YAML",
    ),
    "an alias to itself": ("appbuilder: &a [*a]", ", line 1: *a stands for nothing before it; expected YAML"),
    "merging text": ("a: 1\nb: {<<: x}", ", line 2: expected a mapping or list of mappings for merging; expected YAML"),
    "merging twice": ("b:\n  <<: {}\n  <<: {}", ", line 3: b.<<: stands here a second time"),
    "a list for a name": ("? [a]\n: 1", ", line 1: a key is no text; expected YAML"),
    "a name twice in a list": ("a:\n- b: 1\n- c:\n    d: 1\n    d: 2", ", line 5: a[1].c.d: stands here a second time"),
    "two documents": ("a: 1\n---\nb: 1", ", line 2: a second document begins; expected one; expected YAML"),
    "no number": ("a: !!int x", ", line 1: invalid literal for int() with base 10: 'x'; expected YAML"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_bad_yaml_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    """Whatever would grow, turn in a circle or lose a value."""
    assert refused(tmp_path, BAD[name][0]) == BAD[name][1]


@pytest.mark.parametrize("kind", ["yaml", "json"])
def test_metadata_may_not_be_nested_without_an_end(kind: str, tmp_path: Path) -> None:
    """The error names file and line, at 101 as at 900; brackets in a text do not count."""
    inside = '"[[[{"'
    for deep, bad in ((90, False), (97, True), (900, True)):
        text = '{"appbuilder": {"threads":\n[{"metadata":\n' + '{"a":' * deep + inside + "}" * deep + "}]}}"
        if bad:
            assert refused(tmp_path, text, f"seeds.{kind}").startswith(", line 3: nested more than 100 deep; expected ")
        else:
            (path := tmp_path / f"good.{kind}").write_text(text)
            assert load(path, AssistantMock()) == 0


def test_a_bad_text_raises_nothing_else() -> None:
    """Of PyYAML's errors none comes through."""
    for text in ("[", "a: b: c", "\t", "a: \x00", "%YAML 9.9\n---\n", "a: *b", "a: !!set {b}", "a: !<tag:x> b"):
        with pytest.raises(Broken) as told:
            read(text, by_hand())
        assert told.value.line >= 1


def test_time_grows_no_faster_than_the_file() -> None:
    """Four times the values take at most eight times as long."""

    def seconds(count: int) -> float:
        text = "".join(f"- {{a: {n}, b: [x, y]}}\n" for n in range(count))
        begun = time.process_time()
        read(text, by_hand())
        return time.process_time() - begun

    assert min(seconds(2000) for _ in range(2)) < 8 * min(seconds(500) for _ in range(3))


def test_assistants_and_files_are_seeded(tmp_path: Path) -> None:
    """Before the threads, with the fields that the handle takes; a file's content is text."""
    path = tmp_path / "seeds.yaml"
    path.write_text(
        "model_studio:\n"
        "  assistants:\n"
        "    - {id: asst_1, model: qwen-plus, tools: [{type: code_interpreter}], file_ids: [file_1]}\n"
        "  files:\n"
        "    - {id: file_1, name: a.txt, content: 文本}\n"
        "appbuilder:\n"
        "  assistants: [{name: helper}]\n",
        "utf-8",
    )
    mock = AssistantMock()
    assert load(path, mock) == 0
    (assistant,), (file,) = mock.model_studio.assistants(), mock.model_studio.files()
    assert (assistant.id, assistant.model, assistant.tools) == ("asst_1", "qwen-plus", ({"type": "code_interpreter"},))
    assert (file.id, file.content) == ("file_1", "文本".encode())
    assert [one.name for one in mock.appbuilder.assistants()] == ["helper"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("model_studio: {assistants: [{modle: m}]}", "modle"),
        ("model_studio: {files: [{content: x}]}", "a file needs a name"),
        ("model_studio: {assistants: [{id: a}, {id: a}]}", "has one of that id already"),
        ("model_studio: {assistants: [{tools: [1]}]}", "tools[0]"),
    ],
)
def test_a_wrong_assistant_or_file_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    """And which field it is."""
    path = tmp_path / "seeds.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(SeedError, match="line 1") as raised:
        load(path, AssistantMock())
    assert told in str(raised.value)
