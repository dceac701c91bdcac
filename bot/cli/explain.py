"""`tandem explain`: where a number comes from."""

from bot import app
from bot.domain.facts import Card
from bot.domain.ids import read_key
from bot.domain.wsjf import Factor
from bot.services import board, ranking
from bot.settings import Settings
from bot.ui import estimate_form, standing
from bot.ui import figures as show
from bot.ui.vocabulary import LABELS


async def request(settings: Settings, key: str) -> str:
    """A request's figures, whose they are, and the sum. Raises Refused when there is no such request."""
    async with app.open_database(settings) as db:
        found = await db.read(board.the, read_key(key))
        card = await db.read(ranking.card, found.number)
    return "\n".join(_lines(card))


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
