"""Files that are no cassette, and files that cannot be written: a clear error, nothing run, nothing lost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

import pytest
from made import asked, one, saved

from pytest_assistant_mock import errors
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock.cassettes import Cassette, load, locking, storage
from pytest_assistant_mock.cassettes.format import to_text

GOOD = to_text(Cassette([one(asked("POST", "/threads", {"metadata": {}}), {"id": "t"})]))

OS = "!!python/object/apply:os.system"
LAUGHS = [b"version: 1\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"]
LAUGHS += [b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)]

BAD = {
    "empty": (b"", 1, "the file is empty"),
    "only a comment": (b"# nothing\n", 1, "the file is empty"),
    "cut in a request": (GOOD[:200].encode(), 3, "interaction 1: response is null and failure is missing"),
    "cut in a response": (GOOD.partition('  "id"')[0].encode(), 22, "a body that is no JSON"),
    "cut before a body": (GOOD.rpartition("        {")[0].encode(), 22, "a body that is no JSON"),
    "cut in a text": (b'version: 1\ninteractions: "ab', 2, "found unexpected end of stream"),
    "JSON edited by mistake": (GOOD.replace('"id": "t"', '"id": t').encode(), 23, "a body that is no JSON: Expecting value"),
    "a merge conflict": (GOOD.replace("    method", "<<<<<<< HEAD\n    method").encode(), 4, "a merge conflict"),
    "another version": (GOOD.replace("version: 1", "version: 2").encode(), 1, "version 2; expected 1"),
    "no version": (b"interactions: []\n", 1, "version None; expected 1"),
    "before 1.0": (b"- request: {}\n  response: {}\n", 1, "recorded by vcrpy before 1.0"),
    "no mapping": (b"hello\n", 1, "no cassette"),
    "no list": (b"version: 1\ninteractions: 5\n", 1, "expected a list under 'interactions'"),
    "not UTF-8": (GOOD.encode().replace(b"POST", b"P\xffST"), 4, "not UTF-8: byte 0xff"),
    "a control character": (GOOD.encode().replace(b"POST", b"P\x00ST"), 4, "a character YAML does not allow"),
    "a tab": (b"version: 1\n\tinteractions: []\n", 2, "tab character"),
    "a key twice": (b"version: 1\nversion: 1\ninteractions: []\n", 2, "the key 'version' stands here twice"),
    "two documents": (b"version: 1\ninteractions: []\n---\na: 1\n", 3, "a second document begins"),
    "no method": (GOOD.replace("    method: POST\n", "").encode(), 3, "interaction 1: request.method is None"),
    "a status of text": (GOOD.replace("code: 200", "code: OK").encode(), 3, "response.status.code is 'OK'"),
    "a body of lists": (re.sub(r"body: \|-(\n {6}.*)+", "body: {a: 1}", GOOD, count=1).encode(), 3, "request.body is dict"),
    "a header of mappings": (GOOD.replace("- application/json", "- {a: 1}", 1).encode(), 3, "Content-Type holds a dict"),
    "an unknown failure": (
        GOOD.partition("  response")[0].encode() + b"  response: null\n  failure: {kind: x}\n", 3, "failure.kind is 'x'"
    ),
    "code to run": (b"version: 1\ninteractions:\n- %s ['touch pwned']\n" % OS.encode(), 3, f"the tag {OS}"),
    "code in a list": (b"version: 1\ninteractions: !!python/name:os.system\n", 2, "the tag !!python/name:os.system"),
    "code behind a tag of vcrpy": (
        b"version: 1\ninteractions:\n- !!python/tuple [1]\n- %s ['touch pwned']\n" % OS.encode(), 4,
        f"the tag {OS}",
    ),
    "an alias to itself": (b"version: 1\ninteractions: &a [*a]\n", 2, "*a stands for nothing before it"),
    "a billion laughs": (b"".join(LAUGHS), 7, "this file is made to explode"),
    "bad base64": (b"version: 1\ninteractions: !!binary 'a'\n", 2, "!!binary is no base64"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_an_error_with_its_line(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names file and line; nothing is run, and the file is left as it was."""
    data, line, problem = BAD[name]
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "c.yaml"
    path.write_bytes(data)
    with pytest.raises(errors.CassetteError) as error:
        load(path)
    text = str(error.value)
    assert re.match(rf"{re.escape(str(path))}:{line}: ", text), text
    assert problem in text
    assert text.endswith("nothing was run, and the file is as it was")
    assert (path.read_bytes(), os.listdir(tmp_path)) == (data, ["c.yaml"])


def test_a_deep_file_is_an_error(tmp_path: Path) -> None:
    """libyaml says so since 0.2.6, in the line it gives up at; before, it reads to the end that is missing."""
    path = tmp_path / "c.yaml"
    path.write_bytes(b"version: 1\ninteractions: " + b"[" * 3000 + b"\n")
    with pytest.raises(errors.CassetteError, match=r":2: exceeded maximum nesting depth|:3: did not find expected node content"):
        load(path)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """200 MB are refused by their size."""
    path = tmp_path / "c.yaml"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    with pytest.raises(errors.CassetteError, match=r":1: 209,715,200 bytes; a cassette has at most 104,857,600"):
        load(path)


def test_a_file_replaced_is_read_anew(tmp_path: Path) -> None:
    """By its text, whatever its size and time say; and what one reader does to its cassette, the next does not see."""
    path = tmp_path / "c.yaml"
    for word in ("one", "two", "one"):
        path.write_text(GOOD.replace('"t"', f'"{word}"'))
        os.utime(path, (1, 1))
        cassette = load(path)
        assert [one.response and one.response.body for one in cassette.interactions] == [f'{{"id":"{word}"}}'.encode()]
        cassette.interactions.clear()
        cassette.metadata["seen"] = True
        assert (len(load(path).interactions), load(path).metadata) == (1, {})


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """Editors put one; it means nothing."""
    path = tmp_path / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert len(load(path).interactions) == 1


FULL = """
import resource, sys
from pathlib import Path
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock.cassettes import load, storage
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
path = Path(sys.argv[1])
try:
    storage.save(path, lambda now: now, Secrets())
except ValueError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit to set")
def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """No room in the middle of writing, as the system itself says it: the old cassette is whole and nothing is left beside it."""
    path = saved(tmp_path / "c.yaml", one(asked("GET", "/threads/x"), {"id": "t"}))
    before = path.read_text()
    ended = subprocess.run([sys.executable, "-c", FULL, str(path)], check=True, capture_output=True, text=True)
    assert ended.stdout == f"{path} could not be written: File too large; the old one is as it was\n"
    assert (path.read_text(), os.listdir(tmp_path)) == (before, ["c.yaml"])


def test_a_read_only_folder_leaves_the_old_file(tmp_path: Path) -> None:
    """The error says what the system says."""
    folder = tmp_path / "cassettes"
    path = folder / "c.yaml"
    folder.write_text("a file in the folder's place: as unwritable as it gets, also for root")
    for write in (lambda: storage.write(path, GOOD, Secrets()), lambda: storage.save(path, lambda now: now, Secrets())):
        with pytest.raises(errors.CassetteError, match=r"c\.yaml could not be written: .*; there is none now"):
            write()


@pytest.mark.skipif(sys.platform == "win32" or os.getuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_with_a_cassette_leaves_it(tmp_path: Path) -> None:
    """Its permissions say no: the old cassette is whole."""
    path = saved(tmp_path / "c.yaml", one(asked("GET", "/threads/x"), {"id": "t"}))
    before = path.read_text()
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(errors.CassetteError, match=r"could not be written: Permission denied; the old one is as it was"):
            storage.save(path, lambda now: Cassette(), Secrets())
    finally:
        tmp_path.chmod(0o700)
    assert (path.read_text(), os.listdir(tmp_path)) == (before, ["c.yaml"])


KILLED = """
import os, signal, sys
from pathlib import Path
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock.cassettes import storage
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
storage.save(Path(sys.argv[1]), lambda now: now, Secrets())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_process_leaves_the_old_file(tmp_path: Path) -> None:
    """Killed in the middle of saving, the old cassette is whole; the next save is not disturbed by what was left."""
    path = saved(tmp_path / "c.yaml", one(asked("GET", "/threads/x"), {"id": "t"}))
    before = path.read_text()
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert (ended.returncode, path.read_text()) == (-9, before)
    assert sorted(os.listdir(tmp_path)) == [".c.yaml.lock", ".c.yaml.saving", "c.yaml"]
    storage.save(path, lambda now: load(path), Secrets())
    assert (path.read_text(), os.listdir(tmp_path)) == (before, ["c.yaml"])


def test_a_secret_that_remains_stops_the_writing(tmp_path: Path) -> None:
    """The error says where it stands and never what it is."""
    path = tmp_path / "c.yaml"
    text = to_text(Cassette([one(asked("POST", "/threads", {"metadata": {"k": "VEVBTS1LRVktMDEyMw=="}}), {"id": "t"})]))
    with pytest.raises(errors.CassetteError) as error:
        storage.write(path, text, Secrets(["TEAM-KEY-0123"]))
    assert str(error.value) == (
        f"{path} is not written: something that looks like a secret remains after redaction\n"
        "  line 9: looks like a configured key: VEVBT…\n"
        "  do: keep it out of what the test sends, or use another value in its place"
    )
    assert not path.exists()


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    """Threads that each add an interaction to one file find all of them in it."""
    path = tmp_path / "c.yaml"

    def add(number: int) -> None:
        new = one(asked("GET", f"/threads/{number}"), {"n": number})
        storage.save(path, lambda now: Cassette([*now.interactions, new]), Secrets())

    threads = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.request.url for one in load(path).interactions}) == 20
    assert os.listdir(tmp_path) == ["c.yaml"]


def test_saving_leaves_nothing_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No lock, no half file: neither beside the cassette nor in the folder for temporary files."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    storage.save(tmp_path / "a" / "b" / "c.yaml", lambda now: now, Secrets())
    assert (os.listdir(temporary), os.listdir(tmp_path / "a" / "b")) == ([], ["c.yaml"])


def test_a_lock_removed_while_waiting_is_taken_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Who waits for a lock that its holder then removes holds nothing: whoever comes next would lock another file of that name.
    """
    path, lock, locks = tmp_path / "c.yaml", tmp_path / ".c.yaml.lock", []
    real = locking._lock

    def removed_meanwhile(file: IO[str], wait: bool) -> bool:
        held = real(file, wait)
        locks.append(os.fstat(file.fileno()).st_ino)
        if len(locks) == 1:
            lock.unlink()
        if len(locks) == 2:
            lock.unlink()
            lock.touch()
        return held

    monkeypatch.setattr(locking, "_lock", removed_meanwhile)
    storage.save(path, lambda now: Cassette([*now.interactions]), Secrets())
    assert (len(locks), os.listdir(tmp_path)) == (3, ["c.yaml"])


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize("name", [".c.yaml.saving", ".c.yaml.lock"])
@pytest.mark.parametrize("how", ["save", "write"])
def test_a_link_laid_beside_a_cassette_is_not_followed(name: str, how: str, tmp_path: Path) -> None:
    """What it points to is untouched, there or not, and the cassette is a file of its own."""
    folder, there, missing = tmp_path / "cassettes", tmp_path / "there", tmp_path / "missing"
    folder.mkdir()
    there.write_text("precious")
    for target in (there, missing):
        (folder / name).symlink_to(target)
        if how == "save":
            storage.save(folder / "c.yaml", lambda now: now, Secrets())
        else:
            storage.write(folder / "c.yaml", GOOD, Secrets())
        assert (there.read_text(), missing.exists()) == ("precious", False)
        assert (os.listdir(folder), (folder / "c.yaml").is_symlink()) == (["c.yaml"], False)


def test_who_waits_long_says_for_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The process that holds the lock, how it was begun, and the lock's file."""
    monkeypatch.setattr(locking, "_PATIENCE", 0.0)
    monkeypatch.setattr(sys, "argv", ["pytest", "tests/test_a.py"])
    path, said = tmp_path / "c.yaml", threading.Event()
    write = sys.stderr.write

    def heard(text: str) -> int:
        said.set()
        return write(text)

    monkeypatch.setattr(sys.stderr, "write", heard)
    with locking.locked(path):
        waiting = threading.Thread(target=storage.save, args=(path, lambda now: now, Secrets()))
        waiting.start()
        assert said.wait(20)
    waiting.join()
    who = f"process {os.getpid()} (pytest tests/test_a.py)"
    assert capsys.readouterr().err == f"assistant-mock: waiting for {who}, which holds {tmp_path / '.c.yaml.lock'}\n"
    assert os.listdir(tmp_path) == ["c.yaml"]
