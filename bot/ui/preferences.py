"""How a person wants to hear of what: a form with a menu for each topic."""

from collections.abc import Mapping

from bot.domain.errors import Refused
from bot.domain.notices import Mode, Topic
from bot.domain.preferences import CHOICES
from bot.ui import inputs, parts
from bot.ui.memory import Memory
from bot.ui.parts import Block, Element, View

CALLBACK = "preferences_form"
OPEN = "preferences"  #: under the daily message, in Home

LABELS = {
    Topic.ROUND: "What waits for me",
    Topic.QUESTION: "Questions to me",
    Topic.ANSWER: "Answers to my questions",
    Topic.NEWS: "News of what I asked for",
    Topic.WATCH: "What I watch",
    Topic.RANK: "Entering or leaving the top five",
    Topic.READY: "A release my customers wait for",
    Topic.OUTCOME: "Is it used? after a release",
    Topic.DECIDED: "Decisions of the strategy level",
    Topic.DEAL: "How a deal of mine ended",
}
MODES = {Mode.NOW: "Now", Mode.DAILY: "In the daily message", Mode.NEVER: "Never"}


def button() -> Element:
    return parts.button("Preferences", OPEN, "preferences")


def form(wishes: Mapping[Topic, Mode], memory: Memory) -> View:
    blocks = [_field(topic, wishes[topic]) for topic in LABELS]
    said = "Now means a direct message in your working hours. The daily message comes at most once a working day."
    return parts.modal(
        CALLBACK, "Preferences", [parts.context(said), *blocks], memory=memory.to_json(), submit="Save"
    )


def _field(topic: Topic, chosen: Mode) -> Block:
    options = [parts.option(MODES[mode], mode) for mode in CHOICES[topic]]
    return parts.field(topic, LABELS[topic], parts.select(topic, options, "Choose", chosen))


def read(view: View) -> dict[Topic, Mode]:
    """What was chosen. Raises Refused for what wasn't offered."""
    fields = inputs.states(view)
    chosen = {topic: inputs.chosen(fields.get(topic)) for topic in LABELS}
    wrong = {t: "Please choose this one again." for t, mode in chosen.items() if mode not in CHOICES[t]}
    if wrong:
        raise Refused(next(iter(wrong.values())), fields={str(t): said for t, said in wrong.items()})
    return {topic: Mode(mode) for topic, mode in chosen.items() if mode}


def receipt(changed: Mapping[Topic, Mode]) -> View:
    if not changed:
        return parts.done("Preferences", parts.section("Nothing changed."))
    lines = [f"{LABELS[topic]}: {MODES[changed[topic]].lower()}" for topic in LABELS if topic in changed]
    return parts.done("Preferences saved", parts.section("*Saved.*\n" + "\n".join(lines)))
