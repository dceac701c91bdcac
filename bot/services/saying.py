"""What each notice says, composed from current state when its turn has come."""

from typing import assert_never

from bot.domain.blockers import Nudge
from bot.domain.deals import DealDue
from bot.domain.digest import Details, Headline, Preview
from bot.domain.escalations import Case, SideAsked
from bot.domain.facts import Card, ChannelTest, Saying, Undeliverable
from bot.domain.ids import RequestNumber
from bot.domain.news import Burning, News, RankMoved
from bot.domain.notices import NothingToSay, Notice, Topic
from bot.domain.outcomes import Adoption
from bot.domain.policy import Cards
from bot.domain.promises import Ready
from bot.domain.reviews import ReviewSaid
from bot.domain.rounds import Round
from bot.domain.talks import Answered, Asked
from bot.services import (
    blockers,
    burning,
    channels,
    deals,
    digest,
    escalations,
    flow,
    outcomes,
    promises,
    questions,
    ranking,
    ranks,
    reviews,
    rounds,
    weekly,
)
from storage.store import Store


def compose(store: Store, notice: Notice) -> Saying:
    """Raises NothingToSay when the notice was overtaken, Refused when what it is about is gone."""
    match notice.topic:
        case Topic.CARD:
            return _card(store, notice)
        case Topic.THREAD | Topic.NEWS | Topic.WATCH:
            return flow.news(store, notice)
        case Topic.BURNING:
            return burning.message(store, notice)
        case Topic.READY:
            return promises.ready(store, notice)
        case Topic.QUESTION:
            return questions.asked(store, notice)
        case Topic.ANSWER:
            return questions.answered(store, notice)
        case Topic.ROUND:
            return rounds.round_of(store, notice, compose)
        case Topic.RANK:
            return ranks.moved(store, notice)
        case Topic.OUTCOME:
            return outcomes.adoption(store, notice)
        case Topic.ROLLUP:
            return channels.rollup(store, notice)
        case Topic.DIGEST:
            return digest.headline(store, notice)
        case Topic.DETAILS:
            return digest.details(store, notice)
        case Topic.PREVIEW:
            return weekly.preview(store, notice)
        case Topic.MISSED:
            return weekly.missed(store, notice)
        case Topic.BLOCKER:
            return blockers.nudge(store, notice)
        case Topic.REVIEW:
            return reviews.said(store, notice)
        case Topic.MINUTES:
            return reviews.minutes(store, notice)
        case Topic.CASE:
            return escalations.case(store, notice)
        case Topic.SIDE:
            return escalations.side_asked(store, notice)
        case Topic.DECIDED:
            return escalations.decided(store, notice)
        case Topic.DEAL:
            return deals.due(store, notice)
        case Topic.TEST:
            return ChannelTest(**notice.payload)
        case Topic.UNDELIVERABLE:
            return Undeliverable(**notice.payload)
        case _:
            assert_never(notice.topic)


def about(saying: Saying, notice: Notice) -> tuple[str, int]:
    """What the message register calls it, and the version it is drawn from."""
    match saying:
        case Card() | News() | RankMoved():
            return saying.request.subject, saying.request.version
        case Ready() | Burning():
            return f"{saying.request.subject}:{saying.reader}", saying.request.version
        case Asked() | Answered():
            return saying.question.subject, 1 if saying.question.is_open else 2
        case Round():
            return saying.subject, notice.version
        case Adoption():
            return f"{saying.request.subject}:{saying.day}:{notice.line}", saying.request.version
        case Headline() | Details():
            return saying.digest.subject, saying.version
        case Preview():
            return f"{saying.digest.subject}:{notice.line}", notice.version
        case Nudge():
            return saying.subject, notice.version
        case Case():
            return saying.escalation.subject, saying.escalation.version
        case SideAsked():
            return f"{saying.escalation.subject}:{saying.reader}", saying.escalation.version
        case DealDue():
            return saying.subject, notice.version
        case ReviewSaid():
            return saying.review.subject, saying.review.version
        case _:
            return f"notice:{notice.key}", notice.version


def _card(store: Store, notice: Notice) -> Card:
    """A channel that wants fewer cards gets no new one; one that is there is always kept current."""
    card = ranking.card(store, RequestNumber(notice.payload["number"]))
    if store.policy.cards is Cards.EACH or store.messages.find(card.request.subject, Topic.CARD):
        return card
    place = card.standing.place
    if store.policy.cards is Cards.TOP and place is not None and place.rank <= channels.TOP:
        return card
    raise NothingToSay
