"""What blocks may stand where, and what holds for all blocks of a message or view together."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeAlias

from sandbox.rules.blocks import BLOCKS
from sandbox.rules.faults import Fault, within
from sandbox.rules.shapes import Rule, by_type, items


class Surface(StrEnum):
    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


Block: TypeAlias = Mapping[str, Any]
Placed: TypeAlias = tuple[str, Block]

TABLE_TEXT_MOST = 10_000
DATA_TABLE_TEXT_MOST = 20_000
CHARTS_MOST = 2

# Slack publishes no number. Refusals were seen from about 13,200 characters; 12,000 is what one may count on.
BLOCK_TEXT_MOST = 12_000

_ON_VIEWS = frozenset(
    {"actions", "card", "context", "divider", "header", "image", "input", "rich_text", "section", "video"}
)
_ALLOWED = {
    Surface.MESSAGE: frozenset(BLOCKS) - {"alert"},
    Surface.MODAL: _ON_VIEWS | {"alert"},
    Surface.HOME: _ON_VIEWS | {"carousel", "container", "data_table", "data_visualization", "table"},
}
_MOST = {Surface.MESSAGE: 50, Surface.MODAL: 100, Surface.HOME: 100}


def _shape(surface: Surface) -> Rule:
    allowed = {kind: rule for kind, rule in BLOCKS.items() if kind in _ALLOWED[surface]}
    return items(by_type(allowed), most=_MOST[surface])


_SHAPES = {surface: _shape(surface) for surface in Surface}


def faults_of_blocks(blocks: Any, surface: Surface, at: str) -> Iterator[Fault]:
    """Each block by itself, then ids and table sizes; no totals of a message."""
    faults = list(_SHAPES[surface](blocks, at))
    if faults:
        yield from faults
        return
    placed = list(every_block(blocks, at))
    yield from _repeated_block_ids(placed)
    for pointer, block in placed:
        yield from _repeated_action_ids(pointer, block)
        yield from _overfull_table(pointer, block)


def faults_of_message(placed: list[Placed]) -> Iterator[Fault]:
    """What a message may hold altogether, its attachments included."""
    tables = [pointer for pointer, block in placed if block["type"] == "table"]
    charts = [pointer for pointer, block in placed if block["type"] == "data_visualization"]
    for pointer in tables[1:]:
        yield Fault("only_one_table_allowed", pointer, error="invalid_attachments")
    for pointer in charts[CHARTS_MOST:]:
        yield Fault("too many data_visualization blocks", pointer)
    data_tables = [(pointer, block) for pointer, block in placed if block["type"] == "data_table"]
    if sum(_length_of_text(block["rows"]) for _, block in data_tables) > DATA_TABLE_TEXT_MOST:
        yield _too_much_cell_text(data_tables[-1][0], DATA_TABLE_TEXT_MOST)
    if sum(_length_outside_tables(block) for _, block in placed) > BLOCK_TEXT_MOST:
        yield Fault(f"must be less than {BLOCK_TEXT_MOST + 1} characters", "/blocks", error="msg_blocks_too_long")


def every_block(blocks: Iterable[Block], at: str) -> Iterator[Placed]:
    """All blocks with the pointers to them, those inside containers and carousels too."""
    for index, block in enumerate(blocks):
        pointer = within(at, index)
        yield pointer, block
        key = _key_of_children(block)
        if key:
            yield from every_block(block[key], within(pointer, key))


def repeated_focus(blocks: Iterable[Block], at: str) -> Iterator[Fault]:
    """One element may take the focus; each further one is a fault."""
    focused = [pointer for pointer, found in _objects(blocks, at) if found.get("focus_on_load")]
    for pointer in focused[1:]:
        yield Fault("must not be set more than once in a view", within(pointer, "focus_on_load"))


def _key_of_children(block: Block) -> str | None:
    return {"container": "child_blocks", "carousel": "elements"}.get(block["type"])


def _repeated_block_ids(placed: Iterable[Placed]) -> Iterator[Fault]:
    yield from _repeated("block_id", placed)


def _repeated_action_ids(pointer: str, block: Block) -> Iterator[Fault]:
    own = {key: part for key, part in block.items() if key != _key_of_children(block)}
    yield from _repeated("action_id", _objects(own, pointer))


def _repeated(name: str, found: Iterable[Placed]) -> Iterator[Fault]:
    seen: set[str] = set()
    for pointer, value in found:
        if name in value:
            if value[name] in seen:
                yield Fault(f'`{name}` "{value[name]}" already exists', within(pointer, name))
            seen.add(value[name])


def _overfull_table(pointer: str, block: Block) -> Iterator[Fault]:
    most = {"table": TABLE_TEXT_MOST, "data_table": DATA_TABLE_TEXT_MOST}.get(block["type"])
    if most is not None and _length_of_text(block["rows"]) > most:
        yield _too_much_cell_text(pointer, most)


def _too_much_cell_text(pointer: str, most: int) -> Fault:
    return Fault(f"must be less than {most + 1} characters", within(pointer, "rows"))


def _length_outside_tables(block: Block) -> int:
    hidden = {"rows", _key_of_children(block)}
    return _length_of_text({key: part for key, part in block.items() if key not in hidden})


def _length_of_text(value: Any) -> int:
    return sum(len(found["text"]) for _, found in _objects(value, "") if isinstance(found.get("text"), str))


def _objects(value: Any, at: str) -> Iterator[Placed]:
    """Every JSON object in a value, outermost first."""
    if isinstance(value, Mapping):
        yield at, value
        for key, part in value.items():
            yield from _objects(part, within(at, key))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _objects(part, within(at, index))
