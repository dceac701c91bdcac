"""The form behind "Can't size yet": what tech needs to know first, and from whom."""

from collections.abc import Mapping

from bot.domain.ids import RequestNumber, UserId
from bot.domain.talks import AskForm, Question
from bot.ui import ask_form, parts
from bot.ui.memory import Memory
from bot.ui.parts import Element, View

CALLBACK = "need_form"
OPEN = "cant_size"

read = ask_form.read  #: the same fields: whom, and the words


def button(number: RequestNumber) -> Element:
    return parts.button("Can't size yet", OPEN, str(number))


def form(blank: AskForm, memory: Memory) -> View:
    blocks = [
        parts.rich([parts.words(blank.request.title, bold=True), parts.words(f" · {blank.request.name}")]),
        parts.field(
            "words",
            "What do you need?",
            parts.text_input("words", "Which clouds first? How many clusters?", multiline=True),
        ),
        parts.field("to", "From whom", parts.person_input("to", "Who knows?", blank.to)),
    ]
    return parts.modal(CALLBACK, "Can't size it yet", blocks, memory=memory.to_json(), submit="Ask")


def receipt(question: Question, names: Mapping[UserId, str]) -> View:
    who = names.get(question.to, "Your colleague")
    first = parts.words(f"{who} is asked.", bold=True)
    rest = parts.words(" Nobody in tech is asked for this size until the answer is there; I'll tell you then.")
    return parts.done("Asked", parts.rich([first, rest]))
