"""Brings the schema up to date. Every command does so at its start, and any number may start at once."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, exc

from bot.domain.errors import Busy, Unavailable
from storage.engines import meaning, plain
from storage.postgres import postgres_engine
from storage.sqlite import DURABLE, sqlite_engine

SCRIPTS = "storage:migrations"
#: Whoever comes second waits here, in the same transaction that will then find nothing to do.
_LOCK = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "SELECT pg_advisory_xact_lock(7309940815)"}
_TURN_SECONDS = 30.0


class NewerSchemaError(ValueError):
    """The database was brought up to date by a newer Tandem than this one. The text says what to do."""


def upgrade(url: str, revision: str = "head", *, scripts: str = SCRIPTS) -> None:
    """Bring the schema up to `revision`, wholly or not at all; nothing is locked if it is there already.

    Raises NewerSchemaError, Busy (another start took too long) or Unavailable.
    """
    config = _config(scripts)
    with _engine(url) as engine:
        if revision == "head" and _up_to_date(engine, config):
            return
        with _alone(engine) as connection:
            _refuse_newer(connection, config)
            config.attributes["connection"] = connection
            command.upgrade(config, revision)


def downgrade(url: str, revision: str, *, scripts: str = SCRIPTS) -> None:
    """Take the schema back to `revision` ("base": to nothing). What only newer tables held is gone."""
    config = _config(scripts)
    with _engine(url) as engine, _alone(engine) as connection:
        _refuse_newer(connection, config)
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def current(url: str) -> str | None:
    """The revision the database is at; None before the first."""
    with _engine(url) as engine, engine.connect() as connection:
        return _revision(connection)


def wait_for(
    url: str,
    seconds: float = 30.0,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Return as soon as the database answers. Raises Unavailable, in one line, after `seconds` in vain."""
    end, pause = clock() + seconds, 0.1
    while True:
        try:
            current(url)
        except (Busy, Unavailable) as down:
            if clock() + pause > end:
                raise Unavailable(f"no answer within {seconds:g} s; {down}") from down
        else:
            return
        sleep(pause)
        pause = min(pause * 2, 2.0)


def draft(message: str, *, scripts: str = SCRIPTS) -> Path:
    """Write the next revision: from the newest one to the tables as they are. Read it before you keep it."""
    config = _config(scripts)
    number = sum(1 for _ in ScriptDirectory.from_config(config).walk_revisions()) + 1
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/draft.db"
        upgrade(url, scripts=scripts)
        with _engine(url) as engine, _alone(engine) as connection:
            config.attributes["connection"] = connection
            made = command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
    assert made is not None
    assert not isinstance(made, list)
    return Path(made.path)


def _config(scripts: str) -> Config:
    config = Config()
    config.set_main_option("script_location", scripts)
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    """An engine for one call. Its failures are told as the door tells them."""
    engine = _engine_for(url)
    try:
        yield engine
    except (exc.DBAPIError, exc.TimeoutError) as error:
        if (meant := meaning(error)) is not error:
            raise meant from error
        raise
    finally:
        engine.dispose()


def _engine_for(url: str) -> Engine:
    where = plain(url)
    if where.get_backend_name() == "sqlite":
        # Batch migrations drop and rename tables; with foreign keys on, that cascades into their children.
        return sqlite_engine(where, pragmas=(*DURABLE, "foreign_keys=OFF"), busy_seconds=_TURN_SECONDS)
    return postgres_engine(where, settings={"lock_timeout": f"{_TURN_SECONDS:g}s"})


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    """One transaction, and no other start in it."""
    with engine.begin() as connection:
        connection.exec_driver_sql(_LOCK[connection.dialect.name])
        yield connection
        _check_references(connection)


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise RuntimeError(f"the migration leaves rows of {broken[0]} without their {broken[2]}")


def _up_to_date(engine: Engine, config: Config) -> bool:
    with engine.connect() as connection:
        return _revision(connection) == ScriptDirectory.from_config(config).get_current_head()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: Connection, config: Config) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    at = _revision(connection)
    if at is not None and at not in known:
        raise NewerSchemaError(
            f"the database is at schema {at}, which this Tandem does not know: install the newer "
            "version again, or set DATABASE_URL to another database"
        )
