"""How long something takes, for tests that compare n with 4n."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any


def seconds(work: Callable[[Any], Any], on: Any) -> float:
    """The least of three runs."""

    def once() -> float:
        gc.collect()
        begun = time.process_time()
        work(on)
        return time.process_time() - begun

    return min(once() for _ in range(3))
