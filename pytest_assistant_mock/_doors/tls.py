"""
The guard of TLS: whichever way a line was made, through a proxy or by an address that was looked up before, nobody shakes hands
with a vendor's host on it.

Knows the standard library's ssl module only; OpenSSL under another binding is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from pytest_assistant_mock._doors.resolver import refuse
from pytest_assistant_mock._doors.seam import Answerer, Seam

_SOCKET = ("self", "sock", "server_side", "do_handshake_on_connect", "suppress_ragged_eofs", "server_hostname", "session")
_BIO = ("self", "incoming", "outgoing", "server_side", "server_hostname", "session")


def seams(ssl: ModuleType) -> Sequence[Seam]:
    """The seams of the ssl module."""
    ways = (("wrap_socket", _SOCKET), ("wrap_bio", _BIO))
    return tuple(Seam(ssl.SSLContext, name, _wrap(known.index("server_hostname") - 1), (known,)) for name, known in ways)


def _wrap(place: int) -> Callable[[Answerer, Callable[..., Any]], Callable[..., Any]]:
    """place: where the host's name stands among the arguments, if it is not given by its own."""

    def make(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
        def wrap(context: Any, *args: Any, **options: Any) -> Any:
            __tracebackhide__ = True
            refuse(answerer, options.get("server_hostname") or (args[place] if len(args) > place else None))
            return original(context, *args, **options)

        return wrap

    return make
