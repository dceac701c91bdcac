"""Buttons that lead to what can be done with a request, alike wherever they stand."""

from bot.domain.board import Place
from bot.domain.ids import RequestNumber
from bot.ui import aim_form, ask_form, estimate_form, join_form, parts, promise_form
from bot.ui import figures as show
from bot.ui.parts import Element

PAGE = "page"
MOVE = "move"  #: followed by a status, that one is chosen
TRIAGE = "triage"
WATCH = "watch"
UNWATCH = "unwatch"
# The weekly coordination.
BLOCK = "block"  #: a new blocker; the value is the request's number
UNBLOCK = "unblock"  #: one is resolved; the value is the blocker's id
BLOCKERS = "blockers"  #: all that are open
REVIEW = "review"  #: begin one
POST_DIGEST = "digest_post"  #: the value is "subscription:period", of these three
SKIP_DIGEST = "digest_skip"
SAY_IN_DIGEST = "digest_say"
SUBSCRIPTIONS = "subscriptions"
NORTH_STAR = "north_star"
# Money and reasons.
WHY = "why"  #: why this place; the value is the request's number
ASK = "ask_details"  #: how much a customer needs it; the value is "number:account"
UNLINK = "unlink"  #: it is not the same after all; the value is the number of the request that was joined
ESCALATE = "escalate"  #: to the strategy level; the value is the request's number
SIDE = "escalation_side"  #: the other side's words; the value is the escalation's id
DECIDE = "escalation_decide"  #: the value is the escalation's id
DEAL = "deal"  #: a deal's form; the value is the deal's id


def page(number: RequestNumber, label: str = "More") -> Element:
    return parts.button(label, PAGE, str(number))


def estimate(number: RequestNumber) -> Element:
    return parts.button("Estimate", estimate_form.OPEN, str(number))


def join(number: RequestNumber) -> Element:
    return parts.button("Add my customer", join_form.OPEN, str(number))


def ask(number: RequestNumber, whom: str | None) -> Element:
    return parts.button(f"Ask {parts.shorten(whom, 30)}" if whom else "Ask", ask_form.OPEN, str(number))


def why(number: RequestNumber, place: Place | None) -> Element:
    return parts.button(f"Why {show.rank(place)}?" if place else "Why no place?", WHY, str(number))


def move(number: RequestNumber, label: str = "Move") -> Element:
    return parts.button(label, MOVE, str(number))


def triage(number: RequestNumber) -> Element:
    return parts.button("Sort", TRIAGE, str(number))


def unlink(number: RequestNumber) -> Element:
    return parts.button("It's not the same", UNLINK, str(number))


def promise(number: RequestNumber) -> Element:
    return parts.button("What may I tell customers?", promise_form.OPEN, str(number))


def watch(number: RequestNumber, *, watches: bool) -> Element:
    return parts.button("Stop watching" if watches else "Watch", UNWATCH if watches else WATCH, str(number))


def aim(number: RequestNumber) -> Element:
    return parts.button("Is it used?", aim_form.OPEN, str(number))


def ask_to_talk(number: RequestNumber, account: str) -> Element:
    return parts.button("May we talk?", ask_form.OPEN_TALK, f"{number}:{account}")


def block(number: RequestNumber) -> Element:
    return parts.button("Blocked?", BLOCK, str(number))


def escalate(number: RequestNumber) -> Element:
    return parts.button("Take it to strategy", ESCALATE, str(number))


def say_side(escalation: int, label: str) -> Element:
    return parts.button(label, SIDE, str(escalation))


def decide(escalation: int) -> Element:
    return parts.button("Decide", DECIDE, str(escalation), primary=True)


def unblock(blocker: int, label: str = "Resolve") -> Element:
    return parts.button(label, UNBLOCK, str(blocker))


def deal(key: int, label: str = "How did it end?") -> Element:
    return parts.button(label, DEAL, str(key))


def ask_details(number: RequestNumber, account: str) -> Element:
    return parts.button("Edit", ASK, f"{number}:{account}")
