"""The contract's checks, measured by contract.py, as rows of the table."""

from __future__ import annotations

import contract
import harness
from harness import Row, effort


def checks() -> list[Row]:
    """One message, and a page of 100, beside the bare validators."""
    harness.need("jsonschema_rs")
    contract.ROUNDS = effort(contract.ROUNDS)
    found = contract.run()
    lines = []
    for what in dict.fromkeys(line["what"] for line in found):
        tools = {line["tool"]: line for line in found if line["what"] == what}
        ours = tools.pop("contract.violations")
        peers = {name: line["ratio"] for name, line in tools.items()}
        note = f"{ours['per_second']:,.0f} checks a second"
        lines.append(Row(f"contract.violations, {what} / bare jsonschema-rs", ours["ratio"], 2.0, peers, note=note))
    return lines


MEASURES = {"contract": checks}
