"""`tandem explain`: where a number comes from."""

from datetime import datetime

from bot import app
from bot.domain.facts import Card
from bot.domain.ids import read_key
from bot.domain.wsjf import Factor
from bot.services import board, ranking, reasons
from bot.settings import Settings
from bot.ui import estimate_form, standing
from bot.ui import figures as show
from bot.ui import reasons as why
from bot.ui.vocabulary import LABELS
from storage.store import Store


async def request(settings: Settings, key: str) -> str:
    """A request's figures, whose they are, the sum, and how it came to its place.

    Raises Refused when there is no such request.
    """
    async with app.open_database(settings) as db:
        return await db.read(_told, key, app.REAL.business())


def _told(store: Store, key: str, now: datetime) -> str:
    number = board.the(store, read_key(key)).number
    explained = reasons.explain(store, number, reasons.since_digest(store, now))
    way = why.lines(explained, store.policy.company.zone)
    return "\n".join([*_lines(ranking.card(store, number)), *(f"  {line}" for line in way)])


def _lines(card: Card) -> list[str]:
    found = card.request
    estimates = found.estimates
    lines = [f"{found.name} {found.title}: {standing.headline(card.standing)}"]
    lines += [
        f"  {LABELS[f]}: {estimates[f].figure}, {estimate_form.whose(estimates[f], card.names)}"
        for f in Factor
        if f in estimates
    ]
    if card.standing.score is not None:
        lines.append(f"  {show.arithmetic(found.figures)} = {show.score(card.standing.score)}")
    return [*lines, f"  {show.companies(found.companies)}"]
