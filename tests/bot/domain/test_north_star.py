"""The north star as people write it."""

import pytest
from pydantic import ValidationError

from bot.domain.north_star import StarWish, unit_of


def written(figure: str, unit: str = "%") -> StarWish:
    return StarWish.model_validate(
        {"name": "Activation", "definition": "New users", "unit": unit, "figure": figure}
    )


@pytest.mark.parametrize(
    ("typed", "unit", "figure"),
    [
        ("54", "%", 54),
        ("54 %", "%", 54),
        ("54,5", "%", 54.5),
        ("54.125%", "%", 54.12),
        ("0", "%", 0),
        ("-2,5 %", "%", -2.5),
        ("1 200", "", 1200),
        ("1\u00a0200,5", "", 1200.5),
        ("1,200", "", 1200),
        ("1'250'000", "", 1_250_000),
        ("€1.2m", "€", 1_200_000),
        ("340k €", "€", 340_000),
        ("12 500 PLN", "PLN", 12_500),
        ("", "%", None),
    ],
)
def test_numbers_are_read_as_people_write_them(typed: str, unit: str, figure: float | None) -> None:
    assert written(typed, unit).figure == figure


@pytest.mark.parametrize(
    ("typed", "unit"),
    [
        ("half", "%"),
        ("54 %", ""),
        ("€5", "%"),
        ("1.2.3", ""),
        ("--5", "%"),
        ("1e9", ""),
        ("9" * 16, ""),
        ("nan", "%"),
    ],
)
def test_what_is_no_number_is_refused_with_an_example(typed: str, unit: str) -> None:
    with pytest.raises(ValidationError, match="Write a number like"):
        written(typed, unit)


@pytest.mark.parametrize("wrong", [{"unit": "apples"}, {"metric": "adoption:k8s"}, {"metric": "x" * 121}])
def test_what_the_form_does_not_offer_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        StarWish.model_validate({"name": "Activation", "definition": "New users", **wrong})


def test_its_metric_is_named_after_it_unless_one_is_chosen() -> None:
    own = StarWish(name="Net revenue", definition="New less lost")
    assert own.star.metric == "net-revenue"
    assert StarWish(name="Net revenue", definition="x", metric="NRR").star.metric == "NRR"


def test_a_currency_is_written_with_its_sign() -> None:
    assert [unit_of(code) for code in ("EUR", "USD", "CHF")] == ["€", "$", "CHF"]
