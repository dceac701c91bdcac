"""Questions about a request, and their answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from bot.domain.errors import Refused
from bot.domain.ids import AccountId, RequestNumber, UserId
from bot.domain.requests import Request
from bot.domain.text import clean, is_blank, one_line

WORDS_LIMIT = 2000
CONTACT_LIMIT = 200


class Kind(StrEnum):
    QUESTION = "question"  #: product wants to know
    SIZE = "size"  #: tech can't size it yet, and says what it needs
    TALK = "talk"  #: may product talk to this customer?


@dataclass(frozen=True, kw_only=True)
class Question:
    id: int  #: 0 until it is stored
    number: RequestNumber
    kind: Kind
    words: str
    by: UserId
    to: UserId
    at: datetime
    account: AccountId | None = None  #: the customer a TALK is about
    answer: str | None = None
    answered_by: UserId | None = None
    answered_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.answered_at is None

    @property
    def subject(self) -> str:
        """What the message register calls it."""
        return f"question:{self.id}"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question as the person asked sees it, and its answer once it is there."""

    question: Question
    request: Request
    names: Mapping[UserId, str]
    account: str | None = None  #: the customer's name


@dataclass(frozen=True, kw_only=True)
class Answered:
    """An answer, for whoever asked."""

    question: Question
    request: Request
    names: Mapping[UserId, str]
    account: str | None = None


@dataclass(frozen=True, kw_only=True)
class AskForm:
    """What the form for a question knows before a person writes."""

    request: Request
    to: UserId | None  #: who is likely to know
    account: AccountId | None = None  #: the customer somebody would like to talk to
    account_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class Permission:
    """Whether product may talk to a customer, and to whom there."""

    may_talk: bool
    contact: str | None = None


class Catch(StrEnum):
    """What became of a direct message to Tandem."""

    ANSWERED = "answered"
    UNCLEAR = "unclear"  #: several questions wait: which one does it answer?
    NOTHING = "nothing"  #: nobody asked, or it was heard already


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A direct message to Tandem, and the questions it answers or might answer."""

    catch: Catch
    asked: tuple[Asked, ...] = ()
    is_shown: bool = True  #: the question stands in a message of its own, which shows the answer


# ---- what people write --------------------------------------------------------------------------


def said(words: str, what: str = "question") -> str:
    """Cleaned. Raises Refused when nothing is said, or more than anybody reads."""
    words = clean(words)
    if is_blank(words):
        raise Refused(f"Write your {what} in a few words.", field="words")
    if len(words) > WORDS_LIMIT:
        raise Refused(f"That's {len(words):,} characters; keep it under {WORDS_LIMIT:,}.", field="words")
    return words


def _contact(text: str) -> str:
    if len(text) > CONTACT_LIMIT:
        raise ValueError(f"That's {len(text)} characters; a name and a mail fit into {CONTACT_LIMIT}.")
    return text


Contact = Annotated[str, BeforeValidator(lambda text: one_line(clean(text))), AfterValidator(_contact)]


class Asking(BaseModel):
    """A question as written in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    to: UserId
    words: Annotated[str, AfterValidator(said)]


class Consent(BaseModel):
    """May product talk to a customer, as answered in a form."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    may_talk: bool
    contact: Contact = ""
