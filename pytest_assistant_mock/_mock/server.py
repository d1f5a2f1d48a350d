"""
AssistantServer: a mock whose only door is a socket, for clients in other processes and other languages.

Joins the mock and the server; knows neither pytest nor the command line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack
from urllib.parse import urlsplit

from pytest_assistant_mock._engine import checks
from pytest_assistant_mock._engine.base_urls import ToldURLs
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._mock.layers import Layer
from pytest_assistant_mock._mock.mock import AssistantMock, Options
from pytest_assistant_mock._mock.recording import session
from pytest_assistant_mock._serving import own_servers
from pytest_assistant_mock._serving.host_check import is_loopback
from pytest_assistant_mock._serving.server import Server

if TYPE_CHECKING:
    from pytest_assistant_mock._mock.served_recording import ServedRecording
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
    upstream: with a cassette, base URLs by vendor that requests are passed on to, in the place of the vendors' own.
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
        upstream: Mapping[str, str] | None = None,
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
        self.recording = self._new_recording(upstream)
        self._control_key = checks.text("control_key", control_key)
        for handle in self._handles.values():
            handle._base_url = self.url + urlsplit(handle._base_url).path
            handle._served = True
            handle._api_key = keys[0] if keys else handle._api_key
        self._know_keys()

    def reset(self) -> None:
        """
        Make everything as it was when the mock was made: empty, the first id next; the keys are kept. A cassette plays from its
        beginning.
        """
        super().reset()
        if self.recording is not None:
            self.recording.rewind()

    @property
    def url(self) -> str:
        """Where the server listens: "http://127.0.0.1:49152", without a slash at its end."""
        return self._server.url

    @property
    def env(self) -> dict[str, str]:
        """Environment variables for a subprocess: each vendor's base URL and key, and no proxy on the way."""
        told = {}
        real = self.recording is not None and self.recording.upstream is not None and not self._known_keys
        for handle in self._handles.values():
            settings = handle._service.vendor.settings
            if not real:  # the real service asks for a real key
                told[settings.key_variable] = handle.api_key
            told[settings.url_variable] = handle.base_url
        hosts = dict.fromkeys(["127.0.0.1", "localhost", *(str(urlsplit(origin).hostname) for origin in self._server.origins)])
        direct = ",".join(filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), *hosts)))
        return {**told, "NO_PROXY": direct, "no_proxy": direct, own_servers.VARIABLE: " ".join(self._server.origins)}

    def _told(self, vendors: Sequence[Vendor]) -> Callable[[], ToldURLs]:
        return tuple  # clients come by the server's address: what an SDK in this process is told is not asked

    def _new_layer(self) -> Layer:
        return Layer(on=(self._begin,), off=(self._end,))

    def _new_recording(self, upstream: Mapping[str, str] | None) -> ServedRecording | None:
        if self._tape is None:
            if upstream:
                raise ValueError(
                    'upstream is asked only while something is recorded: add source="cassette", cassette= and record='
                )
            return None
        from pytest_assistant_mock._mock.served_recording import ServedRecording, checked_upstream

        urls = checked_upstream(upstream, list(self._handles))
        tape = self._tape if self._tape.test else replace(self._tape, served=True)
        self._session = session(self._engine, tape)
        return ServedRecording(self._engine, self._session, self._known_keys, urls)

    @property
    def records(self) -> bool:
        """Whether calls are passed on to the real service and recorded."""
        return self.recording is not None and self.recording.recorder is not None and self.recording.recorder.records

    def _new_control(self) -> Control | None:
        control = super()._new_control()
        if control is not None and not self._control_key and not is_loopback(self._server.host):
            control.off = (
                "the control API is off, because this server lets other machines in; to turn it on, name a key:"
                " assistant-mock serve --control-key KEY, or AssistantServer(control_key=KEY)"
            )
        return control

    def _begin(self) -> None:
        if self.recording is not None:
            self.asgi.ask = self.recording.answer
        self._server.app = self.asgi
        if self._control is not None and self.records:
            self._control.save = self._saved
        if self._owns_server:
            self._server.__enter__()

    def _end(self) -> None:
        if self._owns_server:
            self._server.__exit__(None, None, None)
        if self._control is not None:
            self._control.close()
        self._server.app = None
        if self.recording is not None:
            self.recording.close()

    def save(self) -> str:
        """
        Write down what has been recorded so far; what is said of calls that are not in it. It is done at the end too, if nothing
        has failed. Raises RuntimeError where nothing is recorded, CassetteError.
        """
        if self.recording is None or self.recording.recorder is None:
            answers = "the fake" if self.recording is None else "a cassette"
            raise RuntimeError(f"nothing is recorded here: this server answers from {answers}")
        return self.recording.recorder.save()

    def _saved(self) -> dict[str, Any]:
        """`save`, for the control API."""
        assert self.recording is not None
        problem = self.save()
        return {"cassette": str(self.recording.path), "problem": problem or None}
