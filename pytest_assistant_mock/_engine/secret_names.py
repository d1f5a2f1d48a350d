"""
The one list of names whose values are secret: of headers, parameters, fields of forms and of JSON, whatever their spelling.

Knows words; knows no text around them and no vendor.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, TypeAlias

Certainty: TypeAlias = Literal["sure", "maybe"]

_SURE = (
    "access key", "access key id", "access token", "api key", "api token", "app key", "auth key", "auth token", "authorization",
    "bearer token", "cookie", "credential", "credentials", "csrf token", "encryption key", "functions key", "id token",
    "master key", "passphrase", "passwd", "password", "private key", "pwd", "refresh token", "secret", "secret key",
    "security token", "session token", "shared key", "signing key", "sts token", "subscription key", "upload token",
    "xsrf token",
)  # fmt: skip
"""What a name ends with that holds a secret, always: X-Acs-Security-Token, clientSecret, OSSAccessKeyId, Set-Cookie."""

_MAYBE = ("signature", "token")
"""What a name ends with that holds a secret in a header or URL; in JSON only if the value looks like one, too."""

_MAYBE_WHOLE = frozenset({"ak", "auth", "jwt", "key", "sig", "sign", "sk", "xsign"})
"""The same, of whole names: too short to end others with."""

_INNOCENT = frozenset({"accesscontrolallowcredentials", "continuationtoken", "nextpagetoken", "nexttoken", "pagetoken"})
"""What only sounds like one: where a page goes on, what a browser may send."""

_SEPARATORS = re.compile(r"[-_.\s\[\]]+")
_SURE_ENDS = tuple(name.replace(" ", "") for name in _SURE)

_KEY_ID = ("keyid", "key-id", "key_id", "key.id")  # "id" alone ends too many innocent names
ENDINGS = tuple(sorted({name.rpartition(" ")[2] for name in (*_SURE, *_MAYBE)} - {"id"} | {*_KEY_ID, *_MAYBE_WHOLE - {"xsign"}}))
"""How all these names end: no other name holds a secret."""

_BEGINNINGS = ("sk-", "st-", "bce-v3", "bce-auth-v1", "ALTAK-", "LTAI", "STS.", "eyJ", "Bearer ")
_LONG_WORD = re.compile(r"[!-~]{16,}")


@lru_cache(maxsize=2048)
def certainty(name: str) -> Certainty | None:
    """Whether a name's value is a secret: always ("sure"), if it looks like one ("maybe"), or never."""
    folded = _SEPARATORS.sub("", name).lower()
    if folded in _INNOCENT:
        return None
    if folded.endswith(_SURE_ENDS):
        return "sure"
    return "maybe" if folded in _MAYBE_WHOLE or folded.endswith(_MAYBE) else None


def looks_secret(value: str) -> bool:
    """Whether a value looks like a secret by itself: 16 characters or more without a space, or a beginning that is known."""
    if value.startswith(_BEGINNINGS):
        return True
    return bool(_LONG_WORD.fullmatch(value)) and not ("/" in value and "." in value)  # a path or a URL is none
