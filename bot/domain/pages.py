"""All there is to see of one request."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.asks import Importance
from bot.domain.blockers import Blocked
from bot.domain.budgets import Behind, Brings
from bot.domain.changes import Logged
from bot.domain.deals import DealsSaid
from bot.domain.escalations import Taken
from bot.domain.facts import Card
from bot.domain.ids import AccountId, UserId
from bot.domain.merging import Joins
from bot.domain.promises import Sentence
from bot.domain.roles import Doing
from bot.domain.suggestions import SuggestedTime
from bot.domain.talks import Question


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A customer behind a request."""

    account: AccountId
    name: str
    by: str | None  #: name of who brought it
    importance: Importance | None
    contact: str | None
    may_talk: bool | None
    brings: Brings | None = None


@dataclass(frozen=True, kw_only=True)
class Page:
    """A request opened up, for one reader."""

    card: Card
    reader: UserId
    may: frozenset[Doing]
    watches: bool
    sentence: Sentence | None
    waiting: tuple[Waiting, ...]  #: the newest
    questions: tuple[Question, ...]
    history: tuple[Logged, ...]  #: newest first
    names: Mapping[UserId, str]
    joins: Joins  #: what it has to do with others that ask for the same
    behind: Behind | None = None  #: the money behind it, for who may see it
    deals: DealsSaid | None = None  #: those it won and lost us
    blockers: tuple[Blocked, ...] = ()  #: what is in its way, the oldest first
    strategy: tuple[Taken, ...] = ()  #: each time it was taken to the strategy level, the newest first
    suggested: SuggestedTime | None = None  #: by the close dates of who needs it
