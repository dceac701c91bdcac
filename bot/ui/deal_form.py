"""The form that says how a deal ended: won or lost, and whether one of the gaps was why; or when it closes now."""

from bot.domain.deals import DealForm, DealSeen, DealState, Ending, Moved
from bot.domain.errors import Refused
from bot.domain.ids import RequestNumber
from bot.ui import figures as show
from bot.ui import inputs, parts
from bot.ui.memory import Memory
from bot.ui.parts import Block, Element, View

CHANGE = "deal_change"  #: takes back what was said; the value is the deal's id
CHOICE = "deal_choice"  #: the modal with the three buttons
ENDINGS = (DealState.WON, DealState.LOST, DealState.OPEN)
_LABELS = {DealState.WON: "Won", DealState.LOST: "Lost", DealState.OPEN: "Still open"}
_ASKS = {DealState.WON: "Did one of these win it?", DealState.LOST: "Was one of these gaps the reason?"}
_NONE = "none"
_NAME = 80


def action(state: DealState) -> str:
    """The id of the button that opens this form."""
    return f"deal_{state}"


def callback(state: DealState) -> str:
    return f"deal_{state}_form"


def state_of(form_or_button: str) -> DealState:
    """How it ended, by the id of a button or a form."""
    return DealState(form_or_button.removeprefix("deal_").removesuffix("_form"))


def button(state: DealState, key: int) -> Element:
    return parts.button(_LABELS[state], action(state), str(key))


def deal_of(pressed: str) -> int:
    """The deal a pressed button is about. Raises Refused when it says none."""
    if not (pressed.isdecimal() and pressed.isascii() and len(pressed) < 16):
        raise Refused("This button is from an older Tandem. Open the customer from its request on the board.")
    return int(pressed)


def name(seen: DealSeen) -> str:
    """Say "Acme Bank's deal (€120k)"."""
    size = f" ({show.money(seen.deal.size)})" if seen.deal.size else ""
    return f"{parts.shorten(seen.customer, _NAME)}'s deal{size}"


# ---- the form -----------------------------------------------------------------------------------


def form(state: DealState, blank: DealForm, memory: Memory) -> View:
    lead = parts.rich([parts.words(name(blank.seen), bold=True)])
    match state:
        case DealState.OPEN:
            fields = [_closes()]
        case DealState.WON:
            fields = [_because(state, blank), *([_pays(blank)] if blank.sees_amounts else [])]
        case _:
            fields = [_because(state, blank)]
    title = _LABELS[state]
    return parts.modal(callback(state), title, [lead, *fields], memory=memory.to_json(), submit="Save")


def _because(state: DealState, blank: DealForm) -> Block:
    options = [parts.option(one.title, str(one.number)) for one in blank.wished]
    element = parts.select("because", [*options, parts.option("None of them", _NONE)], "Choose")
    return parts.field("because", _ASKS[state], element)


def _pays(blank: DealForm) -> Block:
    so_far = f"{show.money(blank.pays)} so far. " if blank.pays else ""
    element = parts.text_input("pays", "300k", value=show.exact(blank.expected) if blank.expected else "")
    hint = f"{so_far}From now on this is money to keep."
    return parts.field("pays", "What they pay a year now", element, hint=hint, optional=True)


def _closes() -> Block:
    element = parts.date_input("closes", "Choose a day")
    return parts.field("closes", "When do they decide now?", element, hint="I'll ask once more after that day.")


# ---- what was said ------------------------------------------------------------------------------


def read(view: View, currency: str) -> Ending:
    """What was chosen. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        Ending,
        because=lambda: _chosen(inputs.chosen(fields.get("because"))),
        pays=lambda: inputs.amount(fields.get("pays"), currency, "pays"),
    )


def _chosen(picked: str | None) -> RequestNumber | None:
    if picked == _NONE:
        return None
    if picked is None or not (picked.isdecimal() and picked.isascii() and len(picked) < 10):
        raise Refused("Please choose this one again.")
    return RequestNumber(int(picked))


def read_date(view: View) -> Moved:
    """The day that was chosen. Raises Refused beside the field when there is none."""
    fields = inputs.states(view)
    return inputs.checked(Moved, closes=lambda: inputs.day(fields.get("closes")))
