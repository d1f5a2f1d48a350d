"""
`make soak`: 64 clients of mixed operations at the served fake, 500 idle connections beside them, for a minute.

    python benchmarks/soak.py [SECONDS]

Exit status 1 on an error, a lost or doubled message, memory that grows, or a stop that takes more than a second. Threads are
deleted as it goes, for what is stored is meant to stay: memory is measured over what nobody asked to keep.
"""

from __future__ import annotations

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from subprocess import PIPE, Popen
from time import perf_counter, sleep
from typing import Any
from urllib.parse import urlsplit

CLIENTS, IDLE, MESSAGES = 64, 500, 10
MAY_GROW = 1.1
"""Resident memory at the end / after the first quarter."""


class Client:
    """One client, one line: rounds of a conversation of its own at each vendor, checked at every step."""

    def __init__(self, number: int, told: dict[str, Any]) -> None:
        self.number, self.told = number, told
        url = urlsplit(told["base_urls"]["appbuilder"])
        self.conn = HTTPConnection(str(url.hostname), url.port, timeout=30)
        self.requests = 0
        self.wrong: list[str] = []

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request; its answer as JSON."""
        sent = None if body is None else json.dumps(body).encode()
        self.conn.request(method, path, sent, {"Authorization": "Bearer sk-soak", "Content-Type": "application/json"})
        response = self.conn.getresponse()
        answer = json.loads(response.read())
        self.requests += 1
        if response.status != 200 or "error" in answer:
            self.wrong.append(f"{method} {path}: {response.status} {answer}")
        return answer

    def run(self, until: float) -> Client:
        """Rounds until a time."""
        turn = 0
        while perf_counter() < until:
            turn += 1
            self.at_model_studio(turn)
            self.at_appbuilder(turn)
        self.conn.close()
        return self

    def at_model_studio(self, turn: int) -> None:
        """Write, read back in pages, delete."""
        thread = f"/api/v1/threads/{self.ask('POST', '/api/v1/threads', {})['id']}"
        texts = [f"{self.number}-{turn}-{count}" for count in range(MESSAGES)]
        for text in texts:
            sent = self.ask("POST", f"{thread}/messages", {"content": text})
            self.ask("GET", f"{thread}/messages/{sent['id']}")
        found, after = [], ""
        while True:
            page = self.ask("GET", f"{thread}/messages?order=asc&limit=4&after={after}")
            found += [one["content"][0]["text"]["value"] for one in page["data"]]
            if not page["has_more"]:
                break
            after = page["last_id"]
        self.compare(found, texts)
        self.ask("DELETE", thread)

    def at_appbuilder(self, turn: int) -> None:
        """The same in AppBuilder's way."""
        thread = self.ask("POST", "/v2/threads", {})["id"]
        texts = [f"{self.number}-{turn}-{count}" for count in range(MESSAGES)]
        for text in texts:
            self.ask("POST", "/v2/threads/messages", {"thread_id": thread, "role": "user", "content": text})
        page = self.ask("POST", "/v2/threads/messages/list", {"thread_id": thread, "order": "asc"})
        self.compare([one["content"][0]["text"]["value"] for one in page["data"]], texts)
        self.ask("POST", "/v2/threads/delete", {"thread_id": thread})

    def compare(self, found: list[str], sent: list[str]) -> None:
        """Every message once, in order."""
        if found != sent:
            self.wrong.append(f"sent {sent}, found {found}")


def resident_kib(pid: int) -> int:
    """A process's resident memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def main(seconds: float) -> int:
    """Soak; print the figures."""
    process = Popen([sys.executable, "-m", "pytest_assistant_mock", "serve", "--json-log"], stdout=PIPE, text=True)
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    at = urlsplit(told["base_urls"]["appbuilder"])
    idle = [socket.create_connection((at.hostname, at.port)) for _ in range(IDLE)]
    start = perf_counter()
    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        log = pool.submit(lambda: sum(1 for _ in process.stdout or ()))
        running = [pool.submit(Client(number, told).run, start + seconds) for number in range(CLIENTS)]
        sleep(seconds / 4)
        early = resident_kib(process.pid)
        clients = [one.result() for one in running]
        late = resident_kib(process.pid)
        spent = perf_counter() - start
        before = perf_counter()
        process.terminate()
        status = process.wait(10)
        stopped = perf_counter() - before
        lines = log.result()
    for line in idle:
        line.close()
    wrong = [words for client in clients for words in client.wrong]
    requests = sum(client.requests for client in clients)
    print(f"{requests:,} requests of {CLIENTS} clients in {spent:.0f} s, {requests / spent:,.0f} a second; {IDLE} idle lines")
    print(f"errors, lost or doubled messages: {len(wrong)}; lines logged: {lines:,}")
    print(f"resident memory after a quarter {early:,} KiB, at the end {late:,} KiB; stopped in {stopped:.2f} s, status {status}")
    for words in wrong[:10]:
        print(words, file=sys.stderr)
    return 1 if wrong or status or stopped > 1 or late > early * MAY_GROW else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60))
