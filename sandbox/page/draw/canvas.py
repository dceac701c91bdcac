"""One drawing of one surface: finds the macro for each block and element, and gives it what it needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from sandbox import inputs
from sandbox.page.draw import charts, text
from sandbox.page.draw.fields import Field
from sandbox.page.draw.markdown import markdown
from sandbox.page.draw.mrkdwn import mrkdwn, words
from sandbox.page.draw.reader import Reader
from sandbox.page.draw.rich_text import rich_text
from sandbox.wire import Json

Macro = Callable[..., Markup]
TEMPLATES = Path(__file__).parent.parent / "templates"
BLOCKS = ("text", "cards", "data", "tasks")
ELEMENTS = ("pressed", "chosen", "typed")


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """What the templates draw on."""

    reader: Reader
    scope: str = ""
    typed: Mapping[str, Mapping[str, Json]]
    errors: Mapping[str, str]

    def blocks(self, blocks: Sequence[Json]) -> Markup:
        return Markup("\n").join(map(self.block, blocks))

    def block(self, block: Json) -> Markup:
        macros = _macros(*BLOCKS)
        draw = macros.get(f"{block.get('type')}_block", macros["unknown_block"])
        return draw(self, block)

    def element(self, block: Json, element: Json) -> Markup:
        """Something in a block: an image, a text, or something to press or fill in."""
        match element["type"]:
            case "image":
                return _macros(*BLOCKS)["picture"](self, element)
            case "mrkdwn" | "plain_text":
                return self.text(element)
            case kind:
                return _macros(*ELEMENTS)[f"{kind.removeprefix('multi_')}_element"](
                    self, self.field(block, element)
                )

    def field(self, block: Json, element: Json) -> Field:
        block_id, action_id = inputs.Spot(block, element).place
        state = self.typed.get(block_id, {}).get(action_id)
        if state is None and element["type"] in inputs.KINDS:
            state = inputs.initial(element)
        error = self.errors.get(block_id, "") if block.get("type") == "input" else ""
        return Field(
            block=block, element=element, state=state or {}, error=error, reader=self.reader, scope=self.scope
        )

    # -- text

    def text(self, given: Json | None) -> Markup:
        if not given:
            return Markup("")
        if given["type"] == "mrkdwn":
            return mrkdwn(given["text"], self.reader, verbatim=given.get("verbatim", False))
        return text.plain(given["text"], with_emoji=given.get("emoji", True))

    def plain(self, given: str) -> Markup:
        return text.plain(given)

    def words(self, given: Json | None) -> str:
        return words(given, self.reader)

    def rich(self, block: Json) -> Markup:
        return rich_text(block, self.reader)

    def markdown(self, given: str) -> Markup:
        return markdown(given)

    def link(self, url: str, label: Markup | str = "") -> Markup:
        return text.link(url, label)

    def safe(self, url: str) -> str:
        return text.safe(url)

    # -- data

    def pie(self, chart: Json) -> list[charts.Slice]:
        return charts.pie(chart)

    def plot(self, chart: Json) -> charts.Plot:
        return charts.plot(chart)

    def figure(self, value: float) -> str:
        return charts.figure(value)

    def cell(self, block: Json, cell: Json) -> Markup:
        """A cell of a table."""
        match cell["type"]:
            case "rich_text":
                return self.rich(cell)
            case "action_cell" if cell.get("elements"):
                return Markup(" ").join(self.element(block, element) for element in cell["elements"])
            case "action_cell":
                return text.plain(_fallback(cell["fallback"]))
            case _:
                return text.plain(str(cell["text"]), with_emoji=cell.get("emoji", True))


def _fallback(given: Any) -> str:
    return str(given.get("text", "")) if isinstance(given, Mapping) else str(given)


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)


@cache
def _macros(*files: str) -> Mapping[str, Macro]:
    """The macros of these files by name."""
    modules = [vars(_templates().get_template(f"blocks/{file}.html").module) for file in files]
    return {name: macro for module in modules for name, macro in module.items() if callable(macro)}
