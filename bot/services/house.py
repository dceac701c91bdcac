"""The workspace we serve and our copy of its people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.acts import Act
from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, TeamId, UserId
from bot.domain.people import Group, Person
from storage.store import Store


def settle_in(store: Store, act: Act, team: TeamId, name: str, url: str, bot_user: UserId) -> None:
    """Fix the workspace at first start. Raises Refused when the database serves another one."""
    home = store.house.team()
    if home is None:
        store.house.settle_in(team, name, url, bot_user, act)
    elif home != team:
        raise Refused(
            f"This database belongs to workspace {home}, but the bot token is for {team}. "
            "Use the token of the first one, or another DATABASE_URL."
        )


def keep_people(store: Store, act: Act, people: Sequence[Person]) -> None:
    store.people.put(people, act.wall)


def keep_groups(store: Store, act: Act, groups: Sequence[Group]) -> None:
    store.people.put_groups(groups, act.wall)


def keep_channel(store: Store, act: Act, channel: ChannelId, name: str, *, is_shared: bool) -> None:
    """What Slack says of a channel; what we know already isn't kept again."""
    if (store.channels.name(channel), store.channels.is_private_to_us(channel)) != (name, not is_shared):
        store.channels.put(channel, name, is_shared=is_shared, at=act.wall)


def doubt_channel(store: Store, act: Act, channel: ChannelId) -> None:
    """Slack no longer says who reads it: from now on that may be anybody."""
    name = store.channels.name(channel)
    if name is not None:
        keep_channel(store, act, channel, name, is_shared=True)


def channels_in_use(store: Store) -> Sequence[ChannelId]:
    """Channels we speak in, or have spoken in."""
    return list(dict.fromkeys([*store.policy.channels.chosen, *store.channels.in_use()]))


def knows(store: Store, user: UserId) -> bool:
    return store.people.get(user) is not None


def has_people(store: Store) -> bool:
    """Whether our copy of the directory holds anybody yet."""
    return store.people.any()


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """What machines watch."""

    notices: Mapping[str, int]  #: by state
    ranked: int


def numbers(store: Store) -> Numbers:
    return Numbers(notices=store.outbox.counts(), ranked=store.requests.ranked())


def failures(store: Store) -> Sequence[tuple[str, str, str]]:
    """The newest notices that could not be said: (key, state, error)."""
    return store.outbox.failed(limit=20)
