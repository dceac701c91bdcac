"""The digest before it is said: to whoever looks after it, and to whoever asks; and word of one that was missed."""

from datetime import datetime

from bot.domain.digest import Digest, Missed, Preview, State
from bot.domain.roles import Doing
from bot.domain.subscriptions import Subscription
from bot.ui import digest, entries, parts
from bot.ui import figures as show
from bot.ui.parts import Block, Element, Message

LINK = "See it"


def message(saying: Preview) -> Message:
    """An hour before, to whoever looks after it; drawn anew as things come."""
    match saying.state:
        case State.COMING:
            return _coming(saying)
        case State.SKIPPED:
            return _skipped(saying)
        case State.POSTED:
            return _posted(saying)
        case State.MISSED:
            return missed(_as_missed(saying))


def _coming(saying: Preview) -> Message:
    of = saying.digest.subscription
    lead = f"The weekly digest goes out at {_clock(of, saying.due_at)} to "
    foot = parts.small("What happens until then goes in too.")
    blocks = [
        _channel_line(lead, saying, bold=True),
        parts.divider(),
        *digest.top(saying.digest),
        foot,
        *_before(saying),
    ]
    return Message(text=f"{lead}<#{of.channel}>. {digest.sentence(saying.digest)}", blocks=blocks)


def _before(saying: Preview) -> list[Block]:
    if Doing.COORDINATE not in saying.may:
        return []
    say = "Change the sentence" if saying.digest.sentence else "Add a sentence"
    address = digest.address(saying.digest)
    offered = [
        parts.button(say, entries.SAY_IN_DIGEST, address),
        parts.button("Skip this week", entries.SKIP_DIGEST, address),
        parts.button("Post now", entries.POST_DIGEST, address),
    ]
    return [parts.buttons(*offered)]


def _skipped(saying: Preview) -> Message:
    lead = f"Skipped by {digest.person(saying.by)}." if saying.by else "Skipped this week."
    after_all = parts.button("Post it after all", entries.POST_DIGEST, digest.address(saying.digest))
    offered = [after_all] if Doing.COORDINATE in saying.may else []
    return _told(lead, "What happened this week will be in the next one.", *offered)


def _posted(saying: Preview) -> Message:
    lead = _is_posted(saying)
    link = [parts.words(" "), parts.link(saying.link, LINK)] if saying.link else []
    return Message(text=parts.escape(lead), blocks=[parts.rich([parts.words(lead, bold=True), *link])])


def _is_posted(saying: Preview) -> str:
    week = f"the digest of week {saying.digest.week}"
    return f"{digest.person(saying.by)} posted {week}." if saying.by else f"{parts.capital(week)} is posted."


# ---- for whoever asks ---------------------------------------------------------------------------


def asked(preview: Preview) -> Message:
    """What `/coordination` answers, seen by the asker only: headline and thread in one, and what they may do.

    Without the chart: an answer Slack refuses can't be drawn again.
    """
    lead = [_where_it_stands(preview), parts.divider(), *digest.top(preview.digest)]
    buttons = parts.buttons(*_offered(preview))
    return Message(text=digest.sentence(preview.digest), blocks=[*lead, *_thread(preview.digest), buttons])


def _thread(week: Digest) -> list[Block]:
    return [parts.divider(), *digest.thread(week, plain=True)] if digest.has_details(week) else []


def _where_it_stands(preview: Preview) -> Block:
    match preview.state:
        case State.POSTED:
            link = [parts.words(" "), parts.link(preview.link, LINK)] if preview.link else []
            return parts.rich([parts.words(f"{_is_posted(preview)} This is how it stands now."), *link])
        case State.SKIPPED:
            by = f" by {digest.person(preview.by)}" if preview.by else ""
            return parts.rich([parts.words(f"This week's digest was skipped{by}. This is what it would say.")])
        case State.MISSED:
            return parts.rich([parts.words("This week's digest was missed. This is what it would say.")])
        case State.COMING:
            due = _moment(preview.digest.subscription, preview.due_at)
            return _channel_line(f"The week so far. It goes out {due} to ", preview)


def _offered(preview: Preview) -> list[Element]:
    address = digest.address(preview.digest)
    coordinates = Doing.COORDINATE in preview.may
    buttons = {
        "Post now": (entries.POST_DIGEST, coordinates and preview.state is not State.POSTED),
        "Start review": (entries.REVIEW, coordinates and bool(preview.digest.decisions)),
        "Blockers": (entries.BLOCKERS, True),
        "Subscriptions": (entries.SUBSCRIPTIONS, coordinates),
        "North star": (entries.NORTH_STAR, Doing.MEASURE in preview.may),
    }
    return [parts.button(label, action, address) for label, (action, is_offered) in buttons.items() if is_offered]


# ---- missed -------------------------------------------------------------------------------------


def missed(saying: Missed) -> Message:
    """It came too late to be said; whoever looks after it may still post it."""
    lead = f"The weekly digest of week {int(saying.period[-2:])} was not posted."
    rest = (
        f"It was due {_moment(saying.subscription, saying.due_at)}, and it is too late now. "
        "The next one covers both weeks."
    )
    late = parts.button("Post it now", entries.POST_DIGEST, f"{saying.subscription.id}:{saying.period}")
    return _told(lead, rest, late)


def _as_missed(saying: Preview) -> Missed:
    return Missed(subscription=saying.digest.subscription, period=saying.digest.period, due_at=saying.due_at)


# ---- pieces -------------------------------------------------------------------------------------


def _told(lead: str, rest: str, *offered: Element) -> Message:
    pieces = [parts.words(lead, bold=True), parts.words(f" {rest}")]
    buttons = [parts.buttons(*offered)] if offered else []
    return Message(text=parts.escape(f"{lead} {rest}"), blocks=[parts.rich(pieces), *buttons])


def _channel_line(lead: str, saying: Preview, **style: bool) -> Block:
    channel: Element = {"type": "channel", "channel_id": saying.digest.subscription.channel}
    named = {**channel, "style": style} if style else channel
    return parts.rich([parts.words(lead, **style), named, parts.words(".", **style)])


def _clock(of: Subscription, moment: datetime) -> str:
    return show.clock(moment.astimezone(of.weekly.zone))


def _moment(of: Subscription, moment: datetime) -> str:
    """Say "Monday 23 November at 10:00"."""
    local = moment.astimezone(of.weekly.zone)
    return f"{show.DAYS[local.weekday()]} {show.day(local.date())} at {show.clock(local)}"
