"""http.client used step by step, below the one call that most code makes."""

from __future__ import annotations

from http import client

import pytest
from answerers import Recorder, Script, behind_doors, says
from peers import peer, sends

from pytest_assistant_mock import AssistantMock

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal"


def test_an_explicit_connect_to_a_vendor_opens_no_line(model_studio: object) -> None:
    """The line is only pretended, and serves as many requests as one likes."""
    line = client.HTTPSConnection("dashscope.aliyuncs.com")
    line.connect()
    line.sock.settimeout(3)
    for _ in range(2):
        line.request("POST", "/api/v1/threads", b"{}", {"Authorization": "Bearer sk-x", "Content-Type": "application/json"})
        response = line.getresponse()
        assert (response.status, response.read()[:7]) == (200, b'{"id":"')
    line.close()


def test_a_tunnel_to_a_vendor_is_not_dug(model_studio: object) -> None:
    """With set_tunnel, `connect` leaves the proxy alone."""
    with peer(sends(_ANSWER)) as proxy:
        line = client.HTTPSConnection(proxy.url.removeprefix("http://"))
        line.set_tunnel("dashscope.aliyuncs.com")
        line.connect()
        line.request("POST", "/api/v1/threads", b"{}", {"Authorization": "Bearer sk-x", "Content-Type": "application/json"})
        assert line.getresponse().status == 200
        assert proxy.connections == 0


def test_a_request_sent_in_steps_is_answered() -> None:
    """putrequest, putheader, endheaders, and a body sent piece by piece, also from an iterator."""
    script = Script("http://gw.corp.invalid/v1", says("ok"))
    with behind_doors(script):
        line = client.HTTPConnection("gw.corp.invalid")
        line.putrequest("POST", "/v1/x")
        line.putheader("Content-Length", "6")
        line.endheaders()
        line.send(b"ab")
        line.send(iter([b"cd", b"ef"]))  # type: ignore[arg-type]
        assert line.getresponse().read() == b"ok"
    assert [request.body for request in script.asked] == [b"abcdef"]


@pytest.mark.parametrize("witnessed", [False, True])
def test_a_request_sent_in_steps_is_let_through(witnessed: bool) -> None:
    """What was collected goes out when the answer is asked for, at the latest."""
    with peer(sends(_ANSWER, keep=True)) as real:
        script = Recorder(real.url) if witnessed else Script(real.url, None)
        with behind_doors(script):
            line = client.HTTPConnection(real.url.removeprefix("http://"))
            for _ in range(2):
                line.putrequest("POST", "/v1/x")
                line.putheader("Content-Length", "4")
                line.endheaders(b"ab")
                line.send(b"cd")
                assert line.getresponse().read() == b"real"
            line.close()
    assert [request.body for request in real.requests] == [b"abcd", b"abcd"]


def test_a_response_asked_for_too_early_is_an_error() -> None:
    """A request that declares more than was sent would hang; here it says so."""
    with behind_doors(Script("http://gw.corp.invalid", says("ok"))):
        line = client.HTTPConnection("gw.corp.invalid")
        line.putrequest("POST", "/x")
        line.putheader("Content-Length", "6")
        line.endheaders(b"ab")
        with pytest.raises(RuntimeError, match=r"^the response was asked for before the request was whole$"):
            line.getresponse()


def test_a_pretended_line_is_dead_after_the_mock() -> None:
    """It neither answers nor reaches the service; it breaks, as a line does that the server has closed."""
    with AssistantMock():
        line = client.HTTPSConnection("dashscope.aliyuncs.com")
        line.connect()
    with pytest.raises(ConnectionResetError):
        line.request("GET", "/api/v1/threads/none")


def test_an_explicit_connect_to_a_host_played_in_part_connects_when_it_must() -> None:
    """Only the request tells whether it is ours; one that is not gets a real line."""
    with peer(sends(_ANSWER, keep=True)) as real, behind_doors(Script(f"{real.url}/v1", says("ours"))):
        line = client.HTTPConnection(real.url.removeprefix("http://"))
        line.connect()
        assert real.connections == 0
        line.request("GET", "/v2/x")
        assert line.getresponse().read() == b"real"
        line.request("GET", "/v1/x")
        assert line.getresponse().read() == b"ours"
        line.close()
    assert [request.url for request in real.requests] == [f"{real.url}/v2/x"]
