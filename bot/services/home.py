"""What a person's Home shows."""

from bot.domain.acts import Act
from bot.domain.facts import HomeView
from bot.domain.wsjf import Factor
from bot.services import access
from storage.store import Store

MINE = 10
TOP = 10
TO_SIZE = 5


def open_home(store: Store, act: Act) -> HomeView:
    """My requests, what I could size, and the top of the board."""
    who = access.member(store, act)
    assert act.by.user is not None
    sizes = who.owns(Factor.JOB_SIZE)
    return HomeView(
        mine=tuple(store.requests.of_person(act.by.user, MINE)),
        top=tuple(store.requests.top(TOP)),
        to_size=tuple(store.requests.unranked(TO_SIZE)) if sizes else (),
        ranked=store.requests.ranked(),
        unranked=store.requests.unranked_count(),
    )
