"""Knocks: parse what Slack hands over, ask one service, answer."""

from slack_bolt.async_app import AsyncApp

from handlers import board, directory, errors, home, requests, tandem


def register(app: AsyncApp) -> None:
    """Put every listener onto the app."""
    for module in (requests, board, home, tandem, directory):
        module.register(app)
    app.error(errors.answer)
