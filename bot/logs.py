"""Log lines: an event, and what it is about. Never tokens, never what people typed."""

import logging
import sys
import traceback
from types import TracebackType

_USUAL = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
#: Bolt logs bodies, signatures and tokens at INFO, and what people typed at WARNING; APScheduler every ring.
_LOUD = {
    "slack_bolt": logging.ERROR,
    "slack_sdk": logging.WARNING,
    "psycopg": logging.ERROR,  # it mentions every transaction that is run again
    "apscheduler": logging.WARNING,
    "alembic": logging.WARNING,
}

_ErrorInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Formatter(logging.Formatter):
    """`time level event key=value ...`, and under it what broke: kinds and places.

    Messages of exceptions are left out: a database quotes the row it refused, pydantic the value, int() the text.
    """

    def format(self, record: logging.LogRecord) -> str:
        extras = [f"{k}={v}" for k, v in vars(record).items() if k not in _USUAL]
        head, *rest = super().format(record).split("\n", 1)
        return "\n".join([" ".join([head, *extras]), *rest])

    def formatException(self, ei: _ErrorInfo) -> str:  # noqa: N802 - logging's name
        return anatomy(ei[1]) if ei[1] else ""


def anatomy(error: BaseException) -> str:
    """An exception and its causes, the first cause first: where each was raised, and of which kind it was."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    places = [f"  {f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
    own = "\n".join([*places, f"{type(error).__module__}.{type(error).__qualname__}"])
    return f"{anatomy(before)}\n{own}" if before else own


def set_up(level: int = logging.INFO) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name, loudest in _LOUD.items():
        logging.getLogger(name).setLevel(loudest)
