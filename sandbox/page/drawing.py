"""Block Kit and mrkdwn as HTML, as Slack draws them: the counterpart of `sandbox.reading`.

What apps and people wrote is data here. It never becomes an element, an attribute or a script: everything goes
through autoescaping templates, and links lead to http, https and mailto only.

Every interactive element carries data-block-id, data-action-id and data-type, and data-act says what a person
does with it: press, choose, type or search. data-dispatch="1" tells the app at once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from sandbox.page.draw.canvas import Canvas
from sandbox.page.draw.mrkdwn import mrkdwn
from sandbox.page.draw.reader import Reader
from sandbox.page.draw.text import plain
from sandbox.wire import Json

__all__ = ["Reader", "message_html", "mrkdwn_html", "plain_html", "view_html"]


def message_html(blocks: Sequence[Json] | None, text: str, reader: Reader, *, scope: str = "") -> Markup:
    """A message: its blocks, or without any its text.

    `scope` keeps ids apart where a page shows the same message twice, or two with the same block_ids.
    """
    canvas = Canvas(reader=reader, scope=scope or reader.user, typed={}, errors={})
    body = canvas.blocks(blocks) if blocks else Markup('<div class="text">{}</div>').format(mrkdwn(text, reader))
    return Markup('<div class="bk bk-message">{}</div>').format(body)


def view_html(
    view: Json,
    typed: Mapping[str, Mapping[str, Any]],
    errors: Mapping[str, str],
    reader: Reader,
    *,
    scope: str = "",
) -> Markup:
    """The body of a modal or a Home tab. `typed` is a view's state.values, `errors` the words by block_id;
    those under "" are about the whole form."""
    canvas = Canvas(reader=reader, scope=scope or f"{reader.user}-{view.get('id', '')}", typed=typed, errors=errors)
    trouble = Markup('<p class="trouble" role="alert">{}</p>').format(errors[""]) if errors.get("") else ""
    return Markup('<div class="bk bk-view">{0}{1}</div>').format(trouble, canvas.blocks(view["blocks"]))


def mrkdwn_html(text: str, reader: Reader) -> Markup:
    return mrkdwn(text, reader)


def plain_html(text: str) -> Markup:
    """plain_text: only the names of emoji are drawn."""
    return plain(text)
