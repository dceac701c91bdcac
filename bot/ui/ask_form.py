"""The form that asks somebody about a request."""

from collections.abc import Mapping

from bot.domain.ids import AccountId, UserId
from bot.domain.talks import AskForm, Asking, Question
from bot.ui import inputs, parts
from bot.ui.memory import Memory
from bot.ui.parts import View

CALLBACK = "ask_form"
OPEN = "ask"  #: "Ask Alice", on the card and in lists
OPEN_TALK = "ask_to_talk"  #: beside a customer


def form(blank: AskForm, memory: Memory) -> View:
    asks_to_talk = blank.account is not None
    words = may_we_talk(blank.account_name) if asks_to_talk else ""
    blocks = [
        parts.rich([parts.words(blank.request.title, bold=True), parts.words(f" · {blank.request.name}")]),
        parts.field("to", "Ask", parts.person_input("to", "Who knows?", blank.to)),
        parts.field(
            "words",
            "Your question",
            parts.text_input("words", "Which clouds first?", value=words, multiline=True),
            hint="They can answer with a button or a direct message. The answer goes on the request.",
        ),
    ]
    title = "May we talk to them?" if asks_to_talk else f"Ask about {blank.request.name}"
    return parts.modal(CALLBACK, title, blocks, memory=memory.to_json(), submit="Ask")


def may_we_talk(account: str | None) -> str:
    return f"May we talk to {account or 'the customer'}?"


def customer_of(value: str) -> tuple[str, AccountId]:
    """A request's number and a customer, as the button beside a customer names them."""
    number, _, account = value.partition(":")
    return number, AccountId(account)


def read(view: View) -> Asking:
    """What was typed. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        Asking,
        to=lambda: inputs.person(fields.get("to")),
        words=lambda: inputs.text(fields.get("words")),
    )


def receipt(question: Question, names: Mapping[UserId, str]) -> View:
    who = names.get(question.to, "Your colleague")
    first = parts.words(f"{who} is asked.", bold=True)
    rest = parts.words(" I'll tell you the answer, and it goes on the request.")
    return parts.done("Asked", parts.rich([first, rest]))
