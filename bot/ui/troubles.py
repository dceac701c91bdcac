"""What people read when something went wrong."""

from bot.domain.errors import Busy, Refused, Unavailable
from bot.domain.facts import Undeliverable
from bot.ui import parts
from bot.ui.parts import Message, View

TYPED_SHOWN = 2000


def words(error: BaseException, trace: str, *, in_form: bool) -> str:
    """The error as it is said to a person. `trace` finds the cause in the log; `in_form` keeps what was written."""
    if isinstance(error, Refused):
        return error.text
    return f"{_wrong(error)} {_KEPT if in_form else 'Please try again in a minute.'}{_reference(error, trace)}"


_KEPT = "What you wrote is still here: send it again in a minute, and it counts once."


def _wrong(error: BaseException) -> str:
    match error:
        case Busy():
            return "Tandem is busy right now."
        case Unavailable():
            return "Tandem can't reach its database right now."
        case _:
            return "Something broke on our side."


def _reference(error: BaseException, trace: str) -> str:
    if isinstance(error, Busy | Unavailable):
        return ""
    return f" If it breaks again, give your admin the reference {trace}."


def typed(command: str, text: str) -> str:
    """What somebody typed, given back so that nothing need be typed twice."""
    return f"\nYou typed: {command} {parts.shorten(text, TYPED_SHOWN)}" if text else ""


def page(text: str) -> View:
    """A modal that can't show its form says why instead."""
    return parts.done("Not possible", parts.said(text))


def home(text: str) -> View:
    return {"type": "home", "blocks": [parts.said(text)]}


def undeliverable(trouble: Undeliverable) -> Message:
    """What an admin reads when something could not be said."""
    where = f"<#{trouble.line}>" if trouble.line.startswith(("C", "G")) else f"<@{trouble.line}>"
    how = _MENDS.get(trouble.error, "Check the channel and the app's permissions, then run `tandem doctor`.")
    what = "I can't tell whether my message arrived in" if trouble.unsure else "I couldn't post in"
    text = f"{what} {where} today (`{parts.escape(trouble.error)}`). {how}"
    return Message(text=text, blocks=[parts.section(text)])


_MENDS = {
    "not_in_channel": "Invite me there with `/invite @Tandem`; the next change posts again.",
    "channel_not_found": "Is the channel id right, and if it is private, am I in it?",
    "is_inactive": "The channel is archived: unarchive it, or choose another.",
    "is_archived": "The channel is archived: unarchive it, or choose another.",
    "missing_scope": "The app lacks a permission: reinstall it from manifest.yml.",
    "account_inactive": "The app was removed from the workspace: install it again.",
    "invalid_auth": "The bot token no longer works: set SLACK_BOT_TOKEN anew.",
}
