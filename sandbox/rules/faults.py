"""What Slack says when it refuses: an error code and one line for each fault, with a JSON pointer to it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing wrong at one place. `error` is set where Slack answers with a code of its own for it."""

    message: str
    pointer: str = ""
    error: str | None = None

    def __str__(self) -> str:
        where = f" [json-pointer:{self.pointer}]" if self.pointer else ""
        return f"[ERROR] {self.message}{where}"


class Refusal(Exception):
    """Slack answers `{"ok": false, "error": error, "response_metadata": {"messages": details}}`."""

    def __init__(self, error: str, details: Iterable[str] = ()) -> None:
        self.error = error
        self.details = tuple(details)
        super().__init__(error, self.details)

    def __str__(self) -> str:
        return "; ".join((self.error, *self.details))


def refuse(error: str, faults: Iterable[Fault]) -> None:
    """Raise if there are faults, with the first fault's own code or else `error`."""
    found = list(faults)
    if found:
        raise Refusal(found[0].error or error, map(str, found))


def within(pointer: str, key: str | int) -> str:
    """The pointer one step further in (RFC 6901)."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
