"""Reading what people typed into a form: Slack's view state in, plain values out."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.domain.errors import Refused
from bot.domain.ids import RequestNumber, UserId, read_key
from bot.domain.money import Money, read_money
from bot.domain.text import clean
from bot.domain.wsjf import SCALE, Factor, on_scale
from bot.ui.parts import View

T = TypeVar("T")
NEW = "new:"  #: a customer's name that isn't in the list yet


def states(view: View) -> dict[str, Mapping[str, Any]]:
    """The state of each input by field name. A field prefilled anew comes back as `name~2`; the newest wins."""
    values = view.get("state", {}).get("values", {})
    newest = sorted(values, key=_edition)
    return {block_id.partition("~")[0]: _only(values[block_id]) for block_id in newest}


def again(field: str, edition: int) -> str:
    """The block_id of a field that is prefilled anew: `name~2`. Edition 1 is the field as it was first drawn."""
    return field if edition == 1 else f"{field}~{edition}"


def text(state: Mapping[str, Any] | None) -> str:
    return clean((state or {}).get("value") or "")


def chosen(state: Mapping[str, Any] | None) -> str | None:
    picked = (state or {}).get("selected_option")
    return picked.get("value") if picked else None


def person(state: Mapping[str, Any] | None) -> UserId | None:
    picked = (state or {}).get("selected_user")
    return UserId(picked) if picked else None


def channel(state: Mapping[str, Any] | None) -> str | None:
    return (state or {}).get("selected_conversation") or None


def is_ticked(state: Mapping[str, Any] | None) -> bool:
    return bool((state or {}).get("selected_options"))


def clock(state: Mapping[str, Any] | None) -> str | None:
    """A time as written 09:30."""
    return (state or {}).get("selected_time") or None


def day(state: Mapping[str, Any] | None) -> date | None:
    picked = (state or {}).get("selected_date")
    try:
        return date.fromisoformat(picked) if picked else None
    except ValueError:
        raise Refused("Please choose this one again.") from None


def amount(state: Mapping[str, Any] | None, currency: str, field: str) -> Money | None:
    """Raises Refused beside `field` when it isn't an amount."""
    typed = text(state)
    return read_money(typed, default=currency, field=field) if typed else None


def customers(state: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """Customers as chosen in a searched select."""
    values = [clean(o["value"]) for o in (state or {}).get("selected_options") or []]
    return [{"name": v.removeprefix(NEW)} if v.startswith(NEW) else {"id": v} for v in values]


def figures(fields: Mapping[str, Mapping[str, Any]]) -> dict[Factor, int]:
    """The figures chosen so far. Raises Refused for one that is no step of the scale."""
    read = {f: figure(fields, f) for f in Factor}
    return {f: step for f, step in read.items() if step is not None}


def figure(fields: Mapping[str, Mapping[str, Any]], factor: Factor) -> int | None:
    """Raises Refused beside its field when it is no step of the scale."""
    picked = chosen(fields.get(factor))
    return None if picked is None else _step(picked, factor)


def each_figure(fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Callable[[], int | None]]:
    """How to read the four figures, for `checked`."""
    return {f: partial(figure, fields, f) for f in Factor}


def checked(build: Callable[..., T], **reads: Callable[[], Any]) -> T:
    """Read every field and build a value of them; all that is at fault is told together, in one Refused."""
    values, wrong = _gathered(reads)
    try:
        made = build(**values)
    except ValidationError as errors:
        wrong |= {str(*e["loc"][:1]): _said(e["type"], e["msg"]) for e in errors.errors()}
    except Refused as refused:
        wrong |= refused.fields or {"": refused.text}
    if wrong:
        raise Refused(next(iter(wrong.values())), fields=wrong)
    return made


def _gathered(reads: Mapping[str, Callable[[], Any]]) -> tuple[dict[str, Any], dict[str, str]]:
    """What could be read, and what is wrong with the rest."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, read in reads.items():
        try:
            values[name] = read()
        except Refused as refused:
            wrong |= refused.fields or {name: refused.text}
    return values, wrong


def request_of(button: Mapping[str, Any]) -> RequestNumber:
    """The request a pressed button is about. Raises Refused when it says none."""
    key = read_key(button.get("value") or "")
    if isinstance(key, str):
        raise Refused("This button is from an older Tandem. Find the request with /board and try there.")
    return key


def _step(value: str, factor: Factor) -> int:
    return on_scale({str(step): step for step in SCALE}.get(value, 0), factor)


def _edition(block_id: str) -> int:
    again = block_id.partition("~")[2]
    return int(again) if again.isdecimal() else 1


def _said(kind: str, message: str) -> str:
    """Our own words; pydantic's are for programmers."""
    return message.removeprefix("Value error, ") if kind == "value_error" else "Please choose this one again."


def _only(elements: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    return next(iter(elements.values()), {})
