"""What a notice says, as a message."""

from typing import assert_never

from bot.domain.blockers import Nudge
from bot.domain.deals import DealDue
from bot.domain.digest import Details, Headline, Missed, Preview
from bot.domain.escalations import Case, Decided, SideAsked
from bot.domain.facts import Card, ChannelTest, Saying, Undeliverable
from bot.domain.news import Burning, News, RankMoved, Rollup
from bot.domain.outcomes import Adoption
from bot.domain.promises import Ready
from bot.domain.reviews import Minutes, ReviewSaid
from bot.domain.rounds import Round
from bot.domain.talks import Answered, Asked
from bot.ui import (
    blockers,
    card,
    cases,
    daily,
    deal,
    digest,
    digest_preview,
    news,
    outcome,
    question,
    ready,
    review,
    rollup,
    setup,
    troubles,
)
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
        case Headline():
            return digest.headline(saying)
        case Details():
            return digest.details(saying, plain=plain)
        case Preview():
            return digest_preview.message(saying)
        case Missed():
            return digest_preview.missed(saying)
        case Nudge():
            return blockers.nudge(saying)
        case ReviewSaid():
            return review.message(saying)
        case Minutes():
            return review.minutes(saying)
        case Case():
            return cases.message(saying)
        case SideAsked():
            return cases.side_asked(saying)
        case Decided():
            return cases.decided(saying)
        case DealDue():
            return deal.due(saying)
        case ChannelTest():
            return setup.test(saying)
        case Undeliverable():
            return troubles.undeliverable(saying)
        case _:
            assert_never(saying)
