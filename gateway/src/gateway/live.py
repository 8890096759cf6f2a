"""Answers that take as long as it takes: streams and long polls."""

import asyncio

from chassis.errors import ServiceUnavailableError
from gateway.body import ClientGoneError
from gateway.proxy import Proxy
from gateway.request import BodyReceiver, ClientRequest
from gateway.responder import Responder
from gateway.routes import Route


class LiveReads:
    """Passes live requests to their service; ends them when the client leaves, and when the gateway stops.

    Parameters
    ----------
    proxy
        Asks the service and passes its answer on.
    """

    def __init__(self, *, proxy: Proxy) -> None:
        self._proxy = proxy
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End what is under way, so that a restart waits for nobody; clients come back by themselves."""
        self._stopping.set()

    async def respond(self, request: ClientRequest, route: Route, responder: Responder) -> None:
        """Answer one request; who asks is of no matter.

        Raises
        ------
        ClientGoneError
            The client left; the service has been left too.
        PlatformError
            Instead of an answer; nothing has been sent yet.
        """
        working = asyncio.create_task(self._proxy.respond(request, route, None, responder))
        leaving = asyncio.create_task(_wait_for_end(request.receive))
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({working, leaving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if stopping.done() and responder.states_length:
                await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)  # its end is near
            if working.done():
                return working.result()
            if leaving.done():
                raise ClientGoneError
        finally:
            await _end(working, leaving, stopping)
        if not responder.has_started:
            raise ServiceUnavailableError("this gateway, which restarts,", retry_after_seconds=1)
        await responder.piece(b"", more=False)
        return None


async def _wait_for_end(receive: BodyReceiver) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(*tasks: asyncio.Task[object] | asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
