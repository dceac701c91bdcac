"""Documents are held to the code: manifest, settings, help, lock."""

import inspect
import re
import tomllib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from slack_bolt.kwargs_injection.async_args import AsyncArgs

import handlers
from bot.cli import manifest, parser
from bot.domain.errors import Refused
from bot.domain.people import Member
from bot.domain.roles import SAID, Doing
from bot.settings import Settings
from bot.ui import help as page
from bot.ui.vocabulary import ROLES
from sandbox.rules import METHOD_SCOPES, Manifest
from tests.builders import a_person

ROOT = Path(__file__).parents[1]

#: What handlers/middleware.py adds to Bolt's own arguments.
OURS = {"db", "act", "company", "directory", "previews"}


class Register:
    """Stands where Bolt's app would, and notes what is registered for what."""

    def __init__(self) -> None:
        self.listeners: list[Callable[..., Any]] = []
        self.names: defaultdict[str, set[str]] = defaultdict(set)

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def listen(name: Any) -> Callable[[Callable[..., Any]], None]:
            if callable(name):  # app.error(function)
                return lambda _: None
            self.names[kind].add(name if isinstance(name, str) else name.pattern)
            return self.listeners.append

        return listen


@pytest.fixture(scope="module")
def app() -> Register:
    register = Register()
    handlers.register(register)  # type: ignore[arg-type]
    return register


def test_the_manifest_declares_exactly_what_we_listen_to(app: Register) -> None:
    declared = Manifest.read(ROOT / "manifest.yml")
    assert {c.command for c in declared.commands} == app.names["command"]
    assert {s.callback_id for s in declared.shortcuts} == app.names["shortcut"]
    assert {event.partition(".")[0] for event in declared.bot_events} == app.names["event"]


def test_the_manifest_asks_for_the_scopes_of_its_events_and_of_every_method_we_call() -> None:
    declared = Manifest.read(ROOT / "manifest.yml")
    granted = frozenset(declared.bot_scopes)
    assert all(declared.hears(event) for event in declared.bot_events)
    for method in sorted(called_methods()):
        for kind in ("channel", "group", "im"):
            assert METHOD_SCOPES[method].missing(granted, kind) is None, method


def called_methods() -> set[str]:
    """Web API methods named in our code: `client.chat_postMessage` is chat.postMessage."""
    known = {method.replace(".", "_"): method for method in METHOD_SCOPES}
    sources = [*(ROOT / "handlers").glob("*.py"), *(ROOT / "scheduler").glob("*.py"), ROOT / "bot" / "app.py"]
    names = {name for source in sources for name in re.findall(r"client\.(\w+)\(", source.read_text())}
    return {known[name] for name in names if name in known}


def test_listeners_ask_only_for_arguments_that_exist(app: Register) -> None:
    """Bolt hands None to an argument it does not know, with only a warning."""
    known = set(inspect.signature(AsyncArgs.__init__).parameters) | OURS
    assert app.listeners
    for listener in app.listeners:
        assert set(inspect.signature(listener).parameters) <= known, listener.__qualname__


def test_the_env_example_names_every_setting_and_no_other() -> None:
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named == {name.upper() for name in Settings.model_fields}


def test_the_env_example_shows_the_defaults() -> None:
    values = dict(re.findall(r"^([A-Z_]+)=(.+)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
    example = Settings(_env_file=None, **{name.lower(): value for name, value in values.items()})
    assert example == Settings(_env_file=None)


def test_the_readmes_commands_are_those_of_the_help_and_of_the_manifest() -> None:
    rows = re.findall(r"^\| `(/\w+) ([^`]+)` \| (.+) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert rows == [(c.name, c.hint, c.does) for c in page.COMMANDS]
    declared = Manifest.read(ROOT / "manifest.yml").commands
    assert list(dict.fromkeys(c.name for c in page.COMMANDS)) == [c.command for c in declared]
    hints = {c.command: c.usage_hint for c in declared}
    assert all(c.hint.strip("[]") in hints[c.name] for c in page.COMMANDS)


def test_the_roles_page_shows_who_may_do_what_by_default() -> None:
    header, _, *rows = re.findall(
        r"^\| (.+) \|$|^\|(-[-|]+)\|$", (ROOT / "docs" / "roles.md").read_text(), re.MULTILINE
    )
    columns = header[0].split(" | ")
    assert columns == ["may", *ROLES.values(), "No role"]
    shown = {
        name: dict(zip(columns[1:], cells, strict=True)) for row, _ in rows for name, *cells in [row.split(" | ")]
    }
    nobodys = Member(person=a_person(), roles=frozenset(), roles_in_use=True)
    holders = {name: replace(nobodys, roles=frozenset({role})) for role, name in ROLES.items()} | {
        "No role": nobodys
    }
    assert shown == {
        SAID[doing][0].upper() + SAID[doing][1:]: {
            name: "yes" if who.may(doing) else "–" for name, who in holders.items()
        }
        for doing in Doing
    }


def test_the_readmes_command_line_is_that_of_theparser() -> None:
    rows = re.findall(
        r"^\| `tandem (\w+)` \| ([^:|]+?)(?::.*)? \|$", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    printed = re.findall(r"^    (\w+) +(.+)$", parser().format_help(), re.MULTILINE)
    assert rows == printed


def test_the_manifest_over_http_has_one_address_everywhere() -> None:
    over_http = Manifest.read(yaml.safe_load(manifest.text("https://tandem.example.com/")))
    address = "https://tandem.example.com/slack/events"
    assert not over_http.socket_mode
    assert {over_http.request_url, over_http.events_url, over_http.options_url} == {address}


@pytest.mark.parametrize("url", ["http://tandem.example.com", "tandem.example.com", "https://localhost"])
def test_an_address_slack_cannot_reach_is_refused_in_words(url: str) -> None:
    with pytest.raises(Refused, match="public https address"):
        manifest.text(url)


def test_the_lock_holds_every_dependency_and_names_no_index() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    lock = (ROOT / "requirements.lock").read_text()
    for requirement in wanted:
        name = re.split(r"[\[<>=,;]", requirement)[0].lower().replace("_", "-")
        assert re.search(rf"^{re.escape(name)}==", lock, re.MULTILINE), name
    assert "http" not in lock.replace("aiohttp", "")


def test_decision_pages_are_listed_once_each() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\((\d{4}-[a-z-]+\.md)\)", (folder / "README.md").read_text())
    assert sorted(listed) == sorted(p.name for p in folder.glob("0*.md"))
