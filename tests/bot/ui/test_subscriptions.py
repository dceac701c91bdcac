"""Whatever is chosen, Slack takes the forms and lists we draw of it, and what people wrote stays text."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.digest import Digest, NorthStar, Star
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, UserId
from bot.domain.north_star import DEFINITION_LIMIT, NAME_LIMIT, StarForm, StarKept, StarWish
from bot.domain.periods import Period, Weekly
from bot.domain.requests import Source
from bot.domain.subscribing import (
    IN_ALL,
    Listed,
    Sample,
    Subscribed,
    SubscriptionForm,
    WeeklyForm,
    WeeklyKept,
    Wish,
)
from bot.domain.subscriptions import COMPANY, Subscription, SubscriptionId
from bot.ui import figures, north_star_form, subscription_form, weekly_form
from bot.ui.memory import Memory
from sandbox import rules
from tests.bot.ui.test_limits import NAMED, NASTY, up_to
from tests.builders import BORIS, GENERATED, filled

MEMORY = Memory(key="0" * 32, subscription=12, here="C0K8S")
BERLIN = ZoneInfo("Europe/Berlin")
K8S = ChannelId("C0K8S")
TUESDAYS = Weekly(day=1, minute=570, zone=BERLIN)
NEXT = Period(name="2026-W48", due_at=datetime(2026, 11, 24, 8, 30, tzinfo=UTC))
DIRECTIONS = up_to(60)
DIGEST = Digest(
    subscription=Subscription(id=SubscriptionId("s12"), channel=K8S, weekly=TUESDAYS, by=BORIS, at=NEXT.due_at),
    period="2026-W48",
    since=date(2026, 11, 16),
    until=date(2026, 11, 23),
)


def a_subscription(number: int = 12, **more: Any) -> Subscription:
    return replace(DIGEST.subscription, id=SubscriptionId(f"s{number}"), **more)


# ---- the list -----------------------------------------------------------------------------------


@given(name=NAMED, direction=DIRECTIONS)
@GENERATED
def test_as_many_as_there_may_be_fit_one_list(name: str, direction: str) -> None:
    own = tuple(
        a_subscription(n, direction=direction, owner=BORIS, source=Source.SALES_MARKET)
        for n in range(1, IN_ALL + 1)
    )
    company = replace(a_subscription(), id=COMPANY)
    view = subscription_form.listed(Listed(company=company, own=own, names={BORIS: name}, here=K8S))
    rules.check_view(view)
    assert "<!" not in json.dumps(view)
    assert subscription_form.here(view) == K8S


def test_without_a_coordination_channel_it_says_where_to_set_one() -> None:
    view = subscription_form.listed(Listed(company=None, own=(), names={}))
    rules.check_view(view)
    assert view["blocks"][0]["text"]["text"] == (
        "The company's own digest needs a coordination channel: `/tandem setup`."
    )
    assert subscription_form.here(view) is None


# ---- the form -----------------------------------------------------------------------------------


@given(directions=st.lists(DIRECTIONS, max_size=3), before=st.booleans())
@GENERATED
def test_what_the_form_shows_comes_back_as_it_was(directions: list[str], before: bool) -> None:
    known = a_subscription(direction=directions[0] if directions else None, source=Source.SUPPORT)
    blank = a_form(directions=tuple(directions), before=known if before else None)
    view = subscription_form.form(blank, MEMORY, others=True)
    rules.check_view(view)
    wish = subscription_form.read(filled(view))
    assert (wish.channel, wish.day, wish.time, wish.zone) == (K8S, 1, 570, "Europe/Berlin")
    assert (wish.direction, wish.source) == ((known.direction, known.source) if before else (None, None))


def test_a_hundred_directions_and_more_still_fit_one_menu() -> None:
    many = tuple(f"Direction {n}" for n in range(150))
    view = subscription_form.form(a_form(directions=many, before=a_subscription(direction="Old one")), MEMORY)
    rules.check_view(view)
    assert subscription_form.read(filled(view)).direction == "Old one"


def test_another_choice_changes_the_preview_and_nothing_else() -> None:
    view = filled(subscription_form.form(a_form(), MEMORY), day="3")
    again = subscription_form.redrawn(view, MEMORY, Sample(digest=DIGEST, next=NEXT, is_shared=True))
    rules.check_view(again)
    count = len(subscription_form.form(a_form(sample=None), MEMORY)["blocks"]) - 2
    assert again["blocks"][:count] == view["blocks"][:count]
    assert "names no amounts" in json.dumps(again["blocks"][count:])
    assert "names no amounts" not in json.dumps(view["blocks"])


def test_until_a_channel_is_chosen_there_is_no_preview() -> None:
    view = subscription_form.form(a_form(channel=None, sample=None), MEMORY)
    assert view["blocks"][-1]["elements"][0]["text"] == "Choose a channel, and I show what it would say."
    assert subscription_form.so_far(filled(view)) is None
    with pytest.raises(Refused) as caught:
        subscription_form.read(filled(view))
    assert caught.value.fields == {"channel": "Please choose this one again."}


@given(direction=st.none() | DIRECTIONS, name=NAMED, new=st.booleans(), shared=st.booleans(), inside=st.booleans())
@GENERATED
def test_a_receipt_always_fits(direction: str | None, name: str, new: bool, shared: bool, inside: bool) -> None:
    one = a_subscription(direction=direction, owner=BORIS)
    done = Subscribed(subscription=one, is_new=new, next=NEXT, names={BORIS: name}, is_shared=shared)
    view = subscription_form.receipt(done, is_inside=inside)
    rules.check_view(view)
    text = view["blocks"][0]["text"]["text"]
    assert ("/invite @Tandem" in text, "names no amounts" in text) == (not inside, shared)
    assert "<!" not in text


# ---- the company's ------------------------------------------------------------------------------


@pytest.mark.parametrize("fixed", ["", "tue 09:30"])
@pytest.mark.parametrize("someone", [None, BORIS])
def test_the_companys_form_comes_back_as_it_was(fixed: str, someone: UserId | None) -> None:
    company = replace(a_subscription(), id=COMPANY)
    view = weekly_form.form(WeeklyForm(company=company, fixed_at=fixed, facilitator=someone), MEMORY)
    rules.check_view(view)
    wish = weekly_form.read(filled(view))
    assert (wish.weekly_at, wish.facilitator) == (None if fixed else "tue 09:30", someone)


def test_the_companys_receipt_names_the_facilitator_as_data() -> None:
    for name in (None, *NASTY):
        kept = WeeklyKept(company=a_subscription(), next=NEXT, facilitator=name)
        view = weekly_form.receipt(kept)
        rules.check_view(view)
        assert "<!" not in json.dumps(view)
    assert "*Tuesdays 09:30 Berlin, next on 24 November.*" in json.dumps(view)


# ---- the north star -----------------------------------------------------------------------------

STARS = st.builds(
    Star,
    metric=up_to(120),
    name=up_to(NAME_LIMIT),
    definition=up_to(DEFINITION_LIMIT),
    unit=st.sampled_from(["%", "", "€", "PLN"]),
    target=st.none() | st.sampled_from([0.0, 65.0, 54.12, -2.5, 1_250_000.0, 999_999_999_999_999.0]),
)


@given(star=STARS, metrics=st.lists(up_to(120), max_size=3), figure=st.none() | st.floats(-1e15, 1e15))
@GENERATED
def test_the_star_in_the_form_comes_back_as_it_was(star: Star, metrics: list[str], figure: float | None) -> None:
    now = NorthStar(star=star, figures=() if figure is None else (("2026-W47", figure),))
    blank = StarForm(now=now, metrics=tuple(metrics), currency="€", week="2026-W48")
    view = north_star_form.form(blank, MEMORY)
    rules.check_view(view)
    assert north_star_form.read(filled(view)).star == star
    rules.check_view(north_star_form.receipt(StarKept(now=now, is_changed=True)))


def test_the_form_asks_which_metric_only_when_there_are_some() -> None:
    blank = StarForm(now=None, metrics=(), currency="PLN", week="2026-W48")
    view = north_star_form.form(blank, MEMORY)
    rules.check_view(view)
    assert "metric" not in {block.get("block_id") for block in view["blocks"]}
    wish = north_star_form.read(filled(view, name="NRR", definition="Kept revenue", unit="PLN", figure="1 200 PLN"))
    assert wish == StarWish(name="NRR", definition="Kept revenue", unit="PLN", figure=1200.0)


# ---- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "minute", "zone", "said"),
    [
        (0, 0, "America/New_York", "Mondays 00:00 New York"),
        (6, 1439, "America/Argentina/Buenos_Aires", "Sundays 23:59 Buenos Aires"),
        (1, 570, "UTC", "Tuesdays 09:30 UTC"),
    ],
)
def test_a_weekly_time_is_said_with_its_city(day: int, minute: int, zone: str, said: str) -> None:
    assert figures.weekly(Weekly(day=day, minute=minute, zone=ZoneInfo(zone))) == said


def a_form(**more: Any) -> SubscriptionForm:
    values: dict[str, Any] = {"weekly": TUESDAYS, "directions": (), "channel": K8S}
    sample = Sample(digest=DIGEST, next=NEXT, is_shared=False)
    return SubscriptionForm(**{**values, "sample": sample, **more})


def test_what_was_forged_is_refused_in_words() -> None:
    view = filled(subscription_form.form(a_form(), MEMORY))
    view["state"]["values"]["zone"] = {"z": {"selected_option": {"value": "Mars/Phobos"}}}
    view["state"]["values"]["time"] = {"t": {"selected_time": "25:00"}}
    with pytest.raises(Refused) as caught:
        subscription_form.read(view)
    assert caught.value.fields == {
        "zone": "Type a city, like Berlin, and choose a zone from the list.",
        "time": "Write a time like 09:30.",
    }
    assert Wish.model_fields.keys() >= caught.value.fields.keys()
