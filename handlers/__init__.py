"""Knocks: parse what Slack hands over, ask one service, answer."""

from slack_bolt.async_app import AsyncApp

from handlers import (
    board,
    capture,
    directory,
    errors,
    flow,
    home,
    outcomes,
    page,
    promises,
    questions,
    requests,
    rounds,
    setup,
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
    directory,
)


def register(app: AsyncApp) -> None:
    """Put every listener onto the app."""
    for room in _ROOMS:
        room.register(app)
    app.error(errors.answer)
