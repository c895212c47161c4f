"""`GET /static/logo`: the shop's logo, which the pages' content security policy lets only this server give."""

from starlette.requests import Request
from starlette.responses import Response

from infrastructure.customer_texts.shop import Logo

_HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


class ShopLogo:
    def __init__(self, logo: Logo) -> None:
        self._logo = logo

    async def __call__(self, _: Request) -> Response:
        return Response(self._logo.content, media_type=self._logo.media_type, headers=_HEADERS)
