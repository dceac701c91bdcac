"""What the Python clients have in common: python -m tests.clients.segment URL KEY STORY BATCH PATIENCE."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Task:
    url: str
    key: str
    story: Path
    batch: int  #: events in a request
    patience: float  #: seconds for an answer


def run(client_for: Callable[[Task, Callable[..., None]], Any]) -> None:
    """Tell the story to a client, and see that it got rid of all of it."""
    url, key, story, batch, patience = sys.argv[1:]
    given_up: list[str] = []
    client = client_for(
        Task(url, key, Path(story), int(batch), float(patience)),
        lambda error, items: given_up.append(f"{len(items)} events: {error!r}"),
    )
    with Path(story).open() as lines:
        for line in lines:
            _tell(client, json.loads(line))
    client.shutdown()
    if given_up:
        sys.exit("\n".join(given_up))


def _tell(client: Any, call: dict[str, Any]) -> None:
    method = getattr(client, call.pop("type"))
    taken, _ = method(**{re.sub("[A-Z]", lambda c: f"_{c[0].lower()}", name): told for name, told in call.items()})
    if not taken:
        sys.exit("the client's own queue is full")
