"""How a person wants to hear of what."""

from collections.abc import Mapping

from bot.domain.acts import Act
from bot.domain.errors import Refused
from bot.domain.ids import UserId
from bot.domain.notices import PREFERENCES, Mode, Topic
from bot.domain.preferences import CHOICES
from bot.services import access
from storage.store import Store

Wishes = Mapping[Topic, Mode]


def of(store: Store, user: UserId) -> Wishes:
    """What this person said, and the defaults for the rest."""
    said = store.people.preferences(user)
    return {topic: said.get(topic, mode) for topic, mode in PREFERENCES.items()}


def open_preferences(store: Store, act: Act) -> Wishes:
    return of(store, access.member(store, act).person.id)


def save(store: Store, act: Act, wishes: Wishes) -> Wishes:
    """Keep what differs from before; what that is. Raises Refused for what can't be chosen."""
    user = access.member(store, act).person.id
    for topic, mode in wishes.items():
        if mode not in CHOICES[topic]:
            raise Refused("Please choose this one again.", field=topic)
    before = of(store, user)
    changed = {topic: mode for topic, mode in wishes.items() if before[topic] is not mode}
    for topic, mode in changed.items():
        store.people.prefer(user, topic, mode, act.at)
    return changed
