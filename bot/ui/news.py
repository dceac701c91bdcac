"""What changed about a request, said."""

from datetime import date

from bot.domain.board import Standing
from bot.domain.news import Burning, Following, News, RankMoved
from bot.domain.requests import Request, Status
from bot.domain.text import one_line
from bot.domain.wsjf import Factor
from bot.ui import entries, need_form, parts, quick, standing
from bot.ui import figures as show
from bot.ui.parts import Block, Element, Message
from bot.ui.vocabulary import SHORT, STATUSES

START = "move:in_progress"  #: a button that opens the form to move it into work
HEARD_SHOWN = 3  #: different words customers heard
NAMES_SHOWN = 3
WORDS_SHOWN = 200
_TITLE_SHOWN = 120
PROBLEM_SHOWN = 200
TEXT_SHOWN = 700  #: escaped, it fits the 4,000 characters of a message's text


def news(saying: News) -> Message:
    """What changed: in a direct message, or shorter in the card's thread."""
    match saying.following:
        case Following.THREAD:
            pieces = _for_the_thread(saying)
            title = parts.words(f"{saying.request.title}.")
            return Message(text=_plain([title], pieces), blocks=[parts.rich(pieces)])
        case Following.WANTS:
            return _it_can_start(saying)
        case _:
            return _for_a_follower(saying)


# ---- how it stands, in words --------------------------------------------------------------------


def state(request: Request) -> str:
    """Say "is in progress, aimed at 12 December"."""
    return f"{_IS[request.status]}{_aim(request)}"


_IS = {
    Status.BACKLOG: "is in the backlog",
    Status.PLANNED: "is planned",
    Status.IN_PROGRESS: "is in progress",
    Status.TESTING: "is in testing",
    Status.RELEASED: "is released",
    Status.DECLINED: "won't be built",
}
_BECAME = {**_IS, Status.BACKLOG: "is back in the backlog"}


def _aim(request: Request) -> str:
    if request.target is None or not request.status.is_open:
        return ""
    how = "for" if request.status is Status.PLANNED else "aimed at"
    comma = "" if request.status is Status.PLANNED else ","
    return f"{comma} {how} {show.day(request.target)}"


def _what(saying: News) -> str:
    """What changed, to follow the request's title: "slips to 20 December (was 12 December)"."""
    request = saying.request
    if "status" not in saying.changes:
        return _date(saying)
    if request.same_as:
        return "is closed"
    became = _BECAME[request.status]
    return f"{became}{_aim(request)}{_was(saying) if request.target and request.status.is_open else ''}"


def _date(saying: News) -> str:
    old, new = _old_date(saying), saying.request.target
    if new is None:
        return f"has no date any more{_was(saying)}"
    if old is None:
        return f"is aimed at {show.day(new)}"
    return f"{'slips to' if new > old else 'comes sooner, on'} {show.day(new)}{_was(saying)}"


def _was(saying: News) -> str:
    old = _old_date(saying)
    return f" (was {show.day(old)})" if old else ""


def _old_date(saying: News) -> date | None:
    change = saying.changes.get("target")
    return date.fromisoformat(change.old) if change and change.old else None


def _moved(saying: News) -> bool:
    return bool(saying.changes.keys() & {"status", "target"})


# ---- for a follower -----------------------------------------------------------------------------


def _for_a_follower(saying: News) -> Message:
    title = saying.request.title
    lead = f"{title} {_what(saying)}." if _moved(saying) else f"What you may say about {title} is new."
    lines = [[parts.words(lead, bold=True), *_why(saying)]]
    lines += [[parts.words(line)] for line in _for_customers(saying)]
    foot = parts.context(f"{_because(saying)} {_FEWER}")
    return Message(text=_plain(*lines), blocks=[parts.rich(*lines), *_ask(saying), foot])


def _because(saying: News) -> str:
    """Say "You asked for R-14.", or "You asked for R-15, which is the same as R-14."."""
    if saying.by_way_of is None:
        return _BECAUSE[saying.following].format(it=_it(saying))
    return _BECAUSE[saying.following].format(it=f"R-{saying.by_way_of}, which is the same as {_it(saying)}")


_BECAUSE = {
    Following.ASKED: "You asked for {it}.",
    Following.TOLD: "You told a customer about {it}.",
    Following.WATCHES: "You watch {it}.",
    Following.WANTS: "You wanted to start {it}.",
}
_FEWER = "Fewer of these? Choose under preferences, on Home."


def _it(saying: News) -> str:
    name = saying.request.name
    return f"<{saying.card}|{name}>" if saying.card else name


def _why(saying: News) -> list[Element]:
    if not saying.why:
        return []
    if saying.request.same_as:
        return [parts.words(f" {_ended(saying.why)} Its customers wait for that one now.")]
    who = f", from {saying.by}" if saying.by else ""
    return [parts.words(f" Why{who}: {_ended(saying.why)}")]


def _for_customers(saying: News) -> list[str]:
    """What the reader's customers heard, and what they may hear now."""
    if saying.request.same_as:
        return []
    now = f"“{saying.sentence.words}”" if saying.sentence else ""
    heard = _heard(saying)
    if not heard:
        return [_may_tell(saying, now)] if now else []
    then = f"You may now say: {now}" if now else f"Ask {saying.ask or 'product'} before you say more."
    return [*heard, then]


def _may_tell(saying: News, now: str) -> str:
    if saying.request.status is Status.DECLINED:
        return f"For the customer: {now}"
    return f"You may tell {_named(saying.customers) if saying.customers else 'customers'}: {now}"


def _heard(saying: News) -> list[str]:
    """Say "Acme heard “We plan it for December.” from you."; customers who heard the same together."""
    together: dict[str, list[str]] = {}
    for customer, words in saying.heard.items():
        together.setdefault(words, []).append(customer)
    return [
        f"{_named(customers)} heard “{parts.shorten(words, WORDS_SHOWN)}” from you."
        for words, customers in list(together.items())[:HEARD_SHOWN]
    ]


def _named(customers: list[str] | tuple[str, ...]) -> str:
    return parts.listed(customers, room=NAMES_SHOWN)


def _ask(saying: News) -> list[Block]:
    """A no may be wrong, and a date without words leaves who promised it alone."""
    lost = saying.heard and saying.sentence is None
    if saying.request.same_as or not (saying.request.status is Status.DECLINED or lost):
        return []
    return [{"type": "actions", "elements": [entries.ask(saying.request.number, saying.ask)]}]


# ---- for the thread, and for who waits to start -------------------------------------------------


def _for_the_thread(saying: News) -> list[Element]:
    who = f"{saying.by}: " if saying.by else ""
    said = f"“{saying.sentence.words}”" if saying.sentence else ""
    if not _moved(saying):
        return _said((who, False), ("customers may hear something new:", True), (f" {said}", False))
    why = f" {'' if saying.request.same_as else 'Why: '}{_ended(saying.why)}" if saying.why else ""
    hear = f" Customers may hear: {said}" if said else ""
    return _said((who, False), (f"it {_what(saying)}.", True), (f"{why}{hear}", False))


def _said(*pieces: tuple[str, bool]) -> list[Element]:
    """Pieces of text, and whether each is bold; empty ones are left out, as Slack wants it."""
    return [parts.words(text, bold=True) if bold else parts.words(text) for text, bold in pieces if text]


def _it_can_start(saying: News) -> Message:
    assert saying.standing is not None
    request = saying.request
    lead = f"{request.title} has its estimate: {standing.headline(saying.standing)}."
    pieces = [parts.words(lead, bold=True), parts.words(" You can start it now.")]
    button = parts.button("Move it", START, str(request.number), primary=True)
    foot = parts.context(_BECAUSE[Following.WANTS].format(it=_it(saying)))
    return Message(
        text=_plain(pieces), blocks=[parts.rich(pieces), {"type": "actions", "elements": [button]}, foot]
    )


def rank_moved(saying: RankMoved) -> Message:
    """It entered or left the first five: where it stands now, and what moved it."""
    title = parts.shorten(saying.request.title, _TITLE_SHOWN)
    place = saying.standing.place
    where = f": {show.rank_of(place)}." if place else "."
    verb = "is among the first five now" if saying.entered else "left the first five"
    pieces = [parts.words(f"{title} {verb}{where}", bold=True), parts.words(_why_it_moved(saying))]
    more: Block = {"type": "actions", "elements": [entries.page(saying.request.number)]}
    sentence = parts.escape("".join(piece["text"] for piece in pieces))
    return Message(text=sentence, blocks=[parts.rich([p for p in pieces if p["text"]]), more])


def _why_it_moved(saying: RankMoved) -> str:
    """Say " Size 13 → 5 moved it."; nothing when it isn't known."""
    if saying.passed:
        return " Nothing about it changed; others passed it."
    if saying.standing.place is None:
        return f" It needs {standing.missing(saying.standing)} to have a place."
    if saying.cause is None or saying.cause.new is None:
        return ""
    name = SHORT[Factor(saying.cause.field)]
    if saying.cause.old is None:
        return f" {name} {saying.cause.new} gave it its place."
    return f" {name} {saying.cause.old} → {saying.cause.new} moved it."


# ---- asking for an estimate at once -------------------------------------------------------------


def burning(saying: Burning) -> Message:
    """Somebody wants to start it: what is missing is chosen right here."""
    request = saying.request
    if not saying.factors:
        pieces = [parts.words(_is_over(saying), bold=True)]
        return Message(text=_plain(pieces), blocks=[parts.rich(pieces)])
    needs = standing.missing(Standing(score=None, place=None, missing=saying.factors))
    lead = f"{saying.wanted_by} wants to start {request.title}; it needs {needs} first."
    pieces = [parts.words(lead, bold=True), parts.words(" Rough is fine, you can change it any time.")]
    problem = parts.words(parts.shorten(one_line(request.problem), PROBLEM_SHOWN), italic=True)
    also = [need_form.button(request.number)] if Factor.JOB_SIZE in saying.factors else []
    menus = quick.selects(request, saying.factors, saying.names, *also)
    return Message(text=_plain(pieces), blocks=[parts.rich(pieces, [problem]), menus])


def _is_over(saying: Burning) -> str:
    request = saying.request
    if not request.status.is_open:
        return f"{request.title} is {STATUSES[request.status]}: nothing to estimate any more."
    if request.score is not None:
        return (
            f"{request.title} has its estimate, WSJF {show.score(request.score)}. {saying.wanted_by} can start it."
        )
    if request.wanted_by:
        needs = standing.missing(Standing(score=None, place=None, missing=request.missing))
        return f"Thank you. {request.title} still needs {needs}; others are asked for that."
    return f"Nobody waits to start {request.title} any more."


def _ended(words: str) -> str:
    """People's own words, as a sentence among others."""
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def _plain(*lines: list[Element]) -> str:
    """The notification, and the line in a daily message."""
    said = " ".join("".join(piece["text"] for piece in pieces).strip() for pieces in lines)
    return parts.escape(parts.shorten(said, TEXT_SHOWN))
