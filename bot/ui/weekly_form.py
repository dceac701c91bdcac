"""The form that says when the company's weekly digest comes, and who sees it before."""

from bot.domain.subscribing import WeeklyForm, WeeklyKept, WeeklyWish
from bot.ui import figures as show
from bot.ui import inputs, parts, subscription_form
from bot.ui.memory import Memory
from bot.ui.parts import Block, View

CALLBACK = "weekly_form"


def form(blank: WeeklyForm, memory: Memory) -> View:
    """A time the environment fixes is shown, and not asked for."""
    blocks = [*_when(blank), _facilitator(blank)]
    return parts.modal(CALLBACK, "The weekly digest", blocks, memory=memory.to_json(), submit="Save")


def _when(blank: WeeklyForm) -> list[Block]:
    weekly = blank.company.weekly
    if blank.fixed_at:
        return [parts.section(f"*{show.weekly(weekly)}*\nFixed by TANDEM_WEEKLY_AT.")]
    fields = subscription_form.day_and_time(weekly.day, weekly.minute, "weekly", tells=False)
    return [*fields, parts.context(f"{show.city(weekly.zone)} time.")]


def _facilitator(blank: WeeklyForm) -> Block:
    element = parts.person_input("facilitator", "Choose a person", blank.facilitator)
    hint = "Sees it an hour before, and may add a sentence or skip it. While empty, one of Tandem's admins does."
    return parts.field("facilitator", "Facilitator", element, hint=hint, optional=True)


def read(view: View) -> WeeklyWish:
    """What was chosen. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        WeeklyWish,
        day=lambda: inputs.chosen(fields.get("day")),
        time=lambda: inputs.clock(fields.get("time")),
        facilitator=lambda: inputs.person(fields.get("facilitator")),
    )


def receipt(kept: WeeklyKept) -> View:
    weekly, name = kept.company.weekly, kept.facilitator
    sees = parts.escape(parts.shorten(name, parts.OPTION_LIMIT)) if name else "One of Tandem's admins"
    first = f"*{show.weekly(weekly)}, next on {show.due(kept.next, weekly.zone)}.*"
    return parts.done("Saved", parts.section(f"{first} {sees} sees it an hour before."))
