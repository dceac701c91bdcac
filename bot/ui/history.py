"""Lines of the change log as people read them."""

from collections.abc import Iterable, Mapping
from datetime import date, tzinfo
from itertools import groupby
from typing import Any

from bot.domain.changes import Logged
from bot.domain.ids import UserId
from bot.domain.requests import Status
from bot.domain.text import one_line
from bot.domain.wsjf import Factor
from bot.ui import figures as show
from bot.ui import parts
from bot.ui.vocabulary import SHORT, STATUSES

WHY_SHOWN = 200
_WORDS_SHOWN = 80


def lines(history: Iterable[Logged], names: Mapping[UserId, str], zone: tzinfo) -> list[str]:
    """One line for each act, newest first: "3 November, Boris: planned; aimed at 12 December". Plain text."""
    acts = [list(act) for _, act in groupby(history, key=lambda line: line.trace)]
    return [line for act in acts if (line := _act(act, names, zone))]


def _act(act: list[Logged], names: Mapping[UserId, str], zone: tzinfo) -> str:
    last = act[0]
    if any(line.field == "title" and line.old is None for line in act):
        said = ["filed"]
    else:
        said = [words for line in reversed(act) if (words := change(line, names))]
    if not said:
        return ""
    who = names.get(last.by, "somebody") if last.by else "Tandem"
    why = f" “{parts.shorten(last.why, WHY_SHOWN)}”" if last.why else ""
    return f"{show.day(last.at.astimezone(zone).date())}, {who}: {'; '.join(said)}.{why}"


def change(line: Logged, names: Mapping[UserId, str]) -> str:
    """One line of the log in words; nothing for what isn't worth telling."""
    if line.field in set(Factor):
        return _figure(Factor(line.field), line)
    if line.field in _SAID:
        return _SAID[line.field].format(new=line.new) if line.new is not None else _GONE.get(line.field, "")
    match line.field:
        case "status":
            return STATUSES[Status(line.new)]
        case "target":
            return f"aimed at {show.day(date.fromisoformat(line.new))}" if line.new else "no date any more"
        case "owner":
            return f"{names.get(line.new, 'somebody')} answers for it" if line.new else "nobody answers for it"
        case "wanted_by":
            return f"{names.get(line.new, 'somebody')} wants to start it" if line.new else ""
        case "blocker":
            words = parts.shorten(one_line(line.new or line.old), _WORDS_SHOWN)
            return f"blocked: “{words}”" if line.new else f"“{words}” is out of the way"
        case "blocker_owner":
            return f"{names.get(line.new, 'somebody')} gets it out of the way"
        case "ask":
            return "a customer joined" if line.new else "a customer left"
        case _:
            return ""


_SAID = {
    "title": "now called “{new}”",
    "problem": "said the problem anew",
    "reason": "why: {new}",
    "direction": "belongs to {new}",
    "tracker": "tracked at {new}",
    "same_as": "the same as R-{new}",
    "merged": "R-{new} asked for the same",
    "question": "asked a question",
    "answer": "answered a question",
    "decision": "decided: “{new}”",
    "sentence": "customers may hear: “{new}”",
    "adoption_target": "{new} % of active accounts should use it",
    "adoption": "used by {new} % of active accounts",
    "deal": "brought a deal up to date",
}
_GONE = {"direction": "belongs to no direction", "tracker": "not tracked any more"}


def _figure(factor: Factor, line: Logged) -> str:
    """Say "size 13 → 5", "size 5 confirmed" or "suggests size 8"."""
    old, new = _shown(line.old), _shown(line.new)
    name = SHORT[factor].lower()
    if line.new is None:
        return f"no {name} any more"
    if line.new.get("confirmed") is None:
        return f"guesses {name} {new}"
    proposed = line.new.get("proposed")
    if proposed is not None and proposed != new and (line.old or {}).get("proposed") != proposed:
        return f"suggests {name} {proposed}"
    return f"{name} {new} confirmed" if old in (None, new) else f"{name} {old} → {new}"


def _shown(estimate: Mapping[str, Any] | None) -> int | None:
    if not estimate:
        return None
    confirmed: int | None = estimate.get("confirmed")
    return confirmed if confirmed is not None else estimate.get("proposed")
