"""Requests come in: the form opens, a request is filed, customers join it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from rapidfuzz import fuzz

from bot.domain.accounts import Account
from bot.domain.acts import Act
from bot.domain.asks import Ask
from bot.domain.board import Row, Standing
from bot.domain.changes import Change, differences
from bot.domain.deals import Deal
from bot.domain.errors import Refused
from bot.domain.facts import BlankForm, Filed, Joined, Outcome
from bot.domain.ids import AccountId, ChannelId, MessageTs, RequestNumber, UserId
from bot.domain.messages import permalink
from bot.domain.money import Money
from bot.domain.people import Member
from bot.domain.requests import Customer, Draft, Join, Request, Source, Status
from bot.domain.roles import Role
from bot.domain.text import slug_of, words_of
from bot.domain.wsjf import Figures
from bot.services import access, board, deals, ranking
from storage.store import Store

CANDIDATES = 300  #: rapidfuzz over every title would take 300 ms at 100k requests
SIMILAR = 3
_LIKENESS = 82.0  #: of 100; "k8s connector" is like "Kubernetes (k8s) connector", not like "API connector"

_JOINING = "no customer can join it"
_WORDS = ("title", "problem", "source")

_SOURCES = {
    Role.SALES: Source.SALES_CUSTOMER,
    Role.SUPPORT: Source.SUPPORT,
    Role.PRODUCT: Source.MARKET_ANALYSIS,
    Role.MARKETING: Source.MARKET_ANALYSIS,
}


# ---- the form -----------------------------------------------------------------------------------


def open_form(store: Store, act: Act, title: str) -> BlankForm:
    """What the request form shows at first, look-alikes of the title among it."""
    who = access.member(store, act)
    source = next((s for role, s in _SOURCES.items() if role in who.roles), Source.SALES_CUSTOMER)
    return BlankForm(source=source, similar=similar(store, title))


def reconsider(store: Store, act: Act, title: str, figures: Figures) -> tuple[BlankForm, Standing]:
    """The form again while it is being filled in: look-alikes of the title so far, and where it would stand."""
    return open_form(store, act, title), ranking.preview(store, act, figures, None)


def from_message(
    store: Store,
    act: Act,
    channel: ChannelId,
    ts: MessageTs,
    thread: MessageTs | None,
    mentioned: Sequence[UserId] = (),
) -> tuple[BlankForm, str, Mapping[UserId, str]]:
    """The form for a Slack message, its permalink, and the names of whom it mentions.

    Raises Refused when it is on the board already.
    """
    blank = open_form(store, act, "")
    check_origin_is_new(store, channel, ts)
    return blank, permalink(store.house.url(), channel, ts, thread), store.people.names(mentioned)


def open_join(store: Store, act: Act, number: RequestNumber) -> Request:
    """The request somebody wants to add customers to. Raises Refused when it is closed or gone."""
    access.member(store, act)
    request = board.the(store, number)
    board.check_open(store, request, _JOINING, instead="add your customer there")
    return request


def similar(store: Store, title: str) -> tuple[Row, ...]:
    """At most three open requests whose titles look like this one, most alike first.

    One that was joined to another leads to that one: its words are what people search for.
    """
    words = words_of(title)
    likeness: dict[RequestNumber, float] = {}
    for number, known in store.requests.titles(store.requests.with_words(words, CANDIDATES, titles_only=True)):
        alike = fuzz.token_set_ratio(" ".join(words), " ".join(words_of(known)))
        likeness[number] = max(likeness.get(number, 0.0), alike)
    first = sorted((n for n in likeness if likeness[n] >= _LIKENESS), key=lambda n: (-likeness[n], n))
    return tuple(row for row in store.requests.rows(first[: SIMILAR * 2]) if row.status.is_open)[:SIMILAR]


def suggest_accounts(store: Store, act: Act, words: str, limit: int = 20) -> Sequence[Account]:
    """Customers whose name holds what was typed so far."""
    access.member(store, act)
    return store.accounts.search(words, limit)


# ---- filing -------------------------------------------------------------------------------------


def file(store: Store, act: Act, draft: Draft) -> Filed:
    """Put a request on the board.

    Filing the same key again returns the first result; with other values it becomes an edit.
    """
    who = access.member(store, act)
    where = store.policy.channels.board
    earlier = store.requests.by_key(act.key)
    if earlier:
        request, outcome = _edit(store, act, who, earlier, draft)
        return Filed(request=request, outcome=outcome, board=where, accounts=_known(store, draft.customers))
    if draft.origin:
        check_origin_is_new(store, draft.origin.channel, draft.origin.ts)
    accounts = _accounts(store, act, draft.customers)
    filed = store.requests.add(_new_request(act, who, draft, len(accounts)), act.key, draft, by=act)
    store.accounts.add_asks([_ask(filed.number, account.id, act, draft) for account in accounts])
    reported = _report_deals(store, act, accounts, draft)
    store.changes.add(filed.subject, [*differences(None, filed), *_joined(accounts), *reported], act)
    board.draw_card(store, act, filed, soon=True)
    return Filed(request=filed, outcome=Outcome.NEW, board=where, accounts=tuple(a.id for a in accounts))


def join(store: Store, act: Act, number: RequestNumber, wish: Join) -> Joined:
    """Add customers to a request that is on the board already."""
    access.member(store, act)
    request = board.the(store, number)
    board.check_open(store, request, _JOINING, instead="add your customer there")
    if not wish.customers:
        raise Refused("Who is waiting? Choose a customer, or type a new name.", field="customers")
    accounts = _accounts(store, act, wish.customers)
    waiting = {ask.account: ask for ask in store.accounts.asks(number)}
    added = [a for a in accounts if a.id not in waiting]
    store.accounts.add_asks([_ask(number, account.id, act, wish) for account in added])
    reported = _report_deals(store, act, accounts, wish)
    if added:
        request = board.save(store, act, request, request, [*_joined(added), *reported])
    else:
        store.changes.add(request.subject, reported, act)
    return Joined(
        request=request,
        added=tuple(a.name for a in added),
        waited_already=tuple(a.name for a in accounts if a.id in waiting),
        accounts=tuple(a.id for a in accounts),
    )


def check_origin_is_new(store: Store, channel: ChannelId, ts: MessageTs) -> None:
    if same := store.requests.by_origin(channel, ts):
        raise Refused(
            f"This message is already on the board as {same.name}, {same.title}. "
            f"Add your customer from its card; /board {same.name} shows it."
        )


# ---- how it is done -----------------------------------------------------------------------------


def _new_request(act: Act, who: Member, draft: Draft, companies: int) -> Request:
    blank = Request(
        number=RequestNumber(0),
        slug=slug_of(draft.title),
        title=draft.title,
        problem=draft.problem,
        source=draft.source,
        status=Status.BACKLOG,
        by=act.by.user,
        at=act.at,
        estimates={},
        companies=companies,
        version=1,
        origin=draft.origin,
    )
    return blank.weighed(draft.figures, who, confirming=who.roles_in_use)


def _edit(store: Store, act: Act, who: Member, earlier: Request, draft: Draft) -> tuple[Request, Outcome]:
    """The same form again: what its author changed since sending it is changed, and nothing else.

    It is held against the form as sent before, not against the request, which others may have moved on meanwhile.
    """
    if earlier.by != act.by.user:
        raise Refused("This form belongs to somebody else. Open your own with /request.")
    sent = store.requests.sent(earlier.number)
    if sent is None or sent == draft:
        return earlier, Outcome.SAME
    after = _reconsidered(earlier, who, sent, draft)
    asks = _change_asks(store, act, earlier, sent, draft)
    if not asks and not differences(earlier, after):
        return earlier, Outcome.SAME
    board.check_open(store, earlier, instead="say it of that one")
    store.requests.resend(earlier.number, draft)
    return board.save(store, act, earlier, after, asks), Outcome.EDITED


def _reconsidered(request: Request, who: Member, sent: Draft, draft: Draft) -> Request:
    words = {f: getattr(draft, f) for f in _WORDS if getattr(draft, f) != getattr(sent, f)}
    cleared = sent.figures.keys() - draft.figures.keys()
    own = {request.by, None}
    estimates = {
        f: e for f, e in request.estimates.items() if f not in cleared or not {e.proposed_by, e.confirmed_by} <= own
    }
    figures = {f: figure for f, figure in draft.figures.items() if sent.figures.get(f) != figure}
    return replace(request, **words, estimates=estimates).weighed(figures, who, confirming=who.roles_in_use)


def _report_deals(store: Store, act: Act, accounts: Sequence[Account], wish: Join) -> list[Change]:
    """Keep the deal of the one customer chosen; what the form leaves empty stays as it is known."""
    if not (wish.deal_size or wish.close_date):
        return []
    changed = [one for one in accounts if deals.report(store, act, one.id, wish.deal_size, wish.close_date)]
    return [Change(field="deal", old=None, new=account.id) for account in changed]


def _change_asks(store: Store, act: Act, earlier: Request, sent: Draft, draft: Draft) -> list[Change]:
    """Bring the customers of a form in line with the form sent again."""
    before = {account.id for account in _accounts(store, act, sent.customers)}
    accounts = _accounts(store, act, draft.customers)
    now = {account.id for account in accounts}
    waiting = {ask.account: ask for ask in store.accounts.asks(earlier.number)}
    added = [account for account in accounts if account.id not in before | waiting.keys()]
    dropped = [a for a in before - now if a in waiting and waiting[a].by == act.by.user]
    said_anew = _deal(sent) != _deal(draft) or before != now
    dealt = _change_deals(store, act, earlier, sent, draft, accounts) if said_anew else []
    store.accounts.add_asks([_ask(earlier.number, account.id, act, draft) for account in added])
    store.accounts.remove_asks(earlier.number, dropped)
    return [
        *_joined(added),
        *(Change(field="ask", old=account, new=None) for account in sorted(dropped)),
        *dealt,
    ]


def _change_deals(
    store: Store, act: Act, earlier: Request, sent: Draft, draft: Draft, accounts: Sequence[Account]
) -> list[Change]:
    """The deal this very form brought becomes what the form says now, or is taken back."""
    brought = _brought(store, act, earlier, sent)
    if brought is None:
        return _report_deals(store, act, accounts, draft)
    if any(_deal(draft)) and brought.account in {account.id for account in accounts}:
        deals.correct(store, act, brought, replace(brought, size=draft.deal_size, closes=draft.close_date))
        return [Change(field="deal", old=None, new=brought.account)]
    store.deals.remove(brought)
    return [Change(field="deal", old=brought.account, new=None), *_report_deals(store, act, accounts, draft)]


def _brought(store: Store, act: Act, request: Request, sent: Draft) -> Deal | None:
    """The deal a form brought when it was sent before, if nobody has said anything of it since."""
    if not any(_deal(sent)):
        return None
    [account] = _accounts(store, act, sent.customers)
    as_sent = Deal(account=account.id, size=sent.deal_size, closes=sent.close_date, by=act.by.user, at=request.at)
    log = store.changes.of(request.subject)
    moments = {request.at, *(line.at for line in log if (line.field, line.new) == ("deal", account.id))}
    still = (deal for deal in store.deals.open_of(account.id) if deal.at in moments)
    return next((deal for deal in still if deal == replace(as_sent, id=deal.id, at=deal.at)), None)


def _known(store: Store, customers: Sequence[Customer]) -> tuple[AccountId, ...]:
    """The accounts of a form that is kept."""
    named = (customer.id or _named(store, customer) for customer in customers)
    return tuple(dict.fromkeys(account for account in named if account))


def _named(store: Store, customer: Customer) -> AccountId | None:
    found = store.accounts.named(customer.name or "")
    return found.id if found else None


def _accounts(store: Store, act: Act, customers: Sequence[Customer]) -> list[Account]:
    """The accounts behind what was chosen; new names become accounts. Each once."""
    found = [_account(store, act, customer) for customer in customers]
    return list({account.id: account for account in found}.values())


def _account(store: Store, act: Act, customer: Customer) -> Account:
    if customer.id is not None:
        known = store.accounts.get(customer.id)
        if known is None:
            raise Refused("One of these customers is no longer known. Choose again.", field="customers")
        return known
    assert customer.name is not None
    return store.accounts.named_or_new(customer.name, act)


def _ask(number: RequestNumber, account: AccountId, act: Act, wish: Join) -> Ask:
    return Ask(
        number=number,
        behind=number,
        account=account,
        by=act.by.user,
        at=act.at,
        permalink=wish.origin.permalink if isinstance(wish, Draft) and wish.origin else None,
    )


def _deal(draft: Draft) -> tuple[Money | None, date | None]:
    return draft.deal_size, draft.close_date


def _joined(accounts: Sequence[Account]) -> list[Change]:
    return [Change(field="ask", old=None, new=account.id) for account in accounts]
