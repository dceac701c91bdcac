"""Setting Tandem up, in Slack: the forms of `/tandem setup`, and the message that tests a channel."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from bot.domain.facts import ChannelTest
from bot.domain.ids import GroupId, UserId
from bot.domain.policy import Cards
from bot.domain.roles import DEFAULTS, SAID, Doing, Role
from bot.domain.setup import Holders, Permits, Permitted, Purpose, Saved, Settings, Setup
from bot.ui import inputs, parts
from bot.ui.memory import Memory
from bot.ui.parts import Block, Element, Message, View
from bot.ui.vocabulary import ROLES

CALLBACK = "setup_form"
HOLDERS = "role_holders"  #: asks for groups and people while one types
RIGHTS = "setup_rights"  #: the button that opens the second form
RIGHTS_CALLBACK = "rights_form"

NAMES_SHOWN = 6

_IS_A_GROUP = " (group)"
_CHANNELS = {
    Purpose.BOARD: ("Board channel", "Shows the requests."),
    Purpose.COORDINATION: ("Coordination channel", "Will get the weekly digest."),
    Purpose.STRATEGY: ("Strategy channel", "Decides what is taken to strategy."),
    Purpose.MARKETING: ("Marketing channel", "Will get what customers may hear."),
    Purpose.FALLBACK: ("For accounts without an owner", "Will get what their owner would."),
}
_HELLOS = {
    Purpose.BOARD: "requests will be shown in this channel",
    Purpose.FALLBACK: "what is about accounts without an owner comes to this channel",
}
_CARDS = {
    Cards.EACH: "Each request",
    Cards.DAILY: "One roll-up a working day",
    Cards.TOP: "Only the top ten",
}


# ---- channels and roles -------------------------------------------------------------------------


def form(now: Settings, memory: Memory) -> View:
    kinds = [parts.option(name, value) for value, name in _CARDS.items()]
    cards = parts.select("cards", kinds, "Choose", now.policy.cards)
    emoji = parts.text_input("capture", "inbox_tray", value=now.policy.capture)
    blocks = [
        *(_channel(now, purpose) for purpose in Purpose),
        parts.field("cards", "Cards in the board channel", cards),
        parts.field("capture", "Emoji that puts a message on the board", emoji),
        parts.divider(),
        *_roles(now),
        parts.actions("more", parts.button("Who may do what", RIGHTS, "open")),
        _admins(now),
    ]
    return parts.modal(CALLBACK, "Set up Tandem", blocks, memory=memory.to_json(), submit="Save and test")


def _channel(now: Settings, purpose: Purpose) -> Block:
    label, hint = _CHANNELS[purpose]
    if fixed := getattr(now.fixed.channels, purpose):
        return _fixed(label, f"TANDEM_{purpose.upper()}_CHANNEL", _reference(fixed))
    element: Element = {
        "type": "conversations_select",
        "action_id": "channel",
        "placeholder": parts.plain("Choose a channel"),
        "filter": {"include": ["public", "private"], "exclude_external_shared_channels": True},
    }
    if chosen := getattr(now.policy.channels, purpose):
        element["initial_conversation"] = chosen
    return parts.field(f"channel_{purpose}", label, element, hint=hint, optional=purpose is not Purpose.BOARD)


def _roles(now: Settings) -> Iterable[Block]:
    """Set in the environment, they are all set there."""
    if now.fixed.roles.in_use:
        for role, holders in now.fixed.roles.holders.items():
            if holders:
                yield _fixed(ROLES[role], f"TANDEM_{role.upper()}", parts.escape(_named(holders, now)))
        return
    yield parts.context("*Roles:* groups or people. While all six are empty, everybody may do everything.")
    yield from (_role(now, role) for role in Role)


def _role(now: Settings, role: Role) -> Block:
    element = parts.searched(HOLDERS, "Type a name")
    if held := now.policy.roles.holders.get(role):
        element["initial_options"] = [_holder(holder, now) for holder in sorted(held)]
    return parts.field(f"role_{role}", ROLES[role], element, optional=True)


def _admins(now: Settings) -> Block:
    if now.fixed.admins:
        return _fixed("Admins", "TANDEM_ADMINS", parts.escape(_named(now.fixed.admins, now)))
    element = {"type": "multi_users_select", "action_id": "admins", "placeholder": parts.plain("Choose people")}
    element["initial_users"] = sorted(now.admins)
    hint = "Only they change this, and they hear when I can't post. You are one."
    return parts.field("admins", "Admins", element, hint=hint, optional=True)


def _fixed(label: str, variable: str, value: str) -> Block:
    return parts.section(f"*{label}*\nFixed by {variable}: {value}")


def _reference(channel: str) -> str:
    return f"<#{channel}>" if channel.isalnum() else parts.escape(parts.shorten(channel, parts.OPTION_LIMIT))


def _named(holders: Iterable[GroupId | UserId], now: Settings) -> str:
    return parts.listed(sorted(_holder(holder, now)["text"]["text"] for holder in holders), room=NAMES_SHOWN)


def _holder(holder: GroupId | UserId, now: Settings) -> Element:
    """One we don't know any more is shown by its id, so that it can be taken out."""
    if handle := now.groups.get(GroupId(holder)):
        return _group(GroupId(holder), handle)
    return parts.option(now.names.get(UserId(holder), holder), holder)


def _group(group: GroupId, handle: str) -> Element:
    return parts.option(f"@{handle}{_IS_A_GROUP}", group)


def searched_for(typed: str) -> str:
    """The name in what somebody typed, or copied from what is shown."""
    return typed.removeprefix("@").removesuffix(_IS_A_GROUP)


def options(found: Holders) -> list[Element]:
    """Groups first; people by name, and by address where names repeat."""
    groups = [_group(group, handle) for group, handle in found.groups.items()]
    often = Counter(person.name for person in found.people)
    people = [parts.option(p.name, p.id, p.email if often[p.name] > 1 else None) for p in found.people]
    return [*groups, *people]


def read(view: View) -> Setup:
    """What was chosen. Raises Refused with the words for every field at fault."""
    fields = inputs.states(view)
    return inputs.checked(
        Setup,
        channels=lambda: {p: _conversation(fields[f"channel_{p}"]) for p in Purpose if f"channel_{p}" in fields},
        cards=lambda: inputs.chosen(fields.get("cards")) or Cards.EACH,
        capture=lambda: inputs.text(fields.get("capture")),
        admins=lambda: _users(fields.get("admins")),
        roles=lambda: {r: _several(fields[f"role_{r}"]) for r in Role if f"role_{r}" in fields} or None,
    )


def _conversation(state: Mapping[str, Any]) -> str | None:
    return state.get("selected_conversation") or None


def _users(state: Mapping[str, Any] | None) -> list[str] | None:
    return None if state is None else state.get("selected_users") or []


def _several(state: Mapping[str, Any] | None) -> list[str]:
    return [chosen["value"] for chosen in (state or {}).get("selected_options") or []]


def receipt(saved: Saved) -> View:
    lines = ["*Saved.* It counts from now on."]
    if saved.tested:
        where = parts.listed([_reference(channel) for channel in saved.tested])
        one = len(saved.tested) == 1
        on_its_way = "A test message is on its way" if one else "Test messages are on their way"
        missing = f"If {'it' if one else 'one'} doesn't arrive, invite me there: `/invite @Tandem`."
        lines.append(f"{on_its_way} to {where}. {missing}")
    if not saved.policy.roles.in_use:
        lines.append("No role has anybody yet, so everybody may do everything.")
    return parts.done("Saved", parts.section("\n".join(lines)))


# ---- who may do what ----------------------------------------------------------------------------


def rights_form(now: Settings, memory: Memory) -> View:
    unused = "" if now.policy.roles.in_use else "No role has anybody yet, so everybody may do everything. "
    note = (
        f"{unused}Empty one to go back to what is usual. Everybody may file, join, suggest figures, ask and watch."
    )
    blocks = [parts.context(note), *(_right(now, doing) for doing in DEFAULTS)]
    return parts.modal(RIGHTS_CALLBACK, "Who may do what", blocks, memory=memory.to_json(), submit="Save")


def _right(now: Settings, doing: Doing) -> Block:
    offered = {role: parts.option(name, role) for role, name in ROLES.items()}
    held = now.policy.rights.of(doing)
    element: Element = {
        "type": "multi_static_select",
        "action_id": "roles",
        "placeholder": parts.plain("Choose roles"),
        "options": list(offered.values()),
        "initial_options": [option for role, option in offered.items() if role in held],
    }
    usual = "" if held == DEFAULTS[doing] else f"Usually {_roles_said(DEFAULTS[doing])}."
    return parts.field(f"may_{doing}", parts.capital(SAID[doing]), element, hint=usual, optional=True)


def read_rights(view: View) -> Permits:
    fields = inputs.states(view)
    return inputs.checked(
        Permits, rights=lambda: {doing: _several(fields.get(f"may_{doing}")) for doing in DEFAULTS}
    )


def rights_receipt(permitted: Permitted) -> View:
    rights = permitted.policy.rights
    lines = [
        f"{parts.capital(SAID[doing])}: {_roles_said(rights.of(doing))}"
        f"{', as usual' if rights.of(doing) == DEFAULTS[doing] else ''}."
        for doing in permitted.changed
    ]
    first = "Saved. It counts from now on." if lines else "Nothing changed."
    return parts.done("Who may do what", parts.section("\n".join([f"*{first}*", *lines])))


def _roles_said(roles: Iterable[Role]) -> str:
    held = set(roles)
    return parts.listed([name.lower() for role, name in ROLES.items() if role in held])


# ---- the test -----------------------------------------------------------------------------------


def test(saying: ChannelTest) -> Message:
    what = _HELLOS.get(Purpose(saying.purpose), f"this is now the {saying.purpose} channel")
    text = f"Tandem is here: {what}."
    by = f" Set up by {parts.escape(parts.shorten(saying.by, parts.OPTION_LIMIT))}." if saying.by else ""
    return Message(text=f"{text}{by}", blocks=[parts.section(f"{text}{by}")])
