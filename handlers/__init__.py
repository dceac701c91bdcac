"""Knocks: parse what Slack hands over, ask one service, answer."""

from slack_bolt.async_app import AsyncApp

from handlers import (
    blockers,
    board,
    capture,
    coordination,
    directory,
    errors,
    flow,
    home,
    outcomes,
    page,
    promises,
    questions,
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
    board,
    home,
    page,
    tandem,
    triage,
    flow,
    questions,
    promises,
    rounds,
    outcomes,
    capture,
    setup,
    coordination,
    reviews,
    blockers,
    subscriptions,
    directory,
)


def register(app: AsyncApp) -> None:
    """Put every listener onto the app."""
    for room in _ROOMS:
        room.register(app)
    app.error(errors.answer)
