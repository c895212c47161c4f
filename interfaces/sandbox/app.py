"""The sandbox over HTTP: Stripe's API, the pages a customer sees, and the controls."""

from starlette.applications import Starlette

from interfaces.sandbox.api.routes import api_routes
from interfaces.sandbox.controls import control_routes
from interfaces.sandbox.pages.routes import page_routes
from interfaces.sandbox.sandbox import Sandbox


def create_app(sandbox: Sandbox) -> Starlette:
    return Starlette(routes=[*api_routes(sandbox), *control_routes(sandbox), *page_routes(sandbox)])
