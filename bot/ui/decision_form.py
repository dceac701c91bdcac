"""The form for what was decided about a request, in words."""

from bot.domain.requests import Request
from bot.domain.reviews import Decision, Recorded
from bot.ui import inputs, parts
from bot.ui.memory import Memory
from bot.ui.parts import View

CALLBACK = "decision_form"
OPEN = "decide"  #: the button "Decision"; the value is the request's number


def form(request: Request, memory: Memory) -> View:
    title = parts.rich([parts.words(request.title, bold=True), parts.words(f" · {request.name}")])
    element = parts.text_input("words", "Ship without SSO first; SSO follows in January.", multiline=True)
    words = parts.field("words", "What was decided?", {**element, "focus_on_load": True})
    return parts.modal(CALLBACK, "Decision", [title, words], memory=memory.to_json(), submit="Record")


def read(view: View) -> Decision:
    """What was written. Raises Refused with the words for it."""
    fields = inputs.states(view)
    return inputs.checked(Decision, words=lambda: inputs.text(fields.get("words")))


def receipt(recorded: Recorded) -> View | None:
    """None where the review shows it; else it was over, or at another request."""
    if recorded.is_shown:
        return None
    pieces = [parts.words(f"Recorded with {recorded.request.title}.", bold=True), parts.words(_WHERE)]
    return parts.done("Recorded", parts.rich(pieces))


_WHERE = " It stands in its history, behind More on the card."
