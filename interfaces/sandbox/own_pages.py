"""Whether a request comes from a page of ours: no other page that a browser has open may steer the sandbox."""

from starlette.requests import Request

from interfaces.sandbox.api.call import base_url_of
from interfaces.sandbox.webhooks.endpoints import is_loopback


def is_reached_as_this_machine(request: Request) -> bool:
    """Whether the name by which we were reached is this machine's: another name may lead here just as well, and then a
    browser takes us for a part of whatever else is under that name."""
    return is_loopback(request.url.hostname or "")


def is_from_own_page(request: Request) -> bool:
    """A form of ours. Browsers name the origin of every form that is sent."""
    return is_reached_as_this_machine(request) and request.headers.get("origin") == base_url_of(request)


def is_from_another_page(request: Request) -> bool:
    """Whether a browser sends the request for a page of another site; programs name no origin."""
    return "origin" in request.headers and not is_from_own_page(request)
