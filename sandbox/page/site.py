"""The page's routes, and its templates."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.faults import Faults
from sandbox.interactions import Interactions
from sandbox.page import inspector
from sandbox.page.guard import add_headers, guard
from sandbox.page.hands import Hands
from sandbox.page.live import Live, Troubles
from sandbox.page.look import Look, address, asked, people, read_look
from sandbox.page.sight import Sight
from sandbox.page.steps import Action, Control, Step, trouble
from sandbox.wire import Json

HERE = Path(__file__).parent


class Page:
    """A workspace in the browser."""

    def __init__(self, acts: Interactions, faults: Faults) -> None:
        self.steps: list[Step] = []
        self.controls: list[Control] = [trouble(faults, acts.courier)]
        self._acts = acts
        self._state = acts.state
        self._sight = Sight(acts)
        self._hands = Hands(acts)
        self._live = Live(acts.state, self._redraw)
        self._templates = _templates()

    def add(self, *what: Step | Control) -> None:
        """Show these above the workspace."""
        self.steps += [each for each in what if isinstance(each, Step)]
        self.controls += [each for each in what if isinstance(each, Control)]

    def join(self, app: web.Application) -> None:
        """Become part of the sandbox's server."""
        app.middlewares.append(guard)
        app.on_response_prepare.append(add_headers)
        app.on_shutdown.append(self._live.close)
        app.add_routes(
            [
                web.get("/", self._workspace),
                web.get("/archives/{channel}/{message}", self._permalink),
                web.get("/page/live", self._live.serve),
                web.post("/page/act", self._act),
                web.post("/page/steps/{number}/{action}", self._step),
                web.post("/page/controls/{name}/{action}", self._control),
                web.get("/page/traffic/{key}", self._traffic),
                web.static("/page/static", HERE / "static"),
            ]
        )

    # -- the page itself

    async def _workspace(self, request: web.Request) -> web.Response:
        looks = [read_look(self._state, each) for each in asked(request.query)]
        html = self._templates.get_template("workspace.html").render(
            team=self._state.workspace.team,
            panes=[self._pane(number, look) for number, look in enumerate(looks)],
            looks=looks,
            other=self._other(looks),
            theme=_theme(request),
            steps=self.steps,
            controls=self.controls,
        )
        return web.Response(text=html, content_type="text/html")

    def _other(self, looks: list[Look]) -> str:
        """The address with one person more, or with one alone."""
        first = looks[0]
        if len(looks) > 1:
            return address(looks[:1])
        beside = next((user for user in people(self._state) if user != first.user), first.user)
        return address([first, read_look(self._state, {"as": beside.id, "in": first.where})])

    def _pane(self, number: int, look: Look, troubles: Iterable[tuple[int, str]] = ()) -> str:
        template = self._templates.get_template("pane.html")
        scene = self._sight.scene(look, f"p{number}")
        return template.render(
            n=number,
            scene=scene,
            look=look,
            app=self._state.app.name,
            team=self._state.workspace.team,
            people=people(self._state),
            troubles=troubles,
        )

    def _redraw(self, wanted: Mapping[str, Any], troubles: Troubles) -> Mapping[str, str]:
        looks = [read_look(self._state, each) for each in wanted.get("panes", ())]
        drawn = {f"pane-{n}": self._pane(n, look, troubles.of(look.user.id)) for n, look in enumerate(looks)}
        if wanted.get("traffic"):
            entries = inspector.entries(self._acts.traffic)
            drawn["traffic"] = self._templates.get_template("traffic.html").render(entries=entries)
        return drawn

    async def _permalink(self, request: web.Request) -> web.Response:
        """Where the bot's links to messages lead."""
        channel, digits = request.match_info["channel"], request.match_info["message"].removeprefix("p")
        wanted = {"in": channel, "thread": request.query.get("thread_ts", ""), "as": request.query.get("as", "")}
        look = read_look(self._state, wanted)
        raise web.HTTPFound(f"{address([look])}#m0-{digits[:-6]}.{digits[-6:]}")

    # -- what is done there

    async def _act(self, request: web.Request) -> web.Response:
        try:
            return web.json_response(await self._hands.do(await _body(request)))
        except LookupError as error:
            raise web.HTTPBadRequest(text=str(error)) from None

    async def _step(self, request: web.Request) -> web.Response:
        found = (step.actions for step in self.steps if str(step.number) == request.match_info["number"])
        return await _done(next(found, ()), request)

    async def _control(self, request: web.Request) -> web.Response:
        found = (control.actions for control in self.controls if control.name == request.match_info["name"])
        return await _done(next(found, ()), request)

    async def _traffic(self, request: web.Request) -> web.Response:
        try:
            return web.Response(text=inspector.whole(self._acts.traffic, request.match_info["key"]))
        except (LookupError, ValueError):
            raise web.HTTPNotFound(text="That is no longer in the log.") from None


async def _done(actions: Iterable[tuple[str, Action]], request: web.Request) -> web.Response:
    """Do what a button above the workspace stands for."""
    await _body(request)
    numbered = {str(number): does for number, (_, does) in enumerate(actions)}
    if (does := numbered.get(request.match_info["action"])) is None:
        raise web.HTTPNotFound(text="There is no such thing to do.")
    said = await does() or ""
    return web.json_response({"go": said} if said.startswith("/") else {"said": said})


async def _body(request: web.Request) -> Json:
    """JSON, said to be JSON: no form of another site can send that."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        body = await request.json()
    except json.JSONDecodeError:
        raise web.HTTPBadRequest from None
    if not isinstance(body, dict):
        raise web.HTTPBadRequest
    return body


def _theme(request: web.Request) -> str:
    theme = request.cookies.get("theme", "")
    return theme if theme in ("light", "dark") else ""


def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
