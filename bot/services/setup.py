"""Settings people change in Slack: channels, roles, who may do what."""

from collections.abc import Iterable
from typing import Any

from bot.domain.acts import Act
from bot.domain.errors import Refused
from bot.domain.facts import ChannelTest
from bot.domain.ids import ChannelId, GroupId, UserId
from bot.domain.notices import Notice, State, Topic
from bot.domain.people import Member, admit
from bot.domain.policy import Cards, Policy
from bot.domain.roles import DEFAULTS, Doing
from bot.domain.setup import Helped, Holders, Permits, Permitted, Purpose, Saved, Settings, Setup
from bot.services import access, channels
from storage.store import Store

FOUND = 20  #: groups, and people, that a search shows


# ---- looking ------------------------------------------------------------------------------------


def open_form(store: Store, act: Act) -> Settings:
    """What is set now. Raises Refused for everybody but admins."""
    who = access.allowed(store, act, Doing.SET_UP)
    held = [holder for holders in store.policy.roles.holders.values() for holder in holders]
    return Settings(
        policy=store.policy,
        fixed=store.house.fixed,
        groups=store.people.handles(GroupId(holder) for holder in held),
        names=store.people.names(UserId(someone) for someone in [*held, *store.policy.admins]),
        admins=_admins(store, who),
    )


def _admins(store: Store, who: Member) -> frozenset[UserId]:
    """Those decided on who are still here, and whoever is about to save."""
    chosen = store.people.admins(store.policy, who.person.team, FOUND) if store.policy.admins else ()
    return frozenset({who.person.id, *(person.id for person in chosen)})


def suggest_holders(store: Store, act: Act, words: str) -> Holders:
    """Groups and people whose name holds what was typed so far."""
    who = access.allowed(store, act, Doing.SET_UP)
    return Holders(
        groups=store.people.search_groups(words, FOUND),
        people=tuple(store.people.search(words, who.person.team, FOUND)),
    )


def open_help(store: Store, act: Act) -> Helped:
    who = access.member(store, act)
    return Helped(
        admins=tuple(access.admins(store, who.person.team)),
        may=tuple(doing for doing in DEFAULTS if who.may(doing)),
        roles_in_use=who.roles_in_use,
    )


# ---- saving -------------------------------------------------------------------------------------


def save(store: Store, act: Act, setup: Setup) -> Saved:
    """Keep what differs, make who saves an admin, and test the channels that are new or did not work.

    Saving the same key again tests nothing twice.
    """
    who = access.allowed(store, act, Doing.SET_UP)
    before, fixed = store.policy, store.house.fixed
    _decide(store, act, "channels", _channels(store, setup))
    _decide(store, act, "cards", setup.cards)
    _decide(store, act, "capture", setup.capture)
    if setup.roles is not None and not fixed.roles.in_use:
        _decide(store, act, "roles", {role: sorted(ids) for role, ids in setup.roles.items() if ids})
    if not fixed.admins:
        chosen = before.admins if setup.admins is None else {_admin(store, UserId(user)) for user in setup.admins}
        _decide(store, act, "admins", sorted({who.person.id, *chosen}))
    after = store.house.policy()
    if after.cards is Cards.DAILY and before.cards is not Cards.DAILY:
        channels.begin_rollups(store, act)
    return Saved(policy=after, tested=_test(store, act, before, after, who.person.name))


def permit(store: Store, act: Act, permits: Permits) -> Permitted:
    """Keep who may do what; only what differs from the defaults."""
    access.allowed(store, act, Doing.SET_UP)
    before = store.policy.rights
    decided = {doing: sorted(roles) for doing, roles in permits.decided.items()}
    _decide(store, act, "rights", decided)
    after = store.house.policy()
    changed = tuple(doing for doing in DEFAULTS if before.of(doing) != after.rights.of(doing))
    return Permitted(policy=after, changed=changed)


def _decide(store: Store, act: Act, name: str, value: Any) -> None:
    if store.house.decided(name) != value:
        store.house.decide(name, value, act)


def _channels(store: Store, setup: Setup) -> dict[str, str]:
    """What is fixed is not asked for: what was chosen before it was stays kept for when it no longer is."""
    fixed = store.house.fixed.channels
    asked = {purpose: channel for purpose, channel in setup.channels.items() if not getattr(fixed, purpose)}
    if Purpose.BOARD in asked and not asked[Purpose.BOARD]:
        raise Refused("Choose the channel that shows requests.", field="channel_board")
    kept = {**(store.house.decided("channels") or {}), **asked}
    return {str(purpose): channel for purpose, channel in kept.items() if channel}


def _admin(store: Store, user: UserId) -> UserId:
    home = store.house.team()
    assert home is not None
    try:
        return admit(store.people.get(user), home).id
    except Refused:
        raise Refused("Admins are full members of this workspace. Choose others.", field="admins") from None


# ---- testing ------------------------------------------------------------------------------------


def _test(store: Store, act: Act, before: Policy, after: Policy, by: str) -> tuple[ChannelId, ...]:
    """A channel is tested once, whatever it is for."""
    purposes = {channel: name for name, channel in reversed(vars(after.channels).items()) if channel}
    was = vars(before.channels)
    wanted = [c for c, name in purposes.items() if was[name] != c or not _works(store, act, c)]
    for channel in wanted:
        _say_hello(store, act, channel, ChannelTest(purpose=purposes[channel], by=by))
    return tuple(sorted(wanted, key=list(_in_order(after)).index))


def _in_order(policy: Policy) -> Iterable[ChannelId]:
    return (channel for channel in vars(policy.channels).values() if channel)


def _works(store: Store, act: Act, channel: ChannelId) -> bool:
    """Whether the newest test arrived; the one of this very form is spoken of again."""
    key = str(store.house.mark(_mark(channel)))
    return key != _key(act, channel) and store.outbox.state(key) == State.POSTED


def _say_hello(store: Store, act: Act, channel: ChannelId, test: ChannelTest) -> None:
    key = _key(act, channel)
    notice = Notice(topic=Topic.TEST, key=key, line=channel, payload=vars(test), due_at=act.at)
    store.outbox.put(notice, act.at)
    store.house.set_mark(_mark(channel), key, act)


def _key(act: Act, channel: ChannelId) -> str:
    return f"test:{act.key}:{channel}"


def _mark(channel: ChannelId) -> str:
    return f"test:{channel}"
