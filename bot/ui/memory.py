"""What a modal remembers between its opening and its submission. It comes back from outside, so it is checked."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.domain.errors import Refused
from bot.domain.ids import AccountId, RequestNumber
from bot.domain.needs import AT_ONCE, Need
from bot.domain.requests import Origin, Status
from bot.domain.wsjf import Factor
from bot.ui.parts import View

STALE = "This form is from an older Tandem. Close it and open it again."


class Memory(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    key: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]  #: once-only key of what the form will do
    number: Annotated[RequestNumber, Field(gt=0, lt=10**9)] | None = None  #: the request it is about
    origin: Origin | None = None  #: the message it came from
    question: Annotated[int, Field(gt=0, lt=2**53)] | None = None  #: the question it answers
    blocker: Annotated[int, Field(gt=0, lt=2**53)] | None = None  #: what is in the way, and this is about
    account: AccountId | None = None  #: the customer it is about
    version: Annotated[int, Field(ge=0, lt=10**6)] = 0  #: of the sentence the form showed; 0: there was none
    status: Status | None = None  #: where the form began to move it from
    target: date | None = None  #: the date it had then
    deal: Annotated[int, Field(gt=0, lt=2**53)] | None = None  #: the deal it is about
    escalation: Annotated[int, Field(gt=0, lt=2**53)] | None = None  #: what was taken to the strategy level
    digest: Annotated[str, Field(pattern=r"^(company|s[0-9]{1,9}):[0-9]{4}-W[0-9]{2}$")] | None = None
    subscription: Annotated[int, Field(gt=0, lt=2**31)] | None = None  #: the one it changes
    here: Annotated[str, Field(pattern="^[CG][A-Z0-9]{1,20}$")] | None = None  #: the channel one began in
    needs: Annotated[tuple[Need, ...], Field(max_length=AT_ONCE)] = ()  #: what it showed of customers
    shown: dict[Factor, int] = {}  #: figures the form began with: left alone, they are nobody's word
    taken: dict[Factor, int] = {}  #: suggested figures that were put into their fields
    editions: dict[Factor, Annotated[int, Field(gt=1, lt=10**6)]] = {}  #: of fields that were prefilled anew

    def about(self) -> RequestNumber:
        """The request the form is about. Raises Refused when it says none."""
        if self.number is None:
            raise Refused(STALE)
        return self.number

    def answers(self) -> int:
        """The question the form answers. Raises Refused when it says none."""
        if self.question is None:
            raise Refused(STALE)
        return self.question

    def unblocks(self) -> int:
        """The blocker the form is about. Raises Refused when it says none."""
        if self.blocker is None:
            raise Refused(STALE)
        return self.blocker

    def ends(self) -> int:
        """The deal the form is about. Raises Refused when it says none."""
        if self.deal is None:
            raise Refused(STALE)
        return self.deal

    def decides(self) -> int:
        """The case the form is about. Raises Refused when it says none."""
        if self.escalation is None:
            raise Refused(STALE)
        return self.escalation

    def to_json(self) -> str:
        return self.model_dump_json(exclude_none=True)


def recall(view: View) -> Memory:
    """Raises Refused when it isn't what we wrote."""
    try:
        return Memory.model_validate_json(view.get("private_metadata") or "")
    except ValidationError:
        raise Refused(STALE) from None
