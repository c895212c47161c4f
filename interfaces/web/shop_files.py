"""`GET /static/logo` and `GET /static/own.css`: the shop's own logo and style sheet, which the pages' content security
policy lets only this server give."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infrastructure.customer_texts.customer_texts import CustomerTexts

_HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


class ShopFile:
    def __init__(self, content: bytes, media_type: str) -> None:
        self._content, self._media_type = content, media_type

    async def __call__(self, _: Request) -> Response:
        return Response(self._content, media_type=self._media_type, headers=_HEADERS)


def shop_files(texts: CustomerTexts) -> list[Route]:
    """The routes of the files that the shop has."""
    files = {}
    if logo := texts.shop.logo:
        files["/static/logo"] = ShopFile(logo.content, logo.media_type)
    if style := texts.style:
        files["/static/own.css"] = ShopFile(style.source.encode(), "text/css")
    return [Route(path, file.__call__, methods=["GET"]) for path, file in files.items()]
