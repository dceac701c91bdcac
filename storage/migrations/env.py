"""Runs revisions on the connection that storage.migrate hands over, inside its transaction."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from storage.tables import metadata


def _frozen(kind: str, item: Any, _context: object) -> str | Literal[False]:
    # A revision must mean the same for ever, so it names what a column of ours is kept as.
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=_frozen,
    transactional_ddl=True,
)
context.run_migrations()
