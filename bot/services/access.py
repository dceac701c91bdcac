"""Who is asking, and may they."""

from bot.domain.acts import Act
from bot.domain.errors import Refused
from bot.domain.ids import TeamId, UserId
from bot.domain.people import Member, admit
from bot.domain.roles import SAID, Doing, Role
from storage.store import Store

_ADMINS_NAMED = 5


def member(store: Store, act: Act) -> Member:
    """The person behind an act, with their roles. Raises Refused for everybody who doesn't belong here."""
    home = store.house.team()
    if home is None or act.by.user is None:
        raise Refused("Tandem isn't connected to a workspace yet. Try again in a minute.")
    if act.by.team not in (None, home):
        raise Refused("Tandem serves the workspace it is installed in. Ask a colleague there to do this for you.")
    known = store.people.member(act.by.user, store.policy)
    admit(known.person if known else None, home)
    assert known is not None
    return known


def allowed(store: Store, act: Act, doing: Doing) -> Member:
    """The person behind an act, if they may do this. Raises Refused that says who may.

    Asked when a form opens and again when it is submitted: roles change meanwhile.
    """
    who = member(store, act)
    if not who.may(doing):
        raise Refused(_who_may(store, doing, who))
    return who


def served(store: Store, user: UserId | None) -> Member | None:
    """Somebody Tandem may write to; None for who left, and for whom it doesn't serve."""
    known = store.people.member(user, store.policy) if user else None
    try:
        admit(known.person if known else None, store.house.team() or TeamId(""))
    except Refused:
        return None
    return known


def admins(store: Store, home: TeamId) -> list[str]:
    """Names of those who may change Tandem's settings; a few of many."""
    return [person.name for person in store.people.admins(store.policy, home, _ADMINS_NAMED)]


def no_channel(store: Store, purpose: str) -> Refused:
    """What to say where a channel for this is needed and none is chosen: who can choose one."""
    home = store.house.team()
    known = " or ".join(admins(store, home)) if home else ""
    return Refused(f"There is no {purpose} channel yet. {known or 'An admin'} can choose one with /tandem setup.")


def _who_may(store: Store, doing: Doing, who: Member) -> str:
    if doing is Doing.SET_UP:
        known = " or ".join(admins(store, who.person.team))
        return f"Only Tandem's admins change its settings. Ask {known or 'whoever installed it'}."
    roles = [role.value for role in Role if role in who.rights.of(doing)]
    return f"Only {' and '.join(roles)} may {SAID[doing]}. Ask one of them, or an admin to change that."
