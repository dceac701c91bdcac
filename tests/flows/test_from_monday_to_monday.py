"""A whole week of coordination: preview, digest, review, a blocker, the Monday after. Every message is counted."""

from datetime import UTC, datetime

from bot.cli import imports
from sandbox import Message, company
from sandbox.server import Sandbox
from tests.flows.house import MANIFEST, Calendar, House, modal, running, settings_for
from tests.flows.test_digest import digests, filed, forward, noted, said
from tests.flows.test_flow import close
from tests.flows.test_from_ask_to_outcome import done
from tests.flows.test_review import decides, its_minutes, review

WHERE = "#coordination"


async def test_from_monday_to_monday(database_url: str) -> None:
    async with Sandbox.open(MANIFEST, company.workspace()) as slack:
        settings = settings_for(
            slack,
            database_url,
            tandem_coordination_channel=slack.channel_id(WHERE),
            tandem_admins=(slack.user_id("Boris"),),
        )
        house = House(slack=slack, settings=settings, calendar=Calendar(datetime(2026, 11, 23, 8, 30, tzinfo=UTC)))
        async with running(settings, house.calendar.clocks):
            await imports.accounts(settings, company.ACCOUNTS)
            await imports.requests(settings, company.REQUESTS, cards=True)
            await house.ring("digests")
            await a_north_star_is_agreed_on(house)
            digest = await the_week_is_told(house)
            await the_team_reviews_what_waits(house, digest)
            await what_is_in_the_way_is_cleared(house)
            await the_next_week_tells_of_it(house)
        texts = [message.text.splitlines()[0] for message in digests(house)]
        assert [line[:11] for line in texts] == ["Week 48 · A", "Review over", "Week 49 · A"]
        assert len(house.person("Boris").dms()) - len(rounds(house, "Boris")) == 2  # a preview each Monday


async def a_north_star_is_agreed_on(house: House) -> None:
    form = modal(await house.person("Boris").slash("/coordination north star"))
    await form.fill({form.labels[0]: "Activation", form.labels[1]: "New users active within 30 days"})
    await form.fill({"This week's figure (week 48)": "54", "Target": "65"})
    receipt = modal(await form.submit())
    assert "Activation is the north star: 54 % now, target 65 %." in receipt.text
    await receipt.dismiss()


async def the_week_is_told(house: House) -> Message:
    await filed(house, "k8s-connector")
    await forward(house, minutes=30)
    await house.dm("Boris", "The weekly digest goes out at 10:00 to #coordination.")
    await forward(house, hours=1)
    digest = await said(house)
    assert digest.text.startswith("Week 48 · Activation 54 %, target 65 %")
    assert "One new request: k8s-connector." in digest.text
    assert "k8s-connector: #3 on the board, and nobody has planned it" in digest.text
    await noted(house, digest)
    return digest


async def the_team_reviews_what_waits(house: House, digest: Message) -> None:
    await house.person("Alice").press("Start review", on=digest)
    first = await review(house, "Review · 1 of 1", "k8s-connector")
    await decides(house, "Alice", first, "Ship it for one cloud first.")
    await review(house, "✓ Decision, Alice: Ship it for one cloud first.")
    form = modal(await house.person("Boris").press("New date or move", on=first))
    await done(form, {"Move to": "Planned", "Target date": "2026-12-12"})
    await review(house, "✓ Boris: planned; aimed at 12 December")
    await forward(house, minutes=1)
    await house.slack.until(lambda: "nobody has planned it" not in digest.text)
    form = modal(await house.person("Boris").press("Blocked?", on=first))
    await form.fill({form.labels[0]: "waits for the legal text", form.labels[1]: "Tanya"})
    await form.submit()
    await close(house, "Boris")
    await review(house, "Blocked since today: “waits for the legal text” (Tanya).")
    await house.person("Alice").press("End", on=first)
    minutes = await its_minutes(house, await review(house, "Review over"))
    assert "• Decision, Alice: Ship it for one cloud first." in minutes.text
    assert "• Blocker, from Boris: waits for the legal text" in minutes.text


async def what_is_in_the_way_is_cleared(house: House) -> None:
    tanya = house.person("Tanya")
    await house.dm("Tanya", "waits for you: “waits for the legal text”")
    house.calendar.forward(days=2)
    await house.ring("blockers")
    nudge = await house.dm("Tanya", "still waits for you: “waits for the legal text”")
    form = modal(await tanya.press("It's resolved", on=nudge))
    receipt = modal(await (await form.fill({form.labels[0]: "Legal signed."})).submit())
    await receipt.dismiss()
    await house.dm("Tanya", "is out of the way")
    house.calendar.forward(days=4)
    await house.ring("blockers")
    assert len([one for one in tanya.dms() if "waits for the legal text" in one.text]) == 2


async def the_next_week_tells_of_it(house: House) -> None:
    boris = house.person("Boris")
    page = modal(await boris.press("More", on=await house.card("Audit log")))
    form = modal(await boris.press("Move", on=page))
    await done(form, {"Move to": "In progress"})
    await forward(house, hours=23)
    await house.dm("Boris", "The weekly digest goes out", "Week 49")
    await forward(house, hours=1)
    await house.slack.until(lambda: len(digests(house)) == 3)  # the review among them
    digest = digests(house)[-1]
    await house.slack.until(lambda: bool(digest.thread))
    assert "Audit log is in progress" in digest.text
    assert "waits for the legal text" not in digest.text + digest.thread[0].text
    assert "k8s-connector is aimed at 12 December" in digest.text
    assert "new request" not in digest.text, "it was told a week ago"


def rounds(house: House, name: str) -> list[Message]:
    return [one for one in house.person(name).dms() if "Good morning" in one.text]
