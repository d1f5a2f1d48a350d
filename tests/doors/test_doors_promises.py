"""What a client may count on behind a door: one table of clients, one test a promise."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import sessions
from answerers import Recorder, Script, behind_doors, says
from clients import JSON, Client, rows
from peers import peer, sends

from pytest_assistant_mock._doors.doors import Doors, imported
from pytest_assistant_mock._engine.wire import Failure, Reply, Request, Response

BASE = "https://gw.corp.invalid/ai/v1"
BODY = json.dumps({"content": "你好"}, ensure_ascii=False).encode()

BODIES: dict[str, tuple[Callable[[Path], Any], bytes]] = {
    "bytes": (lambda _: BODY, BODY),
    "iterator": (lambda _: iter([BODY[:5], BODY[5:]]), BODY),
    "generator": (lambda _: (BODY[i : i + 4] for i in range(0, len(BODY), 4)), BODY),
    "none": (lambda _: None, b""),
    "empty": (lambda _: b"", b""),
}


def _asked(script: Script) -> Request:
    [request] = script.asked
    return request


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("client", rows())
def test_a_body_arrives_whole(client: Client, kind: str, tmp_path: Path) -> None:
    """However it is given, the body is the same bytes."""
    make, expected = BODIES[kind]
    script = Script(BASE, says("ok"))
    with behind_doors(script):
        got = client.send("POST", f"{BASE}/threads", body=make(tmp_path))
    assert (got.status, got.body) == (200, b"ok")
    assert (_asked(script).method, _asked(script).url, _asked(script).body) == ("POST", f"{BASE}/threads", expected)


@pytest.mark.parametrize("client", rows("httpx-async", "httpx2-async"))
def test_a_file_arrives_whole(client: Client, tmp_path: Path) -> None:
    """An open file is a body, read from where it stands (async httpx takes none)."""
    (tmp_path / "body.json").write_bytes(b"skipped" + BODY)
    script = Script(BASE, says("ok"))
    with behind_doors(script), (tmp_path / "body.json").open("rb") as file:
        file.seek(len(b"skipped"))
        got = client.send("POST", f"{BASE}/threads", body=file, headers={"Content-Length": str(len(BODY))})
    assert (got.body, _asked(script).body) == (b"ok", BODY)


@pytest.mark.parametrize("client", rows("http.client", "urllib.request"))
def test_what_a_client_writes_as_json_arrives(client: Client) -> None:
    """`json=`: the value, and the type the client gives it (urllib3 has it since 2.0)."""
    if client.name == "urllib3" and pytest.importorskip("urllib3").__version__.startswith("1."):
        pytest.skip("urllib3 1.26 has no json=")
    value = {"content": "你好", "metadata": {"k": [1, None, "\u2028"]}}
    script = Script(BASE, says("ok"))
    with behind_doors(script):
        JSON[client.name](f"{BASE}/threads", value)
    assert (_asked(script).json(), _asked(script).header("content-type")) == (value, "application/json")


@pytest.mark.parametrize("client", rows())
def test_paths_queries_and_headers_arrive_as_the_client_sends_them(client: Client) -> None:
    """Percent-encoded on the wire; a header of ours arrives once, with its value."""
    script = Script(BASE, says("ok"))
    quoted = "/threads/%E6%B6%88%E6%81%AF?after=&name=%E5%80%BC%20%2B1&name=2"
    plain = "/threads/消息?after=&name=值%20%2B1&name=2"
    only_ascii = client.library in ("http", "urllib")
    with behind_doors(script):
        value = "caf\xe9".encode("latin-1") if client.library.startswith("httpx") else "caf\xe9"  # which takes no such str
        client.send("GET", BASE + (quoted if only_ascii else plain), headers={"X-Mine": value})
    asked = _asked(script)
    assert (asked.method, asked.body) == ("GET", b"")
    assert asked.url.replace("%2B", "+") == (BASE + quoted).replace("%2B", "+")
    [mine] = [value for name, value in asked.headers if name.lower() == "x-mine"]
    assert mine in ("caf\xe9", "caf\xe9".encode().decode("latin-1"))  # latin-1, or UTF-8 read as such


@pytest.mark.parametrize("client", rows())
def test_response_headers_arrive_in_order_and_repeated(client: Client) -> None:
    """Every header is there, a repeated one as often as it was sent."""
    reply = says("{}", ("X-Request-Id", "r-1"), ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/"), status=429)
    with behind_doors(Script(BASE, reply)):
        got = client.send("GET", f"{BASE}/x")
    assert (got.status, got.body) == (429, b"{}")
    assert [pair for pair in got.headers if pair[0] != "content-length"] == [
        (name.lower(), value) for name, value in reply.headers
    ]
    assert got.all("content-length") == ["2"]


@pytest.mark.parametrize("session", sessions.rows(lambda one: one.cookies))
def test_cookies_reach_the_jar(session: sessions.Session) -> None:
    """Cookies set by one answer come back with the next request."""
    script = Script("http://gw.corp.invalid", says("ok", ("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/")))
    with session.opened() as get, behind_doors(script):
        get("http://gw.corp.invalid/x")
        get("http://gw.corp.invalid/y")
    first, second = script.asked
    assert first.header("cookie") is None
    assert sorted((second.header("cookie") or "").split("; ")) == ["a=1", "b=2"]


@pytest.mark.parametrize("client", rows())
def test_a_response_can_be_read_in_pieces(client: Client) -> None:
    """A streamed read gives pieces of the size asked for, and all of them."""
    with behind_doors(Script(BASE, says("0123456789" * 100))):
        got = client.send("GET", f"{BASE}/x", pieces=64)
    assert b"".join(got.pieces) == b"0123456789" * 100
    assert [len(piece) for piece in got.pieces] == [64] * 15 + [40]


@pytest.mark.parametrize("body", ["", "plain"])
@pytest.mark.parametrize("library", ["requests", "urllib3"])
def test_a_response_can_be_read_as_it_comes(library: str, body: str) -> None:
    """A streamed read of no given size ends: of requests `iter_content(None)`, of urllib3 `stream(None)`."""
    module = pytest.importorskip(library)
    with behind_doors(Script(BASE, says(body))):
        if library == "requests":
            pieces = module.get(f"{BASE}/x", stream=True).iter_content(None)
        else:
            pieces = module.PoolManager().request("GET", f"{BASE}/x", preload_content=False).stream(None)
        assert [piece for piece in islice(pieces, 3) if piece] == ([body.encode()] if body else [])


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("DELETE", 204), ("GET", 304)])
@pytest.mark.parametrize("client", rows())
def test_answers_without_a_body_end(client: Client, method: str, status: int) -> None:
    """HEAD, 204 and 304: an empty body, and nobody waits for more."""
    headers = (("Content-Length", "1234"),) if method == "HEAD" else ()
    with behind_doors(Script(BASE, Response(status, headers))):
        got = client.send(method, f"{BASE}/x")
    assert (got.status, got.body, got.all("content-length")) == (status, b"", ["1234"] if headers else [])


@pytest.mark.parametrize("client", rows("http.client"))
def test_a_redirect_is_followed_to_our_own_answer(client: Client) -> None:
    """The client's own redirect code runs, and the second request is answered too, not sent."""

    def answer(request: Request) -> Reply:
        return says("there") if request.url.endswith("/new") else says("", ("Location", f"{BASE}/new"), status=302)

    script = Script(BASE, answer)
    with behind_doors(script):
        got = client.send("GET", f"{BASE}/old", follow=True)
    assert (got.status, got.body) == (200, b"there")
    assert [request.url for request in script.asked] == [f"{BASE}/old", f"{BASE}/new"]


@pytest.mark.parametrize("client", rows("http.client"))
def test_a_redirect_from_another_host_to_ours_is_answered(client: Client) -> None:
    """A real server sends the client to us: the real request is made, ours is not."""
    found = f"HTTP/1.1 302 Found\r\nLocation: {BASE}/new\r\nContent-Length: 0\r\n\r\n".encode()
    with peer(sends(found)) as real, behind_doors(Script(BASE, says("there"))):
        got = client.send("GET", f"{real.url}/old", follow=True)
    assert (got.status, got.body, len(real.requests)) == (200, b"there", 1)


@pytest.mark.parametrize("body", [BODY, None, "iterator"])
@pytest.mark.parametrize("client", rows())
def test_other_hosts_are_reached_and_their_bodies_untouched(client: Client, body: Any) -> None:
    """What nobody plays goes out as without doors: same bytes, same answer, and iterators are not read before."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal"
    script = Script(BASE, says("ours"))
    with peer(sends(answer)) as real:
        sent = []
        for opened in (False, True):
            given = iter([BODY[:5], BODY[5:]]) if body == "iterator" else body
            if opened:
                with behind_doors(script):
                    got = client.send("POST", f"{real.url}/other?x=1", body=given)
            else:
                got = client.send("POST", f"{real.url}/other?x=1", body=given)
            assert (got.status, got.body) == (200, b"real")
            sent.append(real.requests[-1])
    assert sent[0] == sent[1]
    assert sent[1].body == (b"" if body is None else BODY)
    assert script.asked == []


@pytest.mark.parametrize("session", sessions.rows(lambda one: one.lines))
def test_lines_from_before_do_not_answer_nor_lines_from_the_mock_after(session: sessions.Session) -> None:
    """One session before, while and after: the real server, the mock, the real server."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal"
    with peer(sends(answer, keep=True)) as real, session.opened() as get:
        assert (get(f"{real.url}/a"), get(f"{real.url}/b"), real.connections) == (b"real", b"real", 1)
        with behind_doors(Script(real.url, says("ours"))):
            assert (get(f"{real.url}/c"), get(f"{real.url}/d")) == (b"ours", b"ours")
        assert get(f"{real.url}/e") == b"real"
    assert [request.url.removeprefix(real.url) for request in real.requests] == ["/a", "/b", "/e"]


@pytest.mark.parametrize("session", sessions.rows(lambda one: one.lines))
def test_a_line_is_kept_after_a_call_was_let_through(session: sessions.Session) -> None:
    """A witnessed call leaves the session usable: the next calls are answered by the same server."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nreal"
    with peer(sends(answer, keep=True)) as real, session.opened() as get:
        recorder = Recorder(real.url)
        with behind_doors(recorder):
            assert [get(f"{real.url}/{i}") for i in range(3)] == [b"real"] * 3
        assert get(f"{real.url}/after") == b"real"
        assert len(recorder.told) == 3


@pytest.mark.parametrize("client", rows())
def test_the_innermost_mock_answers_and_the_outer_one_again_after_it(client: Client) -> None:
    """Nested mocks of one base: inside, the outer one is not even asked. What only the outer one plays, it answers."""
    outer, inner = Script("http://gw.corp.invalid", says("outer")), Script("http://gw.corp.invalid/v1", says("inner"))
    with behind_doors(outer):
        with behind_doors(inner):
            assert client.send("POST", "http://gw.corp.invalid/v1/x", body=BODY).body == b"inner"
            assert client.send("POST", "http://gw.corp.invalid/v2/x", body=BODY).body == b"outer"
        assert client.send("POST", "http://gw.corp.invalid/v1/x", body=BODY).body == b"outer"
    assert [request.url for request in outer.asked] == ["http://gw.corp.invalid/v2/x", "http://gw.corp.invalid/v1/x"]
    assert [request.url for request in inner.asked] == ["http://gw.corp.invalid/v1/x"]


@pytest.mark.parametrize("client", rows())
def test_threads_do_not_mix_answers(client: Client) -> None:
    """Eight threads ask at the same time; each gets the answer to its own question."""

    def echo(request: Request) -> Response:
        return Response(200, (), request.body)

    wrong: list[Any] = []

    def ask(number: int) -> None:
        for step in range(5):
            question = f"{number}.{step}".encode()
            try:
                if (got := client.send("POST", f"{BASE}/x", body=question).body) != question:
                    wrong.append((question, got))
            except Exception as error:
                wrong.append(error)

    script = Script(BASE, echo)
    with behind_doors(script):
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (wrong, len(script.asked)) == ([], 40)


@pytest.mark.parametrize("fails", [False, True])
def test_everything_is_put_back(fails: bool) -> None:
    """After the block, and after one that an exception left, every owner of a seam has exactly the attributes it had."""
    owners = {id(seam.owner): seam.owner for seam in imported()}.values()
    before = [dict(vars(owner)) for owner in owners]
    try:
        with behind_doors(Script(BASE, says("a"))), behind_doors(Script(BASE, says("b"))):
            assert [dict(vars(owner)) for owner in owners] != before
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert [dict(vars(owner)) for owner in owners] == before


def test_doors_half_open_are_put_back() -> None:
    """Closing puts back what was swapped before something went wrong; closing twice does no harm."""
    owners = [seam.owner for seam in imported()]
    before = [dict(vars(owner)) for owner in owners]
    doors = Doors(Script(BASE, says("a")))
    doors.close()
    doors.open()
    doors.close()
    doors.close()
    assert [dict(vars(owner)) for owner in owners] == before


@pytest.mark.parametrize("answerer", [Script(BASE, says("ok")), Script(BASE, Failure("truncated", 1, says("ok")))])
def test_a_blocking_pool_gets_its_connection_back(answerer: Script) -> None:
    """One connection allowed, and three streamed responses one after another: none waits for ever, and no other is made."""
    urllib3 = pytest.importorskip("urllib3")
    with behind_doors(answerer), urllib3.HTTPSConnectionPool("gw.corp.invalid", maxsize=1, block=True, retries=False) as pool:
        for _ in range(3):
            response = pool.request("GET", f"{BASE}/x", preload_content=False, pool_timeout=1)
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                list(response.stream(10))
                response.release_conn()
        assert pool.num_connections == 1
