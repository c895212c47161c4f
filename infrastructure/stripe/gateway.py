"""Stripe's API through Stripe's own SDK. No object of the SDK leaves this module."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import stripe

from application.ports import Permanent, SessionUnknown, Temporary
from domain import reasons
from domain.checkout import Checkout
from domain.identifiers import session_id as checked
from infrastructure.stripe.bounded_client import BoundedClient, within
from infrastructure.stripe.translation import (
    LineItemJson,
    LineItemPage,
    SessionJson,
    Unintelligible,
    checkout_of,
    read_line_items,
    read_session,
)

T = TypeVar("T")

API_VERSION = "2026-10-28.endive"
CALL_SECONDS_MAX = 25.0
"""A retrieval with all its pages and repetitions. Three reads that time out fit in."""
RETRIES_MAX = 2
PAGE_SIZE = 100
PAGES_MAX = 100
"""Stripe allows 100 line items in a session today; 10,000 would still be read."""
EXPAND = ("line_items.data.price.product", "payment_intent.payment_method")
EXPAND_NAMES = ("discounts.coupon", "discounts.promotion_code", "shipping_cost.shipping_rate")
"""What staff read beside an ID. A restricted key may lack access to these: an order is retrieved without them then."""
_PART_MAX = 100


class SdkGateway:
    """Implements `application.ports.StripeGateway`. Safe to share between threads.

    Answers are read from their bytes: the SDK's objects take fifty times as long to build, and we keep none of them.
    """

    def __init__(
        self, api_key: str, *, api_base: str | None = None, call_seconds_max: float = CALL_SECONDS_MAX
    ) -> None:
        stripe.enable_telemetry = False  # it would send timings, and write an ID into the user's home
        is_here = api_base is not None and api_base.startswith("http://")  # the settings allow that on loopback only
        base_addresses: Any = {"api": api_base.rstrip("/")} if api_base else {}
        self._client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses=base_addresses,
            max_network_retries=RETRIES_MAX,
            http_client=BoundedClient(uses_proxy=not is_here),
        )
        self._call_seconds_max = call_seconds_max

    def retrieve(self, session_id: str) -> Checkout:
        path = f"/v1/checkout/sessions/{checked(session_id)}"
        with _translated_errors(), within(self._call_seconds_max):
            session = self._session(path)
            if session.id != session_id:
                raise Unintelligible("it is about another session")
            return checkout_of(session, self._line_items(path, session))

    def _session(self, path: str) -> SessionJson:
        try:
            return self._get(path, read_session, expand=[*EXPAND, *EXPAND_NAMES])
        except stripe.PermissionError:
            return self._get(path, read_session, expand=list(EXPAND))

    def _line_items(self, path: str, session: SessionJson) -> list[LineItemJson]:
        page = session.line_items or LineItemPage(data=[])
        items = list(page.data)
        for _ in range(PAGES_MAX):
            if not page.has_more or not items:
                return items
            page = self._get(
                f"{path}/line_items",
                read_line_items,
                limit=PAGE_SIZE,
                starting_after=items[-1].id,
                expand=["data.price.product"],
            )
            items += page.data
        raise Unintelligible(f"its line items do not end after {PAGES_MAX} pages")

    def _get(self, path: str, read: Callable[[str], T], **params: object) -> T:
        return read(self._client.raw_request("get", path, **params).body)


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Translate the SDK's errors, whose texts can carry a part of the key, a body or an address."""
    try:
        yield
    except Unintelligible as error:
        # One odd answer is not final: it may be a proxy's page, or a fault of Stripe's that is soon fixed.
        raise Temporary(reasons.stripe_unintelligible(str(error))) from error
    except stripe.InvalidRequestError as error:
        if error.http_status == 404 or error.code == "resource_missing":
            raise SessionUnknown(reasons.unknown_to_stripe()) from error
        raise Permanent(reasons.stripe_refused(_answer(error))) from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        # Nothing is wrong with the session: it is fulfilled once an operator has fixed the key.
        raise Temporary(reasons.stripe_key_refused(_answer(error))) from error
    except stripe.RateLimitError as error:
        raise Temporary(reasons.stripe_busy(_answer(error))) from error
    except stripe.APIConnectionError as error:
        raise Temporary(reasons.stripe_not_reached()) from error
    except stripe.StripeError as error:
        raise Temporary(reasons.stripe_failed(_answer(error))) from error
    except Exception as error:  # the boundary around the SDK, which trips over bytes that are no UTF-8
        raise Temporary(reasons.stripe_unintelligible(type(error).__name__)) from error


def _answer(error: stripe.StripeError) -> str:
    """With the request ID, which Stripe's support asks for."""
    parts = (error.http_status, error.code, error.request_id)
    return ", ".join(str(part)[:_PART_MAX] for part in parts if part)
