"""
The words for a request without a recorded answer, and for recorded answers nobody asked for.

Knows interactions, keys and ids; decides nothing.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from difflib import SequenceMatcher, unified_diff
from typing import Any, NamedTuple

from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.wire import Request
from pytest_assistant_mock.cassettes import naming
from pytest_assistant_mock.cassettes.format import Interaction
from pytest_assistant_mock.cassettes.json_bodies import escaped
from pytest_assistant_mock.cassettes.matching import FORM
from pytest_assistant_mock.cassettes.symbols import Symbols, json_of
from pytest_assistant_mock.cassettes.usage import Tape

_MOST_DIFFED = 50_000  # bytes; beyond that a diff takes longer than anyone reads
_MOST_LINES = 40
_MOST_LISTED = 20


class MissedRequest(NamedTuple):
    """A request that was not answered, without its secrets, and its key, in its two halves."""

    request: Request
    line: str
    body: str

    @classmethod
    def of(cls, request: Request, key: str) -> MissedRequest:
        """From a request and its key."""
        line, _, body = key.partition("\n")
        return cls(request, line, body)


def miss(
    tape: Tape,
    asked: MissedRequest,
    interactions: Sequence[Interaction],
    keys: Sequence[str | None],
    played: bytearray,
    secrets: Secrets,
) -> str:
    """Why, what, the closest recording, the cassette, the mode, counts, how to fix it."""
    symbols = Symbols(interactions)
    same = [at for at, key in enumerate(keys) if key == f"{asked.line}\n{asked.body}"]
    closest = same[-1] if same else _closest(asked, keys, played)
    rest = any(not done and one.recorded_by in ("", tape.test) for done, one in zip(played, interactions, strict=True))
    added = not rest and not symbols.named_in(asked.request)  # else some of the recording is outdated by it
    why, fix = _why(tape, asked, keys, same, f"record it:  {tape.command('new')}" if added else tape.again)
    rows = [("why", why), ("asked", f"{asked.request.method} {asked.request.url}")]
    if closest is not None:
        rows.append(("closest", _described(closest, interactions[closest], keys[closest] or "", played)))
        if not same:
            rows.append(("", _difference(asked, keys[closest] or "")))
    rows.append(("cassette", f"{tape.path}   {_counts(interactions, played)}"))
    if not keys:
        rows += [("orphan" if not number else "", text) for number, text in enumerate(_orphans(tape))]
    rows.append(("mode", tape.mode))
    rows += [("fix" if not number else "", text) for number, text in enumerate([fix, *_advice(asked, keys, closest, same)])]
    vendor_line = symbols.text(secrets.text(_readable(asked.line)))
    text = symbols.text(secrets.text("\n".join(_row(name, text) for name, text in rows)))
    return escaped(f"no recorded answer to  {vendor_line}\n{text}{_legend(symbols, asked, text)}")


def refused(tape: Tape, asked: MissedRequest, named: Sequence[str], symbols: Symbols, secrets: Secrets) -> str:
    """Why a new call is not made: it names what only the recording knows."""
    listed = ", ".join(f"{symbols.names[found]} ({found})" for found in named)
    return (
        f"not recorded:  {symbols.text(secrets.text(_readable(asked.line)))}\n"
        f"  why:       the call is new, and names {listed} from the cassette; the service of today need not know that id,\n"
        "             and its answer would not belong to the rest of the recording\n"
        f"  cassette:  {tape.path}\n"
        f"  mode:      {tape.mode}\n"
        f"  fix:       {tape.again}"
    )


def unplayed(
    tape: Tape, positions: Sequence[int], interactions: Sequence[Interaction], keys: Sequence[str | None], secrets: Secrets
) -> str:
    """What was recorded and not asked for."""
    symbols = Symbols(interactions)
    lines = [f"  {_place(at, interactions[at])}:  {_readable((keys[at] or '').partition(chr(10))[0])}" for at in positions]
    more = [f"  … and {len(lines) - _MOST_LISTED} more"] if len(lines) > _MOST_LISTED else []
    few = "\n".join([*lines[:_MOST_LISTED], *more])
    return (
        f"{len(positions)} of {len(interactions)} recorded interactions were never played\n{symbols.text(secrets.text(few))}\n"
        f"  cassette:  {tape.path}\n"
        f"  mode:      {tape.mode}\n"
        f"  fix:       {tape.again}\n"
        '             or, if the test need not ask for all of it:  @pytest.mark.assistant(unplayed="warn" or "off")'
    )


def _why(tape: Tape, asked: MissedRequest, keys: Sequence[str | None], same: list[int], fix: str) -> tuple[str, str]:
    if not keys:
        return "there is no cassette", f"record it:  {tape.command('once')}"
    record_new = f"if the request is right, {fix}"
    if same:
        count = "the one recorded answer to it has" if len(same) == 1 else f"all {len(same)} recorded answers to it have"
        return f"{count} been played", f"{record_new}\nor let the last one repeat:  @pytest.mark.assistant(reuse=True)"
    if any(key is not None and key.partition("\n")[0] == asked.line for key in keys):
        return "the body differs from every recording of this request", record_new
    path = asked.line.partition("?")[0]
    if any(key is not None and key.partition("\n")[0].partition("?")[0] == path for key in keys):
        return "the query differs from every recording of this request", record_new
    return "no such request is recorded", record_new


def _closest(asked: MissedRequest, keys: Sequence[str | None], played: bytearray) -> int | None:
    def likeness(at: int) -> tuple[bool, float, bool, float]:
        line, _, body = (keys[at] or "").partition("\n")
        same = line == asked.line
        return (same, SequenceMatcher(None, line, asked.line).ratio(), not played[at], _body_likeness(body, asked.body))

    ours = [at for at, key in enumerate(keys) if key is not None]
    if len(ours) > 500:  # a quick look is enough: the same line first, then the beginning of the file
        ours = [at for at in ours if (keys[at] or "").startswith(f"{asked.line}\n")][:500] or ours[:500]
    return max(ours, key=likeness, default=None)


def _body_likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one[:500], other[:500]).quick_ratio()


def _difference(asked: MissedRequest, key: str) -> str:
    line, _, body = key.partition("\n")
    if len(body) + len(asked.body) > _MOST_DIFFED:
        return f"bodies of {len(body):,} and {len(asked.body):,} characters: too long to compare here"
    try:
        before, after = [_readable(line), *_laid_out(body)], [_readable(asked.line), *_laid_out(asked.body)]
    except RecursionError:
        return "bodies nested too deep to compare here"
    lines = list(unified_diff(before, after, "recorded", "asked", lineterm="", n=2))
    return "\n".join([*lines[:_MOST_LINES], *(["…"] if len(lines) > _MOST_LINES else [])])


def _laid_out(body: str) -> list[str]:
    if not body:
        return []
    value = _value(body)
    return (
        [repr(body[1:200])] if value is None and body != "null" else json.dumps(value, ensure_ascii=False, indent=2).splitlines()
    )


def _orphans(tape: Tape) -> list[str]:
    """Cassettes beside a missing one whose test is gone: after a renaming, one of them is it."""
    if not tape.test or tape.shared or tape.path is None:
        return []
    found = naming.orphans(tape.path)
    return [
        f"{path}: its test is gone; was it renamed?  mv {shlex.quote(str(path))} {shlex.quote(str(tape.path))}"
        for path in found[:3]
    ]


def _value(body: str) -> Any:
    return json_of(body.removeprefix(FORM).encode())


def _advice(asked: MissedRequest, keys: Sequence[str | None], closest: int | None, same: list[int]) -> list[str]:
    if closest is None or same:
        return []
    line, _, body = (keys[closest] or "").partition("\n")
    if line != asked.line:
        return []
    try:
        names = _differing(_value(body), _value(asked.body))[:3]
    except RecursionError:
        return []
    if not names:
        return []
    listed = ", ".join(f'"{name}"' for name in names)
    return [f"or, if the value differs in each run, pin it or name it:  @pytest.mark.assistant(ignore=[{listed}])"]


def _differing(one: Any, other: Any, path: str = "") -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        names = dict.fromkeys([*one, *other])
        return [found for name in names for found in _differing(one.get(name), other.get(name), f"{path}.{name}".lstrip("."))]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = zip(one, other, strict=True)
        return list(dict.fromkeys(found for left, right in pairs for found in _differing(left, right, path)))
    return [path] if path and one != other else []


def _described(at: int, one: Interaction, key: str, played: bytearray) -> str:
    return f"{_place(at, one)}, {'played' if played[at] else 'not played'}:  {_readable(key.partition(chr(10))[0])}"


def _place(at: int, one: Interaction) -> str:
    return f"interaction {at + 1} (line {one.line})" if one.line else f"interaction {at + 1}"


def _readable(line: str) -> str:
    method, _, rest = line.partition(" ")
    vendor, _, path = rest.partition(" ")
    return f"{method} {path.removeprefix('@')}   ({vendor})"


def _counts(interactions: Sequence[Interaction], played: bytearray) -> str:
    return f"{len(interactions)} recorded, {sum(played)} played"


def read_beyond(tape: Tape, one: Interaction, secrets: Secrets) -> str:
    """Who reads on where nobody did when a stream was recorded."""
    rows = [
        ("why", "its client closed the stream there when it was recorded; this one reads on"),
        ("asked", secrets.text(f"{one.request.method} {one.request.url}")),
        ("cassette", f"{tape.path}   line {one.line}"),
        ("mode", tape.mode),
        ("fix", tape.again),
    ]
    return escaped("\n".join(["the recording of a stream ends here", *(_row(name, text) for name, text in rows)]))


def _row(name: str, text: str) -> str:
    first, *others = text.split("\n")
    label = f"{name}:" if name else ""
    return "\n".join([f"  {label:<10} {first}".rstrip(), *(f"{'':<13}{line}" for line in others)])


def _legend(symbols: Symbols, asked: MissedRequest, text: str) -> str:
    shown = [(found, name) for found, name in symbols.names.items() if name in text]
    named = [(found, name) for found, name in shown if found in f"{asked.request.url} {asked.body}"] or shown[:3]
    return "".join(f"\n{_row('' if number else 'ids', f'{name} is {found}')}" for number, (found, name) in enumerate(named[:5]))
