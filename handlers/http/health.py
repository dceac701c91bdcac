"""What machines ask: alive, able to serve, and in numbers. Anybody may ask, so no answer names people or places."""

import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Literal

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.domain.errors import Busy, Unavailable

log = logging.getLogger(__name__)

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL_NAME = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")


class NotReady(Exception):
    """Something other than the database keeps us from serving. The text is one line and for anybody's eyes."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One sample, `tandem_notices{state="waiting"} 3`. Raises ValueError for a name that Prometheus refuses."""

    name: str
    help: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["gauge", "counter"] = "gauge"

    def __post_init__(self) -> None:
        if not _METRIC_NAME.fullmatch(self.name):
            raise ValueError(f"not a name for a metric: {self.name!r}")
        for label in self.labels:
            if not _LABEL_NAME.fullmatch(label):
                raise ValueError(f"not a name for a label: {label!r}")


Ready = Callable[[], Awaitable[None]]
Numbers = Callable[[], Awaitable[Iterable[Metric]]]


def health_routes(ready: Ready, numbers: Numbers) -> list[web.RouteDef]:
    """GET /healthz, /readyz, /metrics. Busy, Unavailable or NotReady out of either callable is a 503."""

    async def alive(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    @_or_say_why
    async def can_serve(_: web.Request) -> web.Response:
        await ready()
        return web.Response(text="ready")

    @_or_say_why
    async def measure(_: web.Request) -> web.Response:
        page = exposition(await numbers())
        return web.Response(body=page.encode(), headers={"Content-Type": PROMETHEUS})

    return [web.get("/healthz", alive), web.get("/readyz", can_serve), web.get("/metrics", measure)]


def _or_say_why(handler: Handler) -> Handler:
    @wraps(handler)
    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except (Busy, Unavailable, NotReady) as reason:
            log.warning("not ready", extra={"reason": _line(reason)})
            return web.Response(status=503, text=_why(reason))

    return answer


def _why(reason: Busy | Unavailable | NotReady) -> str:
    """A driver's own words name hosts and users; they go to the log only."""
    match reason:
        case Busy():
            return "the database is busy"
        case Unavailable():
            return "the database cannot be used"
        case NotReady():
            return _line(reason) or "starting"


def _line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


# -- Prometheus text format 0.0.4


def exposition(metrics: Iterable[Metric]) -> str:
    """Samples of one name stand together, as the format demands, under the help and kind of the first."""
    families: dict[str, list[Metric]] = {}
    for metric in metrics:
        families.setdefault(metric.name, []).append(metric)
    return "".join(f"{line}\n" for family in families.values() for line in _family(family))


def _family(samples: list[Metric]) -> Iterator[str]:
    first = samples[0]
    yield f"# HELP {first.name} {_escaped(first.help)}"
    yield f"# TYPE {first.name} {first.kind}"
    for sample in samples:
        yield f"{sample.name}{_labels(sample.labels)} {_number(sample.value)}"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = (f'{name}="{_quoted(value)}"' for name, value in labels.items())
    return f"{{{','.join(pairs)}}}" if labels else ""


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(text: str) -> str:
    return _escaped(text).replace('"', r"\"")


def _number(value: float) -> str:
    """Prometheus reads Go's numbers: 3, 0.25, 1e+22, and inf and nan in any case."""
    return repr(value)
