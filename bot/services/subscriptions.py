"""Channels that have a weekly digest of their own, and when the company's is said."""

from dataclasses import replace
from datetime import datetime

from bot.domain.acts import Act
from bot.domain.changes import Change
from bot.domain.digest import State
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, UserId
from bot.domain.periods import Period
from bot.domain.roles import Doing
from bot.domain.subscribing import (
    IN_A_CHANNEL,
    IN_ALL,
    Listed,
    Sample,
    Subscribed,
    SubscriptionForm,
    WeeklyForm,
    WeeklyKept,
    WeeklyWish,
    Wish,
)
from bot.domain.subscriptions import Stored, Subscription, SubscriptionId
from bot.services import access, digest, schedules
from storage.store import Store

_NEW = SubscriptionId("s0")
_STOPPED = "This digest was stopped meanwhile. Set up a new one."


# ---- looking ------------------------------------------------------------------------------------


def open_list(store: Store, act: Act, here: ChannelId | None) -> Listed:
    """Every weekly digest, those of this channel first."""
    access.allowed(store, act, Doing.COORDINATE)
    company, own = schedules.company(store), store.digests.subscriptions()
    people = [user for one in [*own, *([company] if company else [])] for user in (one.by, one.owner)]
    return Listed(
        company=company,
        own=tuple(sorted(own, key=lambda one: one.channel != here)),
        names=store.people.names(people),
        here=here,
    )


def open_form(store: Store, act: Act, number: int | None, here: ChannelId | None) -> SubscriptionForm:
    """What the form shows at first: for a new digest of this channel, or for the one of that number."""
    access.allowed(store, act, Doing.COORDINATE)
    weekly = store.policy.weekly
    before = None if number is None else _the(store, number)
    start = before or (Subscription(id=_NEW, channel=here, weekly=weekly, by=None, at=act.at) if here else None)
    return SubscriptionForm(
        weekly=start.weekly if start else weekly,
        directions=tuple(store.requests.directions()),
        channel=start.channel if start else None,
        before=before,
        sample=_sample(store, act, start) if start else None,
    )


def preview(store: Store, act: Act, number: int | None, wish: Wish) -> Sample:
    """What the digest of this choice would say now."""
    who = access.allowed(store, act, Doing.COORDINATE)
    wanted = wish.stored(0, who.person.id, act.at).subscription
    return _sample(store, act, wanted if number is None else replace(wanted, id=_the(store, number).id))


def _sample(store: Store, act: Act, wanted: Subscription) -> Sample:
    coming = _coming(store, act.at, wanted)
    return Sample(
        digest=digest.compose(store, wanted, coming.name, act.at),
        next=coming,
        is_shared=_is_shared(store, wanted.channel),
    )


def _coming(store: Store, now: datetime, of: Subscription) -> Period:
    """When it comes next: there is one a week, at whatever time this week's was."""
    first = of.weekly.next(now)
    kept = store.digests.get(of.id, first.name)
    return first if kept is None or kept.state is State.COMING else of.weekly.next(first.due_at)


def _the(store: Store, number: int) -> Subscription:
    """Raises Refused when it isn't in force any more."""
    known = store.digests.subscription(number)
    if known is None:
        raise Refused(_STOPPED)
    return known


# ---- a channel's own ----------------------------------------------------------------------------


def save(store: Store, act: Act, number: int | None, wish: Wish) -> Subscribed:
    """Set up a channel's digest, or change the one of that number. The same form again saves nothing twice."""
    who = access.allowed(store, act, Doing.COORDINATE)
    _check_owner(store, wish)
    new = wish.stored(0, who.person.id, act.at)
    before = store.digests.subscribe(new, act.key) if number is None else _the(store, number)
    after = _change(store, act, before, wish)
    _check_room(store, after.channel)
    return Subscribed(
        subscription=after,
        is_new=number is None,
        next=_coming(store, act.at, after),
        names=store.people.names([after.owner]),
        is_shared=_is_shared(store, after.channel),
    )


def stop(store: Store, act: Act, number: int) -> None:
    """No digest of it any more; stopping it again changes nothing."""
    access.allowed(store, act, Doing.COORDINATE)
    store.digests.unsubscribe(number, act)


def _change(store: Store, act: Act, before: Subscription, wish: Wish) -> Subscription:
    """At another time, it counts from now on: nothing of before is posted late, or missed."""
    assert before.by
    wanted = wish.stored(before.number, before.by, before.at)
    if wanted.subscription.weekly != before.weekly:
        wanted = replace(wanted, at=act.at)
    if wanted.subscription != before:
        store.digests.change(wanted)
        store.changes.add(f"subscription:{wanted.id}", _differences(before, wanted), act)
    return wanted.subscription


def _differences(before: Subscription, after: Stored) -> list[Change]:
    old = vars(before) | {"day": before.weekly.day, "minute": before.weekly.minute, "zone": str(before.weekly.zone)}
    names = ("channel", "direction", "owner", "source", "day", "minute", "zone")
    said = [Change(field=name, old=old[name], new=getattr(after, name)) for name in names]
    return [one for one in said if one.old != one.new]


def _check_owner(store: Store, wish: Wish) -> None:
    if wish.owner and access.served(store, UserId(wish.owner)) is None:
        raise Refused("Choose a full member of this workspace, or nobody.", field="owner")


def _check_room(store: Store, channel: ChannelId) -> None:
    if len(store.digests.subscriptions(channel)) > IN_A_CHANNEL:
        raise Refused(f"This channel has {IN_A_CHANNEL} digests already. Stop one of them first.", field="channel")
    if len(store.digests.subscriptions()) > IN_ALL:
        raise Refused(f"There are {IN_ALL} digests already. Stop one of them first.", field="channel")


def _is_shared(store: Store, channel: ChannelId) -> bool:
    return store.channels.name(channel) is not None and not store.channels.is_private_to_us(channel)


# ---- the company's ------------------------------------------------------------------------------


def open_weekly(store: Store, act: Act) -> WeeklyForm:
    """When the company's digest is said, and who sees it before. Raises Refused without a coordination channel."""
    access.allowed(store, act, Doing.COORDINATE)
    return WeeklyForm(
        company=schedules.the_company(store),
        fixed_at=store.house.fixed.weekly_at,
        facilitator=store.policy.facilitator or None,
    )


def keep_weekly(store: Store, act: Act, wish: WeeklyWish) -> WeeklyKept:
    """Keep what differs; another time counts from now on."""
    access.allowed(store, act, Doing.COORDINATE)
    before = schedules.the_company(store)
    _decide_time(store, act, wish.weekly_at)
    _decide_facilitator(store, act, UserId(wish.facilitator) if wish.facilitator else None)
    after = store.house.policy()
    if after.weekly != before.weekly:
        store.house.set_mark(schedules.MARK, act.at.isoformat(), act)
    company, who = replace(before, weekly=after.weekly), access.served(store, after.facilitator)
    return WeeklyKept(
        company=company,
        next=_coming(store, act.at, company),
        facilitator=who.person.name if who else None,
    )


def _decide_time(store: Store, act: Act, weekly_at: str | None) -> None:
    if weekly_at and not store.house.fixed.weekly_at and store.policy.weekly_at != weekly_at:
        store.house.decide("weekly_at", weekly_at, act)


def _decide_facilitator(store: Store, act: Act, user: UserId | None) -> None:
    if user == (store.policy.facilitator or None):
        return
    who = access.served(store, user)
    if user and not (who and who.may(Doing.COORDINATE)):
        raise Refused("Choose somebody who may run the weekly coordination.", field="facilitator")
    store.house.decide("facilitator", user or "", act)
