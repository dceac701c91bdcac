"""New requests wait in one place until product gives them a first answer."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import create_engine, select, update

from sandbox import Message, Modal, inputs
from sandbox.workspace import User
from storage.engines import plain
from storage.tables import account, ask, request, watcher
from tests.flows.house import House, modal, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for all the stories here: each speaks of requests of its own."""
    async with opened(f"sqlite:///{tmp_path_factory.mktemp('triage') / 'tandem.db'}") as house:
        yield house


async def test_new_requests_are_sorted_and_the_same_ask_becomes_one(database_url: str) -> None:
    async with opened(database_url) as house:
        boris = house.person("Boris")
        assert (await new_requests(house)).text == "No new request waits for a first answer."
        await a_request(house, "Kubernetes connector", by="Marek", customers=["Acme Bank"])
        house.calendar.forward(days=7)
        await a_request(house, "Connector for Kubernetes", customers=["Acme Bank", "Harbor Health"])
        house.calendar.forward(days=1)

        waits = await new_requests(house)
        assert waits.text.splitlines() == [
            "2 requests wait for a first answer; 1 is late. The goal is 5 working days.",
            "Kubernetes connector · R-12 · Marek asked · late: 6 working days",
            "[Sort] [Ask Marek]",
            "Connector for Kubernetes · R-13 · Alice asked · 1 working day",
            "Looks like R-12 Kubernetes connector",
            "[Sort] [Ask Alice]",
        ]

        form = modal(await boris.press("Sort", on=waits))
        assert form.value("Owner") == "Boris"
        await form.fill({"Direction": "Cost visibility", "Tracker link": "https://linear.app/nimbus/NIM-7"})
        receipt = modal(await form.submit())
        assert (
            "Boris answers for Kubernetes connector. That's its first answer; the rest can follow." in receipt.text
        )
        await receipt.close()

        form = await sort_form(house, "Connector for Kubernetes")
        assert "Looks like R-12 Kubernetes connector" in form.text
        assert await form.suggestions("Same as", "kubernetes") == ["R-12 Kubernetes connector"]
        receipt = modal(await (await form.fill({"Same as": "R-12 Kubernetes connector"})).submit())
        assert (
            "R-13 is closed: it's the same as R-12 Kubernetes connector, which came first. "
            "Harbor Health waits for that one now. Alice hears of it and follows R-12 now. "
            "You can take this back for a day." in receipt.text
        )
        await house.card("Kubernetes connector · ", "2 companies wait")
        assert waiting(house, "Kubernetes connector") == ["Acme Bank", "Acme Bank", "Harbor Health"]
        assert row_of(house, "Kubernetes connector").tracker == "https://linear.app/nimbus/NIM-7"
        gone = row_of(house, "Connector for Kubernetes")
        assert (gone.status, gone.reason) == ("declined", "It's the same as R-12 Kubernetes connector.")
        assert watchers(house, "Kubernetes connector") == [], "she follows it by the link"
        assert (await new_requests(house)).text == "No new request waits for a first answer."


async def test_the_requester_is_told_that_it_is_the_same(house: House) -> None:
    await a_request(house, "Red button")
    await a_request(house, "Scarlet button")
    await same_as(house, "Scarlet button", "Red button")
    house.calendar.forward(minutes=6)
    await house.dm("Alice", "Scarlet button", "It's the same as R-")


async def test_sales_look_but_do_not_sort(house: House) -> None:
    await a_request(house, "Look and feel")
    seen = await new_requests(house, "Marek")
    assert "Look and feel" in seen.text
    assert seen.buttons == []
    assert (
        "Sort" not in modal(await house.person("Marek").press("More", on=await house.card("Look and feel"))).buttons
    )


async def test_a_forged_press_of_sales_sorts_nothing(house: House) -> None:
    await a_request(house, "Hot potato")
    marek, card = house.person("Marek"), await house.card("Hot potato")
    spot = next(s for s in inputs.spots(card.blocks) if s.element.get("action_id") == "estimate")
    pressed = type(spot)(spot.block, {**spot.element, "action_id": "triage"})
    acts = house.slack.acts
    refused = modal(await marek.do(acts.act(marek.user, card.post, pressed, {}), wait=3))
    assert "Only product and leadership may sort new requests." in refused.text


async def test_late_ones_come_first_and_what_is_too_much_is_counted(house: House) -> None:
    for n in range(12):
        await a_request(house, f"Wish number {n}")
    seen = (await new_requests(house)).text
    assert seen.count("[Sort]") == 10
    assert "more." in seen.splitlines()[-1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"Direction": "x" * 61}, {"Direction": "That's 61 characters; a direction's name has room for 60."}),
        (
            {"Tracker link": "https://" + "x" * 500},
            {"Tracker link": "That's 508 characters; a link has room for 500."},
        ),
        ({"Tracker link": "https:// "}, {"Tracker link": "Paste the whole link, beginning with https://"}),
        ({"Owner": "Tandem"}, {"Owner": "Tandem serves full members only. Choose a colleague."}),
    ],
)
async def test_what_makes_no_sense_is_refused_beside_its_field(
    house: House, typed: dict[str, Any], said: dict[str, str]
) -> None:
    form = await sort_form(house, "Nonsense")
    refused = modal(await (await form.fill(typed)).submit())
    assert refused.errors == said
    await refused.dismiss()


async def test_a_request_is_never_the_same_as_itself_or_as_a_closed_one(house: House) -> None:
    await a_request(house, "First twin")
    await a_request(house, "Second twin")
    first = row_of(house, "First twin").number
    form = await sort_form(house, "First twin")
    assert f"R-{first} First twin" not in await form.suggestions("Same as", "twin")
    assert await forged(form, first) == {
        "Same as": "That's this request itself. Choose another, or leave it empty."
    }
    assert await forged(form, 9999) == {"Same as": "There is no R-9999 on the board. Choose another."}
    await a_request(house, "Nonsense of old")
    close(house, "Nonsense of old")
    closed = row_of(house, "Nonsense of old").number
    assert await forged(form, closed) == {"Same as": f"R-{closed} is released already. Choose one that is open."}


async def test_a_third_one_joins_what_the_second_became(house: House) -> None:
    await a_request(house, "Alpha")
    await a_request(house, "Beta", customers=["Quartz Labs"])
    await a_request(house, "Gamma", customers=["Delta Freight"])
    await same_as(house, "Beta", "Alpha")
    form = await sort_form(house, "Gamma")
    await forged(form, row_of(house, "Beta").number)
    assert row_of(house, "Gamma").same_as == row_of(house, "Alpha").number == row_of(house, "Gamma").survivor
    assert waiting(house, "Alpha") == ["Quartz Labs", "Delta Freight"]


async def test_the_same_form_delivered_twice_sorts_once(house: House) -> None:
    await a_request(house, "Once more")
    await a_request(house, "Once again", customers=["Acme Bank"])
    form = await sort_form(house, "Once again")
    await form.fill({"Same as": f"R-{row_of(house, 'Once more').number} Once more"})
    house.slack.deliver_twice()
    try:
        receipt = modal(await form.submit())
    finally:
        house.slack.deliver_twice(False)
    assert "is closed: it's the same as" in receipt.text
    assert waiting(house, "Once more") == ["Acme Bank"]


async def test_a_closed_or_gone_request_is_not_sorted(house: House) -> None:
    form = await sort_form(house, "Too late")
    close(house, "Too late")
    assert (
        "This request is already released, so there is nothing to sort."
        in modal(await form.submit()).errors["Owner"]
    )
    memory = json.loads(form.view.spec["private_metadata"])
    form.view.spec["private_metadata"] = json.dumps(memory | {"number": 9999})
    assert modal(await form.submit()).errors == {
        "Owner": "There is no R-9999 on the board. /board lists what is there."
    }


async def test_a_form_saved_empty_is_no_answer(house: House) -> None:
    form = await sort_form(house, "Still waiting")
    receipt = modal(await (await form.fill({"Owner": None})).submit())
    assert "It still waits for a first answer: an owner, a question or a no." in receipt.text
    assert row_of(house, "Still waiting").answered_at is None


async def test_a_guest_sees_nothing(house: House) -> None:
    await house.slack.add_user(User("Gus", is_restricted=True))
    seen = await house.person("Gus").slash("/board new")
    assert isinstance(seen, Message)
    assert seen.text.startswith("Tandem is for full members.")


# ---- how it is done -----------------------------------------------------------------------------


async def a_request(house: House, title: str, *, by: str = "Alice", customers: list[str] | None = None) -> None:
    form = modal(await house.person(by).slash(f"/request {title}"))
    await form.fill({"Business problem": "It takes them a day.", "Customers": customers})
    await (modal(await form.submit())).dismiss()
    await house.card(title)


async def new_requests(house: House, who: str = "Boris") -> Message:
    seen = await house.person(who).slash("/board new")
    assert isinstance(seen, Message), seen
    return seen


async def sort_form(house: House, title: str) -> Modal:
    """The form that sorts a request, filed when there is none of that title."""
    if not rows(house, select(request.c.number).where(request.c.title == title)):
        await a_request(house, title)
    boris = house.person("Boris")
    if boris.modal:
        await boris.modal.dismiss()
    page = modal(await boris.press("More", on=await house.card(title)))
    return modal(await boris.press("Sort", on=page))


async def same_as(house: House, title: str, other: str) -> None:
    form = await sort_form(house, title)
    await form.fill({"Same as": f"R-{row_of(house, other).number} {other}"})
    await modal(await form.submit()).dismiss()


async def forged(form: Modal, number: int) -> dict[str, str]:
    """Submit with this number chosen, whatever is offered."""
    [place] = [place for place in form.view.typed if place[0] == "same_as"]
    option = {"text": {"type": "plain_text", "text": "Forged"}, "value": str(number)}
    form.view.typed[place] = {"type": "external_select", "selected_option": option}
    return modal(await form.submit()).errors


def rows(house: House, statement: Any) -> list[Any]:
    engine = create_engine(plain(house.settings.database_url.get_secret_value()))
    try:
        with engine.begin() as connection:
            found = connection.execute(statement)
            return list(found) if found.returns_rows else []
    finally:
        engine.dispose()


def row_of(house: House, title: str) -> Any:
    [row] = rows(house, select(request).where(request.c.title == title))
    return row


def close(house: House, title: str) -> None:
    rows(house, update(request).where(request.c.title == title).values(status="released", rank_score=None))


def waiting(house: House, title: str) -> list[str]:
    wanted = select(account.c.name).join_from(ask, account).where(ask.c.behind == row_of(house, title).number)
    return [row.name for row in rows(house, wanted.order_by(ask.c.id))]


def watchers(house: House, title: str) -> list[str]:
    wanted = select(watcher.c.user).where(watcher.c.number == row_of(house, title).number)
    return [row.user for row in rows(house, wanted)]
