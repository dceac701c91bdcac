"""Which scopes the bot token needs, for each method a bot may call and each event it may hear."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeAlias

#: channel (public), group (private), im, mpim: how Slack names kinds of conversation in its scopes.
Kind: TypeAlias = str

_ANYWHERE: Mapping[Kind, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Needs:
    """`always`, whatever the conversation; `by_kind`, one more for the kind of conversation."""

    always: tuple[str, ...] = ()
    by_kind: Mapping[Kind, str] = field(default_factory=lambda: _ANYWHERE)

    def missing(self, granted: frozenset[str], kind: Kind | None = None) -> str | None:
        """The scope Slack would name as `needed` in a missing_scope answer. None: the call may go ahead."""
        wanted = (*self.always, *(scope for each, scope in self.by_kind.items() if each == kind))
        return next((scope for scope in wanted if scope not in granted), None)


def _by_kind(action: str) -> Needs:
    prefixes = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
    return Needs(by_kind={kind: f"{prefix}:{action}" for kind, prefix in prefixes.items()})


_NOTHING = Needs()
_READ, _HISTORY = _by_kind("read"), _by_kind("history")
_WRITE = Needs(always=("chat:write",))
_GROUPS_READ = Needs(always=("usergroups:read",))
_GROUPS_WRITE = Needs(always=("usergroups:write",))
_PEOPLE = Needs(always=("users:read",))

METHOD_SCOPES: Mapping[str, Needs] = {
    "api.test": _NOTHING,
    "auth.test": _NOTHING,
    "blocks.validate": _NOTHING,
    "bookmarks.add": Needs(always=("bookmarks:write",)),
    "bots.info": _PEOPLE,
    "chat.delete": _WRITE,
    "chat.deleteScheduledMessage": _WRITE,
    "chat.getPermalink": _NOTHING,
    "chat.postEphemeral": _WRITE,
    "chat.postMessage": _WRITE,
    "chat.scheduleMessage": _WRITE,
    "chat.unfurl": Needs(always=("links:write",)),
    "chat.update": _WRITE,
    "conversations.history": _HISTORY,
    "conversations.info": _READ,
    "conversations.join": Needs(always=("channels:join",)),
    "conversations.list": _READ,
    "conversations.members": _READ,
    "conversations.open": Needs(by_kind={"im": "im:write", "mpim": "mpim:write"}),
    "conversations.replies": _HISTORY,
    "dnd.info": Needs(always=("dnd:read",)),
    "dnd.teamInfo": Needs(always=("dnd:read",)),
    "files.completeUploadExternal": Needs(always=("files:write",)),
    "files.getUploadURLExternal": Needs(always=("files:write",)),
    "files.info": Needs(always=("files:read",)),
    "pins.add": Needs(always=("pins:write",)),
    "reactions.add": Needs(always=("reactions:write",)),
    "reactions.get": Needs(always=("reactions:read",)),
    "reactions.remove": Needs(always=("reactions:write",)),
    "team.info": Needs(always=("team:read",)),
    "usergroups.list": _GROUPS_READ,
    "usergroups.update": _GROUPS_WRITE,
    "usergroups.users.list": _GROUPS_READ,
    "usergroups.users.update": _GROUPS_WRITE,
    "users.conversations": _READ,
    "users.info": _PEOPLE,
    "users.list": _PEOPLE,
    "users.lookupByEmail": Needs(always=("users:read.email", "users:read")),
    "users.profile.get": Needs(always=("users.profile:read",)),
    "views.open": _NOTHING,
    "views.publish": _NOTHING,
    "views.push": _NOTHING,
    "views.update": _NOTHING,
}

#: chat.postMessage into a public channel the bot is not in, and with a name or icon of its own.
POST_WHERE_NOT_MEMBER = "chat:write.public"
POST_CUSTOMIZED = "chat:write.customize"
#: `profile.email` is in users.info and users.list only with it.
SEE_EMAIL = "users:read.email"

EVENT_SCOPES: Mapping[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "assistant_thread_started": ("assistant:write",),
    "channel_archive": ("channels:read",),
    "channel_rename": ("channels:read",),
    "channel_shared": ("channels:read",),
    "channel_unshared": ("channels:read",),
    "dnd_updated_user": ("dnd:read",),
    "file_shared": ("files:read",),
    "group_rename": ("groups:read",),
    "link_shared": ("links:read",),
    "member_joined_channel": ("channels:read",),
    "member_left_channel": ("channels:read",),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "message_metadata_posted": ("metadata.message:read",),
    "reaction_added": ("reactions:read",),
    "subteam_members_changed": ("usergroups:read",),
    "subteam_updated": ("usergroups:read",),
    "team_join": ("users:read",),
    "tokens_revoked": (),
    "user_change": ("users:read",),
}
