"""The objects in Slack's answers and payloads: user, conversation, message, user group."""

from datetime import UTC, datetime

from sandbox.state import Conversation, Kind, Post, State, zone
from sandbox.wire import Json
from sandbox.workspace import User, UserGroup, team_id


def user(state: State, person: User, with_locale: bool = False) -> Json:
    """A user object. Without the scope users:read.email the address is missing."""
    team = state.team_of(person)
    offset = datetime.fromtimestamp(state.now(), UTC).astimezone(zone(person.tz)).utcoffset()
    clock = {"tz": person.tz, "tz_label": person.tz, "tz_offset": int(offset.total_seconds()) if offset else 0}
    shape: Json = {
        "id": person.id,
        "team_id": team,
        "name": person.username,
        "deleted": person.deleted,
        "profile": _profile(state, person, team),
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 0,
    }
    if not person.deleted:
        shape |= {"color": "9f69e7", "real_name": person.name, **(clock if person.tz else {}), **_standing(person)}
    if person.team:
        shape["is_stranger"] = True
    return shape | ({"locale": person.locale} if with_locale and not person.deleted else {})


def _standing(person: User) -> Json:
    return {
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_guest,
        "is_ultra_restricted": person.is_ultra_restricted,
        "is_email_confirmed": person.address is not None,
    }


def _profile(state: State, person: User, team: str) -> Json:
    first, _, last = person.name.partition(" ")
    profile: Json = {
        "title": person.title,
        "phone": "",
        "skype": "",
        "real_name": person.name,
        "real_name_normalized": person.name,
        "display_name": "" if person.is_bot else person.name,
        "display_name_normalized": "" if person.is_bot else person.name,
        "first_name": first,
        "last_name": last,
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": "",
        "team": team,
    }
    if person.address and not person.is_bot and "users:read.email" in state.app.scopes:
        profile["email"] = person.address
    if person is state.app.user:
        profile |= {"bot_id": state.app.bot_id, "api_app_id": state.app.id, "always_active": True}
    return profile


def conversation(state: State, place: Conversation, count_members: bool = False) -> Json:
    if place.kind is Kind.IM:
        return _im(state, place)
    private = place.kind is not Kind.PUBLIC
    shared = bool(place.shared_with)
    shape: Json = {
        "id": place.id,
        "name": place.name,
        "name_normalized": place.name,
        "is_channel": place.kind is not Kind.MPIM,
        "is_group": place.kind is Kind.MPIM,
        "is_im": False,
        "is_mpim": place.kind is Kind.MPIM,
        "is_private": private,
        "created": place.created,
        "creator": state.app.user_id,
        "is_archived": place.archived,
        "is_general": place.name == "general",
        "is_member": state.app.user_id in place.members,
        "is_shared": shared,
        "is_ext_shared": shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "shared_team_ids": [state.workspace.id, *map(team_id, place.shared_with)],
        "context_team_id": state.workspace.id,
        "unlinked": 0,
        "previous_names": [],
        "topic": _note(place.topic),
        "purpose": _note(place.purpose),
        "updated": place.created,
    }
    return shape | ({"num_members": len(place.members)} if count_members else {})


def _im(state: State, place: Conversation) -> Json:
    partner = state.partner(place)
    return {
        "id": place.id,
        "created": place.created,
        "is_im": True,
        "is_archived": place.archived,
        "is_org_shared": False,
        "user": partner,
        "is_user_deleted": state.users[partner].deleted,
        "context_team_id": state.workspace.id,
        "updated": place.created,
        "priority": 0,
    }


def _note(text: str) -> Json:
    return {"value": text, "creator": "", "last_set": 0}


def post(state: State, message: Post, with_metadata: bool = True) -> Json:
    """A message as history, answers and payloads carry it."""
    shape: Json = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": state.workspace.id,
    }
    shape |= message.by_app or {}
    optional: Json = {
        "blocks": message.blocks,
        "attachments": message.attachments,
        "edited": message.edited,
        "metadata": message.metadata if with_metadata else None,
        "reactions": [{"name": n, "users": u, "count": len(u)} for n, u in message.reactions.items()],
        "subtype": "thread_broadcast" if message.broadcast else None,
    }
    return shape | {part: value for part, value in optional.items() if value} | _thread(state, message)


def _thread(state: State, message: Post) -> Json:
    place = state.conversations[message.channel]
    if message.thread and message.thread != message.ts:
        root = place.posts.get(message.thread)
        return {"thread_ts": message.thread} | ({"parent_user_id": root.user} if root else {})
    replies = place.replies(message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "reply_users": users,
        "latest_reply": replies[-1].ts,
        "subscribed": False,
    }


def group(state: State, team: UserGroup, with_users: bool) -> Json:
    members = [state.named(name).id for name in team.members]
    shape: Json = {
        "id": team.id,
        "team_id": state.workspace.id,
        "is_usergroup": True,
        "is_subteam": True,
        "name": team.name or team.handle,
        "description": team.description,
        "handle": team.handle,
        "is_external": False,
        "date_create": 0,
        "date_update": 0,
        "date_delete": 1 if team.disabled else 0,
        "created_by": state.app.user_id,
        "updated_by": state.app.user_id,
        "prefs": {"channels": [], "groups": []},
        "user_count": len(members),
    }
    return shape | ({"users": members} if with_users else {})
