"""The one HTTP server: Slack's requests, the usage API and health on one port."""

import errno
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.http import HttpProcessingError

log = logging.getLogger(__name__)


class CannotListen(Exception):
    """One line for whoever started us."""


class PortTaken(CannotListen):
    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"port {port} on {host} is taken: set TANDEM_HTTP_PORT to another")


@dataclass(frozen=True, kw_only=True)
class Site:
    host: str
    port: int  #: the real one, also when 0 was asked for

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


@asynccontextmanager
async def serve(
    host: str, port: int, routes: Iterable[web.AbstractRouteDef], *, grace: float = 5.0
) -> AsyncIterator[Site]:
    """Serve until the block is left; then take nothing new and give what is under way `grace` seconds to finish.

    Slack waits three. Raises PortTaken, or CannotListen for an address that isn't ours to listen on.
    """
    app = web.Application()
    app.add_routes(routes)
    # No access log: addresses and paths of people are nobody's business here, and every request has its own event.
    # Bodies come as they were sent: who unpacks them knows how large they may become.
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=grace, logger=_Discreet(log), auto_decompress=False
    )
    await runner.setup()
    try:
        await _listen(runner, host, port)
        yield Site(host=host, port=runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, host: str, port: int) -> None:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(host, port) from None
        raise CannotListen(
            f"cannot listen on port {port} of {host} ({error.strerror}): set TANDEM_HTTP_HOST and TANDEM_HTTP_PORT"
        ) from None


class _Discreet(logging.LoggerAdapter[logging.Logger]):
    """aiohttp quotes what it could not parse, signatures and tokens too. Faults of ours keep their traceback."""

    def exception(self, msg: object, *args: object, exc_info: Any = True, **kwargs: Any) -> None:
        if isinstance(exc_info, (HttpProcessingError, web.RequestPayloadError)):
            self.logger.warning("http request refused", extra={"reason": type(exc_info).__name__})
        else:
            super().exception(msg, *args, exc_info=exc_info, **kwargs)
