"""The form that answers a question."""

from bot.domain.talks import WORDS_LIMIT, Asked, Consent, Kind, Permission, said
from bot.ui import inputs, parts, question
from bot.ui.memory import Memory
from bot.ui.parts import Block, View

CALLBACK = "answer_form"
YES, NOT_NOW = "yes", "not_now"
_ANSWERS = {YES: "Yes", NOT_NOW: "Not now"}


def form(asked: Asked, memory: Memory) -> View:
    asks_to_talk = asked.question.kind is Kind.TALK
    blocks = [parts.rich(question.line(asked)), *(_may_they() if asks_to_talk else _words(asked))]
    return parts.modal(CALLBACK, "Your answer", blocks, memory=memory.to_json(), submit="Answer")


def _words(asked: Asked) -> list[Block]:
    so_far = asked.question.answer or ""
    element = parts.text_input("words", value=so_far if len(so_far) <= WORDS_LIMIT else "", multiline=True)
    return [parts.field("words", "Your answer", element)]


def _may_they() -> list[Block]:
    options = [parts.option(name, value) for value, name in _ANSWERS.items()]
    contact = parts.text_input("contact", "Ines Costa, ines@acme.example")
    return [
        parts.field("may_talk", "May they?", parts.select("may_talk", options, "Choose")),
        parts.field(
            "contact", "Whom to talk to", contact, hint="A name and a mail. Not now? Say why.", optional=True
        ),
    ]


def read(view: View) -> tuple[str, Permission | None]:
    """The answer in words, and the permission where one was asked for. Raises Refused beside the field at fault."""
    fields = inputs.states(view)
    if "may_talk" not in fields:
        return said(inputs.text(fields.get("words")), "answer"), None
    consent = inputs.checked(
        Consent,
        may_talk=lambda: {YES: True, NOT_NOW: False}.get(inputs.chosen(fields["may_talk"]) or ""),
        contact=lambda: inputs.text(fields.get("contact")),
    )
    if consent.may_talk:
        to_whom = f" Talk to {consent.contact}" if consent.contact else ""
        return f"Yes.{to_whom}", Permission(may_talk=True, contact=consent.contact or None)
    return f"Not now. {consent.contact}".strip(), Permission(may_talk=False)


def receipt(asked: Asked) -> View:
    by = asked.names.get(asked.question.by, "Whoever asked")
    kept = parts.words(f"Thanks, {by} hears of it.", bold=True)
    return parts.done("Answered", parts.rich([kept, parts.words(f" It's on {asked.request.name} too.")]))
