"""Requests move: planned, started, tested, released, declined."""

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

from bot.domain import flow as rules
from bot.domain.acts import Act
from bot.domain.flow import Audience, Held, Move, Moved, MoveForm, Shown
from bot.domain.ids import RequestNumber
from bot.domain.people import Member
from bot.domain.promises import Listener, Promise
from bot.domain.requests import Request, Status
from bot.domain.roles import CONFIRMS, Doing, Role
from bot.domain.wsjf import Factor
from bot.services import access, board, burning, flow, promises
from storage.store import Store

_MOVE_THAT = "move that one"


def open_move(store: Store, act: Act, number: RequestNumber) -> MoveForm:
    """What the form shows at first. Raises Refused for whoever may neither move nor decline."""
    who = access.member(store, act)
    if not who.may(Doing.DECLINE):
        access.allowed(store, act, Doing.MOVE)
    request = board.the(store, number)
    board.check_stands(store, request, _MOVE_THAT)
    return MoveForm(
        request=request,
        sentence=store.promises.latest(number),
        may=frozenset(doing for doing in (Doing.MOVE, Doing.DECLINE, Doing.PROMISE) if who.may(doing)),
        today=store.policy.company.day_of(act.at),
    )


def move(store: Store, act: Act, number: RequestNumber, wish: Move, shown: Shown | None = None) -> Moved | Held:
    """Move a request and tell those who follow it. Nothing goes into work unestimated: it is asked for instead.

    The same form sent again changes nothing; what it left as it was `shown` stays as it is now.
    """
    before = board.the(store, number)
    board.check_stands(store, before, _MOVE_THAT)
    wish = rules.rebased(wish, shown, before) if shown else wish
    who = access.allowed(store, act, wish.needs)
    rules.check(wish, before, store.policy.company.day_of(act.at))
    if rules.must_wait(before, wish.status):
        return _hold(store, act, who, before)
    after = rules.moved(before, wish, act.at, answers=who.may(Doing.TRIAGE))
    if not _is_change(store, act, wish, before, after) or not _is_first(store, act, wish):
        return Moved(request=before, is_changed=False)
    return _carry_out(store, act, wish, before, after)


def _is_change(store: Store, act: Act, wish: Move, before: Request, after: Request) -> bool:
    """Raises Refused when it is a sentence that isn't theirs to write."""
    latest = store.promises.latest(before.number)
    speaks = wish.sentence is not None and wish.sentence != (latest.words if latest else None)
    if speaks and wish.status is not Status.DECLINED:
        access.allowed(store, act, Doing.PROMISE)
    return speaks or after != before


def _is_first(store: Store, act: Act, wish: Move) -> bool:
    """Whether this form has not been sent with these values before: others may have moved it on since."""
    written = crc32(wish.model_dump_json().encode())
    return store.house.claim_period("move", f"{act.key}:{written:08x}", act)


def _carry_out(store: Store, act: Act, wish: Move, before: Request, after: Request) -> Moved:
    why = None if after.status is Status.DECLINED else wish.why  # a no keeps its reason with it
    if after != before:
        after = board.save(store, act, before, after, why=why)
    sentence = promises.keep(store, act, after, wish.sentence) if wish.sentence else None
    if after.status is Status.RELEASED and before.status is not Status.RELEASED:
        promises.released(store, act, after)
    audience = flow.tell(store, act, before, after, why)
    return _moved(store, act, before, after, audience, said=sentence is not None)


def _moved(store: Store, act: Act, before: Request, after: Request, audience: Audience, *, said: bool) -> Moved:
    promise = promises.what_may_i_tell(store, act, after.number)
    return Moved(
        request=after,
        audience=audience,
        sentence=promise.sentence if said else None,
        heard=_heard_otherwise(promise) if rules.is_news(before, after) else (),
        is_overtaken=promise.overtaken is not None,
    )


def _heard_otherwise(promise: Promise) -> tuple[Listener, ...]:
    overtaken = promise.overtaken is not None
    return tuple(one for one in promise.listeners if one.heard and (overtaken or not one.heard.is_latest))


# ---- the burning path ---------------------------------------------------------------------------


def _hold(store: Store, act: Act, who: Member, before: Request) -> Held:
    """Ask for the estimate at once, and remember who waits for it."""
    user = who.person.id
    yours = tuple(f for f in before.missing if who.owns(f))
    owners = [one for one in burning.owners(store, who, before.missing) if one.id != user]
    if before.wanted_by != user:
        wanted = board.save(store, act, before, replace(before, wanted_by=user))
        burning.ask(store, act, wanted, owners, is_new=before.wanted_by is None)
    return Held(
        request=before,
        asked=tuple(one.name for one in owners),
        yours=yours,
        unheld=_unheld(store, who, [f for f in before.missing if f not in yours]),
        admins=tuple(access.admins(store, who.person.team)),
    )


def _unheld(store: Store, who: Member, factors: Sequence[Factor]) -> tuple[str, ...]:
    """Roles that give these figures and that nobody holds."""
    alone = [who.rights.of(CONFIRMS[f]) for f in factors if not burning.owners(store, who, [f])]
    return tuple(role.value for role in Role if any(role in roles for roles in alone))
