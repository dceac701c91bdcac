"""What a notice says, as a message."""

from typing import assert_never

from bot.domain.facts import Card, ChannelTest, Saying, Undeliverable
from bot.domain.news import Burning, News, RankMoved, Rollup
from bot.domain.outcomes import Adoption
from bot.domain.promises import Ready
from bot.domain.rounds import Round
from bot.domain.talks import Answered, Asked
from bot.ui import card, daily, news, outcome, question, ready, rollup, setup, troubles
from bot.ui.parts import Message


def draw(saying: Saying, *, plain: bool = False) -> Message:
    """`plain` leaves out what Slack could refuse, where there is such a thing."""
    match saying:
        case Card():
            return card.message(saying, plain=plain)
        case News():
            return news.news(saying)
        case RankMoved():
            return news.rank_moved(saying)
        case Burning():
            return news.burning(saying)
        case Ready():
            return ready.message(saying)
        case Asked():
            return question.asked(saying)
        case Answered():
            return question.answered(saying)
        case Round():
            return daily.message(saying, folded=[draw(one) for one in saying.folded])
        case Adoption():
            return outcome.message(saying)
        case Rollup():
            return rollup.message(saying)
        case ChannelTest():
            return setup.test(saying)
        case Undeliverable():
            return troubles.undeliverable(saying)
        case _:
            assert_never(saying)
