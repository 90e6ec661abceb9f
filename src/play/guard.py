"""Who may use the server: only pages that it served itself, in a browser that has its token."""

import hmac
import secrets

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Only lets requests through that name this server and come from its own page.

    Any page that is open in the browser can send requests to this machine. Those of a foreign page carry its origin;
    those to a domain name that somebody has pointed at this machine carry that name. Both are refused before anything
    else is looked at.

    Args:
        port: The server's port.

    Attributes:
        token: The token in the address that opens the page, where it is exchanged for a cookie.
        cookie: The cookie's name. Browsers send cookies to all ports of a machine, so each server has its own.
    """

    def __init__(self, port: int) -> None:
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self.token, self._secret = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.cookie = f"play_{port}_{secrets.token_hex(4)}"

    @property
    def middleware(self) -> Middleware:
        """The middleware that aiohttp calls before each request is handled."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._check_place(request)
            if not self._knows(request):
                return self._exchanged(request)
            if "token" in request.query:
                return self._admitted()
            return await handler(request)

        return check

    def _check_place(self, request: web.Request) -> None:
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin")
        if host not in self._hosts:
            raise web.HTTPForbidden(text="This server only answers to 127.0.0.1 and localhost.\n", headers=HEADERS)
        upgrades = "Upgrade" in request.headers  # a browser always sends the origin of a socket
        if origin != f"http://{host}" and (upgrades or origin is not None):
            raise web.HTTPForbidden(text="This server only answers its own page.\n", headers=HEADERS)

    def _knows(self, request: web.Request) -> bool:
        return hmac.compare_digest(request.cookies.get(self.cookie, "").encode(), self._secret.encode())

    def _exchanged(self, request: web.Request) -> web.StreamResponse:
        if not hmac.compare_digest(request.query.get("token", "").encode(), self.token.encode()):
            line = "The token is missing; open the address that the command printed.\n"
            raise web.HTTPForbidden(text=line, headers=HEADERS)
        return self._admitted()

    def _admitted(self) -> web.StreamResponse:
        response = web.Response(status=303, headers=HEADERS | {"Location": "/"})
        response.set_cookie(self.cookie, self._secret, httponly=True, samesite="Strict", path="/")
        return response
