"""What the people of some customers do, as calls to an analytics client, and what it must come to."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

Call = dict[str, Any]  #: type, and the fields of the protocol that a client is told
Counts = Counter[tuple[str, str, str, str]]  #: events by id, whom it stands for, account and feature

FEATURES = ("Board opened", "Report exported", "Cluster added", "Größe geändert", 'Said "no"')
NOWHERE, ADMIN, PRICING, PRESENCE = "", "~admin", "~pricing", ""


@dataclass(frozen=True)
class Somebody:
    """A user, and the browser in which they were unknown at first."""

    number: int
    of: str  #: which client tells of them

    @property
    def user(self) -> str:
        return f"{self.of}-user-{self.number}"

    @property
    def browser(self) -> str:
        return f"{self.of}-browser-{self.number}"

    @property
    def account(self) -> str:
        """By group, by the domain of their mail, or nowhere with free mail."""
        return (f"group-{self.number // 6}", self.domain, NOWHERE)[self.number % 3]

    @property
    def domain(self) -> str:
        return f"company-{self.number // 6}.example"

    def introduction(self) -> list[Call]:
        mail = "gmail.com" if self.account == NOWHERE else self.domain
        traits = {"email": f"{self.user}@{mail}", "role": "Admin" if self.number % 4 == 0 else "member"}
        group = {"type": "group", "userId": self.user, "groupId": self.account, "traits": {"name": "Group"}}
        return [
            {"type": "identify", "userId": self.user, "traits": traits},
            {"type": "alias", "previousId": self.browser, "userId": self.user},
            *([group] if self.number % 3 == 0 else []),
        ]

    def something(self, dice: Random) -> Call:
        who = {"anonymousId": self.browser} if dice.random() < 0.3 else {"userId": self.user}
        match dice.choices(("track", "there", "page", "screen"), (65, 15, 15, 5))[0]:
            case "page":
                path = dice.choice(("/pricing", "/docs"))
                return {"type": "page", **who, "name": "A page", "properties": {"path": path}}
            case "screen":
                return {"type": "screen", **who, "name": "Settings"}
            case kind:
                there = {"context": {"groupId": f"given-{dice.randrange(5)}"}} if kind == "there" else {}
                return {"type": "track", **who, "event": dice.choice(FEATURES), **there}


@dataclass(frozen=True)
class Story:
    calls: Sequence[Call]
    counts: Counts

    def write(self, path: Path) -> Path:
        path.write_text("".join(f"{json.dumps(call)}\n" for call in self.calls))
        return path


def story(of: str, length: int, seed: int = 0) -> Story:
    """A story of so many calls. Who somebody is comes anywhere in it, before or after what they did."""
    dice = Random(f"{seed} {of}")
    people = [Somebody(number, of) for number in range(max(6, length // 50))]
    told: list[tuple[Somebody, Call]] = [(one, call) for one in people for call in one.introduction()]
    while len(told) < length:
        somebody = dice.choice(people)
        told.append((somebody, somebody.something(dice)))
    dice.shuffle(told)
    counts: Counts = Counter()
    for somebody, call in told:
        id_ = call.get("userId") or call["anonymousId"]
        account = call.get("context", {}).get("groupId", somebody.account)
        counts.update((id_, somebody.user, account, feature) for feature in _features(call))
    return Story(calls=[call for _, call in told], counts=counts)


def _features(call: Call) -> list[str]:
    match call:
        case {"type": "track"}:
            return [call["event"]]
        case {"type": "page" | "screen"}:
            return [PRESENCE, *([PRICING] if call.get("properties") == {"path": "/pricing"} else [])]
        case {"type": "identify", "traits": {"role": "Admin"}}:
            return [ADMIN]
        case _:
            return []
