"""`tandem forget`: all there is of a person of a customer is removed."""

from uuid import uuid4

from bot import app
from bot.domain.acts import TANDEM, Via
from bot.services import usage
from bot.settings import Settings
from bot.ui import figures as show


async def person(settings: Settings, called: str) -> str:
    """What was removed, in one line. Raises Refused for somebody nobody knows."""
    async with app.open_database(settings) as db:
        act = app.REAL.act(TANDEM, Via.CLI, uuid4().hex)
        return _said(await db.background().write(usage.forget, act, called))


def _said(gone: usage.Forgotten) -> str:
    use, where = _several(gone.days, "day"), _several(gone.accounts, "account")
    return f"Forgotten: {use} of use under {_several(gone.ids, 'id')}, in {where}."


def _several(number: int, what: str) -> str:
    return f"{show.count(number)} {what}{'' if number == 1 else 's'}"
