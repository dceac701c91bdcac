"""Block Kit as HTML, in the eyes of one reader. Messages are drawn once for as long as they stay the same."""

from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from sandbox.page import drawing
from sandbox.state import Post, State, zone
from sandbox.views import View
from sandbox.wire import Json
from sandbox.workspace import User

KEPT = 5000


class Pencil:
    """Draws messages and views."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._drawn: dict[tuple[Any, ...], Markup] = {}

    def message(self, post: Post, reader: User, scope: str) -> Markup:
        """The body of a message, attachments included. `scope` keeps apart the ids of two drawings on one page."""
        edition = (post.edited or {}).get("ts")
        today = datetime.fromtimestamp(self.state.now(), zone(reader.tz)).date()
        key = (scope, post.channel, post.ts, edition, reader, today, len(self.state.users))
        if key not in self._drawn:
            if len(self._drawn) >= KEPT:
                self._drawn.clear()
            self._drawn[key] = self._message(post, reader, f"{scope}-{post.ts}")
        return self._drawn[key]

    def _message(self, post: Post, reader: User, scope: str) -> Markup:
        eyes = self.reader(reader)
        body = drawing.message_html(post.blocks, post.text, eyes, scope=scope)
        attached = [
            drawing.message_html(each.get("blocks"), _words(each), eyes, scope=f"{scope}-{number}")
            for number, each in enumerate(post.attachments)
        ]
        wrapped = (Markup('<div class="attachment">{}</div>').format(each) for each in attached)
        return Markup().join([body, *wrapped])

    def view(self, view: View, scope: str) -> Markup:
        """What stands in a modal or a Home tab, with what was typed into it."""
        eyes = self.reader(self.state.users[view.user])
        return drawing.view_html(view.spec, view.values(), view.errors, eyes, scope=f"{scope}-{view.id}")

    def words(self, text: Json | None) -> Markup:
        """A plain_text object, its emoji drawn."""
        return drawing.plain_html(str(text["text"])) if text else Markup()

    def emoji(self, name: str) -> Markup:
        return drawing.plain_html(f":{name}:")

    def reader(self, user: User) -> drawing.Reader:
        eyes = self.state.reader(user.id)
        now = datetime.fromtimestamp(self.state.now(), UTC)
        return drawing.Reader(
            user=user.id, zone=eyes.zone, users=eyes.users, channels=eyes.channels, groups=eyes.groups, now=now
        )


def _words(attachment: Json) -> str:
    return "\n".join(str(attachment[part]) for part in ("pretext", "title", "text") if attachment.get(part))
