"""The form that says how much a request should be used, and how much it is."""

from bot.domain.outcomes import Aim, Aimed, AimForm
from bot.domain.requests import Status
from bot.ui import figures as show
from bot.ui import inputs, parts
from bot.ui.memory import Memory
from bot.ui.parts import Block, View

CALLBACK = "aim_form"
OPEN = "aim"  #: the button "Is it used?"


def form(blank: AimForm, memory: Memory) -> View:
    """The figure is asked for once the request is released."""
    request = blank.request
    title = parts.rich([parts.words(request.title, bold=True), parts.words(f" · {request.name}")])
    figure = [_figure(blank)] if request.status is Status.RELEASED else []
    blocks = [title, *figure, _target(blank), _event(blank)]
    return parts.modal(CALLBACK, "Is it used?", blocks, memory=memory.to_json(), submit="Save")


def _figure(blank: AimForm) -> Block:
    known = blank.latest
    hint = f"{show.day(known.last)}: {show.share(known.percent)}. Leave empty to keep it." if known else ""
    element = {**parts.text_input("percent", "46"), "focus_on_load": True}
    return parts.field("percent", "Used by (percent of active accounts)", element, hint=hint, optional=True)


def _target(blank: AimForm) -> Block:
    target = blank.request.adoption_target
    element = parts.text_input("target", "40", value="" if target is None else str(target))
    label = "How many active accounts should use it? (percent)"
    hint = "I ask whoever owns it 30, 60 and 90 days after its release."
    return parts.field("target", label, element, hint=hint, optional=True)


def _event(blank: AimForm) -> Block:
    element = parts.text_input("event", "connector_synced", value=blank.request.adoption_event or "")
    return parts.field("event", "Usage event that shows it", element, optional=True)


def read(view: View) -> Aim:
    """What was typed. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        Aim,
        target=lambda: inputs.text(fields.get("target")),
        event=lambda: inputs.text(fields.get("event")),
        percent=lambda: inputs.text(fields.get("percent")),
    )


def receipt(aimed: Aimed) -> View:
    """What is kept, and who hears of it."""
    request = aimed.request
    pieces = [parts.words(f"{request.title}: {_kept(aimed)}.", bold=True), parts.words(f" {_next(aimed)}")]
    return parts.done("Saved", parts.rich(pieces))


def _kept(aimed: Aimed) -> str:
    target = aimed.request.adoption_target
    if aimed.percent is not None:
        return show.adoption(aimed.percent, target)
    return "no target" if target is None else f"{target} % of active accounts should use it"


def _next(aimed: Aimed) -> str:
    request = aimed.request
    if aimed.told:
        hears = "hears" if len(aimed.told) == 1 else "hear"
        return f"It's on the card, and {parts.listed(aimed.told)} {hears} of it."
    if aimed.percent is not None:
        return "It's on the card."
    if request.adoption_target is None:
        return "I won't ask about it."
    return "I ask whoever owns it 30, 60 and 90 days after its release."
