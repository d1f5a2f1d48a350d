"""A client without a door that looks for a vendor's host gets a clear error, and never the network."""

from __future__ import annotations

import asyncio
import ftplib
import http.client
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock.errors import BlockedHost

HOSTS = [
    "dashscope.aliyuncs.com",
    "DashScope.AliyunCS.com",
    "dashscope.aliyuncs.com.",
    "appbuilder.baidu.com",
    "coding.dashscope.aliyuncs.com",
]
SPELLINGS = [
    "dashscope\u3002aliyuncs\uff0ecom",  # dots of Chinese and full-width text
    "\uff44ashscope.aliyuncs.com",  # a full-width letter
    "da\u017fhscope.aliyuncs.com",  # a long s
    "dash\u00adscope.aliyuncs.com\uff61",  # a soft hyphen, and the root's dot half-width
]


@pytest.fixture(autouse=True)
def mock() -> Iterator[AssistantMock]:
    """Both vendors are played."""
    with AssistantMock(strict=False) as one:
        yield one


def _connect(host: Any) -> Any:
    with socket.socket() as one:
        return one.connect((host, 443))


def _connect_ex(host: Any) -> Any:
    with socket.socket() as one:
        return one.connect_ex((host, 443))


async def _create_connection(host: str) -> Any:
    return await asyncio.get_running_loop().create_connection(asyncio.Protocol, host, 443)


async def _sock_connect(host: str) -> Any:
    with socket.socket() as one:
        one.setblocking(False)
        await asyncio.get_running_loop().sock_connect(one, (host, 443))


def _datagram(send: Callable[[socket.socket], Any]) -> Any:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        return send(one)


WAYS: dict[str, Callable[[str], Any]] = {
    "getaddrinfo": lambda host: socket.getaddrinfo(host, 443),
    "getaddrinfo, by keyword": lambda host: socket.getaddrinfo(host=host, port=443),
    "getaddrinfo, bytes": lambda host: socket.getaddrinfo(host.encode(), 443),
    "gethostbyname": lambda host: socket.gethostbyname(host),
    "gethostbyname_ex": lambda host: socket.gethostbyname_ex(host),
    "gethostbyaddr": lambda host: socket.gethostbyaddr(host),
    "create_connection": lambda host: socket.create_connection((host, 443)),
    "connect": _connect,
    "connect, bytes": lambda host: _connect(host.encode()),
    "connect_ex": _connect_ex,
    "sendto": lambda host: _datagram(lambda one: one.sendto(b"x", (host, 9))),
    "sendto, with flags": lambda host: _datagram(lambda one: one.sendto(b"x", 0, (host, 9))),
    "sendmsg": lambda host: _datagram(lambda one: one.sendmsg([b"x"], [], 0, (host, 9))),
    "smtplib": lambda host: smtplib.SMTP(host, 443),
    "ftplib": lambda host: ftplib.FTP(host),
    "asyncio streams": lambda host: asyncio.run(asyncio.open_connection(host, 443)),  # type: ignore[arg-type]
    "asyncio create_connection": lambda host: asyncio.run(_create_connection(host)),
    "asyncio sock_connect": lambda host: asyncio.run(_sock_connect(host)),
}


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("way", WAYS)
def test_a_vendors_host_cannot_be_found(way: str, host: str) -> None:
    """The error names the host and the way out, and is no OSError that a client would take for a network failure."""
    with pytest.raises(BlockedHost) as raised:
        WAYS[way](host)
    assert not isinstance(raised.value, OSError)
    assert str(raised.value) == (
        f"a connection to {host} was about to be made while an assistant mock is open; nothing was sent\n"
        "  why:  the mock cannot answer the client that makes it (it answers requests, urllib3, httpx, httpx2, aiohttp,"
        " http.client and urllib.request)\n"
        "  do:   use one of these clients in the test, or close the mock before a call that is meant for the real service"
    )


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize("way", [way for way in WAYS if "bytes" not in way])
def test_every_spelling_of_a_host_is_that_host(way: str, host: str) -> None:
    """Python would look up the name that IDNA makes of it."""
    with pytest.raises(BlockedHost, match=r"a connection to .* was about to be made"):
        WAYS[way](host)


@pytest.mark.parametrize("host", SPELLINGS)
def test_a_url_in_another_spelling_is_answered(host: str, mock: AssistantMock) -> None:
    """The client that is asked for it sends the name as it is written."""
    line = http.client.HTTPSConnection(host)
    line.request("POST", "/api/v1/threads", b"{}", {"Authorization": "Bearer k"})
    assert line.getresponse().status == 200
    assert len(mock.model_studio.threads()) == 1


QUESTIONS = {
    "CONNECT": b"CONNECT dashscope.aliyuncs.com:443 HTTP/1.1\r\nHost: dashscope.aliyuncs.com\r\n\r\n",
    "CONNECT, no port": b"CONNECT DASHSCOPE.aliyuncs.com. HTTP/1.0\r\n\r\n",
    "plain proxy": b"POST http://dashscope.aliyuncs.com/api/v1/threads HTTP/1.1\r\n\r\n",
    "plain proxy, user": b"GET http://me:secret@dashscope.aliyuncs.com?x HTTP/1.1\r\n\r\n",
    "SOCKS5": b"\5\1\0\3\x16dashscope.aliyuncs.com\1\xbb",
    "SOCKS4a": b"\4\1\1\xbb\0\0\0\1me\0dashscope.aliyuncs.com\0",
}
OTHERS = {
    "CONNECT": b"CONNECT other.example:443 HTTP/1.1\r\n\r\n",
    "a path": b"GET /http://dashscope.aliyuncs.com/ HTTP/1.1\r\nHost: dashscope.aliyuncs.com\r\n\r\n",
    "text": b"GO TO http://dashscope.aliyuncs.com now",
    "SOCKS5": b"\5\1\0\3\rother.example\1\xbb",
    "SOCKS5, greeting": b"\5\1\0",
    "SOCKS5, address": b"\5\1\0\1\x7f\0\0\1\1\xbb",
    "SOCKS4": b"\4\1\1\xbb\x7f\0\0\1me\0",
    "nothing": b"",
}


@pytest.mark.parametrize("send", ["send", "sendall"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_no_proxy_is_asked_for_a_vendors_host(question: str, send: str) -> None:
    """Whatever makes the question: the proxy gets no byte of it."""
    ours, proxys = socket.socketpair()
    with ours, proxys:
        for data in (QUESTIONS[question], bytearray(QUESTIONS[question]), memoryview(QUESTIONS[question])):
            with pytest.raises(BlockedHost, match=r"(?i)a connection to dashscope\.aliyuncs\.com"):
                getattr(ours, send)(data)
        ours.close()
        assert proxys.recv(1) == b""


@pytest.mark.parametrize("other", OTHERS)
def test_whatever_else_is_sent_arrives(other: str) -> None:
    """Other hosts, and what only looks like a question to a proxy."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(OTHERS[other])
        ours.close()
        assert b"".join(iter(lambda: theirs.recv(100), b"")) == OTHERS[other]


def _wrapped_bio(host: str) -> Any:
    return ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=host)


def _wrapped_by_place(host: str) -> Any:
    return ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), False, host)


def _wrapped_socket(host: str) -> Any:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as line:
        return ssl.create_default_context().wrap_socket(line, server_hostname=host)


async def _start_tls(host: str) -> Any:
    async with await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0) as server:
        _, port = server.sockets[0].getsockname()
        return await asyncio.open_connection("127.0.0.1", port, ssl=True, server_hostname=host)


@pytest.mark.parametrize("host", ["dashscope.aliyuncs.com", "appbuilder\u3002baidu.com"])
@pytest.mark.parametrize(
    "way",
    [_wrapped_bio, _wrapped_by_place, _wrapped_socket, lambda host: asyncio.run(_start_tls(host))],
    ids=["wrap_bio", "wrap_bio, by place", "wrap_socket", "asyncio"],
)
def test_no_hands_are_shaken_with_a_vendors_host(way: Callable[[str], Any], host: str) -> None:
    """On a line to an address: through a proxy, or to one looked up before the mock was open."""
    with pytest.raises(BlockedHost, match="a connection to"):
        way(host)


def test_others_shake_hands_as_ever() -> None:
    """A name that is nobody's reaches OpenSSL."""
    assert _wrapped_bio("other.example").server_hostname == "other.example"


def test_other_hosts_are_found() -> None:
    """Loopback answers as ever, by name, by address and in a streams client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("localhost", port)):
            pass
        assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"
        with socket.socket() as one:
            assert one.connect_ex(("127.0.0.1", port)) == 0


def test_unix_sockets_and_odd_addresses_are_left_to_the_socket() -> None:
    """An address that is no host and port is none of ours."""
    with socket.socket(socket.AF_UNIX) as one, pytest.raises(FileNotFoundError):
        one.connect("/nowhere/dashscope.aliyuncs.com")
    with socket.socket() as two, pytest.raises(TypeError):
        two.connect(None)  # type: ignore[arg-type]
