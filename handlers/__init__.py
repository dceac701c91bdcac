"""Knocks: parse what Slack hands over, ask one service, answer."""

from slack_bolt.async_app import AsyncApp

from handlers import (
    asks,
    blockers,
    board,
    capture,
    coordination,
    deals,
    directory,
    errors,
    escalations,
    flow,
    home,
    merging,
    outcomes,
    page,
    promises,
    questions,
    reasons,
    requests,
    reviews,
    rounds,
    setup,
    subscriptions,
    tandem,
    triage,
)

_ROOMS = (
    requests,
    asks,
    board,
    home,
    page,
    reasons,
    tandem,
    triage,
    merging,
    flow,
    questions,
    promises,
    rounds,
    outcomes,
    deals,
    capture,
    setup,
    coordination,
    reviews,
    blockers,
    escalations,
    subscriptions,
    directory,
)


def register(app: AsyncApp) -> None:
    """Put every listener onto the app."""
    for room in _ROOMS:
        room.register(app)
    app.error(errors.answer)
