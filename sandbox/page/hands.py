"""What people do on the page: acts by ids, checked as Slack checks them; what goes wrong is told to the person."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup

from sandbox import inputs
from sandbox.inputs import CannotDo, Spot
from sandbox.interactions import Interactions, Surface
from sandbox.page import drawing
from sandbox.page.look import known, sees_place, sees_post
from sandbox.people import Message, Modal, Person
from sandbox.state import Conversation, Kind, Post, zone
from sandbox.views import View
from sandbox.wire import Json, SlackError

GONE = "This has changed meanwhile. Look again."
OFFERED_MOST = 100

Act = Callable[["Hands", Person, Json], Awaitable[Json | None]]
ACTS: dict[str, Act] = {}


def act(name: str) -> Callable[[Act], Act]:
    def register(function: Act) -> Act:
        ACTS[name] = function
        return function

    return register


class Hands:
    """Does what the page asks for."""

    def __init__(self, acts: Interactions) -> None:
        self.acts = acts
        self.state = acts.state
        self._offered: dict[tuple[str, str, str], dict[str, Json]] = {}

    async def do(self, asked: Json) -> Json:
        """One act. What the person could not do is shown to them, and stands under "error"."""
        user = known(self.state, str(asked.get("as")))
        perform = ACTS.get(str(asked.get("act")))
        if user is None or perform is None:
            raise LookupError("nobody, or nothing to do")
        try:
            if user.deleted:
                raise CannotDo(f"the account of {user.name} is deactivated")
            return await perform(self, Person(self.acts, user), asked) or {}
        except (CannotDo, SlackError, LookupError) as error:
            words = _sentence(str(error)) if isinstance(error, CannotDo) else GONE
            self.acts.fail(user, words)
            return {"error": words}
        finally:
            self.state.pulse.beat()

    # -- finding what is meant

    def place(self, person: Person, asked: Json) -> Conversation:
        place = self.state.conversation(str(asked.get("channel")))
        if not sees_place(person.user, place):
            raise LookupError
        return place

    def post(self, person: Person, asked: Json, named: str = "ts") -> Post:
        post = self.place(person, asked).posts.get(str(asked.get(named)))
        if post is None or not sees_post(self.state, person.user, post):
            raise LookupError
        return post

    def message(self, person: Person, asked: Json, named: str) -> Message | None:
        return person.message(self.post(person, asked, named)) if asked.get(named) else None

    def view(self, person: Person, asked: Json) -> View:
        view = self.acts.views.find(str(asked["view"]), None)
        if view.user != person.user.id:
            raise LookupError
        return view

    def spot(self, person: Person, asked: Json) -> tuple[Surface, Spot]:
        """An element where it stands, in a view or in a message."""
        surface: Surface = self.view(person, asked) if asked.get("view") else self.post(person, asked)
        spots = surface.spots() if isinstance(surface, View) else inputs.spots(surface.blocks)
        wanted = (str(asked.get("block")), str(asked.get("action")))
        for spot in spots:
            if spot.place == wanted:
                return surface, spot
        raise LookupError

    # -- what is put into fields

    def value(self, person: Person, surface: Surface, spot: Spot, given: Any) -> Json:
        """What a field holds after this was typed or chosen."""
        kind = inputs.KINDS[spot.type]
        if given in (None, "", []):
            return inputs.holding(spot.element, [] if kind.several else None)
        if not kind.several:
            return inputs.holding(spot.element, self._one(person, surface, spot, str(given)))
        many = given if isinstance(given, list) else [given]
        most = spot.element.get("max_selected_items") or len(many)
        if len(many) > most:
            raise CannotDo(f"no more than {most} can be chosen here")
        return inputs.holding(spot.element, [self._one(person, surface, spot, str(each)) for each in many])

    def _one(self, person: Person, surface: Surface, spot: Spot, given: str) -> Any:
        if spot.type in inputs.TYPED:
            return inputs.typed(spot.element, given)
        if spot.type in inputs.OFFERED:
            return inputs.pick(inputs.all_options(spot.element), given)
        if spot.type in inputs.SEARCHED:
            return inputs.pick(self._known(surface, spot), given)
        if "users" in spot.type or "conversations" in spot.type or "channels" in spot.type:
            return inputs.pick(self._named(person, spot), given)["value"]
        return _moment(person, spot, given)

    def _known(self, surface: Surface, spot: Spot) -> list[Json]:
        """What a searched menu has offered, and what it holds already."""
        held = inputs.content(surface.typed[spot.place]) if isinstance(surface, View) else None
        several = held if isinstance(held, list) else [held]
        return [*self._offered.get(_key(surface, spot), {}).values(), *(each for each in several if each)]

    def _named(self, person: Person, spot: Spot) -> list[Json]:
        """People or conversations, as options."""
        if "users" in spot.type:
            return [_option(u.name, u.id) for u in self.state.users.values() if not u.deleted]
        only_channels = "channels" in spot.type
        seen = [c for c in self.state.conversations.values() if sees_place(person.user, c) and not c.archived]
        public = [c for c in seen if not c.is_direct and (c.kind is Kind.PUBLIC or not only_channels)]
        return [_option(f"#{place.name}", place.id) for place in public]

    # -- menus one searches

    async def options(self, person: Person, surface: Surface, spot: Spot, query: str) -> list[Json]:
        if spot.type in inputs.SEARCHED:
            found = await person.search(surface, spot, query)
            self._offered.setdefault(_key(surface, spot), {}).update({each["value"]: each for each in found})
            return found
        own = inputs.all_options(spot.element) if spot.type in inputs.OFFERED else self._named(person, spot)
        wanted = query.casefold()
        return [each for each in own if wanted in str(each["text"]["text"]).casefold()]

    async def fill(self, person: Person, surface: Surface, spot: Spot, given: Any, tell: bool) -> None:
        value = self.value(person, surface, spot, given)
        self.acts.hold(person.user, surface, spot, value)
        if tell and spot.tells_the_app:
            await self.acts.act(person.user, surface, spot, value)


# -- saying


@act("say")
async def say(hands: Hands, person: Person, asked: Json) -> None:
    place, text = hands.place(person, asked), str(asked.get("text", "")).strip()
    if place.kind is Kind.IM and hands.state.app.manifest.messages_read_only:
        raise CannotDo(f"{hands.state.app.name} takes no messages")
    if text:
        await person.say(place.id, text, thread=hands.message(person, asked, "thread"))


@act("slash")
async def slash(hands: Hands, person: Person, asked: Json) -> None:
    place, thread = hands.place(person, asked), hands.message(person, asked, "thread")
    await person.slash(str(asked.get("text", "")).strip(), channel=place.id, thread=thread)


@act("shortcut")
async def shortcut(hands: Hands, person: Person, asked: Json) -> None:
    await person.shortcut(str(asked.get("name")), on=hands.message(person, asked, "ts"))


@act("join")
async def join(hands: Hands, person: Person, asked: Json) -> None:
    await person.join(hands.place(person, asked).id)


@act("home")
async def home(_hands: Hands, person: Person, _asked: Json) -> None:
    await person.home()


# -- pressing, choosing, typing


@act("press")
async def press(hands: Hands, person: Person, asked: Json) -> None:
    surface, spot = hands.spot(person, asked)
    chosen: Json = {}
    if spot.type == "overflow":
        chosen = {"selected_option": inputs.pick(inputs.all_options(spot.element), asked.get("value"))}
    elif spot.type == "feedback_buttons":
        chosen = {"value": str(asked.get("value", ""))}
    await hands.acts.act(person.user, surface, spot, chosen)


@act("choose")
async def choose(hands: Hands, person: Person, asked: Json) -> None:
    surface, spot = hands.spot(person, asked)
    await hands.fill(person, surface, spot, asked.get("value"), tell=True)


@act("type")
async def put_in(hands: Hands, person: Person, asked: Json) -> None:
    surface, spot = hands.spot(person, asked)
    await hands.fill(person, surface, spot, asked.get("value"), tell=_on_every_key(spot))


@act("enter")
async def enter(hands: Hands, person: Person, asked: Json) -> None:
    surface, spot = hands.spot(person, asked)
    await hands.fill(person, surface, spot, asked.get("value"), tell=True)


@act("search")
async def search(hands: Hands, person: Person, asked: Json) -> Json:
    surface, spot = hands.spot(person, asked)
    query = str(asked.get("value", ""))
    found = await hands.options(person, surface, spot, query)
    least = spot.element.get("min_query_length", 3) if spot.type in inputs.SEARCHED else 0
    shown = [_shown(option) for option in found[:OFFERED_MOST]]
    return {"options": shown, "note": _note(len(found), len(query), least)}


def _note(found: int, typed: int, least: int) -> str:
    if typed < least:
        return "Type to search" if least == 1 else f"Type at least {least} characters"
    return "" if found else "No results"


def _shown(option: Json) -> Json:
    about = option.get("description")
    description = Markup('<span class="about">{}</span>').format(drawing.plain_html(about["text"])) if about else ""
    return {"value": option["value"], "html": drawing.plain_html(option["text"]["text"]) + description}


# -- modals


@act("submit")
async def submit(hands: Hands, person: Person, asked: Json) -> None:
    await Modal(person, hands.view(person, asked)).submit()


@act("close")
async def close(hands: Hands, person: Person, asked: Json) -> None:
    await Modal(person, hands.view(person, asked)).close()


@act("dismiss")
async def dismiss(hands: Hands, person: Person, asked: Json) -> None:
    await Modal(person, hands.view(person, asked)).dismiss()


# -- small things


def _key(surface: Surface, spot: Spot) -> tuple[str, str, str]:
    name = surface.id if isinstance(surface, View) else f"{surface.channel}/{surface.ts}"
    return name, *spot.place


def _on_every_key(spot: Spot) -> bool:
    config: Mapping[str, Any] = spot.element.get("dispatch_action_config", {})
    return "on_character_entered" in config.get("trigger_actions_on", [])


def _moment(person: Person, spot: Spot, given: str) -> Any:
    """The browser's calendar speaks of the reader's wall clock."""
    try:
        if spot.type != "datetimepicker":
            return inputs.picked_moment(spot.element, given)
        at = datetime.fromisoformat(given).replace(tzinfo=zone(person.user.tz))
        return inputs.picked_moment(spot.element, at)
    except ValueError:
        raise CannotDo("that is no date or time") from None


def _option(text: str, value: str) -> Json:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")
