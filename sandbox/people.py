"""People, as a scenario speaks of them: `await alice.slash("/request k8s")`, `await form.fill({"Title": "x"})`.

Nothing here takes an id. What a person could not do in Slack raises CannotDo.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sandbox import events, inputs
from sandbox.inputs import CannotDo, Spot
from sandbox.interactions import Interactions
from sandbox.reading import read_blocks, read_text
from sandbox.rules.manifest import Shortcut
from sandbox.state import Conversation, Post, Sighting, State
from sandbox.views import View
from sandbox.wire import Json
from sandbox.workspace import User

BUTTONS = ("button", "workflow_button", "icon_button")


@dataclass(frozen=True)
class Failure:
    """What a person reads when it did not work."""

    text: str


class Message:
    """A message as it stands now."""

    def __init__(self, state: State, post: Post, reader: str | None = None) -> None:
        self._state = state
        self.post = post
        self._reader = reader

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and other.post is self.post

    def __hash__(self) -> int:
        return hash((self.post.channel, self.post.ts))

    def __repr__(self) -> str:
        return f"<Message by {self.author}: {self.text!r}>"

    @property
    def text(self) -> str:
        """All of it, as its reader sees it."""
        return self._state.read_post(self.post, self._reader)

    @property
    def fallback(self) -> str:
        """The text argument: the notification, and what a screen reader says."""
        return self.post.text

    @property
    def author(self) -> str:
        return self._state.users[self.post.user].name

    @property
    def channel(self) -> str:
        place = self._state.conversations[self.post.channel]
        return place.name if place.is_direct else f"#{place.name}"

    @property
    def ts(self) -> str:
        return self.post.ts

    @property
    def edited(self) -> bool:
        return self.post.edited is not None

    @property
    def deleted(self) -> bool:
        return self.post.deleted

    @property
    def ephemeral(self) -> bool:
        return self.post.seen_only_by is not None

    @property
    def metadata(self) -> Json | None:
        return self.post.metadata

    @property
    def blocks(self) -> list[Json]:
        return self.post.blocks

    @property
    def reactions(self) -> dict[str, list[str]]:
        return {
            name: [self._state.users[user].name for user in users] for name, users in self.post.reactions.items()
        }

    @property
    def buttons(self) -> list[str]:
        return buttons(inputs.spots(self.post.blocks))

    @property
    def parent(self) -> "Message | None":
        """The message this one answers."""
        root = self._state.conversations[self.post.channel].posts.get(self.post.thread or "")
        return Message(self._state, root, self._reader) if root and root is not self.post else None

    @property
    def thread(self) -> "list[Message]":
        """The answers to it, oldest first."""
        place = self._state.conversations[self.post.channel]
        return [Message(self._state, reply, self._reader) for reply in place.replies(self.post.ts)]


class Modal:
    """A modal in front of a person; always as it is now."""

    def __init__(self, person: "Person", view: View) -> None:
        self.person = person
        self.view = view

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Modal) and other.view is self.view

    def __hash__(self) -> int:
        return hash(self.view.id)

    def __repr__(self) -> str:
        return f"<Modal {self.title!r}>"

    @property
    def is_open(self) -> bool:
        return self.person.acts.views.is_open(self.view)

    @property
    def title(self) -> str:
        return str((self.view.spec["title"] or {}).get("text", ""))

    @property
    def text(self) -> str:
        """Everything a person reads, top to bottom, with what is in the fields."""
        return self.person.acts.views.read(self.view)

    @property
    def buttons(self) -> list[str]:
        return buttons(self.view.spots())

    @property
    def labels(self) -> list[str]:
        return [spot.label for spot in self.view.spots() if spot.is_input]

    @property
    def errors(self) -> dict[str, str]:
        """What stands in red, by label; under "" what stands at the top."""
        labels = {spot.place[0]: spot.label for spot in self.view.spots()}
        return {labels.get(block_id, ""): words for block_id, words in self.view.errors.items()}

    def value(self, label: str) -> Any:
        """What a person reads in a field: text, the text of an option, a name, a list of these, or None."""
        spot = self._field(label)
        return self.person.plain(inputs.content(self.view.typed[spot.place]))

    def options(self, label: str) -> list[str]:
        """What a menu offers, by its text."""
        return [option["text"]["text"] for option in inputs.all_options(self._field(label).element)]

    async def suggestions(self, label: str, typed: str) -> list[str]:
        """What a searched menu offers after typing this."""
        options = await self.person.search(self.view, self._field(label), typed)
        return [option["text"]["text"] for option in options]

    async def fill(self, fields: Mapping[str, Any]) -> "Modal":
        """Fill in fields by their labels; None empties one. Fields that tell the app do so, in this order."""
        for label, wanted in fields.items():
            self._must_be_open()
            await self.person.fill_in(self.view, self._field(label), wanted)
        return self

    async def enter(self, label: str) -> "Modal":
        """Press the Enter key in a text field."""
        self._must_be_open()
        await self.person.press_enter(self.view, self._field(label))
        return self

    async def submit(self) -> "Modal | None":
        """Press the button at the foot. The modal one sees next: this one with `errors`, another one, or none."""
        self._must_be_open()
        if not self.view.spec["submit"]:
            raise CannotDo(f"{self.title!r} has nothing to submit with")
        if self._complaints():
            return self
        await self.person.do(self.person.acts.submit(self.person.user, self.view), wait=0)
        return self.person.modal

    async def close(self) -> "Modal | None":
        """Press Cancel. The modal beneath, if there is one."""
        self._must_be_open()
        await self.person.do(self.person.acts.close(self.person.user, self.view), wait=0)
        return self.person.modal

    async def dismiss(self) -> None:
        """Press the cross in the corner: the whole stack goes."""
        self._must_be_open()
        await self.person.do(self.person.acts.close(self.person.user, self.view, everything=True), wait=0)

    def _complaints(self) -> dict[str, str]:
        fields = [spot for spot in self.view.spots() if spot.is_input]
        found = {spot.place[0]: inputs.complaint(spot, self.view.typed[spot.place]) for spot in fields}
        self.view.errors = {block_id: words for block_id, words in found.items() if words}
        if self.view.errors:
            self.person.acts.views.show(self.view)
        return self.view.errors

    def _field(self, label: str) -> Spot:
        return find([spot for spot in self.view.spots() if spot.type in inputs.KINDS], label)

    def _must_be_open(self) -> None:
        if self.person.modal is None or self.person.modal.view is not self.view:
            raise CannotDo(f"{self.title!r} is not in front of {self.person.name}")


class Home:
    """The Home tab of the app, as it is now."""

    def __init__(self, person: "Person", view: View) -> None:
        self.person = person
        self.view = view

    def __repr__(self) -> str:
        return f"<Home of {self.person.name}>"

    @property
    def text(self) -> str:
        return self.person.acts.views.read(self.view)

    @property
    def buttons(self) -> list[str]:
        return buttons(self.view.spots())


Seen: TypeAlias = Modal | Message | Home | Failure | None


class Person:
    """Somebody at their Slack client."""

    def __init__(self, acts: Interactions, user: User) -> None:
        self.acts = acts
        self._id = user.id

    def __repr__(self) -> str:
        return f"<Person {self.name}>"

    @property
    def state(self) -> State:
        return self.acts.state

    @property
    def user(self) -> User:
        return self.state.users[self._id]

    @property
    def name(self) -> str:
        return self.user.name

    # -- what is before their eyes

    @property
    def seen(self) -> list[str]:
        """All that was shown to this person alone, as it read then: modals, ephemerals, DMs, Home, errors."""
        return [sighting.text for sighting in self._sightings()]

    @property
    def modal(self) -> Modal | None:
        """The modal in front."""
        view = self.acts.views.top(self._id)
        return Modal(self, view) if view else None

    @property
    def errors(self) -> list[str]:
        return [sighting.text for sighting in self._sightings() if sighting.kind == "error"]

    def dms(self) -> list[Message]:
        """What the app wrote to this person directly, oldest first."""
        place = self.state.direct(self._id)
        return [self.message(post) for post in place.standing() if post.by_app]

    def ephemerals(self) -> list[Message]:
        """The answers only this person sees, oldest first; wherever they appeared."""
        mine = [post for post in self.state.posts() if post.seen_only_by == self._id and not post.deleted]
        return [self.message(post) for post in sorted(mine, key=lambda post: post.ts)]

    def messages(self, place: str) -> list[Message]:
        """What stands in a channel, as this person reads it."""
        return [self.message(post) for post in self._place(place).standing()]

    def message(self, post: Post) -> Message:
        return Message(self.state, post, self._id)

    def _sightings(self) -> list[Sighting]:
        return [sighting for sighting in self.state.seen if sighting.who == self._id]

    # -- commands, shortcuts, Home

    async def slash(self, line: str, channel: str | None = None, thread: Message | None = None) -> Seen:
        """Type a command, by default in the app's own direct messages."""
        self._may_command()
        if thread is not None:
            raise CannotDo(f"{line.split()[0]} is not supported in threads. Sorry!")
        place = self._inside(channel) if channel else self.state.direct(self._id)
        if place.archived:
            raise CannotDo(f"#{place.name} is archived")
        name, _, text = line.partition(" ")
        act = self.acts.command(self.user, place, name, text.strip())
        return await self.do(act, place, wait=self.state.timing.patience)

    async def shortcut(self, name: str, on: Message | None = None) -> Seen:
        """Choose a shortcut of the app: from the menu of a message, or a global one."""
        self._may_command()
        kind = "message" if on else "global"
        act = self.acts.shortcut(self.user, self._declared(name, kind), on.post if on else None)
        return await self.do(act, wait=self.state.timing.patience)

    def _declared(self, name: str, kind: str) -> Shortcut:
        offered = [each for each in self.state.app.manifest.shortcuts if each.type == kind]
        for each in offered:
            if each.name == name:
                return each
        raise CannotDo(f"there is no {kind} shortcut {name!r}; there is {[each.name for each in offered]}")

    async def home(self) -> Home:
        """Open the Home tab and wait for what the app puts there."""
        if not self.state.app.manifest.home_enabled:
            raise CannotDo(f"{self.state.app.name} has no Home tab")
        self._must_be_active()
        views = self.acts.views
        before = views.homes.get(self._id)
        version = before.version if before else 0
        events.home_opened(self.state, self.user, views.json(before) if before else None)
        await self.state.pulse.until(lambda: self._home_version() > version, self.state.timing.patience)
        await self.acts.courier.quiet()
        if self._id not in views.homes:
            raise CannotDo(f"the Home tab of {self.state.app.name} stays empty")
        return Home(self, views.homes[self._id])

    def _home_version(self) -> int:
        view = self.acts.views.homes.get(self._id)
        return view.version if view else 0

    # -- pressing and choosing

    async def press(self, button: str, on: Message | Modal | Home) -> Seen:
        """Press a button by its text; what this person sees of it."""
        surface = self._before_me(on)
        spot = find([spot for spot in _spots(surface) if spot.type in BUTTONS], button, by=words)
        return await self._act(surface, spot, {})

    async def choose(self, label: str, option: object, on: Message | Modal | Home) -> Seen:
        """Choose from a menu, a date or a list outside a form; found by its label, its text or its placeholder."""
        surface = self._before_me(on)
        spot = find([spot for spot in _spots(surface) if spot.type not in BUTTONS], label, by=names)
        if spot.type == "overflow":
            chosen = inputs.pick(inputs.all_options(spot.element), option)
            return await self._act(surface, spot, {"selected_option": chosen})
        value = await self._wanted(surface, spot, option)
        self.acts.hold(self.user, surface, spot, value)
        if not spot.tells_the_app:
            return None
        return await self._act(surface, spot, value)

    async def _act(self, surface: View | Post, spot: Spot, chosen: Json) -> Seen:
        place = self.state.conversations[surface.channel] if isinstance(surface, Post) else None
        act = self.acts.act(self.user, surface, spot, chosen)
        return await self.do(act, place, wait=self.state.timing.settle)

    def _before_me(self, on: Message | Modal | Home) -> View | Post:
        """What it stands on, if this person can see it."""
        self._must_be_active()
        if isinstance(on, Message):
            return self._readable(on.post)
        if isinstance(on, Modal):
            on._must_be_open()  # noqa: SLF001
        return on.view

    def _readable(self, post: Post) -> Post:
        place = self.state.conversations[post.channel]
        if post.deleted or (post.seen_only_by or self._id) != self._id:
            raise CannotDo(f"{self.name} does not see that message")
        if place.kind != "channel" and self._id not in place.members:
            raise CannotDo(f"{self.name} is not in #{place.name}")
        return post

    # -- fields

    async def fill_in(self, surface: View | Post, spot: Spot, wanted: object) -> None:
        value = await self._wanted(surface, spot, wanted)
        self.acts.hold(self.user, surface, spot, value)
        if spot.tells_the_app and (spot.type not in inputs.TYPED or _on_every_key(spot)):
            await self._act(surface, spot, value)

    async def press_enter(self, surface: View | Post, spot: Spot) -> None:
        if spot.type not in inputs.TYPED or not spot.tells_the_app:
            raise CannotDo(f"the Enter key does nothing in {spot.label!r}")
        value = surface.typed[spot.place] if isinstance(surface, View) else inputs.initial(spot.element)
        await self._act(surface, spot, value)

    async def search(self, surface: View | Post, spot: Spot, query: str) -> list[Json]:
        if spot.type not in inputs.SEARCHED:
            raise CannotDo(f"{spot.label!r} is not searched")
        if len(query) < spot.element.get("min_query_length", 3):
            return []
        return await self.acts.suggest(self.user, surface, spot, query)

    async def _wanted(self, surface: View | Post, spot: Spot, wanted: object) -> Json:
        kind = inputs.KINDS[spot.type]
        if wanted is None or wanted == "":
            return inputs.holding(spot.element, [] if kind.several else None)
        if not kind.several:
            return inputs.holding(spot.element, await self._one(surface, spot, wanted))
        many = wanted if isinstance(wanted, list | tuple | set) else [wanted]
        most = spot.element.get("max_selected_items") or len(many)
        if len(many) > most:
            raise CannotDo(f"{spot.label!r} takes {most} at most")
        return inputs.holding(spot.element, [await self._one(surface, spot, each) for each in many])

    async def _one(self, surface: View | Post, spot: Spot, wanted: object) -> Any:
        if spot.type in inputs.TYPED:
            return inputs.typed(spot.element, wanted)
        if spot.type in inputs.OFFERED:
            return inputs.pick(inputs.all_options(spot.element), wanted)
        if spot.type in inputs.SEARCHED:
            return inputs.pick(await self.search(surface, spot, str(wanted)), wanted)
        if "users" in spot.type:
            return self._named(str(wanted))
        if "conversations" in spot.type or "channels" in spot.type:
            return self._place(str(wanted)).id
        if spot.type == "file_input":
            raise CannotDo("the sandbox has no files yet")
        return self._moment(spot, wanted)

    def _moment(self, spot: Spot, wanted: object) -> Any:
        if isinstance(wanted, datetime) and wanted.tzinfo is None:
            wanted = wanted.replace(tzinfo=self.state.reader(self._id).zone)
        return inputs.picked_moment(spot.element, wanted)

    def _named(self, name: str) -> str:
        try:
            return self.state.named(name).id
        except LookupError as error:
            raise CannotDo(str(error)) from None

    def plain(self, content: Any) -> Any:
        """Ids and options the way a person reads them."""
        reader = self.state.reader(self._id)
        if isinstance(content, list):
            return [self.plain(each) for each in content]
        if isinstance(content, dict):
            return read_text(content["text"], reader) if "text" in content else read_blocks([content], reader)
        return reader.users.get(content) or reader.channels.get(content) or content

    # -- saying

    async def say(self, channel: str, text: str, thread: Message | None = None) -> Message:
        """Write into a channel; "@Tandem" and "#board" become references. In "@Tandem" one writes to the app."""
        self._must_be_active()
        place = self.state.direct(self._id) if channel == f"@{self.state.app.name}" else self._inside(channel)
        if place.archived:
            raise CannotDo(f"#{place.name} is archived")
        post = self.acts.say(self.user, place, text, (thread.post.thread or thread.ts) if thread else None)
        await self.acts.courier.quiet()
        return self.message(post)

    async def react(self, on: Message, emoji: str) -> None:
        post = self._readable(on.post)
        people = post.reactions.setdefault(emoji.strip(":"), [])
        if self._id not in people:
            people.append(self._id)
            events.reacted(self.state, self.user, post, emoji.strip(":"))
        await self.acts.courier.quiet()

    async def join(self, channel: str) -> None:
        place = self._place(channel)
        if place.kind != "channel" or place.archived:
            raise CannotDo(f"nobody can join {channel}")
        place.members.add(self._id)
        events.joined(self.state, self.user, place)
        await self.acts.courier.quiet()

    async def leave(self, channel: str) -> None:
        self._inside(channel).members.discard(self._id)

    # -- rules of the house

    def _must_be_active(self) -> None:
        if self.user.deleted:
            raise CannotDo(f"the account of {self.name} is deactivated")

    def _may_command(self) -> None:
        self._must_be_active()
        if self.user.team:
            raise CannotDo(f"{self.name} is of another workspace, where {self.state.app.name} is not installed")

    def _inside(self, channel: str) -> Conversation:
        place = self._place(channel)
        if self._id not in place.members:
            raise CannotDo(f"{self.name} is not in {channel}")
        return place

    def _place(self, channel: str) -> Conversation:
        try:
            return self.state.place(channel)
        except LookupError as error:
            raise CannotDo(str(error)) from None

    # -- seeing what comes of it

    async def do(self, act: Coroutine[Any, Any, None], place: Conversation | None = None, wait: float = 0) -> Seen:
        """Do it, then look for up to `wait` seconds whether anything shows."""
        mark = len(self.state.seen)
        where = {self._id, place.id if place else self._id}
        await act

        def news() -> list[Sighting]:
            return [sighting for sighting in self.state.seen[mark:] if sighting.who in where]

        await self.state.pulse.until(news, wait)
        return self._most_telling(news())

    def _most_telling(self, news: list[Sighting]) -> Seen:
        """Of several things at once a person notices an error first, then a modal, then an answer."""
        by_kind = {sighting.kind: sighting for sighting in news}
        if "error" in by_kind:
            return Failure(by_kind["error"].text)
        if "modal" in by_kind and self.modal:
            return self.modal
        if "home" in by_kind:
            return Home(self, self.acts.views.homes[self._id])
        posts = [by_kind[kind] for kind in ("ephemeral", "dm", "message") if kind in by_kind]
        return self._about(posts[0]) if posts else None

    def _about(self, sighting: Sighting) -> Message:
        channel, _, ts = sighting.about.partition("/")
        return self.message(self.state.conversations[channel].posts[ts])


# -- Finding things by what is written on them


def words(spot: Spot) -> list[str]:
    """What is written on an element itself."""
    element = spot.element
    return [str((element.get("text") or {}).get("text", "")), str(element.get("accessibility_label", ""))]


def names(spot: Spot) -> list[str]:
    """What a menu may be called: the words beside it, those in it, or "..." for an overflow menu."""
    placeholder = str((spot.element.get("placeholder") or {}).get("text", ""))
    chosen = str((spot.element.get("initial_option") or {}).get("text", {}).get("text", ""))
    return [spot.label, placeholder, chosen, "..." if spot.type == "overflow" else ""]


def labels(spot: Spot) -> list[str]:
    return [spot.label] if spot.is_input else names(spot)


def find(among: list[Spot], name: str, by: Callable[[Spot], list[str]] = labels) -> Spot:
    for spot in among:
        if name and name in by(spot):
            return spot
    raise CannotDo(f"there is no {name!r} here; there is {[by(spot)[0] for spot in among]}")


def buttons(spots: Any) -> list[str]:
    return [words(spot)[0] for spot in spots if spot.type in BUTTONS]


def _spots(surface: View | Post) -> list[Spot]:
    return surface.spots() if isinstance(surface, View) else list(inputs.spots(surface.blocks))


def _on_every_key(spot: Spot) -> bool:
    config = spot.element.get("dispatch_action_config", {})
    return "on_character_entered" in config.get("trigger_actions_on", [])
