"""The daily message: its words, and that it fits however much waits."""

import json
from typing import Any

import pytest

from bot.domain.ids import RequestNumber
from bot.domain.requests import Status
from bot.domain.rounds import Done, Round, ToEstimate
from bot.domain.talks import Asked, Kind, Question
from bot.domain.wsjf import Factor
from bot.ui import daily, quick
from bot.ui.parts import Message
from sandbox.rules import check_message
from tests.builders import ALICE, BORIS, MONDAY, NAMES, TANYA, a_request, a_request_with

HOSTILE = "<!channel> & <@U1> *bold* _x_ " * 30
VALUE, TIME, RISK, SIZE = Factor


def a_round(**more: Any) -> Round:
    values: dict[str, Any] = {
        "reader": TANYA,
        "day": "2026-11-23",
        "key": "round:UTANYA:2026-11-23",
        "to_estimate": (),
        "more_to_estimate": 0,
        "to_triage": (),
        "more_to_triage": 0,
        "questions": (),
        "folded": (),
        "names": NAMES,
    }
    return Round(**{**values, **more})


def to_size(number: int = 14, **more: Any) -> ToEstimate:
    return ToEstimate(request=a_request(number=RequestNumber(number), **more), factors=(SIZE,))


def a_question(key: int = 3, words: str = "Which clouds first?") -> Asked:
    question = Question(
        id=key, number=RequestNumber(14), kind=Kind.QUESTION, words=words, by=BORIS, to=TANYA, at=MONDAY
    )
    return Asked(question=question, request=a_request(), names=NAMES)


def news(text: str = "k8s-connector is planned.") -> Message:
    return Message(text=text, blocks=[])


@pytest.mark.parametrize(
    ("saying", "folded", "lead"),
    [
        (
            a_round(to_estimate=(to_size(),)),
            0,
            "Good morning Tanya, one request needs a size. Rough is fine, you can change it any time.",
        ),
        (
            a_round(to_estimate=(to_size(), to_size(15)), more_to_estimate=1),
            0,
            "Good morning Tanya, three requests need a size. Rough is fine, you can change it any time.",
        ),
        (
            a_round(to_estimate=(ToEstimate(request=a_request(), factors=(VALUE, TIME)),), more_to_estimate=20),
            2,
            "Good morning Tanya, 21 requests need your figures. Rough is fine, you can change it any time.",
        ),
        (
            a_round(to_triage=(a_request(),), more_to_triage=1, questions=(a_question(),)),
            0,
            "Good morning Tanya, two new requests wait for a first answer and one question waits for you.",
        ),
        (a_round(), 1, "Good morning Tanya, one piece of news."),
        (a_round(), 2, "Good morning Tanya, two pieces of news."),
        (
            a_round(done=(Done(request=a_request(), figures={SIZE: 5}),)),
            0,
            "Thank you Tanya, nothing else waits for you.",
        ),
        (a_round(), 0, "Nothing waits for you any more, Tanya."),
    ],
)
def test_the_first_sentence_says_what_waits(saying: Round, folded: int, lead: str) -> None:
    assert daily.message(saying, [news()] * folded).text == lead


def test_a_request_shows_what_is_known_and_whose_guess_it_is() -> None:
    request = a_request_with({VALUE: 8, TIME: 2, SIZE: 13}, confirmed=[VALUE], wanted_by=BORIS)
    shown = text_of(daily.message(a_round(to_estimate=(ToEstimate(request=request, factors=(RISK, SIZE)),)), []))
    assert "Boris wants to start it · Value 8 · Alice guesses time 2, size 13" in shown
    assert shown.index("Size (Alice says 13)") < shown.index("Risk & opportunity")


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (Done(request=a_request(), figures={SIZE: 5}), "k8s-connector: size 5, thank you"),
        (Done(request=a_request(), asked=ALICE), "k8s-connector: Alice is asked, thank you"),
        (Done(request=a_request(), answered=True), "k8s-connector: answered, thank you"),
        (Done(request=a_request(), sorted=True), "k8s-connector: sorted, thank you"),
    ],
)
def test_what_was_done_is_thanked_for(done: Done, said: str) -> None:
    assert said in text_of(daily.message(a_round(done=(done,)), []))


def test_only_what_can_still_be_changed_offers_to() -> None:
    for status in Status:
        message = daily.message(a_round(done=(Done(request=a_request(status=status), figures={SIZE: 5}),)), [])
        assert ("Change" in text_of(message)) is status.is_open


def test_news_keep_their_form_and_lose_no_half_of_anything() -> None:
    long = "x" * 497 + "&amp; more"
    link = "y" * 480 + " <https://nimbus.slack.com/archives/C1|the card>"
    shown = text_of(daily.message(a_round(to_estimate=(to_size(),)), [news(), news(long), news(link)]))
    assert "*Also*" in shown
    assert "• k8s-connector is planned." in shown
    assert f"{'x' * 497}…" in shown
    assert f"{'y' * 480} …" in shown or f"{'y' * 480}…" in shown


@pytest.mark.parametrize("entries", [0, 1, 5])
@pytest.mark.parametrize("folded", [0, 1, 60])
@pytest.mark.parametrize("words", ["short", HOSTILE])
def test_it_fits_however_much_waits(entries: int, folded: int, words: str) -> None:
    request = a_request_with(dict.fromkeys(Factor, 8), title=words[:120], problem=words, wanted_by=BORIS)
    saying = a_round(
        to_estimate=(ToEstimate(request=request, factors=tuple(Factor)),) * entries,
        more_to_estimate=90,
        to_triage=(request,) * 5,
        more_to_triage=995,
        questions=(a_question(words=words[:2000]),) * 5,
        more_questions=15,
        done=(Done(request=request, figures=dict.fromkeys(Factor, 8)),) * 20,
        names={**NAMES, TANYA: words, ALICE: words, BORIS: words},
    )
    message = daily.message(saying, [news(escaped(words))] * folded)
    payload = {"channel": "D1", "text": message.text, "blocks": message.blocks}
    check_message(payload)
    check_message({**payload, "ts": "1.1"}, update=True)
    assert "<!channel>" not in message.text
    assert "Fewer of these" in text_of(message)


def test_a_menu_is_read_as_it_was_offered() -> None:
    request = a_request(job_size=13)
    menu = quick.selects(request, [SIZE], NAMES)["elements"][0]
    assert menu["placeholder"]["text"] == "Size (Alice says 13)"
    assert "initial_option" not in menu
    action = {"action_id": menu["action_id"], "selected_option": menu["options"][3]}
    number, sizing = quick.read(action)
    assert (number, sizing.figures) == (14, {SIZE: 5})


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def text_of(message: Message) -> str:
    return json.dumps(message.blocks, ensure_ascii=False)
