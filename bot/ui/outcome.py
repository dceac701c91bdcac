"""Whether a released request is used."""

from bot.domain.outcomes import RETIRE_BELOW, Adoption
from bot.ui import aim_form, parts
from bot.ui import figures as show
from bot.ui.parts import Block, Element, Message

_TITLE_SHOWN = 120


def message(saying: Adoption) -> Message:
    """Asks whoever answers for it how much it is used; once that is known, says it."""
    pieces = _asks(saying) if saying.percent is None else _says(saying, saying.percent)
    sentence = parts.escape("".join(piece["text"] for piece in pieces))
    return Message(text=sentence, blocks=[parts.rich([p for p in pieces if p["text"]]), *_buttons(saying)])


def _asks(saying: Adoption) -> list[Element]:
    request = saying.request
    event = f" “{request.adoption_event}” shows it." if request.adoption_event else ""
    lead = f"{_title(saying)} was released {saying.day} days ago."
    question = f" How many active accounts use it? Target {request.adoption_target} %.{event}{_so_far(saying)}"
    return [parts.words(lead, bold=True), parts.words(question)]


def _says(saying: Adoption, percent: float) -> list[Element]:
    used = (
        f"{_title(saying)} is used by {show.share(percent)} of active accounts {saying.day} days after its release"
    )
    target = f"; the target was {saying.request.adoption_target} %."
    return [parts.words(used + target, bold=True), parts.words(_so_far(saying) + _next(saying))]


def _so_far(saying: Adoption) -> str:
    """Say " 30 days: 46 %, 60 days: 51 %."; nothing at the first check."""
    if not saying.earlier:
        return ""
    now = [(saying.day, saying.percent)] if saying.percent is not None else []
    return f" {', '.join(f'{day} days: {show.share(percent)}' for day, percent in [*saying.earlier, *now])}."


def _next(saying: Adoption) -> str:
    """What follows when it is used less than it should be, and who does it."""
    if saying.reaches:
        return ""
    looks = "Please look into" if saying.is_asked else f"{saying.looks or 'Product'} looks into"
    again = f" I ask again {saying.next_check} days after its release." if saying.next_check else ""
    retire = f" What fewer than {RETIRE_BELOW} % use is a candidate to retire." if saying.may_retire else ""
    return f" {looks} what keeps the others from it.{again}{retire}"


def _buttons(saying: Adoption) -> list[Block]:
    """No block_id: Slack gives new ones on every update, as it wants for messages."""
    if not saying.is_asked:
        return []
    label = "Enter the figure" if saying.percent is None else "Change the figure"
    button = parts.button(label, aim_form.OPEN, str(saying.request.number))
    return [{"type": "actions", "elements": [button]}]


def _title(saying: Adoption) -> str:
    return parts.shorten(saying.request.title, _TITLE_SHOWN)
