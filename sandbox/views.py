"""Modals and Home tabs: the stack of three, the hash, external ids, and what people have typed into them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox import inputs
from sandbox.reading import read_blocks, read_text
from sandbox.state import State, Trigger
from sandbox.wire import Json, SlackError

STACK = 3
PARTS = (
    "title",
    "submit",
    "close",
    "blocks",
    "private_metadata",
    "callback_id",
    "external_id",
    "clear_on_close",
    "notify_on_close",
    "submit_disabled",
)
DEFAULTS: Json = {
    "title": None,
    "submit": None,
    "close": None,
    "private_metadata": "",
    "callback_id": "",
    "external_id": "",
    "clear_on_close": False,
    "notify_on_close": False,
    "submit_disabled": False,
}


@dataclass(kw_only=True, eq=False)
class View:
    """One modal or one Home tab."""

    id: str
    user: str
    type: str
    root: str
    previous: str | None
    hash: str = ""
    spec: Json = field(default_factory=dict)
    typed: dict[tuple[str, str], Json] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)  #: by block_id
    version: int = 0

    def spots(self) -> list[inputs.Spot]:
        return list(inputs.spots(self.spec["blocks"]))

    def values(self) -> Json:
        """`state.values`, exactly as Slack sends it: every field that holds something a person can set."""
        values: Json = {}
        for spot in self.spots():
            if spot.place in self.typed:
                block_id, action_id = spot.place
                values.setdefault(block_id, {})[action_id] = self.typed[spot.place]
        return values


class Views:
    """All views of the workspace."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}

    # -- what the app asks for

    def open(self, trigger_id: str, spec: Json) -> View:
        trigger = self.exchange(trigger_id)
        self._unique(spec)
        view = self._new(trigger.user, "modal", [])
        self.stacks[trigger.user] = [view]
        return self.draw(view, spec)

    def push(self, trigger_id: str, spec: Json) -> View:
        self._live(trigger_id)
        trigger = self.exchange(trigger_id)
        stack = self.stacks.get(trigger.user) or []
        if not stack or trigger.view not in [view.id for view in stack]:
            raise SlackError("not_found")
        return self.stack(stack, spec)

    def stack(self, stack: list[View], spec: Json) -> View:
        """Put a view on top of another one."""
        if len(stack) >= STACK:
            raise SlackError("push_limit_reached")
        self._unique(spec)
        view = self._new(stack[0].user, "modal", stack)
        stack.append(view)
        return self.draw(view, spec)

    def update(self, view_id: str | None, external_id: str | None, view_hash: str | None, spec: Json) -> View:
        view = self.find(view_id, external_id)
        self._fresh(view, view_hash)
        self._unique(spec, view)
        return self.draw(view, spec)

    def publish(self, user: str, view_hash: str | None, spec: Json) -> View:
        view = self.homes.get(user)
        if view is not None:
            self._fresh(view, view_hash)
        self._unique(spec, view)
        if view is None:
            view = self.homes[user] = self._new(user, "home", [])
        return self.draw(view, spec)

    # -- rules

    def exchange(self, trigger_id: str) -> Trigger:
        """Spend a trigger. Raises invalid_, expired_ or exchanged_trigger_id."""
        trigger = self._live(trigger_id)
        trigger.used = True
        return trigger

    def _live(self, trigger_id: str) -> Trigger:
        trigger = self.state.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.state.is_past(trigger.expires):
            raise SlackError("expired_trigger_id")
        return trigger

    def find(self, view_id: str | None, external_id: str | None) -> View:
        for view in self:
            if view.id == view_id or (external_id and view.spec.get("external_id") == external_id):
                return view
        raise SlackError("not_found")

    def _fresh(self, view: View, view_hash: str | None) -> None:
        if view_hash and view_hash != view.hash:
            raise SlackError("hash_conflict")

    def _unique(self, spec: Json, but: View | None = None) -> None:
        external = spec.get("external_id")
        if external and any(view.spec.get("external_id") == external for view in self if view is not but):
            raise SlackError("duplicate_external_id")

    # -- life of a view

    def __iter__(self) -> Iterator[View]:
        yield from (view for stack in self.stacks.values() for view in stack)
        yield from self.homes.values()

    def _new(self, user: str, kind: str, below: list[View]) -> View:
        view_id = self.state.fresh_id("V")
        previous = below[-1].id if below else None
        return View(id=view_id, user=user, type=kind, root=below[0].id if below else view_id, previous=previous)

    def draw(self, view: View, spec: Json) -> View:
        """Give a view new content. A field whose block_id and action_id stay keeps what it holds."""
        blocks = [inputs.identified(block, self.state.fresh_word) for block in spec.get("blocks", [])]
        view.spec = {**DEFAULTS, **{part: spec[part] for part in PARTS if part in spec}, "blocks": blocks}
        view.typed = {spot.place: _kept(view, spot) for spot in view.spots() if spot.type in inputs.KINDS}
        view.errors = {}
        view.version += 1
        self._rehash(view)
        self.show(view)
        return view

    def _rehash(self, view: View) -> None:
        view.hash = f"{int(self.state.now())}.{self.state.fresh_word()}"

    def show(self, view: View) -> None:
        self.state.show(view.user, view.type, view.id, self.read(view))

    def is_open(self, view: View) -> bool:
        return view in self.stacks.get(view.user, []) or view in self.homes.values()

    def top(self, user: str) -> View | None:
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def close(self, view: View) -> None:
        """Close one modal; the one beneath shows again."""
        stack = self.stacks.get(view.user, [])
        if view in stack:
            stack.remove(view)
            if stack:
                self.show(stack[-1])
        self.state.pulse.beat()

    def clear(self, user: str) -> None:
        self.stacks.pop(user, None)
        self.state.pulse.beat()

    # -- how it goes over the wire, and before the eyes

    def json(self, view: View) -> Json:
        app = self.state.app
        return {
            "id": view.id,
            "team_id": self.state.workspace.id,
            "type": view.type,
            **view.spec,
            "state": {"values": view.values()},
            "hash": view.hash,
            "root_view_id": view.root,
            "previous_view_id": view.previous,
            "app_id": app.id,
            "app_installed_team_id": self.state.workspace.id,
            "bot_id": app.bot_id,
        }

    def read(self, view: View) -> str:
        """Everything a person reads there, the buttons at the foot included."""
        reader = self.state.reader(view.user)
        body = read_blocks(view.spec["blocks"], reader, view.values(), view.errors)
        title, submit = (read_text(view.spec.get(part), reader) for part in ("title", "submit"))
        foot = f"[{read_text(view.spec.get('close'), reader) or 'Cancel'}]" if view.type == "modal" else ""
        trouble = view.errors.get("", "")
        return "\n".join(line for line in (title, trouble, body, f"{foot} [{submit}]" if submit else foot) if line)


def _kept(view: View, spot: inputs.Spot) -> Json:
    """What a field holds after a redraw."""
    before = view.typed.get(spot.place)
    if before is None or before["type"] != spot.type or not _still_offered(spot, before):
        return inputs.initial(spot.element)
    return before


def _still_offered(spot: inputs.Spot, value: Json) -> bool:
    if spot.type not in inputs.OFFERED:
        return True
    offered = {option.get("value") for option in inputs.all_options(spot.element)}
    held = inputs.content(value) or []
    return all(option.get("value") in offered for option in (held if isinstance(held, list) else [held]))
