"""`tandem doctor`: looks over the database, Slack, and what could not be said."""

from collections.abc import Mapping, Sequence

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import app
from bot.domain.ids import ChannelId
from bot.services import house
from bot.settings import Settings

_WANTED = {"chat:write", "commands", "users:read", "channels:history", "groups:history", "im:history"}
_UNSURE = "after a failed call I can't look, so a message may be missing; never two. Reinstall from manifest.yml"
_WITHOUT = dict.fromkeys(("channels:history", "groups:history", "im:history"), _UNSURE)


async def examine(settings: Settings) -> list[str]:
    """What `tandem doctor` says: a line a thing, beginning with "ok" or "!"."""
    findings: list[str] = []
    async with app.open_database(settings) as db, app.slack_clients(settings) as slack:
        await db.ping()
        findings.append("ok database can be read and written, its schema is up to date")
        channels = (await db.read(lambda store: store.policy)).channels
        findings += await _examine_slack(slack.reading, channels.board)
        findings += _examine_outbox(await db.read(house.failures))
    return findings


async def _examine_slack(client: AsyncWebClient, board: ChannelId | None) -> list[str]:
    try:
        me = await client.auth_test()
        findings = [f"ok Slack knows us as {me.get('user')} in {me.get('team')}", *_examine_scopes(me.headers)]
        return [*findings, await _examine_board(client, board)]
    except SlackApiError as error:
        return [f"! Slack refuses us: {error.response.get('error')}. Check SLACK_BOT_TOKEN."]
    except app.UNREACHABLE as error:
        return [f"! can't reach Slack at {client.base_url}: {type(error).__name__}"]


def _examine_scopes(headers: Mapping[str, str]) -> list[str]:
    """A server that doesn't say which scopes it granted is taken at its word."""
    said = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), "")
    lacking = sorted(_WANTED - set(map(str.strip, said.split(",")))) if said else []
    return [f"! missing scope {s}: {_WITHOUT.get(s, 'reinstall the app from manifest.yml')}" for s in lacking]


async def _examine_board(client: AsyncWebClient, board: ChannelId | None) -> str:
    if board is None:
        return "! no board channel yet: an admin chooses it with /tandem setup"
    try:
        channel = (await client.conversations_info(channel=board))["channel"]
    except SlackApiError as error:
        return f"! the board channel {board}: {error.response.get('error')}"
    if not channel.get("is_member"):
        return f"! I'm not in the board channel #{channel.get('name')}: /invite @Tandem there"
    return f"ok cards go to #{channel.get('name')}"


def _examine_outbox(failures: Sequence[tuple[str, str, str]]) -> list[str]:
    unsaid = [f"! not said ({state}): {key}, {error}" for key, state, error in failures]
    return unsaid or ["ok nothing is left unsaid"]
