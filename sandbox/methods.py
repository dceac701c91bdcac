"""The Web API: one small function a method, found by its name in `METHODS`.

A method gets the workspace and its arguments, and returns what stands beside `"ok": true`. It says no by raising
`SlackError`. What a payload may contain is decided in `sandbox.rules`; here is what depends on the workspace.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox import events, shapes
from sandbox.inputs import identified
from sandbox.rules import METHOD_SCOPES, Refusal, check_message, check_view
from sandbox.state import Conversation, Kind, Post, State
from sandbox.views import View, Views
from sandbox.wire import Args, Json, SlackError, missing, page
from sandbox.workspace import User

KINDS = {"public_channel": Kind.PUBLIC, "private_channel": Kind.PRIVATE, "im": Kind.IM, "mpim": Kind.MPIM}


@dataclass(frozen=True, kw_only=True)
class Slack:
    """What a method works on."""

    state: State
    views: Views


Method = Callable[[Slack, Args], Json]
METHODS: dict[str, Method] = {}


def method(name: str) -> Callable[[Method], Method]:
    def register(function: Method) -> Method:
        METHODS[name] = function
        return function

    return register


# -- Who am I


@method("auth.test")
def auth_test(slack: Slack, _args: Args) -> Json:
    state = slack.state
    return {
        "url": f"{slack.state.address}/",
        "team": state.workspace.team,
        "user": state.app.user.username,
        "team_id": state.workspace.id,
        "user_id": state.app.user_id,
        "bot_id": state.app.bot_id,
        "is_enterprise_install": False,
    }


@method("team.info")
def team_info(slack: Slack, _args: Args) -> Json:
    workspace = slack.state.workspace
    team = {
        "id": workspace.id,
        "name": workspace.team,
        "url": f"{slack.state.address}/",
        "domain": workspace.domain,
        "email_domain": "example.com",
        "icon": {"image_default": True},
    }
    return {"team": team}


# -- Saying


@method("chat.postMessage")
def chat_post_message(slack: Slack, args: Args) -> Json:
    conversation = _destination(slack, args.text("channel"))
    _may_write(slack, conversation)
    if conversation.kind is Kind.IM and not slack.state.app.manifest.messages_enabled:
        raise SlackError("messages_tab_disabled")
    check_message(args.given)
    thread = args.get("thread_ts")
    post = written(slack.state, conversation, args.given)
    post.thread = _root(conversation, thread)
    post.broadcast = bool(thread) and args.flag("reply_broadcast")
    slack.state.add_post(post)
    events.posted(slack.state, post)
    return {"channel": conversation.id, "ts": post.ts, "message": shapes.post(slack.state, post)}


@method("chat.postEphemeral")
def chat_post_ephemeral(slack: Slack, args: Args) -> Json:
    conversation = _destination(slack, args.text("channel"))
    _may_write(slack, conversation)
    user = args.text("user")
    if user not in conversation.members:
        raise SlackError("user_not_in_channel")
    check_message(args.given)
    post = written(slack.state, conversation, args.given)
    post.thread, post.seen_only_by = args.get("thread_ts"), user
    slack.state.add_post(post)
    return {"message_ts": post.ts}


@method("chat.update")
def chat_update(slack: Slack, args: Args) -> Json:
    post = _own_post(slack, args, "cant_update_message")
    if slack.state.conversation(post.channel).archived:
        raise SlackError("is_inactive")
    forget = args.get("metadata") == {}
    check_message({**args.given, "metadata": None} if forget else args.given, update=True)
    rewrite(slack.state, post, args.given)
    return {"channel": post.channel, "ts": post.ts, "text": post.text, "message": shapes.post(slack.state, post)}


@method("chat.delete")
def chat_delete(slack: Slack, args: Args) -> Json:
    post = _own_post(slack, args, "cant_delete_message")
    erase(slack.state, post)
    return {"channel": post.channel, "ts": post.ts}


@method("chat.getPermalink")
def chat_get_permalink(slack: Slack, args: Args) -> Json:
    conversation = _visible(slack, args.text("channel"))
    post = conversation.posts.get(args.text("message_ts"))
    if post is None or not post.stands:
        raise SlackError("message_not_found")
    link = f"{slack.state.address}/archives/{conversation.id}/p{post.ts.replace('.', '')}"
    if post.thread:
        link += f"?thread_ts={post.thread}&cid={conversation.id}"
    return {"channel": conversation.id, "permalink": link}


@method("reactions.add")
def reactions_add(slack: Slack, args: Args) -> Json:
    conversation = _visible(slack, args.text("channel"))
    if slack.state.app.user_id not in conversation.members:
        raise SlackError("not_in_channel")
    post = conversation.posts.get(args.text("timestamp"))
    if post is None or not post.stands:
        raise SlackError("message_not_found")
    people = post.reactions.setdefault(args.text("name").strip(":"), [])
    if slack.state.app.user_id in people:
        raise SlackError("already_reacted")
    people.append(slack.state.app.user_id)
    slack.state.pulse.beat()
    return {}


def written(state: State, conversation: Conversation, args: Json) -> Post:
    """A message by the app, not yet posted."""
    app, team = state.app, state.workspace.id
    return Post(
        channel=conversation.id,
        ts=state.fresh_ts(),
        user=app.user_id,
        text=_text(args),
        blocks=[identified(block, state.fresh_word) for block in args.get("blocks") or []],
        attachments=list(args.get("attachments") or []),
        metadata=args.get("metadata"),
        by_app={"bot_id": app.bot_id, "app_id": app.id, "bot_profile": app.profile(team)},
    )


def rewrite(state: State, post: Post, args: Json) -> None:
    """An update: what is not given stays, except that new text without blocks takes the blocks away."""
    before = shapes.post(state, post)
    given = {part: args[part] for part in ("blocks", "attachments", "metadata") if args.get(part) is not None}
    if "text" in args or "markdown_text" in args:
        post.text = _text(args)
        given.setdefault("blocks", [])
    if "blocks" in given:
        post.blocks = [identified(block, state.fresh_word) for block in given["blocks"]]
    post.attachments = list(given.get("attachments", post.attachments))
    post.metadata = given.get("metadata", post.metadata) or None
    post.edited = {"user": state.app.user_id, "ts": state.fresh_ts()}
    changed(state, post, before)


def erase(state: State, post: Post) -> None:
    before = shapes.post(state, post)
    post.deleted = True
    changed(state, post, before)


def changed(state: State, post: Post, before: Json) -> None:
    state.changed_post(post)
    if post.seen_only_by is None:
        events.changed(state, post, before)


def _text(args: Json) -> str:
    return str(args.get("text") or args.get("markdown_text") or "")[:40_000]


def _root(conversation: Conversation, thread: str | None) -> str | None:
    """Replying to a reply answers its parent."""
    parent = conversation.posts.get(thread or "")
    return parent.thread or thread if parent else thread


def _destination(slack: Slack, channel: str) -> Conversation:
    """Where a message goes: a conversation, or a person, whose direct conversation it opens."""
    if channel[:1] in ("U", "W"):
        return slack.state.direct(_reachable(slack, channel, "channel_not_found").id)
    return slack.state.conversation(channel)


def _reachable(slack: Slack, user_id: str, otherwise: str) -> User:
    user = slack.state.users.get(user_id)
    if user is None or user.deleted:
        raise SlackError(otherwise)
    if user.is_bot:
        raise SlackError("cannot_dm_bot")
    return user


def _may_write(slack: Slack, conversation: Conversation) -> None:
    state = slack.state
    inside = state.app.user_id in conversation.members
    if not inside and conversation.kind is not Kind.PUBLIC:
        raise SlackError("channel_not_found")
    if conversation.archived:
        raise SlackError("is_archived")
    if not inside and "chat:write.public" not in state.app.scopes:
        raise SlackError("not_in_channel")


def _own_post(slack: Slack, args: Args, otherwise: str) -> Post:
    """The app's own standing message that `ts` names; an ephemeral one cannot be found again."""
    conversation = _visible(slack, args.text("channel"))
    post = conversation.posts.get(args.text("ts"))
    if post is None or not post.stands:
        raise SlackError("message_not_found")
    if post.by_app is None:
        raise SlackError(otherwise)
    return post


# -- Views


@method("views.open")
def views_open(slack: Slack, args: Args) -> Json:
    spec = _checked(args, "modal")
    return _shown(slack, slack.views.open(args.text("trigger_id"), spec))


@method("views.push")
def views_push(slack: Slack, args: Args) -> Json:
    spec = _checked(args, "modal")
    return _shown(slack, slack.views.push(args.text("trigger_id"), spec))


@method("views.update")
def views_update(slack: Slack, args: Args) -> Json:
    if not args.get("view_id") and not args.get("external_id"):
        raise missing("view_id")
    view = slack.views.find(args.get("view_id"), args.get("external_id"))
    spec = _checked(args, view.type)
    return _shown(slack, slack.views.update(view.id, None, args.get("hash"), spec))


@method("views.publish")
def views_publish(slack: Slack, args: Args) -> Json:
    if not slack.state.app.manifest.home_enabled:
        raise SlackError("not_enabled")
    user = slack.state.user(args.text("user_id"))
    spec = _checked(args, "home")
    return _shown(slack, slack.views.publish(user.id, args.get("hash"), spec))


def _checked(args: Args, kind: str) -> Json:
    spec = args.view()
    check_view(spec)
    if spec.get("type") != kind:
        raise SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] view must be a {kind}"]})
    return spec


def _shown(slack: Slack, view: View) -> Json:
    return {"view": slack.views.json(view)}


# -- Conversations


@method("conversations.open")
def conversations_open(slack: Slack, args: Args) -> Json:
    if channel := args.get("channel"):
        return _opened(slack, _direct_of(slack, channel), args)
    users = args.names("users")
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > 8:
        raise SlackError("too_many_users")
    require(slack.state, "conversations.open", Kind.IM if len(users) == 1 else Kind.MPIM)
    people = [_open_to(slack, user) for user in users]
    return _opened(slack, slack.state.direct(*people), args)


def _open_to(slack: Slack, user_id: str) -> str:
    if slack.state.user(user_id).deleted:
        raise SlackError("user_disabled")
    return _reachable(slack, user_id, "user_not_found").id


def _direct_of(slack: Slack, channel: str) -> Conversation:
    conversation = slack.state.conversation(channel)
    if not conversation.is_direct:
        raise SlackError("method_not_supported_for_channel_type")
    return conversation


def _opened(slack: Slack, conversation: Conversation, args: Args) -> Json:
    full = args.flag("return_im")
    return {"channel": shapes.conversation(slack.state, conversation) if full else {"id": conversation.id}}


@method("conversations.info")
def conversations_info(slack: Slack, args: Args) -> Json:
    conversation = _visible(slack, args.text("channel"))
    require(slack.state, "conversations.info", conversation.kind)
    count = args.flag("include_num_members")
    return {"channel": shapes.conversation(slack.state, conversation, count_members=count)}


@method("conversations.list")
def conversations_list(slack: Slack, args: Args) -> Json:
    found = [each for each in slack.state.conversations.values() if _is_visible(slack, each)]
    return _listing(slack, args, found)


@method("users.conversations")
def users_conversations(slack: Slack, args: Args) -> Json:
    user = args.get("user") or slack.state.app.user_id
    slack.state.user(user)
    places = slack.state.conversations.values()
    answer = _listing(slack, args, [each for each in places if user in each.members and _is_visible(slack, each)])
    for channel in answer["channels"]:  # only conversations.list has these
        channel.pop("is_member", None)
        channel.pop("num_members", None)
    return answer


def _listing(slack: Slack, args: Args, found: list[Conversation]) -> Json:
    kinds = _kinds(args)
    for kind in kinds:
        require(slack.state, "conversations.list", kind)
    skip = args.flag("exclude_archived")
    chosen = [each for each in found if each.kind in kinds and not (skip and each.archived)]
    part, metadata = page(chosen, args)
    return {
        "channels": [shapes.conversation(slack.state, each, True) for each in part],
        "response_metadata": metadata,
    }


def _kinds(args: Args) -> list[Kind]:
    try:
        return [KINDS[name] for name in args.names("types", "public_channel")]
    except KeyError:
        raise SlackError("invalid_types") from None


@method("conversations.members")
def conversations_members(slack: Slack, args: Args) -> Json:
    conversation = _visible(slack, args.text("channel"))
    require(slack.state, "conversations.members", conversation.kind)
    part, metadata = page(sorted(conversation.members), args)
    return {"members": part, "response_metadata": metadata}


@method("conversations.join")
def conversations_join(slack: Slack, args: Args) -> Json:
    conversation = _visible(slack, args.text("channel"))
    if conversation.kind is not Kind.PUBLIC:
        raise SlackError("method_not_supported_for_channel_type")
    if conversation.archived:
        raise SlackError("is_archived")
    answer: Json = {"channel": shapes.conversation(slack.state, conversation)}
    if slack.state.app.user_id in conversation.members:
        return answer | {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    conversation.members.add(slack.state.app.user_id)
    events.joined(slack.state, slack.state.app.user, conversation)
    slack.state.pulse.beat()
    return {"channel": shapes.conversation(slack.state, conversation)}


@method("conversations.history")
def conversations_history(slack: Slack, args: Args) -> Json:
    conversation = _readable(slack, args)
    posts = [post for post in conversation.standing() if post.thread in (None, post.ts) or post.broadcast]
    newest_first = [post for post in reversed(posts) if _between(post, args)]
    part, metadata = page(newest_first, args)
    return _said(slack, conversation, part, metadata, args)


@method("conversations.replies")
def conversations_replies(slack: Slack, args: Args) -> Json:
    conversation = _readable(slack, args)
    parent = conversation.posts.get(args.text("ts"))
    if parent is None or not parent.stands:
        raise SlackError("thread_not_found")
    root = conversation.posts.get(parent.thread or parent.ts, parent)
    answers = [post for post in conversation.replies(root.ts) if _between(post, args)]
    part, metadata = page([root, *answers], args, default=1000)
    return _said(slack, conversation, part, metadata, args)


def _said(slack: Slack, place: Conversation, posts: list[Post], metadata: Json, args: Args) -> Json:
    full = args.flag("include_all_metadata")
    answer: Json = {"messages": [shapes.post(slack.state, post, full) for post in posts]}
    more = bool(metadata["next_cursor"])
    answer["has_more"] = more
    if place.kind is not Kind.IM:
        answer["pin_count"] = 0
    return answer | ({"response_metadata": metadata} if more else {})


def _between(post: Post, args: Args) -> bool:
    oldest, latest = args.get("oldest"), args.get("latest")
    bounds = [float(bound) for bound in (oldest, latest) if bound]
    if args.flag("inclusive") and float(post.ts) in bounds:
        return True
    after = not oldest or float(post.ts) > float(oldest)
    return after and (not latest or float(post.ts) < float(latest))


def _readable(slack: Slack, args: Args) -> Conversation:
    """A conversation whose messages the app may read: it needs the scope, and has to be in it."""
    conversation = _visible(slack, args.text("channel"))
    require(slack.state, "conversations.history", conversation.kind)
    if slack.state.app.user_id not in conversation.members:
        raise SlackError("not_in_channel")
    return conversation


def _visible(slack: Slack, channel: str) -> Conversation:
    conversation = slack.state.conversation(channel)
    if not _is_visible(slack, conversation):
        raise SlackError("channel_not_found")
    return conversation


def _is_visible(slack: Slack, conversation: Conversation) -> bool:
    return conversation.kind is Kind.PUBLIC or slack.state.app.user_id in conversation.members


def require(state: State, name: str, kind: Kind | None = None) -> None:
    """Raises missing_scope unless the app may call the method, for this kind of conversation if one is given."""
    granted = frozenset(state.app.scopes)
    needed = METHOD_SCOPES[name].missing(granted, kind) if name in METHOD_SCOPES else None
    if needed:
        raise SlackError("missing_scope", needed=needed, provided=",".join(sorted(granted)))


# -- People


@method("users.info")
def users_info(slack: Slack, args: Args) -> Json:
    user = slack.state.user(args.text("user"))
    return {"user": shapes.user(slack.state, user, args.flag("include_locale"))}


@method("users.list")
def users_list(slack: Slack, args: Args) -> Json:
    own = [user for user in slack.state.users.values() if not user.team]
    part, metadata = page(own, args)
    locale = args.flag("include_locale")
    members = [shapes.user(slack.state, user, locale) for user in part]
    return {"members": members, "cache_ts": int(slack.state.now()), "response_metadata": metadata}


@method("users.lookupByEmail")
def users_lookup_by_email(slack: Slack, args: Args) -> Json:
    wanted = args.text("email").casefold()
    for user in slack.state.users.values():
        if user.address and user.address.casefold() == wanted and not (user.deleted or user.team):
            return {"user": shapes.user(slack.state, user)}
    raise SlackError("users_not_found")


@method("usergroups.list")
def usergroups_list(slack: Slack, args: Args) -> Json:
    with_users, with_disabled = args.flag("include_users"), args.flag("include_disabled")
    groups = [group for group in slack.state.groups.values() if with_disabled or not group.disabled]
    return {"usergroups": [shapes.group(slack.state, group, with_users) for group in groups]}


@method("usergroups.users.list")
def usergroups_users_list(slack: Slack, args: Args) -> Json:
    group = slack.state.groups.get(args.text("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": shapes.group(slack.state, group, True)["users"]}


def perform(slack: Slack, name: str, args: Json) -> Json:
    """Call a method by its name. Raises SlackError."""
    if name not in METHODS:
        raise SlackError("unknown_method", req_method=name)
    require(slack.state, name)
    try:
        return {"ok": True, **METHODS[name](slack, Args(args))}
    except Refusal as refusal:
        messages = {"messages": list(refusal.details)}
        raise SlackError(refusal.error, response_metadata=messages) from refusal
