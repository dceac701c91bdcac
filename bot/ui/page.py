"""A request opened up, in a modal: what it is, who waits, what was said, what changed, what the reader may do."""

from datetime import tzinfo

from bot.domain.pages import Page
from bot.domain.requests import Status
from bot.domain.roles import Doing
from bot.domain.talks import Question
from bot.ui import blockers, card, deals_said, decided, entries, history, joined, parts, suggested, waiting
from bot.ui import figures as show
from bot.ui.parts import Block, Element, View

PROBLEM_SHOWN = 1500
SENTENCE_SHOWN = 600
TALK_SHOWN = 400
QUESTIONS_SHOWN = 5
BLOCKERS_SHOWN = 5


def view(page: Page, zone: tzinfo) -> View:
    request = page.card.request
    blocks = [
        _what(page),
        parts.context(_where_it_stands(page)),
        *suggested.on_page(page),
        *blockers.of_request(page.blockers[:BLOCKERS_SHOWN], page.reader),
        *decided.of_request(page),
        *joined.section(request, page.joins),
        *_actions(page),
        *_sentence(page),
        *waiting.customers(page),
        *deals_said.blocks(page.deals),
        *_questions(page),
        *_history(page, zone),
    ]
    return parts.modal("page", request.name, blocks, memory="", close="Close")


# ---- what it is ---------------------------------------------------------------------------------


def _what(page: Page) -> Block:
    request = page.card.request
    pieces = [parts.words(request.title, bold=True)]
    pieces.append(parts.words(f"\n{parts.shorten(request.problem, PROBLEM_SHOWN)}"))
    if request.reason and not request.same_as:
        pieces.append(parts.words(f"\nWhy it won't be built: {request.reason}", italic=True))
    links = [("Where it was said", request.origin.permalink if request.origin else None)]
    links.append(("In the tracker", request.tracker))
    for label, address in links:
        if address:
            pieces += [parts.words("\n"), parts.link(address, label)]
    return parts.rich(pieces)


def _where_it_stands(page: Page) -> str:
    request = page.card.request
    owner = page.names.get(request.owner) if request.owner else None
    lines = [
        f"*{parts.escape(card.headline(page.card))}*",
        card.figures(request, page.card.names),
        " · ".join(
            [
                f"{parts.escape(owner)} answers for it" if owner else "Nobody answers for it yet",
                *([parts.escape(request.direction)] if request.direction else []),
                *([f"asked by {parts.escape(page.card.asked_by)}"] if page.card.asked_by else []),
            ]
        ),
    ]
    if request.adoption_target is not None or page.card.adoption is not None:
        lines.append(_adoption(page))
    return "\n".join(lines)


def _adoption(page: Page) -> str:
    target = page.card.request.adoption_target
    if page.card.adoption is None:
        return f"{target} % of active accounts should come to use it"
    return parts.capital(show.adoption(page.card.adoption, target))


# ---- what the reader may do ---------------------------------------------------------------------


def _actions(page: Page) -> list[Block]:
    request = page.card.request
    number = request.number
    is_open = request.status.is_open
    offered: list[tuple[bool, Element]] = [
        (is_open, entries.estimate(number)),
        (is_open, entries.join(number)),
        (is_open, entries.why(number, page.card.standing.place)),
        (True, entries.promise(number)),
        (True, entries.ask(number, _whom_to_ask(page))),
        (bool(page.may & {Doing.MOVE, Doing.DECLINE}) and not request.survivor, entries.move(number)),
        (is_open and Doing.TRIAGE in page.may, entries.triage(number)),
        (Doing.MEASURE in page.may and request.status is not Status.DECLINED, entries.aim(number)),
        (True, entries.watch(number, watches=page.watches)),
        (is_open, entries.block(number)),
        (is_open, entries.escalate(number)),
    ]
    return [parts.actions("do", *(element for may, element in offered if may))]


def _whom_to_ask(page: Page) -> str | None:
    return page.card.asked_by if page.card.request.by != page.reader else None


# ---- what may be said, what was asked ------------------------------------------------


def _sentence(page: Page) -> list[Block]:
    if page.sentence is None:
        return []
    words = parts.words(parts.shorten(page.sentence.words, SENTENCE_SHOWN), italic=True)
    return [parts.rich([parts.words("Customers may hear: ", bold=True), words])]


def _questions(page: Page) -> list[Block]:
    shown = page.questions[-QUESTIONS_SHOWN:]
    if not shown:
        return []
    return [parts.rich([parts.words("Asked and answered", bold=True)]), *(_question(page, q) for q in shown)]


def _question(page: Page, one: Question) -> Block:
    asker, asked = page.names.get(one.by, "Somebody"), page.names.get(one.to, "somebody")
    pieces = [parts.words(f"{asker}, to {asked}: “{parts.shorten(one.words, TALK_SHOWN)}”")]
    answer = f"\n“{parts.shorten(one.answer, TALK_SHOWN)}”" if one.answer else "\nNo answer yet."
    return parts.rich([*pieces, parts.words(answer, italic=True)])


# ---- what happened ------------------------------------------------------------------------------


def _history(page: Page, zone: tzinfo) -> list[Block]:
    lines = history.lines(page.history, page.names, zone)
    if not lines:
        return []
    return [parts.rich([parts.words("What happened", bold=True), parts.words("\n" + "\n".join(lines))])]
