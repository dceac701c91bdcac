"""The daily message: what waits for its reader, and what they prefer to hear here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.ids import UserId
from bot.domain.requests import Estimate, Request
from bot.domain.rounds import Done, Round, ToEstimate
from bot.domain.talks import Asked
from bot.domain.text import one_line
from bot.domain.wsjf import Factor
from bot.ui import estimate_form, need_form, parts, preferences, question, quick, triage_form
from bot.ui.figures import in_words
from bot.ui.parts import Block, Element, Message
from bot.ui.vocabulary import SHORT

_NAME = 60
_TITLE = 100
_PROBLEM = 140
_QUESTION = 400
_FOLDED = 500
_SECTION = 2_900  #: of the 3,000 characters Slack allows
_TEXT = 11_000  #: of the 12,000 characters or so that all blocks may hold
_LESS = ((5, 2), (4, 2), (3, 1), (2, 1), (1, 1), (0, 1))  #: requests and sections of news, until it fits
_WITH_TEXT = {"text", "value"}
_DONE = 8
_CUT = re.compile(r"(?:&\w*|<[^>]*)…$")  #: an entity or a link that lost its end


def message(saying: Round, folded: Sequence[Message]) -> Message:
    """As much as fits: of more than that, how much there is."""
    lead = _lead(saying, len(folded))
    drawn = [_blocks(lead, _with_fewer(saying, entries), folded, sections) for entries, sections in _LESS]
    return Message(text=lead, blocks=next((blocks for blocks in drawn if _length(blocks) <= _TEXT), drawn[-1]))


def _with_fewer(saying: Round, entries: int) -> Round:
    left_out = len(saying.to_estimate[entries:])
    return replace(
        saying, to_estimate=saying.to_estimate[:entries], more_to_estimate=saying.more_to_estimate + left_out
    )


def _blocks(lead: str, saying: Round, folded: Sequence[Message], sections: int) -> list[Block]:
    return [
        parts.section(lead),
        *(block for entry in saying.to_estimate for block in _entry(saying, entry)),
        *_more(saying.more_to_estimate, "request waits", "requests wait", "Once these are done, they come up."),
        *(_done(saying, done) for done in saying.done[:_DONE]),
        *(_to_sort(saying, request) for request in saying.to_triage),
        *_more(saying.more_to_triage, "new one waits", "new ones wait", "`/board new` lists them all."),
        *(_asked(asked) for asked in saying.questions),
        *_more(saying.more_questions, "question waits", "questions wait", "Your Home lists them all."),
        *_also(folded, sections, alone=not _waits(saying)),
        _foot(),
    ]


def _length(blocks: object) -> int:
    """Characters of all texts in it."""
    if isinstance(blocks, str):
        return len(blocks)
    if isinstance(blocks, Mapping):
        return sum(
            _length(part) for name, part in blocks.items() if name in _WITH_TEXT or not isinstance(part, str)
        )
    return sum(map(_length, blocks)) if isinstance(blocks, Sequence) else 0


# ---- the first sentence -------------------------------------------------------------------------


def _lead(saying: Round, folded: int) -> str:
    name = parts.shorten(saying.names.get(saying.reader, ""), _NAME)
    waits = _waits(saying)
    if not waits and saying.done:
        return parts.escape(f"Thank you{_to(name)}, nothing else waits for you.")
    if not waits and not folded:
        return parts.escape(f"Nothing waits for you any more{_to(name, ', ')}.")
    news = "one piece of news" if folded == 1 else f"{in_words(folded)} pieces of news"
    rough = " Rough is fine, you can change it any time." if saying.to_estimate else ""
    return parts.escape(f"Good morning{_to(name)}, {parts.listed(waits) if waits else news}.{rough}")


def _to(name: str, before: str = " ") -> str:
    return f"{before}{name}" if name else ""


def _waits(saying: Round) -> list[str]:
    estimates = len(saying.to_estimate) + saying.more_to_estimate
    new = len(saying.to_triage) + saying.more_to_triage
    asked = len(saying.questions) + saying.more_questions
    return [
        *([_count(estimates, "request needs", "requests need") + f" {_need(saying)}"] if estimates else []),
        *([_count(new, "new request waits", "new requests wait") + " for a first answer"] if new else []),
        *([_count(asked, "question waits", "questions wait") + " for you"] if asked else []),
    ]


def _need(saying: Round) -> str:
    is_about_size = all(Factor.JOB_SIZE in entry.factors for entry in saying.to_estimate)
    return "a size" if is_about_size else "your figures"


def _count(number: int, one: str, many: str) -> str:
    return f"one {one}" if number == 1 else f"{in_words(number)} {many}"


def _more(number: int, one: str, many: str, then: str) -> list[Block]:
    if not number:
        return []
    return [parts.context(f"{parts.capital(_count(number, f'more {one}', f'more {many}'))}. {then}")]


# ---- requests to estimate -----------------------------------------------------------------------


def _entry(saying: Round, entry: ToEstimate) -> list[Block]:
    request = entry.request
    also = [need_form.button(request.number)] if Factor.JOB_SIZE in entry.factors else []
    known = " · ".join([*_wanted(saying, request), *_known(request, saying.names)])
    pieces = [*_titled(request), parts.words(f"\n{_short(request.problem)}")]
    return [
        parts.rich([*pieces, *([parts.words(f"\n{known}")] if known else [])]),
        quick.selects(request, _size_first(entry.factors), saying.names, *also),
    ]


def _size_first(factors: Sequence[Factor]) -> list[Factor]:
    return sorted(factors, key=lambda factor: factor is not Factor.JOB_SIZE)


def _titled(request: Request) -> list[Element]:
    title = parts.words(parts.shorten(request.title, _TITLE), bold=True)
    return [title, parts.words(f" · {request.name}")]


def _short(problem: str) -> str:
    return parts.shorten(one_line(problem), _PROBLEM)


def _wanted(saying: Round, request: Request) -> list[str]:
    return [f"{_name(saying.names, request.wanted_by)} wants to start it"] if request.wanted_by else []


def _known(request: Request, names: Mapping[UserId, str]) -> list[str]:
    """Say "Value 8", and of what is only a guess "Alice guesses time 2, size 13"."""
    estimates = {f: request.estimates.get(f, Estimate()) for f in Factor}
    guesses: dict[str, list[str]] = {}
    for factor, estimate in estimates.items():
        if estimate.is_guess:
            said = f"{SHORT[factor].lower()} {estimate.figure}"
            guesses.setdefault(_name(names, estimate.proposed_by), []).append(said)
    return [
        *(f"{SHORT[f]} {e.confirmed}" for f, e in estimates.items() if e.confirmed is not None),
        *(f"{who} guesses {', '.join(figures)}" for who, figures in guesses.items()),
    ]


def _done(saying: Round, done: Done) -> Block:
    text = f"{parts.shorten(done.request.title, _TITLE)}: {_what(saying, done)}, thank you"
    if not (done.figures and done.request.status.is_open):
        return parts.said(text)
    return parts.said(text, accessory=parts.button("Change", estimate_form.OPEN, str(done.request.number)))


def _what(saying: Round, done: Done) -> str:
    if done.figures:
        return ", ".join(f"{SHORT[f].lower()} {figure}" for f, figure in done.figures.items())
    if done.asked:
        return f"{_name(saying.names, done.asked)} is asked"
    return "answered" if done.answered else "sorted"


# ---- what else waits ----------------------------------------------------------------------------


def _to_sort(saying: Round, request: Request) -> Block:
    by = f"\nAsked by {_name(saying.names, request.by)}: " if request.by else "\n"
    text = f"{parts.shorten(request.title, _TITLE)} · {request.name}{by}{_short(request.problem)}"
    return parts.said(text, accessory=parts.button("Sort", triage_form.OPEN, str(request.number)))


def _asked(asked: Asked) -> Block:
    text = parts.shorten("".join(piece["text"] for piece in question.line(asked)), _QUESTION)
    return parts.said(text, accessory=parts.button("Answer", question.ANSWER, str(asked.question.id)))


# ---- what the reader prefers to hear here -------------------------------------------------------


def _also(folded: Sequence[Message], most: int, *, alone: bool) -> list[Block]:
    lines = [f"• {_uncut(one_line(m.text))}" for m in folded]
    sections: list[str] = []
    for line in lines if alone or not lines else ["*Also*", *lines]:
        if sections and len(sections[-1]) + len(line) < _SECTION:
            sections[-1] += f"\n{line}"
        else:
            sections.append(line)
    shown = sections[:most]
    left = len(lines) - sum(s.count("• ") for s in shown)
    return [*map(parts.section, shown), *_more(left, "piece of news", "pieces of news", "The cards tell it.")]


def _uncut(text: str) -> str:
    """Short enough, with no entity and no link cut in two."""
    return text if len(text) <= _FOLDED else _CUT.sub("…", parts.shorten(text, _FOLDED))


def _foot() -> Block:
    button = parts.button("Fewer of these", preferences.OPEN, "daily")
    return parts.section("Once a working day, only when something waits.", accessory=button)


def _name(names: Mapping[UserId, str], user: UserId | None) -> str:
    return parts.shorten(names.get(user, "somebody") if user else "somebody", _NAME)
