"""Weekly digests of channels: the list of them, and the form that sets one up."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.domain.errors import Refused
from bot.domain.ids import ChannelId, UserId
from bot.domain.subscribing import Listed, Sample, Subscribed, SubscriptionForm, Wish
from bot.domain.subscriptions import Subscription
from bot.ui import digest, entries, inputs, parts
from bot.ui import figures as show
from bot.ui.memory import Memory
from bot.ui.parts import Block, Element, View
from bot.ui.vocabulary import SOURCES

CALLBACK = "subscription_form"
LIST = "subscription_list"
NEW = "subscription_new"  #: the value is a channel, or ANYWHERE
CHANGE = "subscription_change"  #: the value is its number, of these two
STOP = "subscription_stop"
WEEKLY = "weekly_open"  #: the company's own
REDRAFT = "subscribe"  #: another choice, another preview
ZONES = f"{REDRAFT}:zone"  #: asks for time zones while one types

ANYWHERE = "anywhere"
_ALL = "all"  #: the whole board
_OF = "of:"  #: a direction
_PREVIEW = "preview"
_DIRECTIONS = 99


# ---- the list -----------------------------------------------------------------------------------


def listed(now: Listed) -> View:
    own = [block for one in now.own for block in _own(one, now.names)]
    new = parts.actions("new", parts.button("New", NEW, now.here or ANYWHERE))
    blocks = [_company(now.company, now.names), *own, new]
    return parts.modal(LIST, "Weekly digests", blocks, memory=now.here or "", close="Close")


def here(view: View) -> ChannelId | None:
    """The channel one looks at the list from."""
    channel = view.get("private_metadata") or ""
    return ChannelId(channel) if channel.isalnum() else None


def _company(one: Subscription | None, names: Mapping[UserId, str]) -> Block:
    if one is None:
        return parts.section("The company's own digest needs a coordination channel: `/tandem setup`.")
    name = names.get(one.by) if one.by else None
    sees = f"{_escaped(name)} sees it an hour before" if name else ""
    line = _line(f"*{_channel(one)}*", "the whole board", show.weekly(one.weekly), sees)
    return parts.section(line, accessory=parts.button("Change", WEEKLY, one.id))


def _own(one: Subscription, names: Mapping[UserId, str]) -> list[Block]:
    by = names.get(one.by) if one.by else None
    part = _escaped(_part(one, names))
    line = _line(f"*{_channel(one)}*", part, show.weekly(one.weekly), f"set up by {_escaped(by)}" if by else "")
    change = parts.button("Change", CHANGE, str(one.number))
    return [parts.section(line), parts.actions(f"do_{one.number}", change, _stop(one))]


def _stop(one: Subscription) -> Element:
    confirm = {
        "title": parts.plain("Stop this digest?"),
        "text": parts.plain("The channel gets no more of it."),
        "confirm": parts.plain("Stop"),
        "deny": parts.plain("Keep"),
    }
    return {**parts.button("Stop", STOP, str(one.number)), "confirm": confirm}


def _line(*said: str) -> str:
    return " · ".join(filter(None, said))


def _channel(one: Subscription) -> str:
    return f"<#{one.channel}>" if one.channel.isalnum() else parts.escape(one.channel)


def _escaped(text: str) -> str:
    return parts.escape(parts.shorten(text, parts.OPTION_LIMIT))


def _part(one: Subscription, names: Mapping[UserId, str]) -> str:
    """Which part of the board it speaks of."""
    source = SOURCES[one.source] if one.source else ""
    whose = f"{names.get(one.owner, 'one person')}'s requests" if one.owner else ""
    return ", ".join(filter(None, (one.direction, source, whose))) or "the whole board"


# ---- the form -----------------------------------------------------------------------------------


def form(blank: SubscriptionForm, memory: Memory, *, others: bool = False) -> View:
    """`others`: with a way to the digests there are already."""
    before = blank.before
    other = parts.actions("others", parts.button("All weekly digests", entries.SUBSCRIPTIONS, ANYWHERE))
    blocks = [
        _where(blank.channel),
        *_direction(blank.directions, before.direction if before else None),
        _owner(before.owner if before else None),
        _source(before),
        *_when(blank),
        *([other] if others else []),
        *_preview(blank.sample),
    ]
    return parts.modal(CALLBACK, "A channel's digest", blocks, memory=memory.to_json(), submit="Save")


def redrawn(view: View, memory: Memory, sample: Sample | None) -> View:
    """The form after a choice: what was chosen stays, the preview is another."""
    ids = [str(block.get("block_id", "")) for block in view["blocks"]]
    fields = view["blocks"][: ids.index(_PREVIEW)]
    blocks = [*fields, *_preview(sample)]
    return parts.modal(CALLBACK, "A channel's digest", blocks, memory=memory.to_json(), submit="Save")


def _where(channel: ChannelId | None) -> Block:
    element: Element = {
        "type": "conversations_select",
        "action_id": f"{REDRAFT}:channel",
        "placeholder": parts.plain("Choose a channel"),
        "filter": {"include": ["public", "private"]},
    }
    chosen = {"initial_conversation": channel} if channel else {}
    return parts.field("channel", "Channel", {**element, **chosen}, tells=True)


def _direction(directions: Sequence[str], chosen: str | None) -> list[Block]:
    """Not asked for while no request has one."""
    offered = list(dict.fromkeys([*([chosen] if chosen else []), *directions]))[:_DIRECTIONS]
    if not offered:
        return []
    options = [parts.option("The whole board", _ALL), *(parts.option(one, f"{_OF}{one}") for one in offered)]
    element = parts.select(f"{REDRAFT}:direction", options, "Choose", f"{_OF}{chosen}" if chosen else _ALL)
    return [parts.field("direction", "Direction", element, tells=True)]


def _owner(chosen: UserId | None) -> Block:
    element = parts.person_input(f"{REDRAFT}:owner", "Anybody's", chosen)
    return parts.field("owner", "Only what this person answers for", element, optional=True, tells=True)


def _source(before: Subscription | None) -> Block:
    options = [parts.option(name, source) for source, name in SOURCES.items()]
    element = parts.select(f"{REDRAFT}:source", options, "From anywhere", before.source if before else None)
    return parts.field("source", "Only what came from", element, optional=True, tells=True)


def _when(blank: SubscriptionForm) -> list[Block]:
    zone = str(blank.weekly.zone)
    found = {**parts.found(ZONES, "Type a city"), "initial_option": parts.option(zone, zone)}
    return [*day_and_time(blank.weekly.day, blank.weekly.minute, REDRAFT), _tells("zone", "Time zone", found)]


def day_and_time(day: int, minute: int, action: str, *, tells: bool = True) -> list[Block]:
    days = [parts.option(name, str(n)) for n, name in enumerate(show.DAYS)]
    return [
        parts.field("day", "Day", parts.select(f"{action}:day", days, "Choose", str(day)), tells=tells),
        parts.field("time", "Time", parts.time_input(f"{action}:time", show.minute(minute)), tells=tells),
    ]


def _tells(name: str, label: str, element: Element) -> Block:
    return parts.field(name, label, element, tells=True)


def zone_options(names: Iterable[str]) -> list[Element]:
    return [parts.option(name, name) for name in names]


# ---- what it would say --------------------------------------------------------------------------


def _preview(sample: Sample | None) -> list[Block]:
    """The last blocks of the form; the first of them is found again by its id."""
    start = {**parts.divider(), "block_id": _PREVIEW}
    if sample is None:
        return [start, parts.context("Choose a channel, and I show what it would say.")]
    zone = sample.digest.subscription.weekly.zone
    first = f"Next on {show.due(sample.next, zone)}. Today it would say:"
    shared = [parts.context(_SHARED)] if sample.is_shared else []
    return [start, parts.context(first), *digest.top(sample.digest), *shared]


_SHARED = "Other companies read this channel, so it names no amounts and no customers."


# ---- reading ------------------------------------------------------------------------------------


def read(view: View) -> Wish:
    """What was chosen. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        Wish,
        channel=lambda: inputs.channel(fields.get("channel")),
        direction=lambda: _chosen_direction(fields.get("direction")),
        owner=lambda: inputs.person(fields.get("owner")),
        source=lambda: inputs.chosen(fields.get("source")),
        day=lambda: inputs.chosen(fields.get("day")),
        time=lambda: inputs.clock(fields.get("time")),
        zone=lambda: inputs.chosen(fields.get("zone")),
    )


def so_far(view: View) -> Wish | None:
    """What is chosen while the form is being filled in; None until it is enough for a preview."""
    try:
        return read(view)
    except Refused:
        return None


def _chosen_direction(state: Mapping[str, Any] | None) -> str | None:
    chosen = inputs.chosen(state)
    return chosen.removeprefix(_OF) if chosen and chosen.startswith(_OF) else None


# ---- what came of it ----------------------------------------------------------------------------


def receipt(done: Subscribed, *, is_inside: bool) -> View:
    """`is_inside`: we are in the channel, as far as Slack says."""
    one = done.subscription
    gets = "gets its own digest:" if done.is_new else "gets its digest"
    lines = [
        f"*{_channel(one)} {gets} {show.weekly(one.weekly)}, next on {show.due(done.next, one.weekly.zone)}.*",
        f"It tells of {_escaped(_part(one, done.names))}.{_BEFORE if done.is_new else ''}",
    ]
    if not is_inside:
        lines.append("I'm not in there yet, as far as I can see. Invite me: `/invite @Tandem`.")
    if done.is_shared:
        lines.append(_SHARED)
    return parts.done("Saved", parts.section("\n".join(lines)))


_BEFORE = " You see it an hour before."
