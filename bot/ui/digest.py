"""The weekly digest: its message, and its thread."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from bot.domain.board import Row
from bot.domain.changes import Change
from bot.domain.digest import (
    SENTENCE_LIMIT,
    AtStake,
    Because,
    Details,
    Digest,
    Headline,
    Part,
    Placed,
    Redated,
    Shipped,
    Started,
    Unsized,
    Used,
    Waiting,
)
from bot.domain.money import Money
from bot.domain.reasons import Cause
from bot.domain.requests import Status
from bot.domain.text import one_line
from bot.domain.wsjf import Factor
from bot.ui import digest_figures, entries, parts
from bot.ui import figures as show
from bot.ui.parts import Block, Element, Message
from bot.ui.vocabulary import SHORT, SOURCES, STATUSES

T = TypeVar("T")
Line = list[Element]
Section = tuple[str, Part[Any], Callable[[Any], Line]]  #: its heading, its entries, how one is said

NAMED = 3  #: requests the headline names
DECISIONS = 3
NAMES = 3
FIGURES = 2  #: that moved a request; of more, it is its estimate
CURRENCIES = 5
TITLE = 80
NAME = 40
WORDS = 120  #: of a blocker, a reason, what somebody needs first
TEXT = 700  #: escaped, it fits the 4,000 characters of a message's text
ROOM = 10_000  #: characters in one message; Slack takes about 12,000
READ = 1_300  #: characters somebody busy reads of a thread
FEWER = (5, 3, 2)  #: lines a section, until the thread is short enough; else one


# ---- the message in the channel -----------------------------------------------------------------


def headline(saying: Headline) -> Message:
    digest = saying.digest
    review = digest.decisions and digest.subscription.is_company
    start = [parts.buttons(parts.button("Start review", entries.REVIEW, address(digest)))] if review else []
    return Message(text=sentence(digest), blocks=[*_head(digest), *_small(*_stake(digest), *_foot(digest)), *start])


def address(digest: Digest) -> str:
    """What its buttons carry: "company:2026-W48"."""
    return f"{digest.subscription.id}:{digest.period}"


def sentence(digest: Digest) -> str:
    """The headline in a few sentences, for notifications and screen readers."""
    said = f"{_first_line(digest)}. {_plain(_came_to(digest))}{_how_many_wait(digest)}"
    return parts.escape(parts.shorten(said, TEXT))


def top(digest: Digest) -> list[Block]:
    """What it leads with, without buttons: the north star, what the week came to, the decisions that wait."""
    return [*_head(digest), *_small(*_stake(digest))]


def _head(digest: Digest) -> list[Block]:
    return [_lead(digest), *_own_words(digest), *_facts(digest), *_decisions(digest)]


def _small(*sentences: str) -> list[Block]:
    return [parts.small(" ".join(sentences))] if sentences else []


def _lead(digest: Digest) -> Block:
    return parts.rich([parts.words(_first_line(digest), bold=True)])


def _first_line(digest: Digest) -> str:
    """Say "Week 48 · Activation 54 %, up 2, target 65 %"; without a north star, the days it covers."""
    star = digest_figures.north_star(digest)
    return " · ".join(filter(None, (f"Week {digest.week}", _about(digest), star or _days(digest))))


def _days(digest: Digest) -> str:
    return show.days(digest.since, digest.until)


def _about(digest: Digest) -> str:
    """Which part of the board it speaks of; nothing when it is the whole."""
    of = digest.subscription
    source = SOURCES[of.source] if of.source else None
    whose = f"{parts.shorten(digest.whose, NAME)}'s requests" if digest.whose else None
    direction = parts.shorten(of.direction, NAME) if of.direction else None
    return ", ".join(filter(None, (direction, source, whose)))


def _own_words(digest: Digest) -> list[Block]:
    """The facilitator's sentence, as a quote of theirs."""
    if not digest.sentence:
        return []
    by = f" {parts.shorten(digest.sentence_by, NAME)}" if digest.sentence_by else ""
    words = parts.words(f"{parts.shorten(digest.sentence, SENTENCE_LIMIT)}{' —' if by else ''}{by}")
    return [{"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [words]}]}]


# ---- what the week came to ----------------------------------------------------------------------


def _facts(digest: Digest) -> list[Block]:
    return [parts.rich(_came_to(digest))]


_QUIET = "Quiet week: nothing shipped, nothing slipped."


def _came_to(digest: Digest) -> Line:
    """Say "SAML shipped; savings reports slips to 12 December; k8s-connector is in progress."."""
    if digest.is_quiet:
        rest = _waits_for_a_size(digest)
        return [parts.words(_QUIET, bold=True), *_new(digest), *([parts.words(f" {rest}")] if rest else [])]
    shipped, redated, started = digest.shipped, _redated(digest), _started(digest)
    most = _shares((len(shipped.shown), len(redated.shown), len(started.shown)))
    said = (*_shipped(shipped, most[0]), *_slipped(redated, most[1]), *_began(started, most[2]))
    return [*_joined(said, "; "), parts.words("."), *_new(digest)]


def _new(digest: Digest) -> Line:
    """Say " Two new requests: k8s-connector and dark-mode."; of more than a few, how many."""
    if not digest.filed:
        return []
    count = "One new request" if digest.filed == 1 else f"{parts.capital(show.in_words(digest.filed))} new requests"
    are_named = len(digest.came) == digest.filed <= NAMED
    titles = [parts.words(": "), *_named(digest.came, digest.filed)] if are_named else []
    return [parts.words(f" {count}"), *titles, parts.words(".")]


def _shares(shown: Sequence[int]) -> list[int]:
    """How many of each kind are named: one of each first, then more of what comes first."""
    shares = [0] * len(shown)
    for _ in range(min(NAMED, sum(shown))):
        unnamed = [index for index, most in enumerate(shown) if shares[index] < most]
        shares[min(unnamed, key=lambda index: shares[index])] += 1
    return shares


def _shipped(part: Part[Shipped], most: int) -> list[Line]:
    return [[*_named([one.row for one in part.shown[:most]], part.count), parts.words(" shipped")]] if part else []


def _began(part: Part[Started], most: int) -> list[Line]:
    if not part:
        return []
    titles = _named([one.row for one in part.shown[:most]], part.count)
    if part.count > 1:
        return [[*titles, parts.words(" are in progress")]]
    return [[*titles, parts.words(f" is {_stands(part.shown[0].row) if part.shown else 'in progress'}")]]


def _stands(row: Row) -> str:
    """Say "in progress, aimed at 12 December"."""
    status = Status.TESTING if row.status is Status.TESTING else Status.IN_PROGRESS
    return f"{STATUSES[status]}{f', aimed at {show.day(row.target)}' if row.target else ''}"


def _slipped(part: Part[Redated], most: int) -> list[Line]:
    said = [[_bold(one.row.title), parts.words(f" {_another_date(one)}")] for one in part.shown[:most]]
    left = part.count - len(said)
    changed = f"{left:,} {'more ' if said else ''}{'date' if left == 1 else 'dates'} changed"
    return [*said, [parts.words(changed)]] if left else said


def _another_date(one: Redated) -> str:
    """Say "slips to 12 December"."""
    if one.row.target is None:
        return "has no date any more"
    if one.was is None:
        return f"is aimed at {show.day(one.row.target)}"
    return f"{'slips to' if one.row.target > one.was else 'comes sooner, on'} {show.day(one.row.target)}"


def _named(rows: Sequence[Row], count: int) -> Line:
    """Say "SAML, audit log and 3 more"."""
    left = count - len(rows)
    more = [[parts.words(f"{left:,} more" if rows else show.requests(left))]] if left else []
    *most, last = [*([_bold(row.title)] for row in rows), *more]
    return [*_joined(most, ", "), *([parts.words(" and ")] if most else []), *last]


def _joined(lines: Sequence[Line], by: str) -> Line:
    return [piece for index, line in enumerate(lines) for piece in ([parts.words(by)] if index else []) + line]


def _waits_for_a_size(digest: Digest) -> str:
    """Say "Two requests still wait for a size."; nothing when there is something more pressing to read."""
    count = digest.unsized.count
    if not count or digest.decisions:
        return ""
    who = parts.capital(f"{show.in_words(count)} {'request' if count == 1 else 'requests'}")
    return f"{who} still {'waits' if count == 1 else 'wait'} for a size."


# ---- what waits for a decision ------------------------------------------------------------------


def _decisions(digest: Digest) -> list[Block]:
    part = digest.decisions
    if not part:
        return []
    shown = part.shown[:DECISIONS]
    heading = _how_many_wait(digest).strip().replace(".", ":")
    return [_list(heading, [*map(_waiting, shown), *_more(part.count - len(shown))])]


def _how_many_wait(digest: Digest) -> str:
    count = digest.decisions.count
    if not count:
        return ""
    return f" {parts.capital(show.in_words(count))} {'decision waits' if count == 1 else 'decisions wait'}."


def _waiting(one: Waiting) -> Line:
    """Say "savings reports: its date, 20 November, has passed · Boris"."""
    whose = f" · {_people(one.whose)}" if one.whose else ""
    return [_bold(one.row.title), parts.words(f": {why(one)}{whose}")]


def why(one: Waiting) -> str:
    """Why it is stuck, or waits for a decision, to follow its title."""
    match one.because:
        case Because.LATE:
            return f"its date, {show.day(one.row.target or one.since)}, has passed"
        case Because.BLOCKED:
            return f"blocked since {show.day(one.since)}{_quoted(one.words)}"
        case Because.STILL:
            return f"in work, but nothing has moved since {show.day(one.since)}"
        case Because.WANTED:
            return "somebody wants to start it, and it has no estimate"
        case Because.UNPLANNED:
            return (
                f"{show.rank(one.row.place) if one.row.place else 'high'} on the board, and nobody has planned it"
            )
        case Because.UNANSWERED:
            return f"no answer from product since {show.day(one.since)}"


def _quoted(words: str | None) -> str:
    return f": “{parts.shorten(one_line(words), WORDS)}”" if words else ""


def _stake(digest: Digest) -> list[str]:
    said = _worth(digest.at_stake) if digest.at_stake else ""
    return [said] if said else []


def _worth(stake: AtStake) -> str:
    """Say "Waiting on what is stuck or undecided: €1.2M a year at risk, €340k in open deals, of 5 customers."."""
    sums = [f"{_amounts(stake.at_risk)} a year at risk"] if stake.at_risk else []
    sums += [f"{_amounts(stake.deals)} in open deals"] if stake.deals else []
    of = "1 customer" if stake.accounts == 1 else f"{stake.accounts:,} customers"
    return f"Waiting on what is stuck or undecided: {', and '.join(sums)}, of {of}." if sums else ""


def _amounts(sums: Sequence[Money]) -> str:
    return parts.listed([show.money(amount) for amount in sums], room=CURRENCIES)


def _foot(digest: Digest) -> list[str]:
    """A quiet week needs no pointer: its reply stands right below."""
    return ["Details in the thread."] if has_details(digest) and not digest.is_quiet else []


# ---- the thread ---------------------------------------------------------------------------------


def details(saying: Details, *, plain: bool = False) -> Message:
    """`plain` leaves the chart out; what it shows stands below it in words."""
    return Message(text=_counted(saying.digest), blocks=thread(saying.digest, plain=plain))


def has_details(digest: Digest) -> bool:
    """Whether there is anything to say in the thread."""
    told = [*(part for _, part, _ in _sections(digest)), digest.top, digest_figures.chart(digest, plain=True)]
    return any(map(bool, told))


def thread(digest: Digest, *, plain: bool = False) -> list[Block]:
    """What stands in the thread: the more there is, the fewer lines a section."""
    drawn = (_drawn(digest, most) for most in FEWER)
    sections = next((blocks for blocks in drawn if length(blocks) <= READ), _drawn(digest, 1))
    return [*sections, *digest_figures.chart(digest, plain=plain)] or [_nothing()]


def _nothing() -> Block:
    return parts.rich([parts.words(_NOTHING)])


_NOTHING = "Nothing more to tell of this week."


def _drawn(digest: Digest, most: int) -> list[Block]:
    lists = [_section(name, part, line, most) for name, part, line in _sections(digest) if part]
    left = any(part.count > most or part.more for _, part, _ in _sections(digest))
    tied = "Others stand level with the last of the five." if digest.top and digest.is_tied else ""
    foot = " ".join(filter(None, (tied, "The rest: /board" if left else "")))
    return [*lists, *_top(digest.top), *([parts.small(foot)] if foot else [])]


def _section(name: str, part: Part[Any], line: Callable[[Any], Line], most: int) -> Block:
    shown = part.shown[:most]
    return _list(name, [*map(line, shown), *_more(part.count - len(shown))])


def _sections(digest: Digest) -> list[Section]:
    return [
        ("Shipped", digest.shipped, _shipped_line),
        ("Into work", _started(digest), _started_line),
        ("Dates changed", _redated(digest), _redated_line),
        ("Stuck", digest.stuck, _waiting),
        ("Needs a size", digest.unsized, _unsized_line),
        ("Outcomes", digest.outcomes, _used_line),
    ]


def _top(placed: Sequence[Placed]) -> list[Block]:
    """All of them; where nothing moved, one line is enough."""
    if not placed:
        return []
    unmoved = all(_movement(one) == _STAYED for one in placed)
    return [_list("Top five", [_unmoved_line(placed)] if unmoved else [_placed_line(one) for one in placed])]


def _unmoved_line(placed: Sequence[Placed]) -> Line:
    return [parts.words("as before: "), *_named([one.row for one in placed], len(placed))]


def _more(left: int) -> list[Line]:
    return [[parts.words(f"and {left:,} more")]] if left > 0 else []


def _list(heading: str, lines: Sequence[Line]) -> Block:
    title = {"type": "rich_text_section", "elements": [parts.words(heading, bold=True)]}
    items = [{"type": "rich_text_section", "elements": line} for line in lines]
    listed = {"type": "rich_text_list", "style": "bullet", "elements": items}
    return {"type": "rich_text", "elements": [title, listed]}


def _started(digest: Digest) -> Part[Started]:
    """What went into work and isn't shipped already."""
    shipped = {one.row.number for one in digest.shipped.shown}
    return _without(digest.started, lambda one: one.row.number in shipped)


def _redated(digest: Digest) -> Part[Redated]:
    """Dates that changed; a first date of what went into work is told there, and none of what shipped counts."""
    shipped = {one.row.number for one in digest.shipped.shown}
    started = {one.row.number for one in digest.started.shown}
    return _without(
        digest.redated,
        lambda one: one.row.number in shipped or (one.was is None and one.row.number in started),
    )


def _without(part: Part[T], is_told: Callable[[T], bool]) -> Part[T]:
    return replace(part, shown=tuple(one for one in part.shown if not is_told(one)))


# ---- its lines ----------------------------------------------------------------------------------


def _shipped_line(one: Shipped) -> Line:
    thanks = f" · thanks {_people(one.thanks)}" if one.thanks else ""
    return _line(one.row.title, thanks)


def _started_line(one: Started) -> Line:
    testing = " · in testing" if one.row.status is Status.TESTING else ""
    aim = f" · aimed at {show.day(one.row.target)}" if one.row.target else " · no date yet"
    return _line(one.row.title, f"{testing}{aim}{f' · {_people([one.by])}' if one.by else ''}")


def _redated_line(one: Redated) -> Line:
    reason = f". {_ended(parts.shorten(one_line(one.why), WORDS))}" if one.why else ""
    heard = f"{' ' if reason else '. '}{_still_expect(one)}" if one.heard else ""
    return _line(one.row.title, f": {_dates(one.was, one.row.target)}{reason}{heard}")


def _still_expect(one: Redated) -> str:
    """Who must be told: "Acme and Borealis still expect 2 December."."""
    verb = "expects" if len(one.heard) == 1 else "expect"
    return f"{_people(one.heard)} still {verb} {show.day(one.was) if one.was else 'something else'}."


def _dates(was: date | None, now: date | None) -> str:
    if was is None:
        return f"{show.day(now)}, its first date" if now else "no date"
    return show.from_to(was, now) if now else f"{show.day(was)} → no date"


def _ended(words: str) -> str:
    """People's own words, as a sentence among others."""
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def _unsized_line(one: Unsized) -> Line:
    whose = f" · {_people(one.whose)}" if one.whose else ""
    needs = f" · needs first{_quoted(one.needs)}" if one.needs else ""
    return _line(one.row.title, f"{whose}{needs}")


def _used_line(one: Used) -> Line:
    return _line(one.row.title, f": {show.adoption(one.percent, one.target)}")


def _placed_line(one: Placed) -> Line:
    """Say "#1 ▲2 k8s-connector · size 13 → 5"."""
    where = " ".join(filter(None, (show.rank(one.row.place) if one.row.place else "", _movement(one))))
    return [*([parts.words(f"{where} ")] if where else []), *_line(one.row.title, _causes(one))]


def _movement(one: Placed) -> str:
    """Say "▲2", "▼1", "–" or "new"; nothing in the first digest."""
    if one.is_first or one.row.place is None:
        return ""
    return "new" if one.was is None else _climbs(one.was - one.row.place.rank)


def _climbs(places: int) -> str:
    return f"▲{places:,}" if places > 0 else f"▼{-places:,}" if places < 0 else _STAYED


_STAYED = "–"


def _causes(one: Placed) -> str:
    """Say " · size 13 → 5"; where there are several, what each did: " · size 13 → 5 ▲2, passed by others ▼1"."""
    if one.was is None:
        named = [_figures(cause.figure) for cause in one.causes if cause.figure]
    elif len(causes := _few(one.causes)) == 1:
        named = [_cause(causes[0])]
    else:
        named = [f"{_cause(cause)} {_climbs(cause.climbs)}" for cause in causes]
    return f" · {', '.join(named)}" if named else ""


def _few(causes: Sequence[Cause]) -> list[Cause]:
    """Where many figures moved it, they are told as one."""
    own, others = [c for c in causes if c.is_own], [c for c in causes if not c.is_own]
    if len(own) > FIGURES:
        own = [Cause(climbs=sum(cause.climbs for cause in own), is_own=True)]
    return [*own, *others]


def _cause(cause: Cause) -> str:
    if not cause.is_own:
        return "others left" if cause.climbs > 0 else "passed by others"
    return _figures(cause.figure) if cause.figure else "its estimate"


def _figures(change: Change) -> str:
    name = SHORT[Factor(change.field)].lower()
    return f"{name} {change.new}" if change.old is None else f"{name} {change.old} → {change.new}"


def _line(title: str, rest: str) -> Line:
    return [_bold(title), *([parts.words(rest)] if rest else [])]


def _bold(title: str) -> Element:
    return parts.words(_title(title), bold=True)


def _title(title: str) -> str:
    return parts.shorten(one_line(title), TITLE)


def person(name: str) -> str:
    return parts.shorten(one_line(name), NAME)


def _people(names: Sequence[str]) -> str:
    return parts.listed([person(one) for one in names], room=NAMES)


# ---- the thread in a sentence -------------------------------------------------------------------


def _counted(digest: Digest) -> str:
    """Say "Week 48: 2 shipped, 1 went into work, 3 dates changed, 1 is stuck."."""
    redated = _redated(digest).count
    counts = (
        (digest.shipped.count, "shipped"),
        (_started(digest).count, "into work"),
        (redated, "date changed" if redated == 1 else "dates changed"),
        (digest.stuck.count, "stuck"),
        (digest.unsized.count, "without a size"),
    )
    said = [f"{count:,} {what}" for count, what in counts if count]
    return (
        f"Details of week {digest.week}: {parts.listed(said)}."
        if said
        else f"Week {digest.week}: {_NOTHING.lower()}"
    )


# ---- as plain lines -----------------------------------------------------------------------------


def as_text(digest: Digest) -> str:
    """The headline and what stands in the thread, for a terminal."""
    below = ["", *_lines(thread(digest, plain=True))] if has_details(digest) else []
    return "\n".join([*_lines(top(digest)), *below])


def _lines(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        if block["type"] == "context":
            yield from (element["text"] for element in block["elements"])
        for element in block["elements"] if block["type"] == "rich_text" else ():
            yield from _lines_of(element)


def _lines_of(element: Element) -> Iterator[str]:
    match element["type"]:
        case "rich_text_list":
            yield from (f"  • {_plain(item['elements'])}" for item in element["elements"])
        case "rich_text_quote":
            yield f"> {_plain(element['elements'])}"
        case _:
            yield _plain(element["elements"])


def _plain(line: Line) -> str:
    return "".join(piece["text"] for piece in line)


def length(drawn: Any) -> int:
    """Characters people read."""
    if isinstance(drawn, str):
        return 0
    if isinstance(drawn, dict):
        own = drawn.get("text")
        return (len(own) if isinstance(own, str) else 0) + sum(map(length, drawn.values()))
    return sum(map(length, drawn)) if isinstance(drawn, list) else 0
