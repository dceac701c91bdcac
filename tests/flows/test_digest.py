"""The weekly digest: once a week, previewed by Boris, corrected in place, and never said twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from bot import app, cli
from bot.cli import digest as printed
from bot.cli import imports
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, MessageTs
from sandbox import Failure, Message, Modal, company
from sandbox.server import Sandbox
from tests.flows.house import MANIFEST, Calendar, House, free_port, modal, running, settings_for

FRIDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)  #: an hour and a half before it is due
SENTENCE = "One or two sentences for the top"
SAVED = "Everybody is at Acme's on Thursday."


@asynccontextmanager
async def workspace(database_url: str, start: datetime = MONDAY) -> AsyncIterator[House]:
    """The sample company with a coordination channel that Boris looks after. Nobody serves it yet."""
    async with Sandbox.open(MANIFEST, company.workspace()) as slack:
        settings = settings_for(
            slack,
            database_url,
            tandem_coordination_channel=slack.channel_id("#coordination"),
            tandem_admins=(slack.user_id("Boris"),),
        )
        yield House(slack=slack, settings=settings, calendar=Calendar(start))


@asynccontextmanager
async def served(database_url: str, start: datetime = MONDAY) -> AsyncIterator[House]:
    async with workspace(database_url, start) as house, running(house.settings, house.calendar.clocks):
        await imports.requests(house.settings, company.REQUESTS)
        await house.ring("digests")
        yield house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def week(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One Tandem for the side stories, in the hour before the digest of week 48."""
    async with served(f"sqlite:///{tmp_path_factory.mktemp('digest') / 'tandem.db'}") as house:
        yield house


# ---- the main stories, on both databases --------------------------------------------------------


async def test_monday_at_ten_brings_one_message_and_its_thread(database_url: str) -> None:
    async with served(database_url) as house:
        boris = house.person("Boris")
        await filed(house, "k8s-connector")
        await planned(house, "k8s-connector", "2026-12-12")
        await forward(house, minutes=29)
        assert digests(house) == []
        assert not previews(house)
        await forward(house, minutes=1)
        preview = await house.dm("Boris", "The weekly digest goes out at 10:00 to #coordination.", "Week 48")
        assert preview.buttons == ["Add a sentence", "Skip this week", "Post now"]

        form = modal(await boris.press("Add a sentence", on=preview))
        saved = modal(await (await form.fill({SENTENCE: SAVED})).submit())
        assert f"At the top of week 48: “{SAVED}”" in saved.text
        await saved.dismiss()
        await house.dm("Boris", "The weekly digest goes out", SAVED)

        await forward(house, hours=1)
        digest = await said(house)
        assert SAVED in digest.text
        assert digest.fallback.startswith("Week 48")
        await house.slack.until(lambda: bool(digest.thread))
        assert "k8s-connector" in digest.thread[0].text
        told = await house.dm("Boris", "The digest of week 48 is posted. See it")
        assert told == preview
        assert told.buttons == []
        for hours in (1, 1, 24, 48):
            await forward(house, hours=hours)
        assert len(digests(house)) == 1
        assert len(digest.thread) == 1

        await forward(house, days=4, hours=22)
        await house.slack.until(lambda: len(digests(house)) > 1)
        assert [one.text.splitlines()[0][:7] for one in digests(house)] == ["Week 48", "Week 49"]


async def test_a_date_corrected_an_hour_later_changes_the_message_in_place(database_url: str) -> None:
    async with served(database_url) as house:
        await filed(house, "k8s-connector")
        await planned(house, "k8s-connector", "2026-12-12")
        await forward(house, minutes=90)
        digest = await said(house)
        await house.slack.until(lambda: bool(digest.thread))
        assert "12 December" in whole(digest)
        await forward(house, hours=1)
        assert not digest.edited
        await planned(house, "k8s-connector", "2026-12-19")
        await forward(house, minutes=1)
        await forward(house, minutes=1)
        await house.slack.until(lambda: "12 December" not in whole(digest))
        assert "19 December" in whole(digest)
        assert len(digests(house)) == len(digest.thread) == 1


async def test_two_replicas_say_it_once(database_url: str) -> None:
    async with workspace(database_url) as house, AsyncExitStack() as replicas:
        for _ in range(2):
            settings = house.settings.model_copy(update={"tandem_http_port": free_port()})
            await replicas.enter_async_context(running(settings, house.calendar.clocks))
        await house.ring("digests")
        house.calendar.forward(minutes=90)
        await asyncio.gather(*(house.ring("digests") for _ in range(4)))
        digest = await said(house)
        await house.slack.until(lambda: bool(digest.thread))
        house.calendar.forward(minutes=1)
        await asyncio.gather(*(house.ring("digests") for _ in range(4)))
        assert len(digests(house)) == len(digest.thread) == 1


@pytest.mark.parametrize(("hours", "is_said"), [(47, True), (49, False)])
async def test_what_was_missed_is_caught_up_for_two_days(sqlite_url: str, hours: int, is_said: bool) -> None:
    async with workspace(sqlite_url, FRIDAY) as house:
        async with running(house.settings, house.calendar.clocks):
            await house.ring("digests")
        house.calendar.forward(days=2, hours=22 + hours)  # Monday at ten, and so much later
        async with running(house.settings, house.calendar.clocks):
            await house.ring("digests")
            if is_said:
                await said(house)
                return
            told = await house.dm("Boris", "The weekly digest of week 48 was not posted.")
            await house.ring("digests")
            assert digests(house) == []
            answer = modal(await house.person("Boris").press("Post it now", on=told))
            assert "The digest of week 48 is on its way to #coordination." in answer.text
            await answer.dismiss()
            digest = await said(house)
            assert "Week 48" in digest.text
            await noted(house, digest)
            again = modal(await house.person("Boris").press("Post it now", on=told))
            assert "The digest of week 48 is out. Boris posted it. See it" in again.text


# ---- by hand ------------------------------------------------------------------------------------


async def test_what_is_posted_early_is_not_said_again_on_monday(sqlite_url: str) -> None:
    async with served(sqlite_url, FRIDAY) as house:
        await forward(house, days=2, hours=21, minutes=5)  # Monday, five past nine
        preview = await house.dm("Boris", "The weekly digest goes out at 10:00")
        shown = message(await house.person("Alice").slash("/coordination"))
        tanyas = message(await house.person("Tanya").slash("/coordination"))
        assert "The week so far. It goes out" in shown.text
        answer = modal(await house.person("Alice").press("Post now", on=shown))
        assert "The digest of week 48 is on its way to #coordination." in answer.text
        await answer.dismiss()
        await said(house)
        redrawn = await house.dm("Boris", "Alice posted the digest of week 48. See it")
        assert redrawn == preview
        for hours in (1, 48):
            await forward(house, hours=hours)
        late = modal(await house.person("Tanya").press("Post now", on=tanyas))
        assert "The digest of week 48 is out. Alice posted it. See it" in late.text
        now = message(await house.person("Tanya").slash("/coordination"))
        assert "Post now" not in now.buttons
        assert len(digests(house)) == 1


async def test_a_channel_that_is_closed_to_us_can_be_opened_and_posted_to(sqlite_url: str) -> None:
    async with workspace(sqlite_url) as house:
        sales = house.slack.channel_id("#sales")
        settings = house.settings.model_copy(update={"tandem_coordination_channel": sales})
        house = replace(house, settings=settings)
        async with running(settings, house.calendar.clocks):
            await house.ring("digests")
            await forward(house, minutes=90)
            await house.dm("Boris", "#sales")
            await house.slack.invite("#sales")
            shown = message(await house.person("Alice").slash("/coordination"))
            assert "This week's digest was missed." in shown.text
            answer = modal(await house.person("Alice").press("Post now", on=shown))
            assert "The digest of week 48 is on its way to #sales." in answer.text
            await house.slack.until(lambda: len(house.slack.messages("#sales")) == 2)


async def test_a_skipped_week_is_passed_over_and_told_by_the_next(sqlite_url: str) -> None:
    async with served(sqlite_url) as house:
        boris = house.person("Boris")
        await forward(house, minutes=30)
        preview = await house.dm("Boris", "The weekly digest goes out at 10:00")
        answer = modal(await boris.press("Skip this week", on=preview))
        assert "There is no digest for week 48. The next one tells of both weeks." in answer.text
        await answer.dismiss()
        skipped = await house.dm("Boris", "Skipped by Boris.")
        assert skipped == preview
        await forward(house, hours=1)
        assert digests(house) == []
        again = modal(await boris.press("Post it after all", on=skipped))
        assert "on its way" in again.text
        await again.dismiss()
        await said(house)
        await house.dm("Boris", "Boris posted the digest of week 48.")


# ---- side stories, of one Tandem ----------------------------------------------------------------


@pytest.mark.asyncio(loop_scope="module")
async def test_looking_does_nothing_and_support_may_only_look(week: House) -> None:
    shown = {name: message(await week.person(name).slash("/coordination")) for name in ("Ines", "Marek")}
    assert "Post now" in shown["Marek"].buttons
    assert "Post now" not in shown["Ines"].buttons
    assert all(one.ephemeral for one in shown.values())
    assert digests(week) == []


@pytest.mark.asyncio(loop_scope="module")
async def test_words_it_does_not_know_are_answered_with_those_it_does(week: House) -> None:
    for line in ("/coordination help", "/coordination north pole", "/tandem coordination what now"):
        seen = message(await week.person("Alice").slash(line))
        assert "/coordination review start the weekly review here" in seen.text


@pytest.mark.asyncio(loop_scope="module")
async def test_every_word_leads_somewhere(week: House) -> None:
    alice, boris = week.person("Alice"), week.person("Boris")
    assert "in the way" in message(await alice.slash("/coordination blockers")).text
    assert "Which request?" in failure(await alice.slash("/coordination blocker"))
    for words in ("subscriptions", "subscribe", "north star", "north-star"):
        await modal(await boris.slash(f"/coordination {words}", channel="#general")).dismiss()
    assert "The week so far." in message(await alice.slash("/tandem coordination")).text


@pytest.mark.asyncio(loop_scope="module")
async def test_the_command_line_prints_it_and_nothing_comes_of_it(week: House) -> None:
    text = await printed.preview(week.settings, printed.day("2026-11-23"))
    assert text.startswith("Week 48")
    assert digests(week) == []


@pytest.mark.parametrize("text", ["", "23.11.2026", "2026-02-30", "9999-12-31", "tomorrow"])
def test_a_day_that_is_none_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(Refused, match="--date: write a day like 2026-11-23"):
        printed.day(text)


def test_a_bad_day_ends_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["digest", "weekly", "--preview", "--date", "soon"])
    assert ended.value.code == cli.BAD_INPUT
    assert capsys.readouterr().err == "tandem: --date: write a day like 2026-11-23, not 'soon'\n"


async def test_the_command_line_posts_it_once(sqlite_url: str) -> None:
    now = app.REAL.business()
    async with served(sqlite_url, now) as house:
        first = await printed.post(house.settings, None)
        digest = await said(house)
        await noted(house, digest)
        again = await printed.post(house.settings, None)
        assert "is on its way: a running Tandem posts it." in first
        assert "is out already, so nothing was posted: http" in again
        assert digest.ts.replace(".", "") in again
        assert len(digests(house)) == 1


async def test_without_a_channel_it_says_who_can_choose_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'tandem.db'}"
    async with Sandbox.open(MANIFEST, company.workspace()) as slack:
        settings = settings_for(slack, url, tandem_admins=(slack.user_id("Olga"),))
        async with running(settings):
            seen = await slack.person("Alice").slash("/coordination")
            assert "There is no coordination channel yet. Olga can choose one" in failure(seen)
            with pytest.raises(Refused, match="Olga can choose one with /tandem setup"):
                await printed.preview(settings, None)


# ---- pieces -------------------------------------------------------------------------------------


async def filed(house: House, title: str) -> None:
    form = modal(await house.person("Alice").slash(f"/request {title}"))
    await form.fill({"Business problem": "It takes them a day."})
    figures = {"User/Business value": 8, "Time criticality": 2, "Risk reduction": 3, "Job size": 13}
    await form.fill(
        {label: next(o for o in form.options(label) if o.startswith(f"{step} ")) for label, step in figures.items()}
    )
    await modal(await form.submit()).dismiss()
    await house.card(title)


async def planned(house: House, title: str, day: str) -> None:
    boris = house.person("Boris")
    page = modal(await boris.press("More", on=await house.card(title)))
    form = modal(await boris.press("Move", on=page))
    await form.fill({"Move to": "Planned", "Target date": day})
    seen = await form.submit()
    assert isinstance(seen, Modal)
    assert not seen.errors
    await seen.dismiss()


async def forward(house: House, **by: float) -> None:
    """Business time passes, and the clock rings."""
    house.calendar.forward(**by)
    await house.ring("digests")


async def said(house: House) -> Message:
    await house.slack.until(lambda: bool(digests(house)))
    return digests(house)[-1]


async def noted(house: House, digest: Message) -> None:
    """Once we know where we posted it, which is a little later than it is seen."""
    async with app.open_database(house.settings) as db, asyncio.timeout(10):
        place = ChannelId(digest.post.channel), MessageTs(digest.ts)
        while not await db.read(lambda store: store.messages.at(*place)):  # noqa: ASYNC110 - another process may do it
            await asyncio.sleep(0.02)


def digests(house: House) -> list[Message]:
    return [one for one in house.slack.messages("#coordination") if one.parent is None]


def previews(house: House) -> list[Message]:
    return [dm for dm in house.person("Boris").dms() if "weekly digest" in dm.text]


def whole(digest: Message) -> str:
    return "\n".join([digest.text, *(reply.text for reply in digest.thread)])


def message(seen: object) -> Message:
    assert isinstance(seen, Message), seen
    return seen


def failure(seen: object) -> str:
    assert isinstance(seen, Failure | Message), seen
    return seen.text
