"""
What every benchmark is made of: cases run in turn, medians, ratios pair by pair, one table.

A benchmark is a file beside this one with `MEASURES`, functions by name that each give rows of the table, or with one such
function `rows`; `run.py` runs each measure in a process of its own. Knows nothing of what is measured.
"""

from __future__ import annotations

import json
import os
import subprocess
from asyncio import Runner
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Literal, TypeAlias

Batch: TypeAlias = Callable[[int], object]
"""Does the thing measured that many times."""
Case: TypeAlias = Callable[[], AbstractContextManager[Batch]]
"""Sets one contestant up, gives its batch, puts everything back."""
Times: TypeAlias = Mapping[str, Sequence[float]]
"""Seconds by case, a figure a round; the figures of one round belong together."""

QUICK = "ASSISTANT_BENCH_QUICK"
"""Set in the environment, everything is done once and small: to see that it runs, not how fast."""


def effort(full: int, quick: int = 1) -> int:
    """How often, or how many: as given, or few when only trying whether it runs."""
    return quick if os.environ.get(QUICK) else full


@dataclass(frozen=True)
class Row:
    """One line of the table. `ours` and `peers` are in `unit`; "x" is a ratio, to what the measure names."""

    measure: str
    ours: float
    target: float | None = None
    peers: Mapping[str, float] = field(default_factory=dict)
    good: Literal["low", "high"] = "low"
    unit: str = "x"
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the target is reached; a row without one is told for its own sake."""
        if self.target is None:
            return True
        return self.ours <= self.target if self.good == "low" else self.ours >= self.target


class Missing(Exception):
    """What is measured is not installed."""


def need(*modules: str) -> None:
    """Raise Missing unless all of these can be imported."""
    if lacking := [module for module in modules if not find_spec(module)]:
        raise Missing(f"not installed: {', '.join(lacking)}")


def installed(peers: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """Of peers, each with the module it needs, those that are here."""
    return {name: what for name, (module, what) in peers.items() if find_spec(module)}


def each(call: Callable[[], object]) -> Batch:
    """A batch of a plain call."""

    def batch(times: int) -> None:
        for _ in range(times):
            call()

    return batch


def each_async(runner: Runner, call: Callable[[], Awaitable[object]]) -> Batch:
    """A batch of a coroutine function, all of it in one turn of the runner's loop."""

    async def calls(times: int) -> None:
        for _ in range(times):
            await call()

    return lambda times: runner.run(calls(times))


def under(answerer: Callable[[], AbstractContextManager[object]], call: Callable[[], object]) -> Case:
    """The case of a call made while something answers it."""

    @contextmanager
    def case() -> Any:
        with answerer():
            yield each(call)

    return case


def interleaved(
    cases: Mapping[str, Case],
    *,
    rounds: int = 60,
    calls: int = 40,
    warm_up: int = 5,
    stay_open: bool = False,
    clock: Callable[[], float] = process_time,
) -> Times:
    """
    Seconds a call. Every round runs every case once, each second round in reverse order; a case is set up anew each round
    unless it is to stay open.

    The clock is this process's CPU time, which other processes disturb least; give `perf_counter` where something waits.
    """
    times: dict[str, list[float]] = {name: [] for name in cases}
    order = list(cases.items())
    with ExitStack() as stack:
        batches = {name: stack.enter_context(case()) for name, case in order} if stay_open else {}
        for _ in range(rounds):
            for name, case in order:
                with ExitStack() as once:
                    batch = batches[name] if stay_open else once.enter_context(case())
                    batch(warm_up)
                    start = clock()
                    batch(calls)
                    times[name].append((clock() - start) / calls)
            order.reverse()
    return times


@dataclass(frozen=True)
class Command:
    """A process to run: its words, the folder it runs in, what its environment has beside ours."""

    words: Sequence[str]
    folder: str | Path
    environment: Mapping[str, str] = field(default_factory=dict)


def processes(commands: Mapping[str, Command], *, rounds: int, clock: Literal["wall", "cpu"]) -> Times:
    """Seconds of whole processes, from start to end, one after the other in turn. Raises RuntimeError if one fails."""
    for name, command in list(commands.items())[: effort(len(commands), 0)]:  # fills caches, the bytecode's among them
        _run(name, command)
    times: dict[str, list[float]] = {name: [] for name in commands}
    order = list(commands.items())
    for _ in range(rounds):
        for name, command in order:
            wall, cpu = _run(name, command)
            times[name].append(wall if clock == "wall" else cpu)
        order.reverse()
    return times


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """
    The environment of a process to measure. Bytecode is kept in it, as it is where a package is installed: or what runs from its
    sources, we alone, would be compiled at every start.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **more}


def _run(name: str, command: Command) -> tuple[float, float]:
    start = perf_counter()
    process = subprocess.Popen(
        command.words,
        cwd=command.folder,
        env=environment(command.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout is not None
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{name}: exit status {process.returncode}\n{output.decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime


def ratio(times: Times, case: str, to: str) -> float:
    """The median, over the rounds, of one case's time divided by another's in the same round."""
    return median(one / other for one, other in zip(times[case], times[to], strict=True))


def ratios(times: Times, *, to: str, leave_out: Iterable[str] = ("ours",)) -> dict[str, float]:
    """Every case's ratio to one of them, but for that one and those left out."""
    return {name: ratio(times, name, to) for name in times if name != to and name not in leave_out}


def microseconds(times: Times, case: str) -> str:
    """A case's median, for a note."""
    return f"{median(times[case]) * 1e6:.0f} µs"


def table(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table: measure, ours, target, peers beside us."""
    lines = ["| measure | ours | target | peers beside us |", "|---|---:|---:|---|"]
    for row in rows:
        sign = "≤" if row.good == "low" else "≥"
        target = "–" if row.target is None else f"{sign} {_number(row.target, row.unit)}{'' if row.met else ' **missed**'}"
        beside = ", ".join(f"{name} {_number(figure, row.unit)}" for name, figure in row.peers.items())
        beside = "; ".join(part for part in (beside, row.note) if part)
        lines.append(f"| {row.measure} | {_number(row.ours, row.unit)} | {target} | {beside} |")
    return "\n".join(lines)


def _number(figure: float, unit: str) -> str:
    digits = 2 if abs(figure) < 10 else 1 if abs(figure) < 100 else 0
    return f"{figure:,.{digits}f}" + ("" if unit == "x" else f" {unit}")


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows as JSON objects."""
    return [{**asdict(row), "met": row.met} for row in rows]


def main(rows: Callable[[], Sequence[Row]]) -> None:
    """What a benchmark file with one function may do when it is run by itself: print its table."""
    print(table(rows()))


def write_json(file: Path, facts: Mapping[str, Any]) -> None:
    """Facts as a readable JSON file."""
    file.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", "utf8")
