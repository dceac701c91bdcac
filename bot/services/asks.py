"""How much the customers behind a request need it, what for, and what they would buy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from zlib import crc32

from bot.domain.acts import Act
from bot.domain.asks import Ask, together
from bot.domain.board import Standing
from bot.domain.budgets import Behind, Purse
from bot.domain.changes import Change
from bot.domain.deals import Deal, meant
from bot.domain.errors import Refused
from bot.domain.facts import Filed, Joined
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.needs import (
    AT_ONCE,
    DEALS_SHOWN,
    Asking,
    Bid,
    Details,
    DetailsForm,
    Kept,
    Need,
    corrected,
    offered,
    said,
    wish_of,
)
from bot.domain.pages import Waiting
from bot.domain.people import Member
from bot.domain.requests import Request
from bot.domain.roles import Doing
from bot.services import access, board, deals, money, ranking
from storage.store import Store

SHOWN = 15  #: of those who wait for a request, the newest

_SETTLED = "what its customers need is settled"
_GONE = "This customer doesn't wait for it any more. Close this, and open it again."


# ---- who waits ----------------------------------------------------------------------------------


def waiting(
    store: Store, who: Member, request: Request, asks: Sequence[Ask], names: Mapping[UserId, str]
) -> tuple[tuple[Waiting, ...], Behind | None]:
    """The newest customers of these as the reader may see them, and the money behind the request."""
    counted = money.COUNTED if who.may(Doing.SEE_AMOUNTS) else SHOWN
    purses = store.accounts.purses([ask.account for ask in asks[-counted:]])
    brings = {purse.account: money.as_seen(purse, who) for purse in purses}
    shown = tuple(
        Waiting(
            account=ask.account,
            name=brings[ask.account].name,
            by=names.get(ask.by) if ask.by else None,
            importance=ask.importance,
            contact=ask.contact,
            may_talk=ask.may_talk,
            brings=brings[ask.account],
        )
        for ask in asks[-SHOWN:]
    )
    return shown, money.behind_request(purses, who, request.number, len(asks))


# ---- the step after a request is filed or joined ------------------------------------------------


def after_filing(store: Store, done: Filed, *, act: Act) -> tuple[Standing, tuple[Asking, ...]]:
    """Where a request stands that was just filed, and what may be said of its customers."""
    return ranking.standing(store, done.request), after_joining(store, done, act=act)


def after_joining(store: Store, done: Filed | Joined, *, act: Act) -> tuple[Asking, ...]:
    """What may be said of customers who were just chosen; of many, the first."""
    if not done.request.status.is_open:
        return ()
    who = access.member(store, act)
    purses = store.accounts.purses(done.accounts[:AT_ONCE])
    asks = {ask.account: ask for ask in store.accounts.asks(done.request.number)} if purses else {}
    several = len(done.accounts) > 1
    shown = [(purse, asks[purse.account]) for purse in purses if purse.account in asks]
    return tuple(_asking(store, who, purse, ask, several=several) for purse, ask in shown)


def _asking(store: Store, who: Member, purse: Purse, ask: Ask, *, several: bool) -> Asking:
    """One customer has said its deal in the form before; each of several says it here."""
    known = meant(store.deals.open_of(purse.account), None, who.person.id) if several else None
    bids = (_bid(known, who) if known else Bid(),) if several else ()
    return Asking(
        brings=money.as_seen(purse, who),
        shown=_need(purse, ask, bids),
        aims=purse.is_customer and (several or bool(purse.deals)),
        bids=several,
    )


def _need(purse: Purse, ask: Ask, bids: tuple[Bid, ...]) -> Need:
    return Need(
        account=purse.account,
        importance=ask.importance,
        aim=offered(purse, ask.behind),
        deals=bids,
    )


def _bid(deal: Deal, who: Member) -> Bid:
    """A deal in a form: its size only for who may see it, or brought it."""
    sees = who.may(Doing.SEE_AMOUNTS) or deal.by == who.person.id
    return Bid(id=deal.id, size=deal.size if sees else None, closes=deal.closes)


# ---- one customer -------------------------------------------------------------------------------


def open_form(store: Store, act: Act, number: RequestNumber, account: AccountId) -> DetailsForm:
    """What the form about one customer shows at first. Raises Refused when it doesn't wait for the request."""
    who = access.allowed(store, act, Doing.JOIN)
    request = _open(store, number)
    each = _each(store, number, account)
    [purse] = store.accounts.purses([account])
    known = [_bid(deal, who) for deal in store.deals.open_of(account)[:DEALS_SHOWN]]
    bids = known if len(known) == 1 else [*known, Bid()]
    asking = Asking(
        brings=money.as_seen(purse, who), shown=_need(purse, together(each)[0], tuple(bids)), aims=True, bids=True
    )
    return DetailsForm(request=request, asking=asking, may_remove=_may_remove(who, each))


def _open(store: Store, number: RequestNumber) -> Request:
    request = board.the(store, number)
    request.check_open(_SETTLED)
    return request


def _each(store: Store, number: RequestNumber, account: AccountId) -> Sequence[Ask]:
    """A customer's asks that count behind a request: several where requests were joined."""
    each = store.accounts.each_ask(number, account)
    if not each:
        raise Refused(_GONE)
    return each


def _may_remove(who: Member, each: Sequence[Ask]) -> bool:
    return who.may(Doing.TRIAGE) or all(ask.by == who.person.id for ask in each)


# ---- what was written ---------------------------------------------------------------------------


def keep_details(store: Store, act: Act, number: RequestNumber, shown: Need, written: Details) -> Kept:
    """Keep what was written about one customer, or take it from the request. The same form again does nothing."""
    if not written.remove:
        return keep(store, act, number, [shown], [written.settled(shown)])
    who = access.allowed(store, act, Doing.JOIN)
    request = _open(store, number)
    if not store.house.claim_period("needs", f"{act.key}:removed", act):
        return Kept(request=request)
    each = _each(store, number, shown.account)
    if not _may_remove(who, each):
        raise Refused("Only who brought this customer may remove it, or who sorts new requests.", field="remove")
    for ask in each:
        store.accounts.remove_asks(ask.number, [ask.account])
    after = board.save(store, act, request, request, [Change(field="ask", old=shown.account, new=None)])
    return Kept(request=after, removed=store.accounts.names([shown.account])[shown.account])


def keep(store: Store, act: Act, number: RequestNumber, shown: Sequence[Need], written: Sequence[Need]) -> Kept:
    """Keep what was written about customers, as far as it isn't what the form showed.

    Who weighs a customer agrees with what it is for, as the form offers it.
    The same form with the same words again does nothing: others may have gone on meanwhile.
    """
    access.allowed(store, act, Doing.JOIN)
    request = _open(store, number)
    kept = Kept(request=request)
    if not _is_first(store, act, written):
        return kept
    for place, (before, after) in enumerate(zip(shown, written, strict=True)):
        kept = _keep_one(store, act, kept, before, after, place)
    return kept


def _is_first(store: Store, act: Act, written: Sequence[Need]) -> bool:
    words = crc32("".join(need.model_dump_json() for need in written).encode())
    return store.house.claim_period("needs", f"{act.key}:{words:08x}", act)


def _keep_one(store: Store, act: Act, kept: Kept, shown: Need, written: Need, place: int) -> Kept:
    number = kept.request.number
    each = store.accounts.each_ask(number, written.account)
    if written == shown or not each:  # nothing was said, or it was taken from the request meanwhile
        return kept
    [purse] = store.accounts.purses([written.account])
    before = together(each)[0]
    after = said(before, shown, written, purse.aim_of(wish_of(purse, number)))
    for ask in each:
        store.accounts.change_ask(replace(ask, importance=after.importance, aim=after.aim))
    changed = _keep_deals(store, act, shown, written, place)
    store.changes.add(kept.request.subject, _changes(purse, before, after, dealt=changed), act)
    name = purse.name
    return replace(
        kept,
        needs=(*kept.needs, *([(name, after.importance)] if after.importance != before.importance else [])),
        aims=(*kept.aims, *([(name, after.aim)] if after.aim != before.aim else [])),
        deals=(*kept.deals, *([name] if changed else [])),
    )


def _changes(purse: Purse, before: Ask, after: Ask, *, dealt: bool) -> Iterator[Change]:
    for field in ("importance", "aim"):
        old, new = getattr(before, field), getattr(after, field)
        if old != new:
            about = {"account": purse.account, "name": purse.name}
            yield Change(field=field, old={**about, "value": old}, new={**about, "value": new})
    if dealt:
        yield Change(field="deal", old=None, new=purse.account)


def _keep_deals(store: Store, act: Act, shown: Need, written: Need, place: int) -> bool:
    """Whether any deal is new or other than before."""
    knows = any(bid.id for bid in shown.deals)
    changed = False
    for was, bid in zip_longest(shown.deals, written.deals, fillvalue=Bid()):
        if bid in (was, Bid(id=was.id)):
            continue
        if was.id:
            changed |= _correct(store, act, written.account, was, bid, f"deal_size:{place}")
        else:
            changed |= _bring(store, act, written.account, bid, is_another=knows)
    return changed


def _bring(store: Store, act: Act, account: AccountId, bid: Bid, *, is_another: bool) -> bool:
    if not is_another:
        return deals.report(store, act, account, bid.size, bid.closes)
    store.deals.add(Deal(account=account, size=bid.size, closes=bid.closes, by=act.by.user, at=act.at))
    return True


def _correct(store: Store, act: Act, account: AccountId, shown: Bid, written: Bid, field: str) -> bool:
    known = store.deals.get(shown.id or 0)
    if known is None or known.account != account or not known.is_open:
        raise Refused("This deal has ended meanwhile. Close this, and open it again.", field=field)
    return deals.correct(store, act, known, corrected(known, shown, written))
