"""
What `assistant-mock serve --cassette` adds: its options as keywords of a server, what it says at the start, saving at the end.

Says what is wrong with the options before anything listens.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_assistant_mock._mock.server import AssistantServer


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes besides."""
    parser.add_argument("--cassette", metavar="FILE", help="answer from this recording, in the place of the fake")
    parser.add_argument(
        "--record",
        choices=("none", "once", "new", "all"),
        default="none",
        help="which calls are passed on to the real service and recorded into --cassette: once: all, if the file is missing;"
        " new: those it does not answer; all: every one; none: no call (default)",
    )
    parser.add_argument(
        "--upstream",
        type=_upstream,
        action="append",
        default=[],
        metavar="VENDOR=URL",
        help="base URL to pass the calls of a vendor on to, like model_studio=https://gw.corp/ai/api/v1 (default: its own)",
    )


def _upstream(value: str) -> tuple[str, str]:
    vendor, equals, url = value.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{value!r}: expected one like 'model_studio=https://gw.corp/ai/api/v1'")
    return vendor, url


def keywords(options: argparse.Namespace) -> dict[str, Any]:
    """What a server is told of its cassette. Raises ValueError for options that do not go together."""
    if options.cassette is None:
        given = [name for name, value in (("--record", options.record != "none"), ("--upstream", options.upstream)) if value]
        if given:
            raise ValueError(f"{given[0]} needs a file to record into: --cassette FILE")
        return {}
    if options.seed:
        raise ValueError("--seed fills the fake, and --cassette answers in its place: leave one of them out")
    if Path(options.cassette).is_dir():
        raise ValueError(f"--cassette {options.cassette} is a folder; name a file in it: --cassette FILE")
    if options.record == "none" and options.upstream:
        raise ValueError("--upstream is asked only while something is recorded: add --record once, new or all")
    if options.record == "none" and not Path(options.cassette).exists():
        raise ValueError(f"there is no cassette at {options.cassette}; to record one, add --record once")
    used = {"cassette": options.cassette, "record": options.record, "unplayed": "off", "contract": "off"}
    return {"source": "cassette", "upstream": dict(options.upstream), **used}


def told(server: AssistantServer) -> str:
    """What is answered, and from where."""
    recording = server.recording
    assert recording is not None
    if recording.upstream is None:
        return f"{recording.path} answers for both vendors; what it does not hold gets 409, and words. Ctrl-C stops."
    lines = [f"  {vendor:14}{url}" for vendor, url in recording.upstream_urls.items()]
    return "\n".join([f"Calls are passed on, and recorded into {recording.path} at the end; ctrl-C stops.", "", *lines])


def saved(server: AssistantServer) -> int:
    """Save what was recorded, and say so. Exit status 1 if that fails."""
    try:
        problem = server.save()
    except (OSError, ValueError) as error:
        print(f"assistant-mock serve: {error}", file=sys.stderr)  # noqa: T201
        return 1
    if problem:
        print(f"assistant-mock serve: {problem}", file=sys.stderr)  # noqa: T201
    return 0
