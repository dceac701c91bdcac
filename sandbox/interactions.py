"""What a person's act does in Slack: the payload it sends, the three seconds, and what becomes of the app's answer.

People are `people.py`; here everything goes by id, so that a page in a browser can use it as well.
"""

import re
from html import escape

from sandbox import events, inputs, shapes
from sandbox.deliver import Courier, Unanswered
from sandbox.inputs import Spot
from sandbox.methods import erase, rewrite, written
from sandbox.rules import Refusal, check_command_reply, check_options_reply, check_submission_reply
from sandbox.rules.manifest import Shortcut
from sandbox.state import Conversation, Kind, Post, ResponseUrl, State
from sandbox.traffic import Reply, Traffic
from sandbox.views import View, Views
from sandbox.wire import Json, SlackError
from sandbox.workspace import User

TROUBLE = "We had some trouble connecting. Try again?"
SHOWN = ("text", "value", "style", "url", "placeholder")  #: parts of an element that its action repeats
Surface = View | Post


class Interactions:
    """The client and the server side of every act."""

    def __init__(self, state: State, views: Views, courier: Courier, traffic: Traffic) -> None:
        self.state = state
        self.views = views
        self.courier = courier
        self.traffic = traffic
        self._typed: dict[tuple[str, str, str], dict[tuple[str, str], Json]] = {}

    # -- commands and shortcuts

    async def command(self, user: User, place: Conversation, name: str, text: str) -> None:
        declared = self.state.app.manifest.command(name)
        if declared is None:
            return self.fail(user, f"{name} is not a valid command.")
        said = self.linked(text) if declared.should_escape else text
        payload = self._command_payload(user, place, name, said)
        try:
            reply = await self.courier.ask("slash_commands", payload)
        except Unanswered:
            return self.fail(user, f"{name} failed because the app did not respond")
        return self._command_answered(user, place, name, reply)

    def _command_payload(self, user: User, place: Conversation, name: str, text: str) -> Json:
        direct = {Kind.IM: "directmessage", Kind.PRIVATE: "privategroup"}
        return {
            "token": "",
            "team_id": self.state.workspace.id,
            "team_domain": self.state.workspace.domain,
            "channel_id": place.id,
            "channel_name": direct.get(place.kind, place.name),
            "user_id": user.id,
            "user_name": user.username,
            "command": name,
            "text": text,
            "api_app_id": self.state.app.id,
            "is_enterprise_install": "false",
            "response_url": self._response_url(user, place.id),
            "trigger_id": self.state.trigger(user.id),
        }

    def _command_answered(self, user: User, place: Conversation, name: str, reply: Json) -> None:
        try:
            check_command_reply(reply)
        except Refusal as refusal:
            return self.fail(user, f'{name} failed with the error "{refusal.error}"')
        if reply.get("text") or reply.get("blocks") or reply.get("attachments"):
            self._answer(user, place, reply)
        return None

    async def shortcut(self, user: User, shortcut: Shortcut, post: Post | None = None) -> None:
        kind = "message_action" if post else "shortcut"
        payload = self._payload(kind, user) | {
            "callback_id": shortcut.callback_id,
            "action_ts": self.state.fresh_ts(),
            "trigger_id": self.state.trigger(user.id),
        }
        if post:
            payload |= self._about_message(user, post) | {"message_ts": post.ts}
        await self._ask(user, payload)

    # -- blocks

    def values(self, user: User, surface: Surface) -> Json:
        """`state.values` of what a person has before them."""
        if isinstance(surface, View):
            return surface.values()
        typed = self._typed.get((surface.channel, surface.ts, user.id), {})
        values: Json = {}
        for spot in inputs.spots(surface.blocks):
            if spot.type in inputs.KINDS:
                block_id, action_id = spot.place
                value = typed.get(spot.place) or inputs.initial(spot.element)
                values.setdefault(block_id, {})[action_id] = value
        return values

    def hold(self, user: User, surface: Surface, spot: Spot, value: Json) -> None:
        """Somebody filled in a field; nothing is sent."""
        if isinstance(surface, View):
            surface.typed[spot.place] = value
            surface.errors.pop(spot.place[0], None)
        else:
            self._typed.setdefault((surface.channel, surface.ts, user.id), {})[spot.place] = value

    async def act(self, user: User, surface: Surface, spot: Spot, chosen: Json) -> None:
        """Press, choose or enter: block_actions. `chosen` is what the action holds besides its ids."""
        if not self.state.app.manifest.interactivity:
            return self.fail(user, f"{self.state.app.name} is not configured to handle interactive responses.")
        payload = self._payload("block_actions", user) | self._around(user, surface)
        payload["trigger_id"] = self.state.trigger(user.id, surface.id if isinstance(surface, View) else None)
        payload["actions"] = [self._action(spot) | chosen]
        await self._ask(user, payload)
        return None

    def _action(self, spot: Spot) -> Json:
        block_id, action_id = spot.place
        shown: Json = {name: spot.element[name] for name in SHOWN if name in spot.element}
        return {
            "type": spot.type,
            "action_id": action_id,
            "block_id": block_id,
            **shown,
            "action_ts": self.state.fresh_ts(),
        }

    async def suggest(self, user: User, surface: Surface, spot: Spot, query: str) -> list[Json]:
        """What an external select offers for what was typed."""
        block_id, action_id = spot.place
        payload = self._payload("block_suggestion", user) | self._around(user, surface)
        payload.pop("response_url", None)
        payload |= {"action_id": action_id, "block_id": block_id, "value": query}
        try:
            reply = await self.courier.ask("interactive", payload)
            check_options_reply(reply)
        except (Unanswered, Refusal) as failure:
            self.fail(user, f"Couldn't load results ({failure})")
            return []
        return inputs.all_options(reply)

    # -- modals

    async def submit(self, user: User, view: View) -> None:
        payload = self._payload("view_submission", user) | {
            "trigger_id": self.state.trigger(user.id, view.id),
            "view": self.views.json(view),
            "response_urls": self._response_urls(user, view),
        }
        try:
            reply = await self.courier.ask("interactive", payload)
            check_submission_reply(reply, view.spec)
            self._submitted(view, reply)
        except (Unanswered, Refusal, SlackError) as failure:
            view.errors = {"": TROUBLE}
            self.fail(user, f"{TROUBLE} ({failure})")

    def _submitted(self, view: View, reply: Json) -> None:
        if not self.views.is_open(view):
            return
        match reply.get("response_action"):
            case "errors":
                view.errors = dict(reply["errors"])
                self.views.show(view)
            case "update":
                self.views.update(view.id, None, None, reply["view"])
            case "push":
                self.views.stack(self.views.stacks[view.user], reply["view"])
            case "clear":
                self.views.clear(view.user)
            case _:
                self.views.close(view)

    async def close(self, user: User, view: View, everything: bool = False) -> None:
        """Cancel one modal, or the whole stack with the cross in its corner."""
        stack = self.views.stacks.get(user.id, [])
        gone = list(reversed(stack)) if everything or view.spec["clear_on_close"] else [view]
        for each in gone:
            self.views.close(each)
        for each in gone:
            if each.spec["notify_on_close"]:
                closed = {"view": self.views.json(each), "is_cleared": everything or view.spec["clear_on_close"]}
                await self._ask(user, self._payload("view_closed", user) | closed)

    def _response_urls(self, user: User, view: View) -> list[Json]:
        """Doors into the channels chosen in fields that ask for one."""
        doors: list[Json] = []
        for spot in view.spots():
            if spot.element.get("response_url_enabled") and (channel := inputs.content(view.typed[spot.place])):
                block_id, action_id = spot.place
                url = self._response_url(user, channel)
                doors.append(
                    {"block_id": block_id, "action_id": action_id, "channel_id": channel, "response_url": url}
                )
        return doors

    # -- saying

    def say(self, user: User, place: Conversation, text: str, thread: str | None = None) -> Post:
        post = Post(channel=place.id, ts=self.state.fresh_ts(), user=user.id, text=self.linked(text), thread=thread)
        self.state.add_post(post)
        events.posted(self.state, post)
        return post

    def linked(self, text: str) -> str:
        """What somebody types, as Slack sends it on: escaped, and names made into references."""
        references = {"@" + name: f"<@{user.id}>" for user in self.state.users.values() for name in user.called}
        for place in self.state.conversations.values():
            references["#" + place.name] = f"<#{place.id}|{place.name}>"
        names = "|".join(re.escape(name) for name in sorted(references, key=len, reverse=True))
        return re.sub(rf"(?:{names})\b", lambda found: references[found[0]], escape(text, quote=False))

    # -- response_url

    def respond(self, token: str, body: Json) -> None:
        """A post to a response_url. Raises SlackError."""
        try:
            self._respond(token, body)
        except SlackError as error:
            self._log_reply(token, body, error.error)
            raise
        self._log_reply(token, body, None)

    def _respond(self, token: str, body: Json) -> None:
        door = self.state.response_urls.get(token)
        if door is None or self.state.is_past(door.expires):
            raise SlackError("expired_url")
        if door.left <= 0:
            raise SlackError("used_url")
        try:
            check_command_reply(body)
        except Refusal as refusal:
            raise SlackError(refusal.error, response_metadata={"messages": list(refusal.details)}) from refusal
        door.left -= 1
        self._through(door, body)

    def _through(self, door: ResponseUrl, body: Json) -> None:
        place = self.state.conversation(door.channel)
        original = place.posts.get(door.original or "")
        if body.get("delete_original") and original:
            return erase(self.state, original)
        if body.get("replace_original") and original:
            return rewrite(self.state, original, body)
        self._answer(self.state.users[door.user], place, {"thread_ts": door.thread} | body)
        return None

    def _answer(self, user: User, place: Conversation, reply: Json) -> None:
        """An answer where the person acted: for their eyes, or for the whole channel."""
        post = written(self.state, place, reply)
        post.thread = reply.get("thread_ts")
        if reply.get("response_type") != "in_channel":
            post.seen_only_by = user.id
        self.state.add_post(post)
        events.posted(self.state, post)

    def _log_reply(self, token: str, body: Json, error: str | None) -> None:
        self.traffic.replies.append(Reply(url=token, body=body, error=error, at=self.state.now()))

    def _response_url(self, user: User, channel: str, original: Post | None = None) -> str:
        token = self.state.fresh_id("R")
        life = self.state.soon(self.state.timing.response_url)
        self.state.response_urls[token] = ResponseUrl(
            user=user.id,
            channel=channel,
            expires=life,
            original=original.ts if original else None,
            thread=original.thread if original else None,
        )
        return f"{self.state.address}/respond/{token}"

    # -- payloads

    def _payload(self, kind: str, user: User) -> Json:
        workspace = self.state.workspace
        return {
            "type": kind,
            "token": "",
            "api_app_id": self.state.app.id,
            "team": {"id": workspace.id, "domain": workspace.domain},
            "user": {
                "id": user.id,
                "username": user.username,
                "name": user.username,
                "team_id": self.state.team_of(user),
            },
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _around(self, user: User, surface: Surface) -> Json:
        if isinstance(surface, View):
            return {"container": {"type": "view", "view_id": surface.id}, "view": self.views.json(surface)}
        container = {
            "type": "message",
            "message_ts": surface.ts,
            "channel_id": surface.channel,
            "is_ephemeral": surface.seen_only_by is not None,
        }
        if surface.thread:
            container["thread_ts"] = surface.thread
        about = self._about_message(user, surface)
        if surface.seen_only_by:
            del about["message"]
        return {"container": container, "state": {"values": self.values(user, surface)}, **about}

    def _about_message(self, user: User, post: Post) -> Json:
        place = self.state.conversations[post.channel]
        name = "directmessage" if place.kind is Kind.IM else place.name
        return {
            "channel": {"id": place.id, "name": name},
            "message": shapes.post(self.state, post),
            "response_url": self._response_url(user, place.id, post),
        }

    async def _ask(self, user: User, payload: Json) -> None:
        try:
            await self.courier.ask("interactive", payload)
        except Unanswered:
            self.fail(user, f"{self.state.app.name} did not respond")

    def fail(self, user: User, words: str) -> None:
        """Slack tells the person that it did not work."""
        self.state.show(user.id, "error", "", words)
