"""Text as people write it: cleaned, folded for comparing, cut into words to find it by."""

import re
import unicodedata

from bot.domain.ids import Slug

SLUG_LIMIT = 48
WORD_LIMIT = 64
_NOT_A_SLUG = re.compile(r"(?:r-)?\d+")
_BETWEEN = re.compile(r"\W")
#: Characters that turn the direction of everything after them, on a card other people's words too.
_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
#: Control characters but for tab and line break, and halves of characters: what Unicode calls Cc and Cs.
_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str) -> str:
    """What was typed, without what no database or screen can show: control characters, halves of characters."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n").translate(_TURNS)
    return _UNSHOWN.sub("", whole).strip()


def one_line(text: str) -> str:
    return " ".join(text.split())


def is_blank(text: str) -> bool:
    """Whether nothing of it can be seen: only spaces, joiners and the like."""
    return all(unicodedata.category(c)[0] in "CZ" for c in text)


def fold(text: str) -> str:
    """Text as it is compared: compatibility forms unified, case folded. SQLite can do neither."""
    return unicodedata.normalize("NFKC", text).casefold()


def _words(text: str) -> list[str]:
    r"""Runs of letters, digits and the marks that belong to them; `\w` would cut Devanagari or Thai in pieces."""
    return _BETWEEN.sub(_mark_or_space, text).split()


def _mark_or_space(found: re.Match[str]) -> str:
    return found[0] if unicodedata.category(found[0]).startswith("M") else " "


def words_of(text: str) -> list[str]:
    """The distinct words of a text, in order, folded; of a very long one its beginning, as an index can hold."""
    return list(dict.fromkeys(w[:WORD_LIMIT] for w in _words(fold(text)) if w.strip("_")))


def words_in(title: str, body: str) -> dict[str, bool]:
    """The words to find both by, in a fixed order; of each, whether the title has it."""
    in_title = set(words_of(title))
    return {word: word in in_title for word in sorted(in_title.union(words_of(body)))}


def slug_of(title: str) -> Slug:
    """A readable name for commands; never looks like a number (R-14), never empty."""
    slug = "-".join(_words(fold(title).replace("_", " ")))[:SLUG_LIMIT].strip("-")
    if not slug or _NOT_A_SLUG.fullmatch(slug):
        return Slug(f"request-{slug}".strip("-"))
    return Slug(slug)
