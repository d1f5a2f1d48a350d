"""The engine: whose a request is, what it is answered with, what is written down."""

from __future__ import annotations

import pytest

from pytest_assistant_mock import Request, Response
from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.kinds.messages import create_thread
from pytest_assistant_mock._engine.kinds.threads import THREAD
from pytest_assistant_mock._vendors import REVISIONS

KEY = (("Authorization", "Bearer sk-test"),)
STUDIO = "https://dashscope.aliyuncs.com/api/v1"


@pytest.fixture
def engine() -> Engine:
    """Both vendors, one more host."""
    return Engine(REVISIONS["2025"], {"appbuilder": ["https://gw.corp/baidu"]})


def operations(engine: Engine, vendor: str) -> list[str | None]:
    """What the journal calls a vendor's exchanges."""
    return [exchange.operation for exchange in engine.journal.of(vendor)]


def test_what_is_nobodys_is_left_alone(engine: Engine) -> None:
    """None, and nothing in the journal."""
    assert engine.handle(Request("GET", "https://example.org/")) is None
    assert engine.handle(Request("GET", "https://gw.corp/other")) is None
    assert (engine.journal.of("model_studio"), engine.journal.of("appbuilder")) == ([], [])


def test_an_exchange_is_written_as_it_was(engine: Engine) -> None:
    """The very request, the very reply, the operation; refused ones too."""
    request = Request("POST", f"{STUDIO}/threads", KEY, b"{}")
    reply = engine.handle(request)
    refused = engine.handle(Request("POST", f"{STUDIO}/threads", (), b"{}"))
    first, second = engine.journal.of("model_studio")
    assert (first.vendor, first.operation, first.request, first.reply) == ("model_studio", "create_thread", request, reply)
    assert (second.operation, second.reply) == ("create_thread", refused)


def test_what_no_route_answers_is_unanswered(engine: Engine) -> None:
    """An unknown path and a wrong method have no operation; a request without key to a known one has."""
    for method, url in (("GET", f"{STUDIO}/nowhere"), ("PUT", f"{STUDIO}/threads"), ("GET", "https://dashscope.aliyuncs.com/x")):
        engine.handle(Request(method, url, KEY))
    engine.handle(Request("GET", f"{STUDIO}/threads/t"))
    assert operations(engine, "model_studio") == [None, None, None, "retrieve_thread"]
    assert len(engine.journal.unanswered("model_studio")) == 3


def test_a_base_url_that_was_added_answers(engine: Engine) -> None:
    """With the vendor's routes below its prefix; only that prefix is the vendor's."""
    reply = engine.handle(Request("POST", "https://gw.corp/baidu/v2/threads", KEY, b"{}"))
    assert isinstance(reply, Response)
    assert reply.json()["object"] == "thread"
    assert operations(engine, "appbuilder") == ["create_thread"]


def test_a_base_url_told_on_a_vendors_own_host_wins_if_it_is_longer() -> None:
    """Also the moment it is told, and no longer when it is told no more."""
    told: list[tuple[str, str]] = []
    engine = Engine(REVISIONS["2025"], None, lambda: tuple(told))
    request = Request("POST", f"{STUDIO}/beta/threads", KEY, b"{}")
    assert (engine.plays(request.url), engine.handle(request) and operations(engine, "model_studio")) == (True, [None])
    told.append(("model_studio", f"{STUDIO}/beta"))
    engine.handle(request)
    told.clear()
    engine.handle(request)
    assert operations(engine, "model_studio") == [None, "create_thread", None]


def test_what_is_played_known_and_guarded(engine: Engine) -> None:
    """`plays` a URL, `knows` an origin some URL of which is played, `guards` a host that is wholly a vendor's."""
    urls = (
        f"{STUDIO}/x",
        "https://dashscope.aliyuncs.com/x",
        "https://gw.corp/baidu/x",
        "https://gw.corp/x",
        "https://example.org/",
    )
    assert [engine.plays(url) for url in urls] == [True, True, True, False, False]
    origins = ("https://dashscope.aliyuncs.com:443", "https://gw.corp", "http://gw.corp", "https://example.org")
    assert [engine.knows(origin) for origin in origins] == [True, True, False, False]
    hosts = ("dashscope.aliyuncs.com", "ws.cn-beijing.maas.aliyuncs.com", "qianfan.baidubce.com", "gw.corp", "aliyuncs.com")
    assert [engine.guards(host) for host in hosts] == [True, True, True, False, False]


def test_request_ids_count_every_request(engine: Engine) -> None:
    """Refused or not; each vendor counts its own."""
    ids = []
    for url in (f"{STUDIO}/threads", f"{STUDIO}/nowhere", f"{STUDIO}/threads"):
        reply = engine.handle(Request("POST", url, KEY, b"{}"))
        assert isinstance(reply, Response)
        ids.append(reply.header("x-request-id"))
    assert ids == [f"00000000-0000-9000-8000-00000000000{number}" for number in (1, 2, 3)]


def test_two_engines_share_nothing() -> None:
    """Providers are values: what one engine stores, another does not see."""
    one, two = Engine(REVISIONS["2025"]), Engine(REVISIONS["2025"])
    create_thread(one.services["model_studio"].state)
    assert list(two.services["model_studio"].state[THREAD].of()) == []
    assert one.clock is not two.clock


def test_what_one_url_was_found_to_be_says_nothing_of_another(engine: Engine) -> None:
    """A door asks whose a URL is before it hands the request over; another thread's request may come in between."""
    assert engine.plays(f"{STUDIO}/threads")
    engine.handle(Request("POST", "https://gw.corp/baidu/v2/threads", KEY, b"{}"))
    assert engine.plays("https://gw.corp/baidu/v2/threads")
    engine.handle(Request("POST", f"{STUDIO}/threads", KEY, b"{}"))
    assert not engine.plays("https://example.org/")
    engine.handle(Request("POST", f"{STUDIO}/threads", KEY, b"{}"))
    assert (operations(engine, "appbuilder"), operations(engine, "model_studio")) == (["create_thread"], ["create_thread"] * 2)
