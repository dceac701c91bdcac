"""Requests taken to the strategy level: the case, both sides' words, and the decision."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.domain.acts import Act
from bot.domain.board import Row
from bot.domain.budgets import behind
from bot.domain.changes import Change
from bot.domain.errors import Refused
from bot.domain.escalations import (
    COULD_WAIT,
    Begun,
    Case,
    Closing,
    Decided,
    Decision,
    DecisionForm,
    Escalation,
    Picture,
    Price,
    Ruled,
    Side,
    SideAsked,
    Taken,
    Taking,
    TakingForm,
    Verdict,
    Weight,
    side_of,
    taken,
)
from bot.domain.ids import ChannelId, RequestNumber, UserId
from bot.domain.notices import PREFERENCES, Mode, NothingToSay, Notice, Topic
from bot.domain.people import Member
from bot.domain.requests import Request, Status
from bot.domain.roles import Doing, Role
from bot.domain.wsjf import Factor
from bot.services import access, board, flow, questions, redraws
from storage.store import Store

ABOVE = 3  #: requests named that stand above it
CLOSING = 3  #: deals named
DECIDERS = 3  #: people named who may decide
COUNTED = 100  #: customers whose money is counted: with three hundred who ask for much, it took a tenth of a second
_HISTORY = 100  #: lines of the log looked through for who knows the other side
_SO = "there is nothing left to decide"
_IN_WORK = (Status.PLANNED, Status.IN_PROGRESS, Status.TESTING)


# ---- taking it there ----------------------------------------------------------------------------


def open_form(store: Store, act: Act, number: RequestNumber) -> TakingForm | Taken:
    """What the form shows at first; where it is there already, what is under way."""
    who = access.allowed(store, act, Doing.ESCALATE)
    request = board.the(store, number)
    request.check_open(_SO)
    if under_way := _open_of(store, number):
        return _seen(store, who, under_way, request)
    _channel(store)
    side = _side(who)
    return TakingForm(
        request=request,
        picture=_for_reader(who, _picture(store, _today(store, act), request)),
        side=side,
        other=_likely(store, who, request, side),
    )


def take(store: Store, act: Act, number: RequestNumber, wish: Taking) -> Begun:
    """Put the case before the strategy channel and ask for the other side's words.

    The same key again gives the first one; where somebody else was quicker, theirs.
    """
    who = access.allowed(store, act, Doing.ESCALATE)
    request = board.the(store, number)
    if known := store.escalations.by_key(act.key):
        return Begun(taken=_seen(store, who, known, request), is_new=True)
    request.check_open(_SO)
    if under_way := _open_of(store, number):
        return Begun(taken=_seen(store, who, under_way, request), is_new=False)
    channel = _channel(store)
    begun = store.escalations.add(_begun(store, act, who, number, wish), act.key)
    _log(store, act, request, Change(field="strategy", old=None, new={"escalation": begun.id}))
    _say(store, act, begun, channel)
    return Begun(taken=_seen(store, who, begun, request), is_new=True)


def _begun(store: Store, act: Act, who: Member, number: RequestNumber, wish: Taking) -> Escalation:
    side = _side(who) or wish.side
    if side is None:
        raise Refused("Say which side you speak for.", field="side")
    if wish.other == who.person.id:
        raise Refused("That's you. Choose somebody who can say the other side.", field="other")
    if wish.other:
        questions.colleague(store, wish.other, field="other")
    return Escalation(number=number, by=who.person.id, at=act.at, side=side, words=wish.words, other=wish.other)


def _open_of(store: Store, number: RequestNumber) -> Escalation | None:
    return next((one for one in store.escalations.of(number) if one.is_open), None)


def _say(store: Store, act: Act, one: Escalation, channel: ChannelId) -> None:
    """Put the case before the strategy channel, and ask for the other side's words; this once."""
    fact = {"escalation": one.id, "at": act.at.isoformat()}
    case = Notice(topic=Topic.CASE, key=one.subject, line=channel, payload=fact, due_at=act.at)
    store.outbox.put(case, act.at)
    if one.other:
        key = redraws.side_key(one)
        side = Notice(topic=Topic.SIDE, key=key, line=one.other, payload=fact, due_at=act.at, patient=True)
        store.outbox.put(side, act.at)


def _channel(store: Store) -> ChannelId:
    if channel := store.policy.channels.strategy:
        return channel
    raise access.no_channel(store, "strategy")


def _side(who: Member) -> Side | None:
    return side_of(who.roles) if who.roles_in_use else None


def _likely(store: Store, who: Member, request: Request, side: Side | None) -> UserId | None:
    """Who can say the other side: for product who asked, for sales who answers for it, else who weighed it last."""
    if side is Side.PRODUCT:
        return _first_other(store, who, [request.by, *store.accounts.askers([request.number])[request.number]])
    lines = store.changes.newest(request.subject, _HISTORY)
    weighed = dict.fromkeys(line.by for line in lines if line.field in set(Factor))
    across = [user for user in weighed if _is_across(store, user, side)]
    return _first_other(store, who, [request.owner, *across, _only_one_of_product(store)])


def _only_one_of_product(store: Store) -> UserId | None:
    people = store.people.holders(frozenset({Role.PRODUCT}), store.policy)
    return people[0].id if len(people) == 1 else None


def _first_other(store: Store, who: Member, likely: Iterable[UserId | None]) -> UserId | None:
    others = (user for user in likely if user != who.person.id)
    return next((user for user in others if user and access.served(store, user)), None)


def _is_across(store: Store, user: UserId | None, side: Side | None) -> bool:
    other = access.served(store, user)
    return other is not None and (side is None or _side(other) is not side)


# ---- the other side's words ---------------------------------------------------------------------


def open_side(store: Store, act: Act, key: int) -> SideAsked:
    """What the form for the other side's words shows. Raises Refused when they aren't this reader's to say."""
    who = access.member(store, act)
    one, request = _sayable(store, who, key)
    return SideAsked(
        **vars(_seen(store, who, one, request)), reader=who.person.id, deciders=_deciders(store, who.person.id)
    )


def say(store: Store, act: Act, key: int, words: str) -> Taken:
    """Keep the other side's words; whoever said them may say them otherwise until it is decided."""
    who = access.member(store, act)
    before, request = _sayable(store, who, key)
    if before.other_words == words:
        return _seen(store, who, before, request)
    after = replace(before, other_words=words, other_by=who.person.id, other_at=act.at)
    after = redraws.case(store, act, after)
    redraws.side(store, act, after)
    return _seen(store, who, after, request)


def _sayable(store: Store, who: Member, key: int) -> tuple[Escalation, Request]:
    one, request = _undecided(store, key)
    user = who.person.id
    if one.other_by not in (None, user):
        raise Refused(f"{_name(store, one.other_by)} has said it already. It stands in the case.")
    if user != one.other and not _speaks_for(who, one.side.other, one):
        asked = f" {_name(store, one.other)} was asked." if one.other else ""
        raise Refused(f"This is for {one.side.other} to say.{asked}")
    return one, request


def _speaks_for(who: Member, side: Side, one: Escalation) -> bool:
    """Who holds no role may speak for either side, but nobody for both."""
    return who.person.id != one.by and _side(who) in (side, None)


def _undecided(store: Store, key: int) -> tuple[Escalation, Request]:
    one, request = _the(store, key)
    if not one.is_open:
        raise Refused(f"{_name(store, one.decided_by)} has decided it already. The request shows what, and why.")
    request.check_open(_SO)
    return one, request


def _the(store: Store, key: int) -> tuple[Escalation, Request]:
    found = store.escalations.get(key)
    if found is None:
        raise Refused("This case is gone. Find the request with /board.")
    return found, board.the(store, found.number)


def _deciders(store: Store, reader: UserId) -> tuple[str, ...]:
    people = store.people.holders(store.policy.rights.of(Doing.DECIDE), store.policy)
    return tuple(person.name for person in people if person.id != reader)[:DECIDERS]


# ---- the decision -------------------------------------------------------------------------------


def open_decision(store: Store, act: Act, key: int) -> DecisionForm | Taken:
    """What the form shows at first; what was decided, where somebody has."""
    who = access.allowed(store, act, Doing.DECIDE)
    one, request = _the(store, key)
    if not one.is_open:
        return _seen(store, who, one, request)
    request.check_open(_SO)
    picture = _for_reader(who, _picture(store, _today(store, act), request))
    return DecisionForm(**vars(_seen(store, who, one, request)), picture=picture)


def decide(store: Store, act: Act, key: int, decision: Decision) -> Ruled:
    """Keep what was decided and what it costs, and tell all involved. Of several who decide, the first one counts.

    It moves nothing on the board: whoever may move the request does that next.
    """
    who = access.allowed(store, act, Doing.DECIDE)
    before, request = _the(store, key)
    if not before.is_open:
        is_first = _is_the_same(before, decision, act)
        return Ruled(
            taken=_seen(store, who, before, request), is_first=is_first, told=_told(store, before, request)
        )
    request.check_open(_SO)
    price = _price(store, act, request, decision)
    after = redraws.case(store, act, before.decided(decision, price, who.person.id, act.at))
    redraws.side(store, act, after)
    verdict = {"escalation": after.id, "verdict": decision.verdict}
    _log(store, act, request, Change(field="strategy", old={"escalation": after.id}, new=verdict), decision.why)
    if after.displaced:
        waits = Change(field="displaced", old=None, new=request.number)
        _log(store, act, board.the(store, after.displaced), waits, decision.why)
    _tell(store, act, after, request)
    return Ruled(taken=_seen(store, who, after, request), is_first=True, told=_told(store, after, request))


def _is_the_same(kept: Escalation, decision: Decision, act: Act) -> bool:
    """The same form, sent again."""
    return (kept.decided_by, kept.verdict, kept.why) == (act.by.user, decision.verdict, decision.why)


def _price(store: Store, act: Act, request: Request, decision: Decision) -> Price:
    picture = _picture(store, _today(store, act), request)
    if decision.verdict is not Verdict.FIRST:
        return Price(what=picture.what)
    if decision.displaced is None and picture.could_wait:
        raise Refused("What has to wait for it? Choose it, or “Nothing”.", field="displaced")
    if not decision.displaced:
        return Price(what=picture.what)
    return Price(what=picture.what, waits=_displaced(store, act, request, RequestNumber(decision.displaced)))


def _displaced(store: Store, act: Act, request: Request, number: RequestNumber) -> Weight:
    found = store.requests.get(number)
    if found is None or number == request.number or found.status not in _IN_WORK:
        raise Refused("This one isn't in work or planned any more. Choose another.", field="displaced")
    return _weights(store, _today(store, act), [number])[0]


def _tell(store: Store, act: Act, one: Escalation, request: Request) -> None:
    for user, number in _involved(store, one, request).items():
        notice = Notice(
            topic=Topic.DECIDED,
            key=f"decided:{one.id}:{user}",
            line=user,
            payload={"escalation": one.id, "about": number},
            due_at=act.at,
            patient=True,
        )
        store.outbox.put(notice, act.at)


def _told(store: Store, one: Escalation, request: Request) -> tuple[str, ...]:
    """Names of who hears of it."""
    users = (user for user in _involved(store, one, request) if _wants_to_hear(store, user))
    return tuple(sorted(store.people.names(users).values()))


def _wants_to_hear(store: Store, user: UserId) -> bool:
    return (store.people.prefers(user, Topic.DECIDED) or PREFERENCES[Topic.DECIDED]) is not Mode.NEVER


def _involved(store: Store, one: Escalation, request: Request) -> dict[UserId, RequestNumber]:
    """Who has to do with it besides who decided, and with which of the two requests."""
    makers = [estimate.confirmed_by for estimate in request.estimates.values()]
    found: dict[UserId | None, RequestNumber] = {}
    if waits := store.requests.get(one.displaced) if one.displaced else None:
        askers = store.accounts.askers([waits.number])[waits.number]
        found |= dict.fromkeys([waits.owner, waits.by, *askers], waits.number)
    close = [request.owner, one.by, one.other, one.other_by, *makers, *flow.followers(store, request)]
    found |= dict.fromkeys(close, request.number)
    found.pop(one.decided_by, None)
    return {user: number for user, number in found.items() if user and access.served(store, user)}


# ---- what it means ------------------------------------------------------------------------------


def _picture(store: Store, today: date, request: Request) -> Picture:
    could_wait = store.escalations.could_wait(request.number, COULD_WAIT)
    what, *others = _weights(store, today, [request.number, *could_wait])
    first = store.requests.top(ABOVE)
    above = [row for row in first if row.place and (what.place is None or row.place.rank < what.place.rank)]
    return Picture(
        what=what,
        above=tuple(above),
        how_many_above=what.place.rank - 1 if what.place else store.requests.ranked(),
        could_wait=tuple(others),
    )


def _weights(store: Store, today: date, numbers: Sequence[RequestNumber]) -> list[Weight]:
    return [_weight(store, today, row) for row in store.requests.rows(numbers)]


def _weight(store: Store, today: date, row: Row) -> Weight:
    stake = behind(store.accounts.purses(store.accounts.behind_any([row.number], COUNTED)), row.number)
    closings = store.accounts.closings(row.number, today, CLOSING)
    return Weight(
        number=row.number,
        title=row.title,
        status=row.status,
        place=row.place,
        score=row.score,
        companies=row.companies,
        target=row.target,
        protect=stake.protect if stake else (),
        grow=stake.grow if stake else (),
        among=COUNTED if stake and row.companies > COUNTED else None,
        closing=tuple(Closing(on=one.closes, customer=one.customer) for one in closings),
    )


def _for_reader(who: Member, picture: Picture) -> Picture:
    return picture if who.may(Doing.SEE_AMOUNTS) else picture.without_amounts()


# ---- what is shown ------------------------------------------------------------------------------


def of_request(store: Store, who: Member, request: Request) -> tuple[Taken, ...]:
    """All that was ever taken there of a request, newest first."""
    return tuple(_seen(store, who, one, request) for one in reversed(store.escalations.of(request.number)))


def _seen(store: Store, who: Member | None, one: Escalation, request: Request) -> Taken:
    """As this reader may see it; None: whoever reads where nobody of another company does."""
    price = Price.model_validate(one.price) if one.price else None
    is_for_them = who is None or who.may(Doing.SEE_AMOUNTS)
    posted = store.messages.find(one.subject, Topic.CASE)
    return replace(
        taken(one, request, store.people.names(one.people), store.policy.company.zone),
        price=price if price is None or is_for_them else price.without_amounts(),
        link=posted.permalink if posted else None,
    )


# ---- what is said -------------------------------------------------------------------------------


def case(store: Store, notice: Notice) -> Case:
    """The case as it stands now. Read of the payload: `escalation`."""
    one, request = _the(store, notice.payload["escalation"])
    posted = store.messages.find(one.subject, Topic.CASE)
    if notice.after and posted is None:
        raise NothingToSay  # somebody deleted it: it isn't said anew
    seen = _seen(store, None, one, request)
    waits = one.is_open and request.status.is_open
    today = store.policy.company.day_of(datetime.fromisoformat(notice.payload["at"]))
    picture = _picture(store, today, request) if waits else None
    if not store.channels.is_private_to_us(posted.channel if posted else ChannelId(notice.line)):
        seen = replace(seen, price=seen.price.without_deals() if seen.price else None)
        picture = picture.without_deals() if picture else None
    return Case(**vars(seen), picture=picture)


def side_asked(store: Store, notice: Notice) -> SideAsked:
    """Raises NothingToSay when it was decided before it was asked."""
    one, request = _the(store, notice.payload["escalation"])
    reader = UserId(notice.line)
    who = access.served(store, reader)
    is_over = not one.is_open or not request.status.is_open or one.other_words is not None
    if who is None or (is_over and store.messages.find(f"{one.subject}:{reader}", Topic.SIDE) is None):
        raise NothingToSay
    return SideAsked(**vars(_seen(store, who, one, request)), reader=reader, deciders=_deciders(store, reader))


def decided(store: Store, notice: Notice) -> Decided:
    one, request = _the(store, notice.payload["escalation"])
    who = access.served(store, UserId(notice.line))
    if who is None:
        raise NothingToSay
    waits = notice.payload["about"] != request.number
    return Decided(**vars(_seen(store, who, one, request)), reader=who.person.id, waits=waits)


# ---- how it is done -----------------------------------------------------------------------------


def _log(store: Store, act: Act, request: Request, change: Change, why: str | None = None) -> None:
    """Keep what happened, and have whatever shows the request show it."""
    store.changes.add(request.subject, [change], act, why)
    board.draw_card(store, act, request, again=act.key)
    redraws.of_review(store, act, request.number)


def _today(store: Store, act: Act) -> date:
    return store.policy.company.day_of(act.at)


def _name(store: Store, user: UserId | None) -> str:
    return store.people.names([user]).get(user, "Somebody") if user else "Somebody"
