"""The sandbox itself: one aiohttp server on this machine, and the handle that tests and the demo hold."""

import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox import events
from sandbox.deliver import Courier, Http, Sockets
from sandbox.faults import Faults
from sandbox.interactions import Interactions
from sandbox.methods import Slack, perform
from sandbox.page.site import Page
from sandbox.people import Message, Person
from sandbox.rules import Manifest
from sandbox.state import App, State, Timing
from sandbox.traffic import Call, Traffic
from sandbox.views import Views
from sandbox.wire import Json, SlackError
from sandbox.workspace import User, Workspace, team_id

HOST = "127.0.0.1"


class Sandbox:
    """A Slack workspace on your machine. Open it with `async with Sandbox.open(manifest=...) as slack`."""

    def __init__(self, manifest: Manifest, workspace: Workspace, timing: Timing, now: Callable[[], float]) -> None:
        self.app = App(manifest, workspace.team)
        self.state = State(workspace, self.app, timing, now)
        self.views = Views(self.state)
        self.traffic = Traffic()
        self.faults = Faults()
        self.unknown_methods: set[str] = set()  #: methods this Slack does not have
        self.sockets = Sockets(self.state)
        self.courier = Courier(self.state, self.traffic, self.sockets)
        self.state.tell = self.courier.tell
        self.acts = Interactions(self.state, self.views, self.courier, self.traffic)
        self.page = Page(self.acts, self.faults)  #: the workspace in a browser, at `url`

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        manifest: Path | str | Mapping[str, Any],
        workspace: Workspace | None = None,
        port: int = 0,
        timing: Timing | None = None,
        now: Callable[[], float] = time.time,
    ) -> "AsyncIterator[Sandbox]":
        """Serve on a port of this machine, by default a free one, until the block is left."""
        slack = cls(Manifest.read(manifest), workspace or Workspace(), timing or Timing(), now)
        runner = web.AppRunner(slack.web_app(), shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, port)
            await site.start()
            slack.state.address = f"http://{HOST}:{runner.addresses[0][1]}"
            yield slack
        finally:
            await slack.courier.close()
            await slack.sockets.drop()
            await runner.cleanup()

    # -- what an app needs to know

    @property
    def url(self) -> str:
        return self.state.address

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def bot_token(self) -> str:
        return self.app.bot_token

    @property
    def app_token(self) -> str:
        return self.app.app_token

    @property
    def signing_secret(self) -> str:
        return self.app.signing_secret

    def environment(self) -> dict[str, str]:
        """The variables by which a Bolt app finds its Slack; without an app token when requests come over HTTP."""
        tokens = {"SLACK_API_URL": self.api_url, "SLACK_BOT_TOKEN": self.bot_token}
        if self.courier.http is None:
            tokens["SLACK_APP_TOKEN"] = self.app_token
        return tokens | {"SLACK_SIGNING_SECRET": self.signing_secret}

    @property
    def bot_user_id(self) -> str:
        return self.app.user_id

    @property
    def scopes(self) -> set[str]:
        """What the app may do; take a scope away to see what it does without."""
        return self.app.scopes

    def channel_id(self, name: str) -> str:
        return self.state.place(name).id

    def user_id(self, name: str) -> str:
        return self.state.named(name).id

    def group_id(self, handle: str) -> str:
        return next(group.id for group in self.state.groups.values() if group.handle == handle.removeprefix("@"))

    # -- how the app is reached

    def deliver_over_http(self, url: str) -> None:
        """From now on requests go to this address of this machine, signed; not over sockets."""
        self.courier.over(Http(self.state, url))

    def deliver_over_sockets(self) -> None:
        self.courier.over(None)

    async def connected(self, connections: int = 1, within: float = 10.0) -> None:
        """The app is there: its sockets are open. Over HTTP there is nothing to wait for."""
        if self.courier.http is None:
            await self.until(lambda: self.sockets.connections >= connections, within)

    async def drop_sockets(self) -> None:
        """Cut every connection without a word."""
        await self.sockets.drop()

    async def refresh_sockets(self, reason: str = "refresh_requested") -> None:
        """Ask the app to reconnect, as Slack does now and then."""
        await self.sockets.disconnect(reason)

    def deliver_twice(self, twice: bool = True) -> None:
        """Every delivery comes two times, the second with attempt 1."""
        self.courier.twice = twice

    # -- the workspace

    def person(self, name: str) -> Person:
        return Person(self.acts, self.state.named(name))

    def messages(self, channel: str) -> list[Message]:
        """What stands in a channel, threads included, oldest first."""
        return [Message(self.state, post) for post in self.state.place(channel).standing()]

    async def invite(self, channel: str, name: str | None = None, by: str | None = None) -> None:
        """Add somebody to a channel; without a name, the app."""
        user = self.state.named(name) if name else self.app.user
        place = self.state.place(channel)
        place.members.add(user.id)
        events.joined(self.state, user, place, self.state.named(by) if by else None)
        await self.courier.quiet()

    def remove(self, channel: str, name: str | None = None) -> None:
        """Take somebody out of a channel; without a name, the app."""
        self.state.place(channel).members.discard(self.user_id(name) if name else self.app.user_id)

    def archive(self, channel: str, archived: bool = True) -> None:
        self.state.place(channel).archived = archived

    async def share(self, channel: str, *teams: str) -> None:
        """Other workspaces are in a channel from now on, through Slack Connect: these and no others."""
        place = self.state.place(channel)
        before, place.shared_with = place.shared_with, teams
        for team in {*before, *teams}:
            if (team in before) != (team in teams):
                events.shared(self.state, place, team_id(team), ended=team in before)
        await self.courier.quiet()

    async def rename(self, channel: str, name: str) -> None:
        place = self.state.place(channel)
        place.name = name.removeprefix("#")
        events.renamed(self.state, place)
        await self.courier.quiet()

    async def change_user(self, name: str, **changes: Any) -> User:
        """Change what Slack knows about somebody: `await slack.change_user("Alice", tz="Asia/Tokyo")`."""
        user = self.state.change_user(self.user_id(name), changes)
        events.user_changed(self.state, user)
        await self.courier.quiet()
        return user

    async def add_user(self, user: User) -> None:
        """Somebody joins the company."""
        self.state.add_user(user)
        events.user_changed(self.state, user, "team_join")
        await self.courier.quiet()

    # -- watching

    def calls(self, method: str) -> list[Call]:
        return self.traffic.of(method)

    async def until(self, holds: Callable[[], Any], within: float = 5.0) -> Any:
        """Wait until it is so, and return it. Raises AssertionError with what happened last."""
        if not await self.state.pulse.until(holds, within):
            raise AssertionError(f"this did not come about within {within} s; last there was {self._lately()}")
        return holds()

    def _lately(self) -> str:
        calls = [f"{call.method} -> {call.error or 'ok'}" for call in self.traffic.calls[-8:]]
        deliveries = [f"{d.kind} {d.failed or 'acked'}" for d in self.traffic.deliveries[-4:]]
        return "; ".join(calls + deliveries) or "no traffic at all"

    # -- serving

    def web_app(self) -> web.Application:
        app = web.Application(client_max_size=4 * 1024**2)
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._called),
                web.route("*", "/api/{caller}/{method}", self._called),  # tells processes of one app apart
                web.get("/link", self.sockets.serve),
                web.post("/respond/{token}", self._responded),
            ]
        )
        self.page.join(app)
        return app

    async def _called(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        args, token = await _arguments(request)
        fault = self.faults.strike(name)
        done: list[Json] = []

        async def do() -> Json:
            done.append(self._answer(name, token, args))
            return done[0]

        try:
            response = await fault.around(do, request) if fault else web.json_response(await do())
            response.headers["X-OAuth-Scopes"] = ",".join(sorted(self.scopes))
            return response
        finally:
            answer, caller = done[0] if done else None, request.match_info.get("caller")
            call = Call(method=name, args=args, answer=answer, fault=fault, caller=caller, at=self.state.now())
            self.traffic.calls.append(call)
            self.state.pulse.beat()

    def _answer(self, name: str, token: str, args: Json) -> Json:
        try:
            self._admit(name, token)
            if name == "apps.connections.open":
                return {"ok": True, "url": f"ws{self.url.removeprefix('http')}/link?ticket={self.sockets.ticket()}"}
            return perform(Slack(state=self.state, views=self.views), name, args)
        except SlackError as refusal:
            return refusal.answer

    def _admit(self, name: str, token: str) -> None:
        if name in self.unknown_methods:
            raise SlackError("unknown_method", req_method=name)
        if not token:
            raise SlackError("not_authed")
        if token not in (self.bot_token, self.app_token):
            raise SlackError("invalid_auth")
        if (token == self.app_token) != (name == "apps.connections.open"):
            raise SlackError("not_allowed_token_type")

    async def _responded(self, request: web.Request) -> web.Response:
        try:
            self.acts.respond(request.match_info["token"], await request.json())
        except SlackError as refusal:
            return web.json_response(refusal.answer, status=404)
        return web.Response(text="ok")


async def _arguments(request: web.Request) -> tuple[Json, str]:
    """Arguments from the query, a form or JSON; the token from its header or among them."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        args |= await _json(request)
    elif request.can_read_body:
        args |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    return args, args.pop("token", None) or token


async def _json(request: web.Request) -> Json:
    text = await request.text()
    try:
        body = json.loads(text) if text else {}
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
