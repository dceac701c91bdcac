"""Cells of a CSV file that a spreadsheet opens without taking anybody's words for a formula."""

import re

# A spreadsheet may pass over spaces and what can't be seen, and takes full-width signs for the plain ones. A text
# with apostrophes before such a sign gets one more, so that what is taken off again is always the one put on.
_LOOKS_LIKE_A_FORMULA = re.compile("'*[\\s\u200b-\u200f\u2060\ufeff]*[=+\\-@\t\r\n＝＋－＠]")


def safe(text: str) -> str:
    """The text as a cell: what a spreadsheet could take for a formula begins with an apostrophe.

    After OWASP, CSV Injection: = + - @, tab and line break, and their full-width twins, also after spaces.
    """
    return f"'{text}" if _LOOKS_LIKE_A_FORMULA.match(text) else text


def as_written(cell: str) -> str:
    """The text of a cell: without exactly the apostrophe that `safe` puts there."""
    return cell[1:] if cell[:1] == "'" and _LOOKS_LIKE_A_FORMULA.match(cell) else cell
