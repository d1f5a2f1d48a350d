"""
Fixtures, marker and options: all that knows pytest. Imports nothing else before a fixture is used.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_assistant_mock._doors.server import Server
    from pytest_assistant_mock._engine.wire import Exchange
    from pytest_assistant_mock._handle import Handle
    from pytest_assistant_mock._mock import AssistantMock
    from pytest_assistant_mock._served import AssistantServer
    from pytest_assistant_mock.contract.watch import Field, Watch

_M = TypeVar("_M", bound="AssistantMock")
_MARKER = (
    "assistant(revision='2025'|'2026', strict=True, contract='off'|'warn'|'fail', source='fake'|'cassette'|'live',"
    " cassette='name', ignore=[...], reuse=False, unplayed='fail'|'warn'|'off'):"
    " how the assistant fixtures play the vendors in this test"
)
_TRAFFIC_WORDS = ("failed", "all", "none")
_SECTION = "assistant traffic"
_PASSED = pytest.StashKey[bool]()
_TRAFFIC = pytest.StashKey[list[tuple["AssistantMock", list["Exchange"]]]]()
_KEYWORDS = ("revision", "strict", "contract", "source", "cassette", "ignore", "reuse", "unplayed")
_OPTIONS = {"source": ("fake", "cassette", "live"), "record": ("none", "once", "new", "all")}
_CONTRACT = ("off", "warn", "fail")
_DRIFT = pytest.StashKey[dict["Field", int]]()
_FAILURE = pytest.StashKey[BaseException]()
_RUN = pytest.StashKey[tuple[dict[str, Any], dict[str, Any]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("assistant", "assistant mock")
    helps = {
        "source": "who answers: the fake (default), a cassette, or the real service; over markers and ini",
        "record": "what to record, of a cassette or live: none (default), once (if there is no cassette), new, all",
    }
    for name, words in _OPTIONS.items():
        group.addoption(f"--assistant-{name}", dest=f"assistant_{name}", choices=words, default=None, help=helps[name])
        parser.addini(f"assistant_{name}", helps[name], default=words[0])
    parser.addini("assistant_revision", "recorded shape of Model Studio's messages: 2025 (default) or 2026", default="2025")
    parser.addini("assistant_hosts", "more base URLs to answer, a line each: vendor = base URL", type="linelist", default=[])
    parser.addini("assistant_contract", "as --assistant-contract", default="")
    parser.addini("assistant_traffic", "as --assistant-traffic", default="")
    group.addoption(
        "--assistant-traffic",
        choices=_TRAFFIC_WORDS,
        help="whose conversation with the vendors to report: that of failed tests (default), of all, of none",
    )
    group.addoption(
        "--assistant-contract",
        choices=_CONTRACT,
        help="what to do about an exchange that breaks the vendor's contract (default: off for the fake)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    config.stash[_DRIFT] = {}
    _option(config, "traffic")
    _tell_source(config.getoption("assistant_source"))


def pytest_unconfigure(config: pytest.Config) -> None:
    if config.getoption("assistant_source"):
        _tell_source(None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    _show_passed(terminalreporter)
    if drift := terminalreporter.config.stash[_DRIFT]:
        terminalreporter.section("assistant: fields the contract does not know")
        for (vendor, operation, side, field), times in sorted(drift.items()):
            terminalreporter.line(f"{vendor} {operation} {side}  {field}  {times} time{'' if times == 1 else 's'}")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # a worker of pytest-xdist
        session.config.workeroutput["assistant_drift"] = [[*key, times] for key, times in session.config.stash[_DRIFT].items()]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object | None) -> None:
    for vendor, operation, side, field, times in getattr(node, "workeroutput", {}).get("assistant_drift", ()):
        _count_drift(node.config, {(vendor, operation, side, field): times})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if call.excinfo is not None:
        item.stash[_FAILURE] = call.excinfo.value
    report = yield
    if report.when == "call":
        item.stash[_PASSED] = report.passed
    if _TRAFFIC in item.stash:
        _show_traffic(item, report)
    if report.when == "teardown":  # pytest keeps its items to the end; what they hold of a mock must go now
        _forget(item)
    return report


def _forget(item: pytest.Item) -> None:
    keys: tuple[pytest.StashKey[Any], ...] = (_PASSED, _FAILURE, _TRAFFIC)
    for key in keys:
        if key in item.stash:
            del item.stash[key]


def _show_traffic(item: pytest.Item, report: pytest.TestReport) -> None:
    """
    Put the conversation into the report: on a failure beside the traceback, where xdist and junitxml keep it.
    """
    kept = [(mock, exchanges) for mock, exchanges in item.stash[_TRAFFIC] if exchanges]
    if not kept or not (report.failed or report.when == "call"):
        return
    wanted = _option(item.config, "traffic") or "failed"
    if wanted == "none" or not (report.failed or (wanted == "all" and report.passed)):
        return
    del item.stash[_TRAFFIC]
    add = getattr(report.longrepr, "addsection", None)
    for text in [mock.traffic(exchanges) for mock, exchanges in kept]:
        if add is not None:
            add(_SECTION, text)
        else:
            report.sections.append((_SECTION, text))
            item.user_properties.append((_SECTION, text))  # which junitxml reads after the teardown


def _show_passed(terminalreporter: pytest.TerminalReporter) -> None:
    """
    The conversations of tests that passed, unless pytest shows them itself (-rP).
    """
    if {"P", "A"} & set(terminalreporter.config.option.reportchars):
        return
    for report in terminalreporter.getreports("passed"):
        for name, text in report.sections:
            if name == _SECTION:
                terminalreporter.section(f"{_SECTION}: {report.nodeid}", sep="-")
                terminalreporter.line(text)


def _option(config: pytest.Config, name: str) -> str:
    """
    Command line over ini; "" where neither says anything. Raises UsageError for a word of the ini file that is none of the words.
    """
    words = {"traffic": _TRAFFIC_WORDS}[name]
    found = config.getoption(f"assistant_{name}") or config.getini(f"assistant_{name}")
    if found and found not in words:
        from pytest_assistant_mock.errors import nearest

        raise pytest.UsageError(f"assistant_{name} = {found!r}: expected one of {', '.join(words)}{nearest(found, words)}")
    return str(found)


@pytest.fixture
def assistant_mock(request: pytest.FixtureRequest) -> Iterator[AssistantMock]:
    """
    Both vendors played in memory for one test: an open `AssistantMock`.
    """
    __tracebackhide__ = True
    from pytest_assistant_mock._mock import AssistantMock

    settings = _settings(request)
    try:
        mock = AssistantMock(name=request.node.name, **settings)
    except (TypeError, ValueError) as problem:
        raise _said_by(request, problem) from None
    yield from _opened(request, mock)
    if mock.unplayed:
        request.node.add_report_section("teardown", "assistant cassette", mock.unplayed)


@pytest.fixture
def assistant_contract(request: pytest.FixtureRequest, assistant_mock: AssistantMock) -> Watch:
    """
    Every exchange of this test is checked against the vendors' contract, and the test fails if one breaks it.

    An option, ini file or marker that says otherwise ("warn", "off") wins. Gives what was found so far: .violations, .drift.
    """
    if _settings(request).get("contract") is None:
        assistant_mock.contract.start("fail")
    return assistant_mock.contract


@pytest.fixture(scope="session")
def _assistant_socket() -> Iterator[Server]:
    """
    One server a worker, on a free port; nothing answers there outside a test that uses `assistant_server`.
    """
    from pytest_assistant_mock._doors.server import Server

    with Server() as server:
        yield server


@pytest.fixture
def assistant_server(request: pytest.FixtureRequest, _assistant_socket: Server) -> Iterator[AssistantServer]:
    """
    Both vendors served over HTTP on loopback for one test: an open `AssistantServer`. `env` is for subprocesses.
    """
    __tracebackhide__ = True
    from pytest_assistant_mock._served import AssistantServer

    settings = _settings(request)
    try:
        server = AssistantServer(name=request.node.name, server=_assistant_socket, **settings)
    except (TypeError, ValueError) as problem:
        raise _said_by(request, problem) from None
    yield from _opened(request, server)


def _opened(request: pytest.FixtureRequest, mock: _M) -> Iterator[_M]:
    """
    A mock for one test: its exchanges kept for the report, nothing asked of a test that has failed.
    """
    __tracebackhide__ = True
    exchanges: list[Exchange] = []
    mock.watch(exchanges.append)
    request.node.stash.setdefault(_TRAFFIC, []).append((mock, exchanges))
    try:
        with mock:
            yield mock
            if not request.node.stash.get(_PASSED, False):
                mock.excuse(request.node.stash.get(_FAILURE, None))
    finally:
        _count_drift(request.config, mock.drift)


@pytest.fixture
def model_studio(assistant_mock: AssistantMock) -> Handle:
    """
    Alibaba Cloud Model Studio, played in memory.
    """
    return assistant_mock.model_studio


@pytest.fixture
def appbuilder(assistant_mock: AssistantMock) -> Handle:
    """
    Baidu AppBuilder, played in memory.
    """
    return assistant_mock.appbuilder


def _settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """
    Command line over marker over ini; of several markers the nearest wins, keyword by keyword.
    """
    __tracebackhide__ = True
    written, asked = _of_the_run(request.config)
    marked: dict[str, Any] = {}
    if "assistant" in request.node.keywords:  # which is asked faster than markers are gone through
        for marker in reversed(list(request.node.iter_markers("assistant"))):
            marked |= _keywords(marker)
    settings = {**written, **marked, **asked}
    if settings["source"] == "fake":
        if "source" not in marked:
            _warn_of_no_use(request.config.getoption("assistant_record"))
        return settings | {"cassette": None}
    return settings | _recording(request, settings)


def _of_the_run(config: pytest.Config) -> tuple[dict[str, Any], dict[str, Any]]:
    """
    What the ini file says, and what the command line says: read once, for every test asks.
    """
    __tracebackhide__ = True
    if _RUN not in config.stash:
        written: dict[str, Any] = {"revision": config.getini("assistant_revision"), "source": config.getini("assistant_source")}
        if lines := config.getini("assistant_hosts"):
            written["hosts"] = _hosts(lines)
        if word := config.getini("assistant_contract"):
            written["contract"] = word
        options = {name: config.getoption(f"assistant_{name}") for name in ("source", "contract")}
        config.stash[_RUN] = written, {name: word for name, word in options.items() if word}
    return config.stash[_RUN]


def _said_by(request: pytest.FixtureRequest, problem: Exception) -> pytest.UsageError:
    """
    What is wrong with a setting, and who says it: the marker or the ini file. The words of the problem begin with its name.
    """
    name = str(problem).partition("=")[0]
    if any(name in marker.kwargs for marker in request.node.iter_markers("assistant")):
        return pytest.UsageError(f"{problem} (from @pytest.mark.assistant)")
    option = name if name.isidentifier() else "hosts"
    return pytest.UsageError(f"{problem} (from the ini option assistant_{option})")


def _recording(request: pytest.FixtureRequest, settings: Mapping[str, Any]) -> dict[str, Any]:
    """
    Record mode and cassette of a test that does not run on the fake.
    """
    config, node = request.config, request.node
    from pytest_assistant_mock.cassettes import naming

    name = settings.get("cassette")
    if name is not None and not isinstance(name, str):
        raise pytest.UsageError(f"@pytest.mark.assistant(cassette={name!r}): expected a name, like 'threads'")
    try:
        if name is None:
            path = naming.cassette_of_test(node.path, node.name, node.cls and node.cls.__qualname__)
        else:
            path = naming.cassette_of_name(node.path, name)
    except ValueError as problem:
        raise pytest.UsageError(f"@pytest.mark.assistant: {problem}") from None
    record = config.getoption("assistant_record") or config.getini("assistant_record")
    begun = record == "once" and _begun(request, path)
    return {
        "cassette": path,
        "record": record,
        "test": node.nodeid,
        "shared": name is not None,
        "begun": begun,
    }


def _warn_of_no_use(record: str | None) -> None:
    """
    Whoever says --assistant-record expects a recording; other tests of the run may be marked for one.
    """
    if record not in (None, "none"):
        words = f"--assistant-record={record}: this test runs on the fake, and nothing of it is recorded"
        warnings.warn(pytest.PytestWarning(f"{words}; do you want --assistant-source=cassette?"), stacklevel=2)


def _begun(request: pytest.FixtureRequest, path: Path) -> bool:
    """
    Whether a cassette's recording began in this run, in whatever process: it was missing when first asked for.
    """
    from hashlib import sha256

    folder: Path = request.getfixturevalue("tmp_path_factory").getbasetemp()
    folder = (folder.parent if hasattr(request.config, "workerinput") else folder) / "assistant-cassettes"
    mark = folder / sha256(str(path).encode()).hexdigest()
    if not path.exists():
        folder.mkdir(exist_ok=True)
        mark.touch()
    return mark.exists()


def _tell_source(source: str | None) -> None:
    """
    Let a state machine, which has no fixture, know what the command line says.
    """
    if source or "pytest_assistant_mock._source" in sys.modules:
        from pytest_assistant_mock._source import asked

        asked.source = source


def _count_drift(config: pytest.Config, drift: Mapping[Field, int]) -> None:
    counted = config.stash[_DRIFT]
    for key, times in drift.items():
        counted[key] = counted.get(key, 0) + times


def _keywords(marker: pytest.Mark) -> Mapping[str, Any]:
    """
    What a marker says. Raises UsageError for what it cannot say.
    """
    __tracebackhide__ = True
    if marker.args:
        given = ", ".join(map(repr, marker.args))
        raise pytest.UsageError(f"@pytest.mark.assistant({given}): it takes keywords only: {', '.join(_KEYWORDS)}")
    for keyword in marker.kwargs:
        if keyword not in _KEYWORDS:
            from pytest_assistant_mock.errors import nearest

            taken = ", ".join(_KEYWORDS)
            raise pytest.UsageError(
                f"@pytest.mark.assistant({keyword}=…): unknown keyword; it takes {taken}{nearest(keyword, _KEYWORDS)}"
            )
    return marker.kwargs


def _hosts(lines: Sequence[str]) -> dict[str, list[str]]:
    """
    Base URLs by vendor, from lines like "model_studio = https://gw.corp/ai/api/v1".
    """
    __tracebackhide__ = True
    hosts: dict[str, list[str]] = {}
    for line in lines:
        vendor, equals, url = line.partition("=")
        if not equals:
            raise pytest.UsageError(f"assistant_hosts: {line!r}; expected a line like 'model_studio = https://gw.corp/ai/api/v1'")
        hosts.setdefault(vendor.strip(), []).append(url.strip())
    return hosts
