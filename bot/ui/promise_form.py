"""What may I tell customers: the sentence, who heard it, and the form that notes or changes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.promises import Heard, Overtaken, Promise, Saved, Telling
from bot.ui import figures as show
from bot.ui import inputs, parts
from bot.ui.drafts import draft
from bot.ui.memory import Memory
from bot.ui.parts import Block, Element, View
from bot.ui.vocabulary import STATUSES

CALLBACK = "promise_form"
OPEN = "promise"  #: the button on a request
TICKED = 10  #: as many as a list of checkboxes holds
LISTED = 20
HEARD_SHOWN = 150
NAMES_SHOWN = 6


def form(promise: Promise, memory: Memory) -> View:
    """To read; to note whom one told; and for those who may, to write it."""
    fields = [*_told_field(promise), *_sentence_field(promise)]
    blocks = [_title(promise), *_sentence(promise), *_customers(promise), *fields]
    submit, close = ("Save", "Cancel") if fields else ("", "Close")
    return parts.modal(CALLBACK, "What may I tell?", blocks, memory=memory.to_json(), submit=submit, close=close)


# ---- what they may hear -------------------------------------------------------------------------


def _title(promise: Promise) -> Block:
    request = promise.request
    aimed = f", aimed at {show.day(request.target)}" if request.target and request.status.is_open else ""
    return parts.rich([parts.words(request.title, bold=True), parts.words(f" · {STATUSES[request.status]}{aimed}")])


def _sentence(promise: Promise) -> list[Block]:
    if promise.sentence is None or promise.written is None:
        return [parts.said(_nothing_yet(promise))]
    warning = [parts.said(_warning(promise, promise.overtaken))] if promise.overtaken else []
    author = f"{promise.author or 'Drafted by Tandem'}, {show.day(promise.written)}"
    return [*warning, parts.copyable(promise.sentence.words), parts.context(parts.escape(author))]


def _nothing_yet(promise: Promise) -> str:
    if promise.may_promise:
        return "Nobody has written yet what customers may hear. Here is a draft."
    return f"Nothing yet. Ask {promise.ask or 'product'} before you promise anything."


def _warning(promise: Promise, what: Overtaken) -> str:
    if promise.may_promise:
        return f"{_SINCE[what]}: what was said may no longer hold."
    return f"{_SINCE[what]}: ask {promise.ask or 'product'} before you use it."


_SINCE = {
    Overtaken.DATE: "The date has changed since",
    Overtaken.RELEASED: "It was released since",
    Overtaken.DECLINED: "It was declined since",
    Overtaken.REOPENED: "It was opened again since",
}


# ---- who waits, and what they heard -------------------------------------------------------------


def _customers(promise: Promise) -> list[Block]:
    """A line for each who heard something; one for all who didn't."""
    told = [(one.name, one.heard) for one in promise.listeners if one.heard]
    untold = [one.name for one in promise.listeners if not one.heard]
    lines = [_line(name, _heard(heard, promise.overtaken)) for name, heard in told[:LISTED]]
    if len(told) > LISTED:
        lines.append([parts.words(f"and {len(told) - LISTED} more heard something")])
    if untold:
        lines.append(_line(parts.listed(untold, room=NAMES_SHOWN), "not told yet"))
    return [parts.rich(*lines)] if lines else []


def _line(name: str, what: str) -> list[Element]:
    return [parts.words(name, bold=True), parts.words(f" · {what}")]


def _heard(heard: Heard, since: Overtaken | None) -> str:
    what = "it" if heard.is_latest and since is None else f"“{parts.shorten(heard.words, HEARD_SHOWN)}”"
    return f"heard {what} from {'you' if heard.by_me else heard.by} on {show.day(heard.on)}"


# ---- fields -------------------------------------------------------------------------------------


def _told_field(promise: Promise) -> list[Block]:
    untold = [one for one in promise.listeners if not (one.heard and one.heard.is_latest)]
    if promise.sentence is None or not untold:
        return []
    options = [parts.option(one.name, one.account) for one in untold[:TICKED]]
    more = len(untold) - TICKED
    hint = f"{more} more once these are saved." if more > 0 else ""
    boxes = {"type": "checkboxes", "action_id": "told", "options": options}
    return [parts.field("told", "I told", boxes, hint=hint, optional=True)]


def _sentence_field(promise: Promise) -> list[Block]:
    if not promise.may_promise:
        return []
    words = parts.text_input("sentence", value=_first_words(promise), multiline=True)
    hint = "Save keeps it, and those who follow the request hear of it."
    return [parts.field("sentence", "What customers may hear", words, hint=hint, optional=True)]


def _first_words(promise: Promise) -> str:
    """The sentence; where there is none, or it no longer holds, a draft."""
    if promise.sentence and not promise.overtaken:
        return promise.sentence.words
    return draft(promise.request.status, promise.request.target, promise.today)


# ---- what came of it ----------------------------------------------------------------------------


def read(view: View) -> Telling:
    """What was ticked and written. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        Telling, told=lambda: _ticked(fields.get("told")), sentence=lambda: inputs.text(fields.get("sentence"))
    )


def _ticked(state: Mapping[str, Any] | None) -> list[str]:
    return [option["value"] for option in (state or {}).get("selected_options") or []]


def receipt(saved: Saved) -> View:
    """What was saved, and who hears of it."""
    pieces: list[list[Element]] = []
    if saved.told:
        pieces.append([parts.words(f"Noted: you told {parts.listed(saved.told, room=NAMES_SHOWN)}.")])
    if saved.sentence:
        new = f"“{saved.sentence.words}”{_hear(saved)}"
        pieces.append([parts.words("Customers may hear: ", bold=True), parts.words(new)])
    return parts.done("Saved" if pieces else "Nothing to save", parts.rich(*(pieces or [[_AS_IT_WAS]])))


_AS_IT_WAS = parts.words("Everything stays as it was.")


def _hear(saved: Saved) -> str:
    now = [f"{_names(saved.now)} of it in a few minutes"] if saved.now else []
    daily = [f"{_names(saved.daily)} in the daily message"] if saved.daily else []
    return f"\n{'; '.join([*now, *daily])}." if now or daily else ""


def _names(names: Sequence[str]) -> str:
    return f"{parts.listed(names, room=NAMES_SHOWN)} {'hears' if len(names) == 1 else 'hear'}"


def told(name: str) -> View:
    """A customer was noted, where the message that asked can't say so itself."""
    return parts.done("Noted", parts.said(f"You told {name}."))
