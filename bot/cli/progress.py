"""A progress bar, on a terminal only."""

import sys

_WIDTH = 30


class Bar:
    """Called with how many of `total` are done; `what` says what these are."""

    def __init__(self, total: int, what: str = "") -> None:
        self._total = total
        self._what = f" {what}" if what else ""
        self._shown = sys.stderr.isatty() and total > 0

    def __call__(self, done: int) -> None:
        if self._shown:
            full = _WIDTH * done // self._total
            end = "\n" if done >= self._total else ""
            bar = "#" * full + "." * (_WIDTH - full)
            print(f"\r[{bar}] {done:,} of {self._total:,}{self._what}", end=end, file=sys.stderr, flush=True)
