"""
Fixtures, marker and options: all that knows pytest. Imports nothing else before a fixture is used.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from pytest_assistant_mock._engine.wire import Exchange
    from pytest_assistant_mock._mock.handle import Handle
    from pytest_assistant_mock._mock.mock import AssistantMock
    from pytest_assistant_mock._mock.server import AssistantServer
    from pytest_assistant_mock._serving.server import Server
    from pytest_assistant_mock.contract.watch import Call, Field, Watch

_M = TypeVar("_M", bound="AssistantMock")
_K = TypeVar("_K")
_MARKER = (
    "assistant(revision='2025'|'2026', strict=True, contract='off'|'warn'|'fail', source='fake'|'cassette'|'live',"
    " cassette='name', ignore=[...], reuse=False, unplayed='fail'|'warn'|'off'):"
    " how the assistant fixtures play the vendors in this test"
)
_TRAFFIC_WORDS = ("failed", "all", "none")
_SECTION = "assistant traffic"
_PASSED = pytest.StashKey[bool]()
_TRAFFIC = pytest.StashKey[list[tuple["AssistantMock", list["Exchange"]]]]()
_OPTIONS = {"source": ("fake", "cassette", "live"), "record": ("none", "once", "new", "all")}
_CONTRACT = ("off", "warn", "fail")
_DRIFT = pytest.StashKey[dict["Field", int]]()
_UNCHECKED = pytest.StashKey[dict["Call", int]]()
_FAILURE = pytest.StashKey[BaseException]()


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
    config.stash[_UNCHECKED] = {}
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
            terminalreporter.line(f"{vendor} {operation} {side}  {field}  {_times(times)}")
    if unchecked := terminalreporter.config.stash[_UNCHECKED]:
        terminalreporter.section("assistant: calls the contract does not know, not checked")
        for (vendor, call), times in sorted(unchecked.items()):
            terminalreporter.line(f"{vendor} {call}  {_times(times)}")


def _times(count: int) -> str:
    return f"{count} time{'' if count == 1 else 's'}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # a worker of pytest-xdist
        stash = session.config.stash
        session.config.workeroutput["assistant_drift"] = [[*key, times] for key, times in stash[_DRIFT].items()]
        session.config.workeroutput["assistant_unchecked"] = [[*key, times] for key, times in stash[_UNCHECKED].items()]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object | None) -> None:
    told = getattr(node, "workeroutput", {})
    for vendor, operation, side, field, times in told.get("assistant_drift", ()):
        _count(node.config.stash[_DRIFT], {(vendor, operation, side, field): times})
    for vendor, call, times in told.get("assistant_unchecked", ()):
        _count(node.config.stash[_UNCHECKED], {(vendor, call): times})


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
    from pytest_assistant_mock._mock.mock import AssistantMock
    from pytest_assistant_mock.plugin.options import made

    mock = made(AssistantMock, request)
    yield from _opened(request, mock)
    if mock.unplayed:
        request.node.add_report_section("teardown", "assistant cassette", mock.unplayed)


@pytest.fixture
def assistant_contract(request: pytest.FixtureRequest, assistant_mock: AssistantMock) -> Watch:
    """
    Every exchange of this test is checked against the vendors' contract, and the test fails if one breaks it.

    An option, ini file or marker that says otherwise ("warn", "off") wins. Gives what was found so far: .violations, .drift.
    """
    from pytest_assistant_mock.plugin.options import settings

    if settings(request).get("contract") is None:
        assistant_mock.contract.start("fail")
    return assistant_mock.contract


@pytest.fixture(scope="session")
def _assistant_socket() -> Iterator[Server]:
    """
    One server a worker, on a free port; nothing answers there outside a test that uses `assistant_server`.
    """
    from pytest_assistant_mock._serving.server import Server

    with Server() as server:
        yield server


@pytest.fixture
def assistant_server(request: pytest.FixtureRequest, _assistant_socket: Server) -> Iterator[AssistantServer]:
    """
    Both vendors served over HTTP on loopback for one test: an open `AssistantServer`. `env` is for subprocesses.
    """
    __tracebackhide__ = True
    from pytest_assistant_mock._mock.server import AssistantServer
    from pytest_assistant_mock.plugin.options import made

    yield from _opened(request, made(AssistantServer, request, server=_assistant_socket))


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
        _count(request.config.stash[_DRIFT], mock.drift)
        _count(request.config.stash[_UNCHECKED], mock.unchecked)


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


def _tell_source(source: str | None) -> None:
    """
    Let a state machine, which has no fixture, know what the command line says.
    """
    if source or "pytest_assistant_mock._mock.recording" in sys.modules:
        from pytest_assistant_mock._mock.recording import command_line

        command_line.source = source


def _count(counted: dict[_K, int], more: Mapping[_K, int]) -> None:
    for key, times in more.items():
        counted[key] = counted.get(key, 0) + times
