"""What people choose for a channel's digest."""

from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.domain.subscribing import WeeklyWish, Wish, zones, zones_like


def a_wish(**more: object) -> Wish:
    return Wish.model_validate({"channel": "C1", "day": "1", "time": "09:30", "zone": "Europe/Berlin", **more})


@pytest.mark.parametrize(
    ("typed", "first"),
    [("berl", "Europe/Berlin"), ("New york", "America/New_York"), ("KOLKATA", "Asia/Kolkata"), ("utc", "UTC")],
)
def test_a_zone_is_found_by_its_city_however_it_is_typed(typed: str, first: str) -> None:
    assert zones_like(typed, 20)[0] == first


def test_a_city_that_begins_so_comes_before_a_name_that_holds_it() -> None:
    found = zones_like("ber", 100)
    assert found.index("Europe/Berlin") < found.index("Australia/Canberra")
    assert len(zones_like("a", 20)) == 20
    assert zones_like("nowhere", 20) == []


def test_every_zone_that_is_offered_can_be_kept() -> None:
    assert all(str(ZoneInfo(a_wish(zone=name).zone)) == name for name in zones())


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "D1"},
        {"channel": None},
        {"channel": "<!channel>"},
        {"day": "7"},
        {"day": None},
        {"time": "24:00"},
        {"time": "9:30"},
        {"time": None},
        {"zone": "Mars/Phobos"},
        {"zone": "../../etc/passwd"},
        {"zone": None},
        {"source": "rumours"},
        {"owner": "everybody"},
        {"direction": "x" * 61},
    ],
)
def test_what_no_form_offers_is_refused_beside_its_field(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        a_wish(**wrong)
    assert [e["loc"][0] for e in caught.value.errors()] == list(wrong)


def test_a_weekly_time_is_kept_as_the_settings_write_it() -> None:
    assert WeeklyWish.model_validate({"day": "4", "time": "08:05"}).weekly_at == "fri 08:05"
    assert WeeklyWish().weekly_at is None
