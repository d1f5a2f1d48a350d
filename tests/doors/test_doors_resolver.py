"""
A client without a door that looks for a vendor's host gets a clear error, and never the network.
"""

from __future__ import annotations

import asyncio
import ftplib
import smtplib
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock.errors import BlockedHost

HOSTS = ["dashscope.aliyuncs.com", "DashScope.AliyunCS.com", "dashscope.aliyuncs.com.", "appbuilder.baidu.com"]


@pytest.fixture(autouse=True)
def mock() -> Iterator[AssistantMock]:
    """
    Both vendors are played.
    """
    with AssistantMock() as one:
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
    "smtplib": lambda host: smtplib.SMTP(host, 443),
    "ftplib": lambda host: ftplib.FTP(host),
    "asyncio streams": lambda host: asyncio.run(asyncio.open_connection(host, 443)),  # type: ignore[arg-type]
    "asyncio create_connection": lambda host: asyncio.run(_create_connection(host)),
    "asyncio sock_connect": lambda host: asyncio.run(_sock_connect(host)),
}


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("way", WAYS)
def test_a_vendors_host_cannot_be_found(way: str, host: str) -> None:
    """
    The error names the host and the way out, and is no OSError that a client would take for a network failure.
    """
    with pytest.raises(BlockedHost) as raised:
        WAYS[way](host)
    assert not isinstance(raised.value, OSError)
    assert str(raised.value) == (
        f"a connection to {host} was about to be made while an assistant mock is open; nothing was sent\n"
        "  why:  the client that makes it has no door here (there are doors for requests, urllib3, httpx, httpx2, aiohttp,"
        " http.client and urllib.request)\n"
        "  do:   use one of these clients in the test, or close the mock before a call that is meant for the real service"
    )


def test_other_hosts_are_found() -> None:
    """
    Loopback answers as ever, by name, by address and in a streams client.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("localhost", port)):
            pass
        assert socket.gethostbyname("127.0.0.1") == "127.0.0.1"
        with socket.socket() as one:
            assert one.connect_ex(("127.0.0.1", port)) == 0


def test_unix_sockets_and_odd_addresses_are_left_to_the_socket() -> None:
    """
    An address that is no host and port is none of ours.
    """
    with socket.socket(socket.AF_UNIX) as one, pytest.raises(FileNotFoundError):
        one.connect("/nowhere/dashscope.aliyuncs.com")
    with socket.socket() as two, pytest.raises(TypeError):
        two.connect(None)  # type: ignore[arg-type]
