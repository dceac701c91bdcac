"""How much customers need a request: kept once, told in its log, and amounts only for who may see them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.accounts import Account, Stage
from bot.domain.asks import Aim, Ask, Importance
from bot.domain.changes import Change, Logged
from bot.domain.deals import Deal, DealState
from bot.domain.errors import Refused
from bot.domain.facts import Filed, Joined
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.money import Money
from bot.domain.needs import AT_ONCE, Asking, Bid, Details, DetailsForm, Kept, Need
from bot.domain.pages import Page
from bot.domain.requests import Customer, Join, Status
from bot.domain.triage import Triage
from bot.services import asks, board, intake, page, ranking, triage
from storage.database import Database
from storage.store import Store
from tests.builders import ALICE, BORIS, MONDAY, TANYA, a_draft, an_act, move_in

ONE, TWO = RequestNumber(1), RequestNumber(2)
ACME, GLOBEX = AccountId("acme"), AccountId("globex")
NICE, BLOCKS, MUST = Importance
DECEMBER, JANUARY = date(2026, 12, 18), date(2027, 1, 15)


def eur(major: int) -> Money:
    return Money(minor=major * 100, currency="EUR")


async def begin(db: Database) -> None:
    """Alice files a request for Acme, which pays, and Globex, which doesn't yet."""
    await move_in(db)
    await db.write(keep_accounts)
    await db.write(file)


def keep_accounts(store: Store) -> None:
    acme = Account(id=ACME, name="Acme", arr=eur(180_000), stage=Stage.CUSTOMER)
    store.accounts.put([acme, Account(id=GLOBEX, name="Globex", stage=Stage.TRIAL)], MONDAY)


def file(store: Store, *accounts: AccountId, title: str = "k8s-connector", key: str = "request:1") -> Filed:
    customers = tuple(Customer(id=one) for one in accounts or (ACME, GLOBEX))
    return intake.file(store, an_act(key=key), a_draft(title, customers=customers))


def step(store: Store, /, by: str = ALICE, *accounts: AccountId, number: RequestNumber = ONE) -> tuple[Asking, ...]:
    joined = Joined(request=board.the(store, number), added=(), accounts=accounts or (ACME, GLOBEX))
    return asks.after_joining(store, joined, act=an_act(by))


def keep(
    store: Store,
    /,
    *written: Need,
    by: str = ALICE,
    key: str = "needs:1",
    shown: Sequence[Need] = (),
) -> Kept:
    """What a form says that showed this; else what it shows now."""
    shown = shown or [one.shown for one in step(store, by, *(need.account for need in written))]
    return asks.keep(store, an_act(by, key=key, minutes=1), ONE, shown, written)


def blank(store: Store, by: str = ALICE, account: AccountId = ACME, number: RequestNumber = ONE) -> DetailsForm:
    return asks.open_form(store, an_act(by), number, account)


def write(
    store: Store, written: Details, by: str = ALICE, key: str = "details:1", number: RequestNumber = ONE
) -> Kept:
    shown = blank(store, by, written.need.account, number).asking.shown
    return asks.keep_details(store, an_act(by, key=key, minutes=2), number, shown, written)


def of(store: Store, account: AccountId = ACME, number: RequestNumber = ONE) -> Ask:
    return next(ask for ask in store.accounts.asks(number) if ask.account == account)


def log(store: Store, number: RequestNumber = ONE) -> list[Logged]:
    return [
        line for line in store.changes.of(f"request:{number}") if line.field in ("importance", "aim", "deal", "ask")
    ]


def open_deals(store: Store, account: AccountId = ACME) -> list[tuple[Money | None, date | None]]:
    return [(deal.size, deal.closes) for deal in store.deals.open_of(account)]


def bring(store: Store, size: Money | None, account: AccountId = ACME, by: str = ALICE) -> Deal:
    return store.deals.add(Deal(account=account, size=size, closes=DECEMBER, by=an_act(by).by.user, at=MONDAY))


def need(account: AccountId = ACME, **more: Any) -> Need:
    return Need(account=account, **more)


def details(account: AccountId = ACME, *, remove: bool = False, is_another: bool = False, **more: Any) -> Details:
    return Details(need=need(account, **more), remove=remove, is_another=is_another)


# ---- the step -----------------------------------------------------------------------------------


async def test_one_customer_is_only_weighed(db: Database) -> None:
    await begin(db)
    [one] = await db.read(step, ALICE, ACME)
    assert (one.shown, one.aims, one.bids) == (need(aim=Aim.PROTECT), False, False)
    await db.write(bring, eur(120_000))
    [one] = await db.read(step, ALICE, ACME)
    assert (one.shown.aim, one.aims) == (Aim.GROW, True)


async def test_of_several_customers_each_is_asked_for_its_deal(db: Database) -> None:
    await begin(db)
    known = await db.write(bring, eur(120_000))
    acme, globex = await db.read(step)
    assert acme.shown.deals == (Bid(id=known.id, size=eur(120_000), closes=DECEMBER),)
    assert (globex.shown.deals, globex.aims, globex.bids) == ((Bid(),), False, True)
    assert [(one.brings.name, one.brings.revenue, one.brings.asks) for one in (acme, globex)] == [
        ("Acme", eur(180_000), 1),
        ("Globex", None, 1),
    ]


async def test_of_many_customers_the_first_ten_are_asked_about(db: Database) -> None:
    await move_in(db)
    names = [AccountId(f"c{n:02}") for n in range(25)]
    await db.write(lambda s: s.accounts.put([Account(id=one, name=one) for one in names], MONDAY))
    filed = await db.write(file, *names)
    standing, asking = await db.read(asks.after_filing, filed, act=an_act())
    assert [one.shown.account for one in asking] == names[:AT_ONCE]
    assert standing.score is None


async def test_without_customers_and_once_it_is_closed_nothing_is_asked(db: Database) -> None:
    await begin(db)
    filed = await db.write(lambda s: intake.file(s, an_act(key="request:2"), a_draft("SAML")))
    assert await db.read(asks.after_filing, filed, act=an_act()) == (await db.read(ranking.standing_now, filed), ())
    await db.write(close)
    assert await db.read(step) == ()


def close(store: Store, status: Status = Status.RELEASED) -> None:
    before = board.the(store, ONE)
    board.save(store, an_act(BORIS), before, replace(before, status=status))


async def test_sizes_are_shown_to_who_may_see_amounts_or_brought_them(db: Database) -> None:
    await begin(db)
    await db.write(bring, eur(120_000))
    acme, _ = await db.read(step, TANYA)
    assert (acme.brings.revenue, acme.brings.deals) == (None, ())
    assert [(bid.size, bid.closes) for bid in acme.shown.deals] == [(None, DECEMBER)]
    await db.write(bring, eur(7_000), GLOBEX, TANYA)
    _, globex = await db.read(step, TANYA)
    assert (globex.shown.deals[0].size, globex.brings.deals) == (eur(7_000), ())


# ---- what was written ---------------------------------------------------------------------------


async def test_what_is_said_is_kept_and_told_in_the_log(db: Database) -> None:
    await begin(db)
    kept = await db.write(
        keep,
        need(importance=BLOCKS, aim=Aim.GROW, deals=(Bid(size=eur(120_000), closes=DECEMBER),)),
        need(GLOBEX, importance=MUST, aim=Aim.GROW, deals=(Bid(),)),
    )
    assert kept.needs == (("Acme", BLOCKS), ("Globex", MUST))
    assert (kept.aims, kept.deals) == ((("Acme", Aim.GROW),), ("Acme",))
    acme, globex = await db.read(of), await db.read(of, GLOBEX)
    assert [(one.importance, one.aim) for one in (acme, globex)] == [(BLOCKS, Aim.GROW), (MUST, None)]
    assert await db.read(open_deals) == [(eur(120_000), DECEMBER)]
    assert [(line.field, line.new) for line in (await db.read(log))[2:]] == [
        ("importance", {"account": "acme", "name": "Acme", "value": 2}),
        ("aim", {"account": "acme", "name": "Acme", "value": "grow"}),
        ("deal", "acme"),
        ("importance", {"account": "globex", "name": "Globex", "value": 3}),
    ]


async def test_it_draws_no_card_anew(db: Database) -> None:
    await begin(db)
    before = await db.read(lambda s: board.the(s, ONE))
    await db.write(keep, need(importance=BLOCKS, aim=Aim.PROTECT, deals=(Bid(),)))
    assert await db.read(lambda s: board.the(s, ONE)) == before


async def test_a_form_sent_twice_counts_once_and_undoes_nothing(db: Database) -> None:
    await begin(db)
    shown = [one.shown for one in await db.read(step, ALICE, ACME)]
    written = need(importance=MUST, aim=Aim.PROTECT)
    assert (await db.write(keep, written, shown=shown)).is_changed
    await db.write(keep, need(importance=NICE, aim=Aim.PROTECT), by=BORIS, key="needs:2")
    assert not (await db.write(keep, written, shown=shown)).is_changed
    assert (await db.read(of)).importance is NICE
    assert len(await db.read(log)) == 4
    await db.write(keep, need(importance=BLOCKS, aim=Aim.PROTECT), shown=shown)  # the same form, with other words
    assert (await db.read(of)).importance is BLOCKS


async def test_who_says_nothing_leaves_all_as_it_is(db: Database) -> None:
    await begin(db)
    await db.write(bring, eur(120_000))
    shown = [one.shown for one in await db.read(step)]
    assert not (await db.write(keep, *shown)).is_changed
    assert (await db.read(of)).aim is None
    assert len(await db.read(log)) == 2


async def test_what_a_form_showed_does_not_undo_what_others_said_meanwhile(db: Database) -> None:
    await begin(db)
    deal = await db.write(bring, eur(120_000))
    shown = [one.shown for one in await db.read(step)]
    await db.write(lambda s: s.deals.save(replace(deal, size=eur(150_000))))
    seen = (Bid(id=deal.id, size=eur(150_000), closes=DECEMBER),)
    await db.write(keep, need(importance=MUST, aim=Aim.GROW, deals=seen), by=BORIS, key="needs:2")
    acme = shown[0].model_copy(update={"aim": Aim.PROTECT})
    await db.write(keep, acme, shown[1], shown=shown)
    assert await db.read(open_deals) == [(eur(150_000), DECEMBER)]
    assert (await db.read(of)).importance is MUST


async def test_who_left_meanwhile_and_who_never_waited_is_passed_over(db: Database) -> None:
    """A form's memory comes back from outside: no customer gets a deal through a request it doesn't wait for."""
    await begin(db)
    await db.write(lambda s: s.accounts.remove_asks(ONE, [GLOBEX]))
    stranger = need(GLOBEX, importance=MUST, deals=(Bid(size=eur(1)),))
    kept = await db.write(keep, stranger, shown=[need(GLOBEX, deals=(Bid(),))])
    assert not kept.is_changed
    assert await db.read(open_deals, GLOBEX) == []


@pytest.mark.parametrize("foreign", ["of another customer", "unknown", "ended"])
async def test_a_deal_that_is_not_this_customers_or_has_ended_is_refused(db: Database, foreign: str) -> None:
    await begin(db)
    deal = await db.write(bring, eur(5_000), GLOBEX if foreign == "of another customer" else ACME)
    if foreign == "ended":
        await db.write(lambda s: s.deals.save(replace(deal, state=DealState.LOST)))
    was = Bid(id=404 if foreign == "unknown" else deal.id, size=eur(5_000))
    written = need(importance=MUST, deals=(was.model_copy(update={"size": eur(9_000)}),))
    with pytest.raises(Refused, match="This deal has ended meanwhile") as refused:
        await db.write(keep, written, shown=[need(deals=(was,))])
    assert refused.value.fields.keys() == {"deal_size:0"}
    assert (await db.read(of)).importance is None


async def test_nothing_is_said_of_what_is_closed(db: Database) -> None:
    await begin(db)
    await db.write(close)
    with pytest.raises(Refused, match="already released, so what its customers need is settled"):
        await db.write(keep, need(importance=MUST), shown=[need()])
    with pytest.raises(Refused, match="settled"):
        await db.read(blank)
    with pytest.raises(Refused, match="settled"):
        await db.write(lambda s: asks.keep_details(s, an_act(), ONE, need(), details(remove=True)))


# ---- one customer -------------------------------------------------------------------------------


async def test_the_form_about_one_customer_shows_what_is_known(db: Database) -> None:
    await begin(db)
    deal = await db.write(bring, eur(120_000))
    await db.write(keep, need(importance=BLOCKS, aim=Aim.GROW))
    for by in (ALICE, BORIS, TANYA):
        form = await db.read(blank, by)
        size = None if by == TANYA else eur(120_000)
        bids = (Bid(id=deal.id, size=size, closes=DECEMBER),)
        assert form.asking.shown == need(importance=BLOCKS, aim=Aim.GROW, deals=bids)
        assert form.may_remove == (by != TANYA)
    assert (await db.read(blank, ALICE, GLOBEX)).asking.shown.deals == (Bid(),)
    await db.write(bring, eur(7))
    assert [bid.size for bid in (await db.read(blank)).asking.shown.deals] == [eur(120_000), eur(7), None]


async def test_who_does_not_wait_has_no_form(db: Database) -> None:
    await begin(db)
    for account in ("gone", "'; --", ""):
        with pytest.raises(Refused, match="doesn't wait for it any more"):
            await db.read(blank, ALICE, AccountId(account))
    with pytest.raises(Refused, match="There is no R-404"):
        await db.read(blank, ALICE, ACME, RequestNumber(404))


async def test_a_size_corrects_the_deal_until_somebody_says_there_are_two(db: Database) -> None:
    await begin(db)
    deal = await db.write(bring, eur(120_000))
    other = Bid(id=deal.id, size=eur(130_000), closes=DECEMBER)
    await db.write(write, details(aim=Aim.GROW, deals=(other,)))
    assert await db.read(open_deals) == [(eur(130_000), DECEMBER)]
    second = details(aim=Aim.GROW, deals=(other.model_copy(update={"size": eur(5)}),), is_another=True)
    for _ in range(2):
        await db.write(write_once, second, other)
    assert await db.read(open_deals) == [(eur(130_000), DECEMBER), (eur(5), None)]
    third = (other, Bid(id=deal.id + 1, size=eur(5)), Bid(size=eur(6), closes=JANUARY))
    await db.write(write, details(aim=Aim.GROW, deals=third), key="details:3")
    assert await db.read(open_deals) == [(eur(130_000), DECEMBER), (eur(5), None), (eur(6), JANUARY)]


def write_once(store: Store, written: Details, was: Bid) -> Kept:
    """As the same form sends it, whatever has become of the deal since."""
    shown = need(aim=Aim.GROW, deals=(was,))
    return asks.keep_details(store, an_act(key="details:2", minutes=3), ONE, shown, written)


@pytest.mark.parametrize("by", [ALICE, BORIS])
async def test_a_customer_is_removed_by_who_brought_it_or_sorts(db: Database, by: str) -> None:
    await begin(db)
    shown = need()
    for _ in range(2):
        kept = await db.write(
            lambda s: asks.keep_details(s, an_act(by, key="details:1"), ONE, shown, details(remove=True))
        )
    assert kept.request.companies == 1
    assert [ask.account for ask in await db.read(lambda s: s.accounts.asks(ONE))] == [GLOBEX]
    assert [(line.old, line.new) for line in await db.read(log)][2:] == [("acme", None)]


async def test_nobody_else_removes_a_customer(db: Database) -> None:
    await begin(db)
    with pytest.raises(Refused, match="Only who brought this customer may remove it") as refused:
        await db.write(write, details(remove=True), TANYA)
    assert refused.value.fields.keys() == {"remove"}
    assert len(await db.read(lambda s: s.accounts.asks(ONE))) == 2


async def test_where_requests_were_joined_all_asks_of_the_customer_say_the_same(db: Database) -> None:
    await begin(db)
    await db.write(file, ACME, title="Kubernetes", key="request:2")
    await db.write(lambda s: intake.join(s, an_act(TANYA), TWO, Join(customers=(Customer(id=GLOBEX),))))
    await db.write(lambda s: s.accounts.change_ask(replace(of(s, ACME, TWO), importance=MUST)))
    await db.write(lambda s: triage.sort(s, an_act(BORIS, key="join"), TWO, Triage(same_as=ONE)))
    assert (await db.read(of)).importance is MUST
    form = await db.read(blank)
    await db.write(write, details(importance=NICE, aim=form.asking.shown.aim, deals=form.asking.shown.deals))
    assert (await db.read(of)).importance is NICE
    assert not (await db.read(blank, ALICE, GLOBEX)).may_remove  # Tanya brought it, too
    await db.write(write, details(GLOBEX, remove=True), BORIS, "details:2")
    assert [ask.account for ask in await db.read(lambda s: s.accounts.asks(ONE))] == [ACME]


# ---- the money behind ---------------------------------------------------------------------------


def open_page(store: Store, by: str = BORIS, number: RequestNumber = ONE) -> Page:
    return page.open_page(store, an_act(by), number)


async def test_the_page_counts_each_customers_money_once(db: Database) -> None:
    await begin(db)
    await db.write(file, ACME, title="SAML", key="request:2")
    await db.write(bring, eur(120_000), GLOBEX)
    await db.write(keep, need(importance=BLOCKS, aim=Aim.PROTECT))
    seen = await db.read(open_page)
    assert seen.behind
    assert (seen.behind.protect, seen.behind.grow, seen.behind.customers) == ((eur(120_000),), (eur(120_000),), 2)
    assert [(one.name, one.importance, one.brings and one.brings.asks) for one in seen.waiting] == [
        ("Acme", BLOCKS, 2),
        ("Globex", None, 1),
    ]
    other = await db.read(open_page, BORIS, TWO)
    assert other.behind
    assert other.behind.protect == (eur(60_000),)


async def test_who_may_not_see_amounts_reads_none(db: Database) -> None:
    await begin(db)
    await db.write(bring, eur(120_000))
    seen = await db.read(open_page, TANYA)
    assert seen.behind is None
    assert [(one.brings.revenue, one.brings.deals, one.brings.asks) for one in seen.waiting if one.brings] == [
        (None, (), 1),
        (None, (), 1),
    ]
    view = await db.read(lambda s: ranking.show_board(s, an_act(TANYA), "acme"))
    assert [(one.brings.revenue, one.brings.deals) for one in view.customers if one.brings] == [(None, ())]
    view = await db.read(lambda s: ranking.show_board(s, an_act(ALICE), "acme"))
    assert [(one.brings.revenue, one.brings.deals) for one in view.customers if one.brings] == [
        (eur(180_000), (eur(120_000),))
    ]


async def test_only_open_requests_have_money_behind_them(db: Database) -> None:
    await begin(db)
    await db.write(file, ACME, title="SAML", key="request:2")
    await db.write(close, Status.DECLINED)
    assert (await db.read(open_page)).behind is None
    other = await db.read(open_page, BORIS, TWO)
    assert other.behind
    assert other.behind.protect == (eur(180_000),)


async def test_of_very_many_customers_the_newest_are_counted(db: Database) -> None:
    await move_in(db)
    await db.write(crowd)
    seen = await db.read(open_page)
    assert seen.behind
    assert (seen.behind.protect, seen.behind.customers, seen.behind.among) == ((eur(100),), 100, 100)
    assert [one.name for one in seen.waiting] == [f"c{n:03}" for n in range(190, 205)]


def crowd(store: Store) -> None:
    many = [Account(id=AccountId(f"c{n:03}"), name=f"c{n:03}", arr=eur(1)) for n in range(205)]
    store.accounts.put(many, MONDAY)
    intake.file(store, an_act(), a_draft())
    store.accounts.add_asks([Ask(number=ONE, behind=ONE, account=one.id, by=ALICE, at=MONDAY) for one in many])
    before = board.the(store, ONE)
    board.save(store, an_act(minutes=1), before, before, [Change(field="ask", old=None, new=many[0].id)])
