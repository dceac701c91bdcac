"""All there is to see of one request."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.blockers import Blocked
from bot.domain.changes import Logged
from bot.domain.facts import Card
from bot.domain.ids import AccountId, UserId
from bot.domain.promises import Sentence
from bot.domain.requests import Request
from bot.domain.roles import Doing
from bot.domain.talks import Question


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A customer behind a request."""

    account: AccountId
    name: str
    by: str | None  #: name of who brought it
    contact: str | None
    may_talk: bool | None


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
    same_as: Request | None
    blockers: tuple[Blocked, ...] = ()  #: what is in its way, the oldest first
