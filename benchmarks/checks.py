"""The contract's checks, measured by contract.py, as rows of the table."""

from __future__ import annotations

import contract
import harness
from harness import Row, effort

BOUNDS = {"one message": 1.6, "a page": 2.0, "a stream": 3.0}


def checks() -> list[Row]:
    """One message, a page of 100, and streams of 200 events, beside the bare validators."""
    harness.need("jsonschema_rs")
    contract.ROUNDS = effort(contract.ROUNDS)
    found = contract.run()
    lines = []
    for what in dict.fromkeys(line["what"] for line in found):
        tools = {line["tool"]: line for line in found if line["what"] == what}
        ours = tools.pop("contract.violations")
        peers = {name: line["ratio"] for name, line in tools.items()}
        note = f"{ours['per_second']:,.0f} checks a second"
        bound = next(bound for beginning, bound in BOUNDS.items() if what.startswith(beginning))
        lines.append(Row(f"contract.violations, {what} / bare jsonschema-rs", ours["ratio"], bound, peers, note=note))
    return lines


MEASURES = {"contract": checks}
