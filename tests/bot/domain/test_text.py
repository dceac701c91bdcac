"""Text in every alphabet: cleaned, folded, cut into words, made into a name."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.ids import RequestNumber, read_key
from bot.domain.text import SLUG_LIMIT, clean, fold, one_line, slug_of, words_of
from tests.builders import GENERATED

ANYTHING = st.text(st.characters(codec=None), max_size=80)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  plain  ", "plain"),
        ("two\r\nlines", "two\nlines"),
        ("a\ttab", "a\ttab"),
        ("nul\x00l", "null"),
        ("bell\x07 escape\x1b[31m", "bell escape[31m"),
        ("half \ud83d of a face", "half  of a face"),
        ("a whole one 🚀", "a whole one 🚀"),
        ("family 👨‍👩‍👧", "family 👨‍👩‍👧"),
        ("turned \u202egnp.exe", "turned gnp.exe"),
        ("isolated \u2066x\u2069", "isolated x"),
        ("שלום עולם", "שלום עולם"),
        ("\x00\u202e \n", ""),
        ("", ""),
    ],
)
def test_what_no_screen_can_show_is_left_out(typed: str, kept: str) -> None:
    assert clean(typed) == kept


@GENERATED
@given(ANYTHING)
def test_clean_text_can_be_stored_and_is_cleaned_once(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned == cleaned.strip()
    assert "\x00" not in cleaned
    cleaned.encode()


def test_one_line_joins_lines_of_every_kind() -> None:
    assert one_line("a\nb\r\nc\u2028d\u00a0 e") == "a b c d e"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("K8S", "k8s"),
        ("STRASSE", "straße"),
        ("ПОДКЛЮЧЕНИЕ", "подключение"),
        ("café", "cafe\u0301"),
        ("ﬁle", "FILE"),
        ("Ｋ８Ｓ", "k8s"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("İstanbul", "i\u0307stanbul"),
        ("a\u00a0b", "a b"),
    ],
)
def test_texts_are_compared_whatever_way_they_are_written(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("ı", "i"), ("é", "e"), ("й", "и"), ("ё", "е")])
def test_other_letters_stay_other_letters(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Kubernetes (k8s) connector", ["kubernetes", "k8s", "connector"]),
        ("k8s-connector", ["k8s", "connector"]),
        ("Экспорт в 1С: экспорт", ["экспорт", "в", "1с"]),
        ("日本語 対応", ["日本語", "対応"]),
        ("🚀 launch 🚀", ["launch"]),
        ("it's 100 % _ __", ["it", "s", "100"]),
        ("%_", []),
        ("", []),
    ],
)
def test_words_are_found_in_every_alphabet_each_once(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("k8s connector", "k8s-connector"),
        ("K8s  Connector!", "k8s-connector"),
        ("snake_case title", "snake-case-title"),
        ("Отчёт о затратах", "отчёт-о-затратах"),
        ("straße", "strasse"),
        ("C++ / C#", "c-c"),
        ("14", "request-14"),
        ("R-14", "request-r-14"),
        ("r 14", "request-r-14"),
        ("①", "request-1"),
        ("١٤", "request-١٤"),
        ("🚀", "request"),
        ("---", "request"),
        ("\u202e", "request"),
        ("", "request"),
        ("x" * 60, "x" * SLUG_LIMIT),
        ("word " * 20, "-".join(["word"] * 9) + "-wor"),
        ("y" * 47 + " z", "y" * 47),
    ],
)
def test_a_slug_is_the_title_in_short(title: str, slug: str) -> None:
    assert slug_of(title) == slug


@GENERATED
@given(ANYTHING | st.from_regex(r"\A[rR]?[-– ]?\d{1,60}\Z"))
def test_a_slug_is_never_empty_and_never_looks_like_a_number(title: str) -> None:
    slug = slug_of(title)
    assert slug
    assert len(slug) <= SLUG_LIMIT + len("request-")
    assert slug == slug.strip("-")
    assert isinstance(read_key(slug), str)
    assert read_key(slug) == slug, "a slug typed in a command must find its request"


@pytest.mark.parametrize("word", ["हिन्दी", "İstanbul", "বাংলা", "ภาษาที่"])
def test_a_word_with_marks_of_its_own_stays_one_word(word: str) -> None:
    assert words_of(word) == [fold(word)]
    assert "-" not in slug_of(word)


@pytest.mark.parametrize(
    ("typed", "key"),
    [("R-14", 14), ("r-14", 14), ("14", 14), (" 14 ", 14), ("K8S-Connector", "k8s-connector"), ("R14", "r14")],
)
def test_a_request_is_named_by_number_or_slug(typed: str, key: int | str) -> None:
    assert read_key(typed) == key


def test_a_number_too_long_to_be_one_is_looked_for_as_a_slug() -> None:
    assert read_key("9" * 9) == RequestNumber(10**9 - 1)
    assert read_key("9" * 10) == "9" * 10


@GENERATED
@given(ANYTHING)
def test_words_of_a_text_are_words_of_its_folded_form(text: str) -> None:
    assert words_of(text) == words_of(unicodedata.normalize("NFKC", text))
    assert len(set(words_of(text))) == len(words_of(text))
