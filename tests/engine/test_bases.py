"""Whose a URL is: by scheme, host, port and path prefix, the longest wins."""

from __future__ import annotations

import pytest

from pytest_assistant_mock._engine.base_urls import Bases, BaseURL, Place, ToldURLs, same_host, split

GIVEN = (
    ("one", "https://one.com/api/v1"),
    ("two", "https://two.com"),
    ("two", "https://gw.corp/ai"),
    ("one", "https://gw.corp/ai/one/"),
    ("one", "http://127.0.0.1:8080/v1"),
    ("one", "https://*.maas.com/api"),
)
OWNED = (("one", "one.com"), ("two", "two.com"), ("one", "*.maas.com"))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://one.com/api/v1/threads", Place("one", "/threads", "")),
        ("https://one.com/api/v1", Place("one", "", "")),
        ("https://one.com/api/v1/", Place("one", "/", "")),
        ("https://one.com/api/v1?x=1", Place("one", "", "x=1")),
        ("https://one.com:443/api/v1/a?b=/c?d", Place("one", "/a", "b=/c?d")),
        ("HTTPS://ONE.COM/api/v1/a", Place("one", "/a", "")),
        ("https://one.com./api/v1/a", Place("one", "/a", "")),
        ("https://me:secret@one.com/api/v1/a", Place("one", "/a", "")),
        ("https://one.com/api/v10/a", Place("one", None, "")),
        ("https://one.com/API/v1/a", Place("one", None, "")),
        ("https://one.com", Place("one", None, "")),
        ("https://one.com?x=1", Place("one", None, "x=1")),
        ("http://one.com/api/v1/a", Place("one", None, "")),
        ("https://one.com:8443/api/v1/a", Place("one", None, "")),
        ("https://two.com/anything", Place("two", "/anything", "")),
        ("https://two.com", Place("two", "/", "")),
        ("https://gw.corp/ai/v2/threads", Place("two", "/v2/threads", "")),
        ("https://gw.corp/ai/one/threads", Place("one", "/threads", "")),
        ("https://gw.corp/ai/ones/threads", Place("two", "/ones/threads", "")),
        ("https://gw.corp/other", None),
        ("http://gw.corp/ai/v2", None),
        ("http://127.0.0.1:8080/v1/a", Place("one", "/a", "")),
        ("http://127.0.0.1:8081/v1/a", None),
        ("https://ws.eu.maas.com/api/a", Place("one", "/a", "")),
        ("https://maas.com/api/a", None),
        ("https://notone.com/api/v1/a", None),
        ("https://one.com.evil.org/api/v1/a", None),
        ("https://example.org/", None),
        ("https://[::1]/x", None),
        ("wss://one.com/api/v1/a", Place("one", "/a", "")),
        ("wss://one.com/api-ws/v1", Place("one", None, "")),
        ("wss://gw.corp/ai/one/x", Place("one", "/x", "")),
        ("ws://127.0.0.1:8080/v1/x", Place("one", "/x", "")),
        ("ws://gw.corp/ai/one/x", None),
        ("https://one\u3002com/api/v1/a", Place("one", "/a", "")),
        ("https://\uff4fne\uff0ecom/api/v1/a", Place("one", "/a", "")),
        ("https://x\uff61maas\u3002com\u3002/api/a", Place("one", "/a", "")),
        ("https://one.com:port/api/v1", None),
        ("ftp://one.com/api/v1", None),
    ],
)
def test_a_url_belongs_to_whom_its_base_says(url: str, place: Place | None) -> None:
    """None if it is nobody's; a path of None if the host is a vendor's, but no base URL of it."""
    assert Bases(GIVEN, OWNED).find(url) == place


def test_what_is_told_counts_from_the_moment_it_is_told() -> None:
    """Asked at each look-up, forgotten when it is told no more; nonsense is the SDK's to complain about."""
    told: list[tuple[str, str]] = []

    def just_now() -> ToldURLs:
        return tuple(told)

    bases = Bases(GIVEN, OWNED, just_now)
    url = "http://localhost:5000/base/a"
    assert bases.find(url) is None
    assert not bases.knows("http://localhost:5000")
    told[:] = [("one", "no url"), ("one", "http://localhost:5000/base/")]
    assert bases.find(url) == Place("one", "/a", "")
    assert bases.knows("http://localhost:5000")
    told.clear()
    assert bases.find(url) is None


@pytest.mark.parametrize(
    "url",
    ["", "one.com", "//one.com", "ftp://one.com", "https://", "https://one.com?x=1", "https://one.com/#x", "https://one.com:x"],
)
def test_nonsense_is_no_base_url(url: str) -> None:
    """The error names the vendor, what came, and what is expected."""
    with pytest.raises(ValueError, match="is no base URL") as told:
        Bases((("one", url),), ())
    assert str(told.value) == f"one: {url!r} is no base URL; expected one like 'https://gw.corp/ai/api/v1'"


def test_a_base_url_is_taken_apart() -> None:
    """Blanks around it and a slash at its end do not matter, nor does the host's case."""
    assert BaseURL.parse("one", " https://GW.corp/ai/ ") == BaseURL("one", "https", "gw.corp", 443, "/ai")
    assert BaseURL.parse("one", "http://[::1]:8080") == BaseURL("one", "http", "::1", 8080, "")


def test_on_a_vendors_own_host_what_is_told_is_asked_only_where_it_matters() -> None:
    """Whose it is never depends on it; the place below the base does, and `look_again` knows it."""
    told: list[tuple[str, str]] = []
    asked: list[int] = []

    def just_now() -> ToldURLs:
        asked.append(1)
        return tuple(told)

    bases = Bases(GIVEN, OWNED, just_now)
    assert bases.find("https://one.com/api/v1/beta/threads") == Place("one", "/beta/threads", "")
    told.append(("one", "https://one.com/api/v1/beta"))
    before = len(asked)
    assert bases.find("https://one.com/api/v1/beta/threads") == Place("one", "/beta/threads", "")
    assert len(asked) == before
    assert bases.look_again("https://one.com/api/v1/beta/threads") == Place("one", "/threads", "")
    assert len(asked) == before + 1


def test_owners_are_found_by_host_alone() -> None:
    """Whatever the case, with the dot of the root, below a pattern but not at it."""
    bases = Bases(GIVEN, OWNED)
    hosts = ("one.com", "ONE.COM.", "a.maas.com", "maas.com", "gw.corp", "")
    assert [bases.owner(host) for host in hosts] == ["one", "one", "one", None, None, None]
    assert (same_host("*.a.b", "x.a.b"), same_host("*.a.b", "a.b"), same_host("a.b", "a.b")) == (True, False, True)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://a/b?c", ("https://a", "/b", "c")),
        ("https://a", ("https://a", "/", "")),
        ("https://a?c", ("https://a", "/", "c")),
        ("https://a/b?c?d/e", ("https://a", "/b", "c?d/e")),
    ],
)
def test_split(url: str, parts: tuple[str, str, str]) -> None:
    """Origin, path, query, as they stand."""
    assert split(url) == parts
