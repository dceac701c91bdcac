"""Who may talk to this server: browsers on this machine, and only from its own page."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

#: Everything the page needs comes from here; nothing written into the page itself may run.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse names that are not this machine's (DNS rebinding), and whatever another site's page sends."""
    if urlsplit(f"//{request.host}").hostname not in LOOPBACK:
        raise web.HTTPMisdirectedRequest(text="This workspace answers to 127.0.0.1 only.")
    if not is_own(request):
        raise web.HTTPForbidden(text="This came from another site's page.")
    return await handler(request)


def is_own(request: web.Request) -> bool:
    """A link from elsewhere may open the page; nothing else may come from elsewhere."""
    is_visit = request.method in ("GET", "HEAD") and request.headers.get("Upgrade", "").lower() != "websocket"
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "none")
    if is_visit and origin is None:
        return site in ("none", "same-origin") or request.headers.get("Sec-Fetch-Mode") == "navigate"
    return site in ("none", "same-origin") and origin in (None, f"{request.scheme}://{request.host}")


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """For `on_response_prepare`: the page's own answers, not the Web API's."""
    if not request.path.startswith(("/api/", "/link", "/respond/")):
        response.headers.update(HEADERS)
