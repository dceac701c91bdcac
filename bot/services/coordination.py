"""What people do with a week's digest by hand: see it, post it, skip it, say something at its top."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.acts import Act
from bot.domain.digest import CORRECTIONS, Called, Digest, Kept, Preview, State
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId
from bot.domain.notices import Topic
from bot.domain.roles import Doing
from bot.domain.subscriptions import Subscription, SubscriptionId
from bot.services import access, digest, schedules, weekly
from storage.store import Store

_GONE = "This digest is no longer set up. /coordination shows what is."


def show(store: Store, act: Act, channel: ChannelId) -> Preview:
    """This week's digest of the channel somebody asks in, else the company's; for their eyes only."""
    who = access.member(store, act)
    here = [of for of in schedules.all_of(store) if of.channel == channel]
    of = next(iter(here), None) or schedules.the_company(store)
    shown = weekly.preview_of(store, of, this_week(of, act.at), act.at, who)
    # Set up after this week's slot, it posts nothing by itself before the next one.
    return replace(shown, due_at=of.weekly.next(act.at).due_at) if shown.due_at < of.at else shown


def this_week(of: Subscription, now: datetime) -> str:
    """The week a digest posted now is of: the one we are in, or the one that is due within the hour."""
    coming = of.weekly.next(now)
    is_near = coming.due_at - weekly.PREVIEW <= now
    return coming.name if is_near else of.weekly.of(now.astimezone(of.weekly.zone).date()).name


def post(store: Store, act: Act, subscription: SubscriptionId, period: str) -> Called:
    """Post a week's digest now, unless it is out. Raises Refused for whoever may not, and for weeks gone by."""
    access.allowed(store, act, Doing.COORDINATE)
    return post_now(store, act, _found(store, subscription, period), period)


def post_now(store: Store, act: Act, of: Subscription, period: str) -> Called:
    """The same, whoever asks for it."""
    kept = _may_still(store, act, of, period)
    is_new = weekly.claim(store, act, of, period) or (kept is not None and not weekly.is_out(store, of, kept))
    if is_new:
        weekly.put_digest(store, act, of, period)
    return _called(store, of, period, is_new=is_new)


def as_of(store: Store, act: Act, day: date | None) -> Digest:
    """The company's digest of the week a day lies in, as said at that day's end, or now if that is sooner.

    Raises Refused when there is no channel for it.
    """
    of = schedules.the_company(store)
    day = day or act.at.astimezone(of.weekly.zone).date()
    ends = datetime.combine(day + timedelta(days=1), time(), of.weekly.zone).astimezone(UTC)
    period = of.weekly.of(day).name
    kept = store.digests.get(of.id, period)
    if kept and (kept.state is not State.POSTED or kept.at >= ends):
        kept = weekly.unsaid(kept)
    return digest.compose(store, of, period, min(ends, act.at), kept)


def skip(store: Store, act: Act, subscription: SubscriptionId, period: str) -> Called:
    """No digest that week: the next one tells of it too. Raises Refused for whoever may not, and once it is out."""
    access.allowed(store, act, Doing.COORDINATE)
    of = _found(store, subscription, period)
    kept = _may_still(store, act, of, period)
    is_new = weekly.claim(store, act, of, period)
    if is_new:
        kept = weekly.kept_of(store, act, of, period)
        store.digests.put(replace(kept, state=State.SKIPPED, by=act.by.user, at=act.at))
        weekly.redraw_preview(store, act, of, period)
    return _called(store, of, period, is_new=is_new)


def _called(store: Store, of: Subscription, period: str, *, is_new: bool) -> Called:
    kept = store.digests.get(of.id, period)
    assert kept is not None
    said = store.messages.find(of.key(period), Topic.DIGEST)
    return Called(
        channel=kept.channel,
        period=period,
        state=weekly.state_of(store, of, kept),
        is_new=is_new,
        by=weekly.name_of(store, kept.by),
        link=said.permalink if said else None,
    )


def open_sentence(store: Store, act: Act, subscription: SubscriptionId, period: str) -> Kept:
    """What the form shows at first."""
    access.allowed(store, act, Doing.COORDINATE)
    of = _found(store, subscription, period)
    return _may_speak(store, act, of, period)


def say(store: Store, act: Act, subscription: SubscriptionId, period: str, sentence: str | None) -> Kept:
    """Say a sentence at the top of a week's digest; none takes it away. One that is out is drawn anew."""
    access.allowed(store, act, Doing.COORDINATE)
    of = _found(store, subscription, period)
    kept = _may_speak(store, act, of, period)
    if (kept.sentence or None) == (sentence or None):
        return kept
    kept = replace(kept, sentence=sentence or None, sentence_by=act.by.user if sentence else None)
    store.digests.put(kept)
    if kept.state is State.POSTED:
        weekly.redraw(store, act, of, kept)
    weekly.redraw_preview(store, act, of, period)
    return kept


def _may_speak(store: Store, act: Act, of: Subscription, period: str) -> Kept:
    known = _may_still(store, act, of, period)
    if known and known.state is State.POSTED and act.at >= known.at + CORRECTIONS:
        raise Refused("This digest has been out for more than a day. Say it in the next one.")
    return known if known and known.state is State.POSTED else weekly.kept_of(store, act, of, period)


def _found(store: Store, subscription: SubscriptionId, period: str) -> Subscription:
    """Raises Refused when there is no such digest, or no such week."""
    try:
        of = schedules.find(store, subscription)
        _ = of and of.weekly.named(period)
    except ValueError:
        of = None
    if of is None:
        raise Refused(_GONE)
    return of


def _may_still(store: Store, act: Act, of: Subscription, period: str) -> Kept | None:
    """What is kept of a week about which something can still be decided. Raises Refused for all others."""
    kept, this = store.digests.get(of.id, period), this_week(of, act.at)
    if kept and weekly.is_out(store, of, kept):
        return kept
    if period > this:
        raise Refused(f"It's too early for the digest of week {int(period[-2:])}. /coordination shows this week's.")
    if _is_told_by_others(store, of, period, kept, this):
        raise Refused(f"Week {int(period[-2:])} is over; a later digest tells of it. /coordination shows it.")
    return kept


def _is_told_by_others(store: Store, of: Subscription, period: str, kept: Kept | None, this: str) -> bool:
    """A week that was skipped or missed can be told until the next one is."""
    if period < this and (kept is None or kept.state is State.COMING):
        return True
    last = store.digests.last(of.id)
    return last is not None and last.period > period
