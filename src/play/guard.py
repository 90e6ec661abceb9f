"""Who may use the server: pages that it served itself, to the browser that was given its token."""

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
    """Lets requests through that name this server and come from its own page.

    Any page that the browser has open can send requests to this machine. A foreign page's carry its origin; those of a
    name that somebody lets point to this machine carry that name. Both are refused, before anything else is looked at.

    Args:
        port: Of the server.

    Attributes:
        token: In the address that opens the page, exchanged for a cookie.
        cookie: The cookie's name. Browsers send cookies to all ports of a machine, so it is of this server alone.
    """

    def __init__(self, port: int) -> None:
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self.token, self._secret = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.cookie = f"play_{port}_{secrets.token_hex(4)}"

    @property
    def middleware(self) -> Middleware:
        """What aiohttp asks before each request is handled."""

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
            raise web.HTTPForbidden(text="This server answers to 127.0.0.1 and localhost only.\n", headers=HEADERS)
        upgrades = "Upgrade" in request.headers  # a browser always says where a socket is opened
        if origin != f"http://{host}" and (upgrades or origin is not None):
            raise web.HTTPForbidden(text="This server answers to its own page only.\n", headers=HEADERS)

    def _knows(self, request: web.Request) -> bool:
        return hmac.compare_digest(request.cookies.get(self.cookie, "").encode(), self._secret.encode())

    def _exchanged(self, request: web.Request) -> web.StreamResponse:
        if not hmac.compare_digest(request.query.get("token", "").encode(), self.token.encode()):
            line = "The address needs the token that the command printed; open that address.\n"
            raise web.HTTPForbidden(text=line, headers=HEADERS)
        return self._admitted()

    def _admitted(self) -> web.StreamResponse:
        response = web.Response(status=303, headers=HEADERS | {"Location": "/"})
        response.set_cookie(self.cookie, self._secret, httponly=True, samesite="Strict", path="/")
        return response
