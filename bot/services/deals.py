"""Deals: what a customer would buy, as people report it, and how it ended."""

from dataclasses import replace
from datetime import date, datetime

from bot.domain.accounts import Account, Stage
from bot.domain.acts import Act
from bot.domain.changes import Change, Logged
from bot.domain.deals import (
    A_DAY,
    MAY_CHANGE,
    RELEASED_SINCE,
    WAITS_SHOWN,
    Deal,
    DealDue,
    DealForm,
    DealSeen,
    DealsSaid,
    DealState,
    Ending,
    Moved,
    Wished,
    expected,
    meant,
    told,
)
from bot.domain.errors import Refused
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.money import Money
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.people import Member
from bot.domain.roles import Doing
from bot.services import access, board
from storage.store import Store

OFFERED = 99  #: requests to choose from; with "None of them", as many as a menu of Slack holds
_AT_ONCE = 200  #: looked at in one ring of the clock
_COUNTED = 1000  #: deals one request decided; more are not counted
_LOOKED_THROUGH = 100  #: lines of a customer's history, for what its deal changed
_CHOOSE_AGAIN = "This one can't be chosen any more. Choose again."


def report(store: Store, act: Act, account: AccountId, size: Money | None, closes: date | None) -> bool:
    """Keep what somebody says of a customer's open deal; whether that is new. What they leave empty stays."""
    known = meant(store.deals.open_of(account), size, act.by.user)
    if known is None:
        store.deals.add(Deal(account=account, size=size, closes=closes, by=act.by.user, at=act.at))
        return True
    return correct(store, act, known, replace(known, size=size or known.size, closes=closes or known.closes))


def correct(store: Store, act: Act, known: Deal, after: Deal) -> bool:
    """Keep what is otherwise about an open deal, and show it where its end was asked about; whether anything is."""
    if after == known:
        return False
    store.deals.save(after)
    _redraw(store, act, after)
    return True


# ---- a deal and its forms -----------------------------------------------------------------------


def see(store: Store, act: Act, key: int) -> DealSeen:
    """A deal and how it stands, for who may say how it ended."""
    who, deal, account = _theirs(store, act, key)
    return _seen(store, who, deal, account, act.at)


def open_form(store: Store, act: Act, key: int) -> DealForm:
    """What the form about its end shows at first. Raises Refused when somebody has said already."""
    who, deal, account = _theirs(store, act, key)
    if not deal.is_open:
        raise _said_already(store, deal)
    pays = _pays(store, deal.account)
    return DealForm(
        seen=_seen(store, who, deal, account, act.at),
        wished=tuple(_wished(store, act, deal.account, OFFERED)),
        sees_amounts=who.may(Doing.SEE_AMOUNTS),
        pays=pays,
        expected=expected(pays, deal.size),
    )


def end(store: Store, act: Act, key: int, state: DealState, said: Ending) -> DealSeen:
    """It is won or lost, and why. Sent again, it changes nothing; of two who say so, the first one counts."""
    who, before, account = _theirs(store, act, key)
    if not store.house.claim_period("deal", act.key, act):
        return _seen(store, who, before, account, act.at)
    if not before.is_open:
        raise _said_already(store, before)
    if said.pays:
        access.allowed(store, act, Doing.SEE_AMOUNTS)
    because = _standing(store, act, before.account, said.because) if said.because else None
    after = before.ended(state, because, who.person.id, act.at)
    store.deals.save(after)
    _log(store, act, after, Change(field=after.field, old=None, new=_named(after)))
    if state is DealState.WON:
        _bought(store, act, account, said.pays)
    _redraw(store, act, after)
    return _seen(store, who, after, account, act.at)


def postpone(store: Store, act: Act, key: int, said: Moved) -> DealSeen:
    """It is still open, and closes on another date: it is asked about after that one."""
    who, before, account = _theirs(store, act, key)
    if not store.house.claim_period("deal", act.key, act):
        return _seen(store, who, before, account, act.at)
    if not before.is_open:
        raise _said_already(store, before)
    if said.closes < store.policy.company.day_of(act.at):
        raise Refused("That day has passed. Choose when they decide now.", field="closes")
    after = replace(before, closes=said.closes)
    if correct(store, act, before, after):
        old = before.closes.isoformat() if before.closes else None
        change = Change(field="deal_closes", old=old, new=said.closes.isoformat())
        store.changes.add(_subject(after.account), [change], act)
    return _seen(store, who, after, account, act.at)


def reopen(store: Store, act: Act, key: int) -> DealSeen:
    """Take back what was said of its end, and what that changed, within a day. An open deal stays as it is."""
    who, before, account = _theirs(store, act, key)
    if before.is_open:
        return _seen(store, who, before, account, act.at)
    if not before.may_change(act.at):
        raise Refused("That was said over a day ago, so it stands. If they decide anew, report it as a new deal.")
    after = before.reopened()
    store.deals.save(after)
    _take_back(store, act, before, account)
    _log(store, act, before, Change(field=before.field, old=_named(before), new=None))
    _redraw(store, act, after)
    return _seen(store, who, after, account, act.at)


def _theirs(store: Store, act: Act, key: int) -> tuple[Member, Deal, Account]:
    """A deal, for who looks after it or may see amounts. Raises Refused for everybody else."""
    who, deal = access.member(store, act), store.deals.get(key)
    account = store.accounts.get(deal.account) if deal else None
    if deal is None or account is None:
        raise Refused("I can't find this deal any more. Its customer's request on the board shows what is known.")
    executive = _executive(store, deal, account)
    own = {deal.by, executive.person.id if executive else None}
    if who.person.id not in own and not who.may(Doing.SEE_AMOUNTS):
        ask = f" Ask {executive.person.name}." if executive else ""
        raise Refused(f"How it ended is for those to say who look after {account.name}, or may see amounts.{ask}")
    return who, deal, account


def _executive(store: Store, deal: Deal, account: Account) -> Member | None:
    """Who looks after the customer, else who brought the deal; None when neither is here any more."""
    owner = store.people.by_email(account.owner_email) if account.owner_email else None
    return access.served(store, owner.id if owner else None) or access.served(store, deal.by)


def _seen(store: Store, who: Member | None, deal: Deal, account: Account, now: datetime) -> DealSeen:
    sees = who is not None and (who.may(Doing.SEE_AMOUNTS) or who.person.id == deal.by)
    names = store.people.names([deal.ended_by])
    return DealSeen(
        deal=deal if sees else replace(deal, size=None),
        customer=account.name,
        because=board.the(store, deal.because).title if deal.because else None,
        says=names.get(deal.ended_by) if deal.ended_by else None,
        may_change=deal.may_change(now),
    )


def _said_already(store: Store, deal: Deal) -> Refused:
    by = store.people.names([deal.ended_by]).get(deal.ended_by) if deal.ended_by else None
    return Refused(f"{by or 'Somebody'} has said already that it is {deal.state}, so there is nothing left to say.")


def _wished(store: Store, act: Act, account: AccountId, limit: int) -> list[Wished]:
    return list(store.accounts.reasons(account, act.at - RELEASED_SINCE, limit))


def _standing(store: Store, act: Act, account: AccountId, number: RequestNumber) -> RequestNumber:
    """The request that stands for the chosen one now. Raises Refused when this customer didn't ask for it."""
    chosen = store.requests.get(number)
    standing = chosen.survivor or chosen.number if chosen else None
    if standing is None or standing not in {one.number for one in _wished(store, act, account, OFFERED)}:
        raise Refused(_CHOOSE_AGAIN, field="because")
    return standing


# ---- what it changes ----------------------------------------------------------------------------


def _pays(store: Store, account: AccountId) -> Money | None:
    purse = next(iter(store.accounts.purses([account])), None)
    return purse.revenue if purse else None


def _bought(store: Store, act: Act, account: Account, pays: Money | None) -> None:
    """It is a customer from now on. What it pays is what somebody said, else what it paid; no old note counts."""
    after = replace(account, stage=Stage.CUSTOMER, arr=pays or _pays(store, account.id))
    store.accounts.put([after], act.at)
    store.changes.add(_subject(account.id), _differences(account, after), act)


def _take_back(store: Store, act: Act, deal: Deal, account: Account) -> None:
    """Give the customer back the revenue and stage that its win changed, unless they were changed since."""
    lines = store.changes.newest(_subject(account.id), _LOOKED_THROUGH)
    won = next((line.trace for line in lines if line.field == "deal_won" and line.new == _named(deal)), None)
    since = {line.field: line for line in lines if line.trace == won}
    after = account
    if _is_still(account, since.get("stage")):
        after = replace(after, stage=Stage(old) if (old := since["stage"].old) else None)
    if _is_still(account, since.get("revenue")):
        after = replace(after, arr=Money(**old) if (old := since["revenue"].old) else None)
    if after != account:
        store.accounts.put([after], act.at)
        store.changes.add(_subject(account.id), _differences(account, after), act)


def _is_still(account: Account, line: Logged | None) -> bool:
    return line is not None and _of_account(account)[line.field] == line.new


def _differences(before: Account, after: Account) -> list[Change]:
    old, new = _of_account(before), _of_account(after)
    return [Change(field=name, old=old[name], new=new[name]) for name in old if old[name] != new[name]]


def _of_account(account: Account) -> dict[str, object]:
    revenue = {"minor": account.arr.minor, "currency": account.arr.currency} if account.arr else None
    return {"stage": account.stage, "revenue": revenue}


def _log(store: Store, act: Act, deal: Deal, change: Change) -> None:
    """In the history of the customer, and of the request that decided it."""
    store.changes.add(_subject(deal.account), [change], act)
    if deal.because:
        store.changes.add(board.the(store, deal.because).subject, [change], act)


def _named(deal: Deal) -> dict[str, object]:
    return {"deal": deal.id, "account": deal.account}


def _subject(account: AccountId) -> str:
    return f"account:{account}"


# ---- on the request -----------------------------------------------------------------------------


def said_of(store: Store, who: Member, number: RequestNumber) -> DealsSaid:
    """What a request, with those joined to it, has won and lost us."""
    these = [number, *(joined.number for joined in store.requests.joined(number))]
    ended = store.deals.ended_because_of(these, _COUNTED)
    if not who.may(Doing.SEE_AMOUNTS):
        ended = [(replace(deal, size=None), name) for deal, name in ended]
    return DealsSaid(lost=told(ended, DealState.LOST), won=told(ended, DealState.WON))


# ---- the clock ----------------------------------------------------------------------------------


def overdue(store: Store, act: Act) -> list[int]:
    """Deals about whose end somebody is asked now. A look, so that an idle clock never writes."""
    today = store.policy.company.day_of(act.at)
    found = store.deals.due(today, act.at - RELEASED_SINCE, _AT_ONCE, of_each=A_DAY)
    return [deal.id for deal in found if _whom_to_ask(store, act, deal)]


def ask(store: Store, act: Act, key: int) -> None:
    """Ask who looks after it how it ended, once for each close date."""
    deal = store.deals.get(key)
    if deal is None or not deal.is_due(store.policy.company.day_of(act.at)):
        return
    reader = _whom_to_ask(store, act, deal)
    if reader is None or deal.closes is None:
        return
    store.deals.save(replace(deal, asked_for=deal.closes))
    notice = Notice(
        topic=Topic.DEAL,
        key=deal.asked_on(deal.closes),
        line=reader.person.id,
        payload=_payload(deal, deal.closes, act.at),
        due_at=act.at,
        patient=True,
    )
    if store.outbox.put(notice, act.at):
        _count(store, act, reader)


def _whom_to_ask(store: Store, act: Act, deal: Deal) -> Member | None:
    """Nobody while its account executive has enough to answer for one working day, or isn't here any more."""
    account = store.accounts.get(deal.account)
    reader = _executive(store, deal, account) if account else None
    return reader if reader and _asked_today(store, act, reader) < A_DAY else None


def _asked_today(store: Store, act: Act, reader: Member) -> int:
    kept = store.house.mark(_mark(reader)) or {}
    return int(kept["count"]) if kept.get("day") == _working_day(store, act, reader) else 0


def _count(store: Store, act: Act, reader: Member) -> None:
    count = _asked_today(store, act, reader) + 1
    store.house.set_mark(_mark(reader), {"day": _working_day(store, act, reader), "count": count}, act)


def _working_day(store: Store, act: Act, reader: Member) -> str:
    """The day on which they hear what is put now."""
    company = store.policy.company
    zone = reader.person.zone(company.zone)
    return company.hours.next_open(act.at, zone).astimezone(zone).date().isoformat()


def _mark(reader: Member) -> str:
    return f"deals:{reader.person.id}"


# ---- what is said -------------------------------------------------------------------------------


def due(store: Store, notice: Notice) -> DealDue:
    """A deal whose date has passed, for who knows how it ended. Raises NothingToSay once somebody has said."""
    deal, closes = store.deals.get(notice.payload["deal"]), date.fromisoformat(notice.payload["closes"])
    account = store.accounts.get(deal.account) if deal else None
    if deal is None or account is None:
        raise NothingToSay
    subject = deal.asked_on(closes)
    is_asked = deal.is_open and deal.closes == closes
    if not is_asked and store.messages.find(subject, Topic.DEAL) is None:
        raise NothingToSay
    at = datetime.fromisoformat(notice.payload["at"])
    wished = store.accounts.reasons(deal.account, at - RELEASED_SINCE, WAITS_SHOWN)
    reader = access.served(store, UserId(notice.line))
    return DealDue(
        seen=_seen(store, reader, deal, account, at),
        closes=closes,
        subject=subject,
        waits=tuple(one.title for one in wished) if is_asked else (),
    )


def _redraw(store: Store, act: Act, deal: Deal) -> None:
    """What was asked about it shows what became of it; a day later, that this stands."""
    if deal.asked_for is None:
        return
    _draw(store, act, deal, deal.asked_for, act.at)
    if not deal.is_open:
        _draw(store, act, deal, deal.asked_for, act.at + MAY_CHANGE)


def _draw(store: Store, act: Act, deal: Deal, closes: date, due_at: datetime) -> None:
    key = deal.asked_on(closes)
    line = store.outbox.line(key)
    if line is None:
        return
    notice = Notice(
        topic=Topic.DEAL,
        key=f"{key}:{act.key}:{due_at.isoformat()}",
        line=line,
        payload=_payload(deal, closes, due_at),
        due_at=due_at,
        after=key,
    )
    store.outbox.put(notice, act.at, merges=f"redraw:{key}" if due_at == act.at else None)


def _payload(deal: Deal, closes: date, at: datetime) -> dict[str, object]:
    return {"deal": deal.id, "closes": closes.isoformat(), "at": at.isoformat()}
