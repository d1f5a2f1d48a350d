"""
What a test, or the code it tests, did wrong, said helpfully.

What the code under test did wrong is an AssertionError. Knows nothing of how the mock works inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import islice

__all__ = [
    "BlockedHost",
    "CannotSeed",
    "CassetteError",
    "CassetteMiss",
    "ContractViolation",
    "ContractWarning",
    "NotJSON",
    "UnansweredRequest",
    "UnknownSeam",
    "UnplayedInteractions",
    "UnusedFault",
    "UnusedScript",
    "nearest",
]


_MOST_WORDS, _LONGEST_WORD = 300, 100


class UnansweredRequest(AssertionError):
    """The code under test asked a vendor for something no route answers. Raised when the mock closes."""


class UnusedFault(AssertionError):
    """A fault or an own answer was arranged, and the code under test never came to it. Raised when the mock closes."""


class UnusedScript(AssertionError):
    """A script was given, and no run of the code under test took it. Raised when the mock closes."""


class BlockedHost(AssertionError):
    """A client that the mock cannot answer was about to reach a vendor's host while a mock was open. Nothing was sent."""


class CassetteMiss(AssertionError):
    """
    The code under test asked for something its cassette does not answer. Raised at the call, and when the mock closes if the
    code swallowed it.
    """


class UnplayedInteractions(AssertionError):
    """The cassette holds interactions that the code under test did not ask for. Raised when the mock closes."""


class CassetteError(ValueError):
    """A file that is no cassette, or a cassette that cannot be written."""


class CannotSeed(TypeError):
    """A test that runs on a cassette or on the real service looked into the fake's store, or put something there."""


class ContractViolation(AssertionError):
    """A request or an answer is not what the vendor's contract says. `violations` lists every place."""

    def __init__(self, message: str, violations: Iterable[object] = ()) -> None:
        super().__init__(message)
        self.violations = list(violations)


class ContractWarning(UserWarning):
    """The same, said without failing: --assistant-contract=warn."""


class NotJSON(ValueError):
    """
    A thing to be checked is no JSON, or none that can be sent: empty, cut off, too large, too deep, with NaN or duplicate keys.
    """


class UnknownSeam(RuntimeError):
    """An installed HTTP library no longer looks as this version of pytest-assistant-mock knows it."""


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception, and those it came from."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def nearest(word: object, words: Iterable[str]) -> str:
    """ "; did you mean …?" for a word that is almost one of the words, else nothing."""
    close = closest(word, words)
    return f"; did you mean {close!r}?" if close else ""


def closest(word: object, words: Iterable[str], likeness: float = 0.6) -> str:
    """
    The word that is almost this one; "" if there is none. Looks at the first few hundred, for long words take long to compare.
    """
    if not isinstance(word, str):
        return ""
    known = [one for one in islice(words, _MOST_WORDS) if len(one) <= _LONGEST_WORD]
    close = get_close_matches(word, known, n=1, cutoff=likeness) if len(word) <= _LONGEST_WORD else []
    return close[0] if close else ""


def absent(owner: object, name: str, hint: str = "") -> AttributeError:
    """The error for an attribute there is none of: what is near, or a hint where to look."""
    known = [one for one in dir(type(owner)) if not one.startswith("_")]
    return AttributeError(f"{type(owner).__name__} has no {name!r}{hint or nearest(name, known)}")
