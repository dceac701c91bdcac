"""Backlogs kept in other tools: which columns of their exports say what, and their statuses in our words.

docs/import.md shows these tables. What an export is called differs between plans and over the years, so several
names are known for each column, whatever their case; what nobody knows is passed over.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from html.parser import HTMLParser
from types import MappingProxyType

from bot.domain.errors import Refused
from bot.domain.imports import SEVERAL, RequestRow
from bot.domain.requests import CUSTOMER_LIMIT, PROBLEM_LIMIT, TITLE_LIMIT, Status
from bot.domain.text import clean, is_blank, one_line
from bot.domain.wsjf import SCALE

Names = Mapping[str, Sequence[str]]  #: what a column says, and what it may be called, the likeliest first


@dataclass(frozen=True, kw_only=True)
class Tool:
    name: str
    columns: Names
    statuses: Mapping[str, Status]  #: other words come to the backlog
    kinds: frozenset[str] = frozenset()  #: lines of these kinds are no requests


_SAID_OF_IT = {
    "created_at": ("created", "created at", "created date", "creation date", "date created", "post date", "date"),
    "accounts": ("companies", "company", "company names", "company name", "customers", "customer", "accounts"),
    "value": ("value", "business value", "user business value"),
    "job_size": ("effort", "effort estimate", "estimate", "estimation", "story points"),
    "url": ("url", "link", "post url", "feature url", "productboard url"),
}

CANNY = Tool(
    name="Canny",
    columns=MappingProxyType(
        {
            "id": ("post id", "id"),
            "title": ("title", "post title", "post", "name"),
            "problem": ("details", "post details", "description", "content", "body"),
            "status": ("status", "post status"),
            "requester_email": ("author email", "created by email", "author"),
            "votes": ("votes", "vote count", "upvotes", "score"),
            **_SAID_OF_IT,
        }
    ),
    statuses=MappingProxyType(
        {
            "open": Status.BACKLOG,
            "under review": Status.BACKLOG,
            "planned": Status.PLANNED,
            "in progress": Status.IN_PROGRESS,
            "complete": Status.RELEASED,
            "completed": Status.RELEASED,
            "shipped": Status.RELEASED,
            "closed": Status.DECLINED,
        }
    ),
)

PRODUCTBOARD = Tool(
    name="Productboard",
    columns=MappingProxyType(
        {
            "id": ("id", "uuid", "feature id", "entity id"),
            "title": ("name", "feature name", "feature", "title", "entity name"),
            "problem": ("description", "feature description", "details", "notes"),
            "status": ("status", "status name", "feature status"),
            "requester_email": ("created by email", "created by"),
            "votes": ("customer importance score", "user impact score", "votes"),
            "kind": ("type", "entity type", "hierarchy level"),
            **_SAID_OF_IT,
        }
    ),
    statuses=MappingProxyType(
        {
            "new idea": Status.BACKLOG,
            "new": Status.BACKLOG,
            "idea": Status.BACKLOG,
            "candidate": Status.BACKLOG,
            "backlog": Status.BACKLOG,
            "under consideration": Status.BACKLOG,
            "discovery": Status.BACKLOG,
            "planned": Status.PLANNED,
            "ready": Status.PLANNED,
            "up next": Status.PLANNED,
            "in progress": Status.IN_PROGRESS,
            "delivery": Status.IN_PROGRESS,
            "in development": Status.IN_PROGRESS,
            "testing": Status.TESTING,
            "in review": Status.TESTING,
            "beta": Status.TESTING,
            "launched": Status.RELEASED,
            "released": Status.RELEASED,
            "done": Status.RELEASED,
            "complete": Status.RELEASED,
            "completed": Status.RELEASED,
            "archived": Status.DECLINED,
            "declined": Status.DECLINED,
            "rejected": Status.DECLINED,
            "won t do": Status.DECLINED,
        }
    ),
    kinds=frozenset({"product", "component", "objective", "initiative", "release", "release group", "key result"}),
)

TOOLS: Mapping[str, Tool] = MappingProxyType({"canny": CANNY, "productboard": PRODUCTBOARD})


class ToolRow(RequestRow):
    """A request that another tool has: it stays the same one, however it is written there later."""

    identity: str

    @cached_property
    def key(self) -> str:
        return f"import:{hashlib.sha256(self.identity.encode()).hexdigest()[:24]}"


# ---- a file of one of them ----------------------------------------------------------------------


@dataclass
class Reading:
    """One export on its way in; what it could not say in our words is counted."""

    tool: Tool
    used: Mapping[str, str] = field(default_factory=dict)  #: what is said, and the column that says it
    unused: Sequence[str] = ()
    unknown: Counter[str] = field(default_factory=Counter)  #: statuses
    passed_over: int = 0  #: lines that are no requests
    undated: int = 0
    unsized: int = 0

    def check(self, columns: Sequence[str]) -> None:
        """Choose the columns. Raises Refused when none can be the title. What was counted is counted anew."""
        by_name = {_plain(column): column for column in reversed(columns)}
        found = {said: next((n for n in names if n in by_name), None) for said, names in self.tool.columns.items()}
        self.used = {said: by_name[name] for said, name in found.items() if name}
        if "title" not in self.used:
            names = ", ".join(self.tool.columns["title"])
            raise Refused(f"This is no export of {self.tool.name}: it has no title. Looked for: {names}.")
        self.unused = [column for column in columns if column not in self.used.values() and column != "why"]
        self.unknown, self.passed_over, self.undated, self.unsized = Counter(), 0, 0, 0

    def row(self, values: Mapping[str, str]) -> ToolRow | None:
        """The line as a request. Raises ValidationError for one without a title."""
        said = {name: clean(values[column]) for name, column in self.used.items()}
        if _plain(said.get("kind", "")) in self.tool.kinds:
            self.passed_over += 1
            return None
        title = one_line(said["title"])
        created = self._moment(said.get("created_at", ""))
        return ToolRow.model_validate(
            {
                "title": _cut(title, TITLE_LIMIT),
                "problem": self._problem(title, said),
                "status": self._status(said.get("status", "")),
                "requester_email": said.get("requester_email", ""),
                "accounts": SEVERAL.join(_companies(said.get("accounts", ""))),
                "created_at": created,
                "value": _step(said.get("value", "")),
                "job_size": self._size(said.get("job_size", "")),
                "identity": f"{self.tool.name}:{said.get('id') or said.get('url') or f'{title}:{created}'}",
            }
        )

    def _status(self, word: str) -> Status:
        known = self.tool.statuses.get(_plain(word))
        if known is None and word:
            self.unknown[word] += 1
        return known or Status.BACKLOG

    def _problem(self, title: str, said: Mapping[str, str]) -> str:
        """The description as text; without one, the title and that there is none. Then what people said of it."""
        if is_blank(title):
            return "?"  # the title is what is wrong
        text = without_html(said.get("problem", ""))
        if is_blank(text):
            text = f"{title} (no description in {self.tool.name})"
        elif len(title) > TITLE_LIMIT:
            text = f"{title}\n\n{text}"
        voted = _number(said.get("votes", ""))
        where = [f"{said['votes']} {self.used['votes']}" if voted else "", said.get("url", "")]
        end = "\n\n" + ", ".join(filter(None, [f"From {self.tool.name}", *where]))
        end = end if any(where) else ""
        return _cut(text, PROBLEM_LIMIT - len(end)) + end

    def _moment(self, text: str) -> str | None:
        moment = _moment(text)
        self.undated += bool(text) and moment is None
        return moment

    def _size(self, text: str) -> int | None:
        step = _step(text)
        self.unsized += bool(text) and step is None and text != "0"
        return step


# ---- how others write ---------------------------------------------------------------------------

_DAYS = ("%Y/%m/%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y")
_FIRM = (
    r"(?:inc|incorporated|llc|l\.l\.c|ltd|limited|plc|corp|co|gmbh|ag|se|sa|s\.a|s\.r\.l|srl|bv|b\.v|oy|ab|as|pty)"
)
_BETWEEN = re.compile(rf",(?!\s*{_FIRM}\b\.?)", re.IGNORECASE)


def _plain(name: str) -> str:
    """`Customer_Importance-Score` is "customer importance score"."""
    return " ".join(re.sub(r"[\W_]+", " ", name).split()).casefold()


def _companies(text: str) -> list[str]:
    """Names between | ; or line breaks, else commas; "Acme, Inc." is one."""
    mark = next((mark for mark in (SEVERAL, ";", "\n") if mark in text), None)
    names = text.split(mark) if mark else _BETWEEN.split(text)
    return [_cut(one_line(name), CUSTOMER_LIMIT) for name in names if not is_blank(name)]


def _moment(text: str) -> str | None:
    """As ISO 8601. Numbers between slashes are nobody's date: 3/4 is in March here and in April there."""
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:
        pass
    for pattern in _DAYS:
        try:
            return datetime.strptime(text, pattern).date().isoformat()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < float("inf") else None


def _step(text: str) -> int | None:
    """The nearest step of our scale, of two the larger; None for more than 20, which counts something else."""
    number = _number(text)
    if number is None or number > SCALE[-1]:
        return None
    return min(reversed(SCALE), key=lambda step: abs(step - number))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


# ---- HTML ---------------------------------------------------------------------------------------

_LINES = frozenset("p div ul ol table tr h1 h2 h3 h4 h5 h6 blockquote pre section article header footer".split())
_INSIDE = frozenset(
    "a b i u s em strong span code small sub sup font mark img br hr li td th tbody thead del".split()
)
_UNSEEN = frozenset(("script", "style"))
_KNOWN = _LINES | _INSIDE | _UNSEEN
_LOOKS_LIKE_HTML = re.compile(rf"</?(?:{'|'.join(sorted(_KNOWN))})\b[^<>]*>|&(?:[a-z]+|#\d+);", re.IGNORECASE)


def without_html(text: str) -> str:
    """HTML as plain text: paragraphs and points on lines of their own, links with their address.

    Text that holds no HTML stays as it is, and so do signs that are no tags of it: `a < b`, `List<String>`.
    """
    if not _LOOKS_LIKE_HTML.search(text):
        return text
    reader = _Text()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.said).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._unseen = 0
        self._link: str | None = None
        self._linked = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _LINES or tag in ("br", "hr"):
            self.said.append("\n")
        elif tag == "li":
            self.said.append("\n- ")
        elif tag in ("td", "th"):
            self.said.append(" ")
        elif tag == "a":
            self._link, self._linked = dict(attrs).get("href"), len(self.said)
        elif tag not in _KNOWN:
            self.said.append(self.get_starttag_text() or "")
        self._unseen += tag in _UNSEEN

    def handle_endtag(self, tag: str) -> None:
        if tag in _LINES:
            self.said.append("\n")
        elif tag == "a" and self._link:
            if self._link not in "".join(self.said[self._linked :]):
                self.said.append(f" ({self._link})")
            self._link = None
        elif tag not in _KNOWN:
            self.said.append(f"</{tag}>")
        self._unseen -= tag in _UNSEEN and self._unseen > 0

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(data)
