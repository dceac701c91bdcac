"""`tandem doctor`: looks over the database, Slack, and what could not be said."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import app
from bot.domain.ids import ChannelId
from bot.services import house, owners, usage
from bot.settings import Settings
from handlers.http.usage import source_of
from storage.usage import RejectCount

LOOKED_BACK = timedelta(days=7)
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
        findings.append(_examine_keys(settings))
        findings += _examine_rejects(await db.read(usage.troubles, app.REAL.business() - LOOKED_BACK))
        findings += _examine_owners(await db.read(owners.unowned), channels.fallback)
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


def _examine_keys(settings: Settings) -> str:
    sources = ", ".join(map(source_of, settings.write_keys))
    if not sources:
        return "ok the usage API is off: TANDEM_INGEST_WRITE_KEYS is empty"
    return f"ok the usage API is on; its sources, in the order of their write keys: {sources}"


def _examine_rejects(rejects: Sequence[RejectCount]) -> list[str]:
    return [_rejected(one) for one in rejects]


def _rejected(one: RejectCount) -> str:
    events = "1 event" if one.count == 1 else f"{one.count:,} events"
    example = f", like message {one.example}" if one.example else ""
    when = f"in the last {LOOKED_BACK.days} days"
    return f"! usage: {events} of source {one.source} not taken {when}: {one.reason}{example}"


def _examine_owners(unowned: int, fallback: ChannelId | None) -> list[str]:
    if not unowned:
        return []
    many = f"more than {owners.COUNTED:,}" if unowned > owners.COUNTED else f"{unowned:,}"
    said = f"accounts with usage and no owner we can find: {many}"
    if fallback:
        return [f"ok {said}; what is about them goes to {fallback}"]
    return [f"! {said}. Import their owner_email, or choose a channel for them with /tandem setup"]
