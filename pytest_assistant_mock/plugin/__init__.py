"""Fixtures, marker and options: all that knows pytest. Imports nothing else before a fixture is used."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from pytest_assistant_mock._engine.wire import Exchange
    from pytest_assistant_mock._mock.handle import Handle
    from pytest_assistant_mock._mock.mock import AssistantMock
    from pytest_assistant_mock._mock.server import AssistantServer
    from pytest_assistant_mock._serving.server import Server
    from pytest_assistant_mock.contract.watch import Field, UncheckedCall, Watch

_M = TypeVar("_M", bound="AssistantMock")
_K = TypeVar("_K")
_MARKER = (
    "assistant(revision='auto'|'2025'|'2026', strict=True, contract='off'|'warn'|'fail', source='fake'|'cassette'|'live',"
    " cassette='name', ignore=[...], reuse=False, unplayed='fail'|'warn'|'off', pace='instant'|'recorded',"
    " polls='skip'|'all', old_values='keep'|'replace'):"
    " how the assistant fixtures play the vendors in this test"
)
_TRAFFIC_WORDS = ("failed", "all", "none")
_PASSED = pytest.StashKey[bool]()
_TRAFFIC = pytest.StashKey[list[tuple["AssistantMock", list["Exchange"]]]]()
_SHOWN = pytest.StashKey[bool]()
_OPTIONS = {"source": ("fake", "cassette", "live"), "record": ("none", "once", "new", "all")}
_CASSETTES = {
    "pace": (("instant", "recorded"), "how fast a recorded stream is replayed: instant (default), or with the pauses recorded"),
    "polls": (("skip", "all"), "what replay does with polls of a run that is under way: skip them (default), or play all"),
    "old_values": (("keep", "replace"), "whether recording again keeps the ids and times of the old recording (default: keep)"),
}
_CONTRACT = ("off", "warn", "fail")
_DRIFT = pytest.StashKey[dict["Field", int]]()
_UNCHECKED = pytest.StashKey[dict["UncheckedCall", int]]()
_COUNTED: Mapping[str, tuple[pytest.StashKey[Any], str]] = {
    "assistant_drift": (_DRIFT, "assistant: fields the contract does not know"),
    "assistant_unchecked": (_UNCHECKED, "assistant: calls the contract does not know, not checked"),
}
_FAILURE = pytest.StashKey[BaseException]()
_MOCKED = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("assistant", "assistant mock")
    helps = {
        "source": "who answers: the fake (default), a cassette, or the real service",
        "record": "what to record from a cassette's or a live test: none (default), once (if there is no cassette), new, all",
    }
    for name, words in _OPTIONS.items():
        group.addoption(f"--assistant-{name}", dest=f"assistant_{name}", choices=words, default=None, help=helps[name])
        parser.addini(f"assistant_{name}", helps[name], default=words[0])
    for name, (words, help) in _CASSETTES.items():
        group.addoption(f"--assistant-{name.replace('_', '-')}", dest=f"assistant_{name}", choices=words, help=help)
        parser.addini(f"assistant_{name}", help, default="")
    orphans = "list the cassettes that no test of the run asked for, and fail if there are any"
    group.addoption("--assistant-orphans", action="store_true", help=orphans)
    parser.addini("assistant_revision", "recorded shape of Model Studio's messages: auto (default), 2025 or 2026", default="auto")
    parser.addini("assistant_hosts", "more base URLs to answer, a line each: vendor = base URL", type="linelist", default=[])
    guard = "whether to stop every call to a vendor's host for the whole run, whatever fixtures a test has (default: false)"
    parser.addini("assistant_guard", guard, type="bool", default=False)
    parser.addini("assistant_contract", "as --assistant-contract", default="")
    parser.addini("assistant_traffic", "as --assistant-traffic", default="")
    group.addoption(
        "--assistant-traffic",
        choices=_TRAFFIC_WORDS,
        help="whose conversation with the vendors to report: that of failed tests (default), of all, of none",
    )
    group.addoption(
        "--assistant-report",
        metavar="FILE",
        help="write the conversations of the run, test by test, as one HTML page",
    )
    group.addoption(
        "--assistant-contract",
        choices=_CONTRACT,
        help="what to do about an exchange that breaks the vendor's contract (default: off for the fake)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    _guard(early_config)  # what a conftest.py imports may call the service


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    _guard(config)  # if a conftest.py has named this plugin
    for key, _ in _COUNTED.values():
        config.stash[key] = {}
    _option(config, "traffic")
    if config.getoption("assistant_report") and not hasattr(config, "workerinput"):
        from pytest_assistant_mock.plugin.report_file import ReportFile

        config.pluginmanager.register(ReportFile(config), "assistant_report")
    _tell_source(config.getoption("assistant_source"))
    if config.getoption("assistant_orphans"):
        from pytest_assistant_mock.plugin.orphans import Orphans

        config.pluginmanager.register(Orphans(config), "assistant_orphans")


def pytest_unconfigure(config: pytest.Config) -> None:
    if config.getoption("assistant_source", None):
        _tell_source(None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """A mock that has closed is nowhere, whatever a monkeypatch has put back; and no call has been stopped unheard."""
    __tracebackhide__ = True
    try:
        result = yield
    finally:
        if environment := sys.modules.get("pytest_assistant_mock._mock.sdk_environment"):
            environment.tidy()
    if item.config.getini("assistant_guard"):
        from pytest_assistant_mock.plugin.guarding import after_test

        after_test(item, item.stash.get(_FAILURE, None))
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    config = terminalreporter.config
    counted = [(title, counts) for key, title in _COUNTED.values() if (counts := config.stash[key])]
    if counted or _option(config, "traffic") == "all":
        from pytest_assistant_mock.plugin.report import show_counts, show_passed

        show_passed(terminalreporter)
        for title, counts in counted:
            show_counts(terminalreporter, title, counts)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # a worker of pytest-xdist
        from pytest_assistant_mock.plugin.report import plain

        for name, (key, _) in _COUNTED.items():
            counts = session.config.stash[key].items()
            session.config.workeroutput[name] = [[*(plain(str(word)) for word in words), times] for words, times in counts]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object | None) -> None:
    told = getattr(node, "workeroutput", {})  # without it, the worker has crashed
    for name, (key, _) in _COUNTED.items():
        for *words, times in told.get(name, ()):
            _count(node.config.stash[key], {tuple(words): times})


def _guard(config: pytest.Config) -> None:
    if config.getini("assistant_guard"):
        from pytest_assistant_mock.plugin.guarding import begin

        begin(config)


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.getini("assistant_guard"):
        from pytest_assistant_mock.plugin.guarding import after_collection

        after_collection(session.config)


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
        if report.when == "teardown" and item.config.getoption("assistant_report"):
            from pytest_assistant_mock.plugin.report_file import attach

            traffic = item.stash[_TRAFFIC]
            attach(report, traffic)
        _show_traffic(item, report)
    if call.excinfo is not None and (_MOCKED in item.stash or _is_ours(call.excinfo)):
        from pytest_assistant_mock.plugin.report import clean

        clean(report.longrepr)
    if report.when == "teardown":  # pytest keeps its items to the end; what they hold of a mock must go now
        _forget(item)
    return report


def _is_ours(excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
    """Whether an exception was raised in a frame of this package."""
    traceback = excinfo.tb
    while traceback.tb_next is not None:
        traceback = traceback.tb_next  # of the frame that raised it
    return str(traceback.tb_frame.f_globals.get("__name__")).startswith("pytest_assistant_mock.")


def _forget(item: pytest.Item) -> None:
    keys: tuple[pytest.StashKey[Any], ...] = (_PASSED, _FAILURE, _TRAFFIC, _SHOWN, _MOCKED)
    for key in keys:
        if key in item.stash:
            del item.stash[key]


def _show_traffic(item: pytest.Item, report: pytest.TestReport) -> None:
    """Put the conversation into the report of a test that failed, or of one that passed if that is wanted."""
    kept = [(mock, exchanges) for mock, exchanges in item.stash[_TRAFFIC] if exchanges]
    if not kept or _SHOWN in item.stash or not (report.failed or report.when == "call"):
        return
    wanted = _option(item.config, "traffic") or "failed"
    if wanted == "none" or not (report.failed or (wanted == "all" and report.passed)):
        return
    item.stash[_SHOWN] = True
    from pytest_assistant_mock.plugin.report import add_section, shown

    for mock, exchanges in kept:
        add_section(item, report, shown(partial(mock.traffic, exchanges)))


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
    """Both vendors played in memory for one test: an open `AssistantMock`."""
    __tracebackhide__ = True
    from pytest_assistant_mock._mock.mock import AssistantMock
    from pytest_assistant_mock.plugin.options import made

    mock = made(AssistantMock, request)
    mock.spell = partial(_spelled, request.fixturenames)
    yield from _opened(request, mock)
    if mock.unplayed:
        from pytest_assistant_mock.plugin.report import plain

        request.node.add_report_section("teardown", "assistant cassette", plain(mock.unplayed))


def _spelled(fixtures: Sequence[str], vendor: str) -> str:
    """How a test that asked for some fixtures calls a vendor's handle."""
    return next((name for name in (f"{vendor}_mock", vendor) if name in fixtures), f"assistant_mock.{vendor}")


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
    """One server a worker, on a free port; nothing answers there outside a test that uses `assistant_server`."""
    from pytest_assistant_mock._serving.server import Server

    with Server() as server:
        yield server


@pytest.fixture
def assistant_server(request: pytest.FixtureRequest, _assistant_socket: Server) -> Iterator[AssistantServer]:
    """Both vendors served over HTTP on loopback for one test: an open `AssistantServer`. `env` is for subprocesses."""
    __tracebackhide__ = True
    from pytest_assistant_mock._mock.server import AssistantServer
    from pytest_assistant_mock.plugin.options import made

    server = made(AssistantServer, request, server=_assistant_socket)
    server.spell = "assistant_server.{}".format
    yield from _opened(request, server)


def _opened(request: pytest.FixtureRequest, mock: _M) -> Iterator[_M]:
    """A mock for one test: its exchanges kept for the report, nothing asked of a test that has failed."""
    __tracebackhide__ = True
    exchanges: list[Exchange] = []
    mock.watch(exchanges.append)
    request.node.stash[_MOCKED] = True
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
    """Alibaba Cloud Model Studio, played in memory."""
    return assistant_mock.model_studio


@pytest.fixture
def appbuilder(assistant_mock: AssistantMock) -> Handle:
    """Baidu AppBuilder, played in memory."""
    return assistant_mock.appbuilder


@pytest.fixture
def model_studio_mock(assistant_mock: AssistantMock) -> Handle:
    """Alibaba Cloud Model Studio, played in memory: `model_studio` by a name that is no package's."""
    return assistant_mock.model_studio


@pytest.fixture
def appbuilder_mock(assistant_mock: AssistantMock) -> Handle:
    """Baidu AppBuilder, played in memory: `appbuilder` by a name that is no package's."""
    return assistant_mock.appbuilder


def _tell_source(source: str | None) -> None:
    """Let a state machine, which has no fixture, know what the command line says."""
    if source or "pytest_assistant_mock._mock.recording" in sys.modules:
        from pytest_assistant_mock._mock.recording import command_line

        command_line.source = source


def _count(counted: dict[_K, int], more: Mapping[_K, int]) -> None:
    for key, times in more.items():
        counted[key] = counted.get(key, 0) + times
