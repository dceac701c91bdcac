"""What Slack tells the app by itself: events, each only if the manifest subscribes to it."""

from sandbox import shapes
from sandbox.state import Conversation, Kind, Post, State
from sandbox.wire import Json
from sandbox.workspace import User

MESSAGES = {
    Kind.PUBLIC: "message.channels",
    Kind.PRIVATE: "message.groups",
    Kind.IM: "message.im",
    Kind.MPIM: "message.mpim",
}


def tell(state: State, subscription: str, event: Json, shared: bool = False) -> None:
    if state.app.hears(subscription):
        state.tell(_wrapped(state, event, shared))


def posted(state: State, post: Post) -> None:
    place = state.conversations[post.channel]
    if post.seen_only_by:
        return
    _message(state, place, _said(state, place, post))
    mentioned = state.app.user_id in state.mentions(post.text)
    if mentioned and not place.is_direct and state.app.user_id in place.members:
        event = _said(state, place, post) | {"type": "app_mention"}
        del event["channel_type"]
        tell(state, "app_mention", event, bool(place.shared_with))


def changed(state: State, post: Post, before: Json) -> None:
    place = state.conversations[post.channel]
    subtype = "message_deleted" if post.deleted else "message_changed"
    event = _subtype(state, place, subtype) | {"previous_message": before}
    if post.deleted:
        event["deleted_ts"] = post.ts
    else:
        event["message"] = shapes.post(state, post)
    _message(state, place, event)


def reacted(state: State, user: User, post: Post, reaction: str) -> None:
    item = {"type": "message", "channel": post.channel, "ts": post.ts}
    event = {
        "type": "reaction_added",
        "user": user.id,
        "reaction": reaction,
        "item": item,
        "item_user": post.user,
        "event_ts": state.fresh_ts(),
    }
    if state.app.user_id in state.conversations[post.channel].members:
        tell(state, "reaction_added", event)


def joined(state: State, user: User, place: Conversation, inviter: User | None = None) -> None:
    event = {
        "type": "member_joined_channel",
        "user": user.id,
        "channel": place.id,
        "team": state.team_of(user),
        "channel_type": "C" if place.kind is Kind.PUBLIC else "G",
        "event_ts": state.fresh_ts(),
    }
    if inviter:
        event["inviter"] = inviter.id
    if state.app.user_id in place.members:
        tell(state, "member_joined_channel", event, bool(place.shared_with))


def user_changed(state: State, user: User, subscription: str = "user_change") -> None:
    event = {"type": subscription, "user": shapes.user(state, user, with_locale=True), "event_ts": state.fresh_ts()}
    tell(state, subscription, event | ({"cache_ts": int(state.now())} if subscription == "user_change" else {}))


def shared(state: State, place: Conversation, team: str, *, ended: bool = False) -> None:
    """Another workspace came to a channel through Slack Connect, or left it."""
    subscription = "channel_unshared" if ended else "channel_shared"
    event: Json = {"type": subscription, "channel": place.id, "event_ts": state.fresh_ts()}
    if ended:
        event |= {"previously_connected_team_id": team, "is_ext_shared": bool(place.shared_with)}
    else:
        event["connected_team_id"] = team
    tell(state, subscription, event, bool(place.shared_with))


def renamed(state: State, place: Conversation) -> None:
    subscription = "group_rename" if place.kind is Kind.PRIVATE else "channel_rename"
    channel = {"id": place.id, "name": place.name, "created": place.created}
    if place.kind is Kind.PUBLIC or state.app.user_id in place.members:
        event = {"type": subscription, "channel": channel, "event_ts": state.fresh_ts()}
        tell(state, subscription, event, bool(place.shared_with))


def home_opened(state: State, user: User, view: Json | None, tab: str = "home") -> None:
    event = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": state.direct(user.id).id,
        "tab": tab,
        "event_ts": state.fresh_ts(),
    }
    tell(state, "app_home_opened", event | ({"view": view} if view else {}))


def _message(state: State, place: Conversation, event: Json) -> None:
    if state.app.user_id in place.members:
        tell(state, MESSAGES[place.kind], event, bool(place.shared_with))


def _said(state: State, place: Conversation, post: Post) -> Json:
    shape = shapes.post(state, post) | {"channel": place.id, "channel_type": str(place.kind), "event_ts": post.ts}
    user = state.users[post.user]
    if user.team:
        shape |= {"user_team": state.team_of(user), "source_team": state.team_of(user)}
    return shape


def _subtype(state: State, place: Conversation, subtype: str) -> Json:
    ts = state.fresh_ts()
    return {
        "type": "message",
        "subtype": subtype,
        "channel": place.id,
        "channel_type": str(place.kind),
        "hidden": True,
        "ts": ts,
        "event_ts": ts,
    }


def _wrapped(state: State, event: Json, shared: bool) -> Json:
    team = state.workspace.id
    authorization = {
        "enterprise_id": None,
        "team_id": team,
        "user_id": state.app.user_id,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": "",
        "team_id": team,
        "context_team_id": team,
        "context_enterprise_id": None,
        "api_app_id": state.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": state.fresh_id("Ev"),
        "event_time": int(state.now()),
        "authorizations": [authorization],
        "is_ext_shared_channel": shared,
        "event_context": state.fresh_id("4-"),
    }
