"""A deal: asked about once its close date has passed, and how it ended."""

from bot.domain.deals import DealDue, DealSeen, DealState
from bot.ui import deal_form, parts
from bot.ui import figures as show
from bot.ui.parts import Block, Message, View

TITLE_SHOWN = 120
_SENTENCE = 600


def due(saying: DealDue) -> Message:
    """Asks how it ended; once somebody has said, says that."""
    first, rest = _lead(saying)
    pieces = [parts.words(first, bold=True), parts.words(f" {rest}")]
    waits = [[parts.words(_waits(saying))]] if saying.waits else []
    buttons = [] if saying.is_moved else _buttons(saying.seen)
    text = parts.escape(parts.shorten(f"{first} {rest}", _SENTENCE))
    return Message(text=text, blocks=[parts.rich(pieces, *waits), *buttons])


def _lead(saying: DealDue) -> tuple[str, str]:
    if saying.seen.deal.is_open and not saying.is_moved:
        return f"{deal_form.name(saying.seen)} was to close on {show.day(saying.closes)}.", "How did it end?"
    return said(saying.seen)


def said(seen: DealSeen) -> tuple[str, str]:
    """How it stands: "Acme Bank's deal (€120k) is lost", "for want of k8s-connector, says Alice."."""
    deal, name = seen.deal, deal_form.name(seen)
    if not deal.is_open:
        return f"{name} is {deal.state},", f"{_reason(seen)}, says {seen.says or 'somebody'}."
    if deal.closes:
        return f"{name} is to close on {show.day(deal.closes)}.", "I'll ask after that."
    return f"{name} is open.", "Nobody has said when it is to close."


def _reason(seen: DealSeen) -> str:
    """Say "for want of k8s-connector", "with k8s-connector"."""
    if seen.because is None:
        return "for other reasons"
    why = "with" if seen.deal.state is DealState.WON else "for want of"
    return f"{why} {parts.shorten(seen.because, TITLE_SHOWN)}"


def _waits(saying: DealDue) -> str:
    return f"They asked for {parts.listed([parts.shorten(title, TITLE_SHOWN) for title in saying.waits])}."


def _buttons(seen: DealSeen) -> list[Block]:
    if seen.deal.is_open:
        return [parts.buttons(*(deal_form.button(state, seen.deal.id) for state in deal_form.ENDINGS))]
    return [parts.buttons(parts.button("Change", deal_form.CHANGE, str(seen.deal.id)))] if seen.may_change else []


# ---- in a modal ---------------------------------------------------------------------------------


def choice(seen: DealSeen) -> View:
    """How it stands, and what can be said of it."""
    return _modal("How did it end?", said(seen), _buttons(seen))


def receipt(seen: DealSeen) -> View:
    """What is kept, what follows from it, and how to take it back."""
    first, rest = said(seen)
    return _modal("Saved", (first, rest + _follows(seen)), [] if seen.deal.is_open else _buttons(seen))


def _modal(title: str, words: tuple[str, str], buttons: list[Block]) -> View:
    lead = parts.rich([parts.words(words[0], bold=True), parts.words(f" {words[1]}")])
    return parts.modal(deal_form.CHOICE, title, [lead, *buttons], memory="", close="Close")


def _follows(seen: DealSeen) -> str:
    if seen.deal.is_open:
        return ""
    shows = "The request shows it, and it" if seen.because else "It"
    return f" {shows} no longer counts as money to win."
