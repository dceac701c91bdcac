"""Who belongs here."""

from zoneinfo import ZoneInfo

import pytest

from bot.domain.errors import Refused
from bot.domain.people import Person, admit
from tests.builders import HOME, a_person

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_full_member_of_the_home_team_is_admitted() -> None:
    assert admit(a_person(), HOME) == a_person()


@pytest.mark.parametrize(
    ("who", "said"),
    [
        (None, "I can't find you in this workspace's directory. Try again in a minute, or ask an admin."),
        (
            a_person(is_deleted=True),
            "I can't find you in this workspace's directory. Try again in a minute, or ask an admin.",
        ),
        (
            a_person(team="T2"),
            "Tandem serves the workspace it is installed in. Ask a colleague there to do this for you.",
        ),
        (
            a_person(is_guest=True),
            "Tandem is for full members. Ask the colleague who invited you to file this for you.",
        ),
        (a_person(is_bot=True), "Tandem listens to people only."),
    ],
    ids=["unknown", "deleted", "foreign", "guest", "bot"],
)
def test_everybody_else_is_told_why_not_and_what_to_do(who: Person | None, said: str) -> None:
    with pytest.raises(Refused) as refused:
        admit(who, HOME)
    assert refused.value.text == said


def test_a_person_without_a_zone_lives_in_the_companys() -> None:
    assert a_person().zone(BERLIN) == BERLIN
    assert a_person(timezone="Asia/Kathmandu").zone(BERLIN) == ZoneInfo("Asia/Kathmandu")


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc", "Europe"])
def test_a_zone_this_machine_does_not_know_is_the_companys(zone: str) -> None:
    assert a_person(timezone=zone).zone(BERLIN) == BERLIN
