"""How pages become answers."""

from typing import Final

import jinja2
from starlette.responses import HTMLResponse, Response

PACKAGE: Final = "interfaces.sandbox"

PLAIN: Final = {
    "Cache-Control": "no-store",
    # No form-action: browsers apply it to redirects too, and paying ends in one to the merchant's page.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
CONTROLLED: Final = {
    **PLAIN,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    # With no-referrer a browser hides from us that a form was our own.
    "Referrer-Policy": "same-origin",
}


def environment(loader: jinja2.BaseLoader) -> jinja2.Environment:
    """Return the Jinja environment of the sandbox's pages, and of the demo's: all values are escaped, none may lack."""
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


class Rendering:
    def __init__(self) -> None:
        self._templates = environment(jinja2.PackageLoader(PACKAGE))

    def page(self, template: str, status: int = 200, *, headers: dict[str, str] = PLAIN, **shown: object) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(**shown), status, headers)
