"""`/coordination`: what it can do, and what came of a press."""

from bot.domain.digest import Called, State
from bot.ui import parts
from bot.ui.parts import Element, Message, View

WORDS = (
    ("", "this week's digest, for you only"),
    ("review", "start the weekly review here"),
    ("blockers", "what is in the way"),
    ("blocker KEY words", "say what is in the way of a request"),
    ("subscriptions", "a weekly digest of its own for a channel"),
    ("north star", "the one metric at the top of every digest"),
)


def usage() -> Message:
    lines = "\n".join(f"`{f'/coordination {words}'.strip()}` {does}" for words, does in WORDS)
    return Message(text="Here is what /coordination can do.", blocks=[parts.section(lines)])


def called(what: Called) -> View:
    """What came of posting a week's digest, or of skipping it."""
    match what.state:
        case State.POSTED:
            return parts.done("Posted", parts.rich(_posted(what)))
        case State.SKIPPED:
            return parts.done("Skipped", parts.rich(_skipped(what)))
        case _:
            words = (
                f"The digest of week {what.week} was not posted; the next one tells of it. You can still post it."
            )
            return parts.done("Not posted", parts.rich([parts.words(words)]))


def _posted(what: Called) -> list[Element]:
    where: Element = {"type": "channel", "channel_id": what.channel}
    if what.is_new:
        return [parts.words(f"The digest of week {what.week} is on its way to "), where, parts.words(".")]
    by = f" {what.by} posted it." if what.by else ""
    lead = parts.words(f"The digest of week {what.week} is out.{by} ")
    return [lead, parts.link(what.link, "See it") if what.link else where]


def _skipped(what: Called) -> list[Element]:
    by = "" if what.is_new or not what.by else f" {what.by} skipped it."
    rest = " The next one tells of both weeks." if what.is_new else ""
    return [parts.words(f"There is no digest for week {what.week}.{by}{rest}")]
