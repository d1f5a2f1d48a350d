"""
Fixtures, marker and options: all that knows pytest. Imports nothing else before a fixture is used.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_assistant_mock._doors.server import Server
    from pytest_assistant_mock._mock import AssistantMock, Handle
    from pytest_assistant_mock._served import AssistantServer
    from pytest_assistant_mock.contract.watch import Field

_MARKER = (
    "assistant(revision='2025'|'2026', strict=True, contract='off'|'warn'|'fail'): "
    "how the assistant fixtures play the vendors in this test"
)
_PASSED = pytest.StashKey[bool]()
_KEYWORDS = ("revision", "strict", "contract")
_CONTRACT = ("off", "warn", "fail")
_DRIFT = pytest.StashKey[dict["Field", int]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("assistant_revision", "recorded shape of Model Studio's messages: 2025 (default) or 2026", default="2025")
    parser.addini("assistant_hosts", "more base URLs to answer, a line each: vendor = base URL", type="linelist", default=[])
    parser.addini("assistant_contract", "as --assistant-contract", default="")
    group = parser.getgroup("assistant", "assistant mock")
    group.addoption(
        "--assistant-contract",
        choices=_CONTRACT,
        help="what to do about an exchange that breaks the vendor's contract (default: off for the fake)",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    config.stash[_DRIFT] = {}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
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
    report = yield
    if report.when == "call":
        item.stash[_PASSED] = report.passed
    return report


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
        raise pytest.UsageError(f"{problem} (from @pytest.mark.assistant or an ini option assistant_…)") from None
    try:
        with mock:
            yield mock
            if not request.node.stash.get(_PASSED, False):
                mock.excuse()
    finally:
        _count_drift(request.config, mock.drift)


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
        raise pytest.UsageError(f"{problem} (from @pytest.mark.assistant or an ini option assistant_…)") from None
    try:
        with server:
            yield server
    finally:
        _count_drift(request.config, server.drift)


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
    config = request.config
    settings: dict[str, Any] = {"revision": config.getini("assistant_revision")}
    if lines := config.getini("assistant_hosts"):
        settings["hosts"] = _hosts(lines)
    if word := config.getini("assistant_contract"):
        settings["contract"] = word
    for marker in reversed(list(request.node.iter_markers("assistant"))):
        settings.update(_keywords(marker))
    if option := config.getoption("--assistant-contract"):
        settings["contract"] = option
    return settings


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
