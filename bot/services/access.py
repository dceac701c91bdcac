"""Who is asking, and may they."""

from bot.domain.acts import Act
from bot.domain.errors import Refused
from bot.domain.people import Member, admit
from storage.store import Store


def member(store: Store, act: Act) -> Member:
    """The person behind an act, with their roles. Raises Refused for everybody who doesn't belong here."""
    home = store.house.team()
    if home is None or act.by.user is None:
        raise Refused("Tandem isn't connected to a workspace yet. Try again in a minute.")
    if act.by.team not in (None, home):
        raise Refused("Tandem serves the workspace it is installed in. Ask a colleague there to do this for you.")
    known = store.people.member(act.by.user, store.policy.roles)
    admit(known.person if known else None, home)
    assert known is not None
    return known
