"""
AssistantServer: a mock whose only door is a socket, for clients in other processes and other languages.

Joins the mock and the server; knows neither pytest nor the command line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Unpack
from urllib.parse import urlsplit

from pytest_assistant_mock._engine import checks
from pytest_assistant_mock._engine.base_urls import ToldURLs
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._mock.layers import Layer
from pytest_assistant_mock._mock.mock import AssistantMock, Options
from pytest_assistant_mock._serving import own_servers
from pytest_assistant_mock._serving.host_check import is_loopback
from pytest_assistant_mock._serving.server import Server

if TYPE_CHECKING:
    from pytest_assistant_mock._serving.control.front import Control


class AssistantServer(AssistantMock):
    """
    Both vendors on one port, told apart by path, while the context is open. It answers no client in the process, changes no key.

    host, port: where to listen; port 0 takes a free one.
    keys: the only keys both vendors know; without them any key is good.
    control_key: what a client must show to ask below /__mock__/; where other machines are let in, nothing is answered there
    without one.
    allow_hosts: names it answers to on loopback, besides those of loopback. On any other address it answers to every name.
    server: one that listens already, to be used instead of a new one.
    options: what AssistantMock takes.
    Raises ValueError for a host other than loopback without keys, OSError for an address that cannot be had,
    ImportError without uvicorn.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        keys: Sequence[str] = (),
        control_key: str = "",
        allow_hosts: Sequence[str] = (),
        server: Server | None = None,
        **options: Unpack[Options],
    ) -> None:
        options.setdefault("control", True)
        super().__init__(**options)
        if not keys and not is_loopback(host):
            raise ValueError(
                f"host={host!r} lets other machines in: give the keys they must know (serve --key …),"
                " or listen on loopback, 127.0.0.1"
            )
        self._server = server or Server(host, port, allow_hosts=allow_hosts)
        self._owns_server = server is None
        self._known_keys = tuple(keys)
        self._control_key = checks.text("control_key", control_key)
        for handle in self._handles.values():
            handle._base_url = self.url + urlsplit(handle._base_url).path
            handle._api_key = keys[0] if keys else handle._api_key
        self._know_keys()

    @property
    def url(self) -> str:
        """Where the server listens: "http://127.0.0.1:49152", without a slash at its end."""
        return self._server.url

    @property
    def env(self) -> dict[str, str]:
        """Environment variables for a subprocess: each vendor's base URL and key, and no proxy on the way."""
        told = {}
        for handle in self._handles.values():
            settings = handle._service.vendor.settings
            told[settings.key_variable] = handle.api_key
            told[settings.url_variable] = handle.base_url
        hosts = dict.fromkeys(["127.0.0.1", "localhost", *(str(urlsplit(origin).hostname) for origin in self._server.origins)])
        direct = ",".join(filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), *hosts)))
        return {**told, "NO_PROXY": direct, "no_proxy": direct, own_servers.VARIABLE: " ".join(self._server.origins)}

    def _told(self, vendors: Sequence[Vendor]) -> Callable[[], ToldURLs]:
        return tuple  # clients come by the server's address: what an SDK in this process is told is not asked

    def _new_layer(self) -> Layer:
        return Layer(on=(self._begin,), off=(self._end,))

    def _new_control(self) -> Control | None:
        control = super()._new_control()
        if control is not None and not self._control_key and not is_loopback(self._server.host):
            control.off = (
                "the control API is off, because this server lets other machines in; to turn it on, name a key:"
                " assistant-mock serve --control-key KEY, or AssistantServer(control_key=KEY)"
            )
        return control

    def _begin(self) -> None:
        self._server.app = self.asgi
        if self._owns_server:
            self._server.__enter__()

    def _end(self) -> None:
        if self._owns_server:
            self._server.__exit__(None, None, None)
        if self._control is not None:
            self._control.close()
        self._server.app = None
