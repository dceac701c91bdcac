"""Slack messages and their addresses."""

from bot.domain.ids import ChannelId, MessageTs


def permalink(workspace_url: str, channel: ChannelId, ts: MessageTs, thread: MessageTs | None = None) -> str:
    """The address of a message, as chat.getPermalink would give it, without asking.

    https://docs.slack.dev/reference/methods/chat.getPermalink
    """
    address = f"{workspace_url}archives/{channel}/p{ts.replace('.', '')}"
    return f"{address}?thread_ts={thread}&cid={channel}" if thread and thread != ts else address
