"""Lines of the change log as people read them."""

from collections.abc import Iterable, Mapping
from datetime import date, tzinfo
from itertools import groupby
from typing import Any

from bot.domain.asks import Aim, Importance
from bot.domain.changes import Logged
from bot.domain.ids import UserId
from bot.domain.requests import Status
from bot.domain.text import one_line
from bot.domain.wsjf import Factor
from bot.ui import decided, parts
from bot.ui import figures as show
from bot.ui.vocabulary import AIMS, NEEDS, SHORT, STATUSES

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
        said = [words for line in _telling(act) if (words := change(line, names))]
    if not said:
        return ""
    who = names.get(last.by, "somebody") if last.by else "Tandem"
    why = f" “{parts.shorten(last.why, WHY_SHOWN)}”" if last.why else ""
    return f"{show.day(last.at.astimezone(zone).date())}, {who}: {'; '.join(said)}.{why}"


def _telling(act: list[Logged]) -> list[Logged]:
    """Oldest first. That it became one with another says the rest."""
    joined = [line for line in act if line.field == "same_as" and line.new is not None]
    return joined or list(reversed(act))


def change(line: Logged, names: Mapping[UserId, str]) -> str:
    """One line of the log in words; nothing for what isn't worth telling."""
    if line.field in set(Factor):
        return _figure(Factor(line.field), line)
    if line.field in _SAID:
        return _SAID[line.field].format(new=line.new) if line.new is not None else _gone(line)
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
        case "suggestion":
            return f"took the suggested {SHORT[Factor(line.new['factor'])].lower()} {line.new['figure']}"
        case "importance" | "aim":
            return _need(line)
        case "strategy":
            return decided.told(line.new)
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
    "displaced": "waits for R-{new}, decided at the strategy level",
    "merged": "R-{new} asked for the same",
    "question": "asked a question",
    "answer": "answered a question",
    "decision": "decided: “{new}”",
    "sentence": "customers may hear: “{new}”",
    "adoption_target": "{new} % of active accounts should use it",
    "adoption": "used by {new} % of active accounts",
    "deal": "brought a deal up to date",
    "deal_won": "a deal was won with it",
    "deal_lost": "a deal was lost without it",
}
_GONE = {
    "direction": "belongs to no direction",
    "tracker": "not tracked any more",
    "deal": "took a deal back",
    "deal_won": "that deal is open again",
    "deal_lost": "that deal is open again",
    "same_as": "not the same as R-{old} after all",
    "merged": "R-{old} asks for something else after all",
}


def _gone(line: Logged) -> str:
    return _GONE.get(line.field, "").format(old=line.old)


def _need(line: Logged) -> str:
    """Say "Acme Bank needs it: blocks expansion"."""
    name = parts.shorten(one_line(line.new["name"]), _WORDS_SHOWN)
    value = line.new["value"]
    if line.field == "aim":
        return f"for {name} it's to {AIMS[Aim(value)].lower()}" if value else ""
    return f"{name} needs it: {NEEDS[Importance(value)]}" if value else f"unsaid how much {name} needs it"


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
