"""Webhook endpoints: where events go. Nothing but this machine is ever called."""

import ipaddress
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from interfaces.sandbox.model.errors import invalid_parameter, missing_parameter
from interfaces.sandbox.model.making import Making
from interfaces.sandbox.model.params import Params, check_url
from interfaces.sandbox.model.values import Endpoint, Secret
from interfaces.sandbox.stripe_json.versions import checked_version

_ENABLED_EVENTS_MAX: Final = 100
_NEW_NAMES: Final = (*("api_version", "connect", "description", "enabled_events", "expand", "metadata", "url"),)
_CHANGED_NAMES: Final = ("description", "disabled", "enabled_events", "expand", "metadata", "url")


def new_endpoint(params: Params, making: Making) -> Endpoint:
    params.allow_only(_NEW_NAMES)
    url = local_url(params.required("url"))
    return Endpoint(
        id=making.ids.object("we"),
        created=making.now,
        url=url,
        enabled_events=_enabled_events(params),
        description=params.text("description"),
        metadata=params.pairs("metadata"),
        api_version=_api_version(params),
        is_enabled=True,
        secrets=(Secret(value=making.ids.webhook_secret(), expires_at=None),),
    )


def changed_endpoint(endpoint: Endpoint, params: Params) -> Endpoint:
    params.allow_only(_CHANGED_NAMES)
    if params.has("url"):
        endpoint = replace(endpoint, url=local_url(params.required("url")))
    if params.has("enabled_events"):
        endpoint = replace(endpoint, enabled_events=_enabled_events(params))
    if params.has("description"):
        endpoint = replace(endpoint, description=params.text("description"))
    is_disabled = params.flag("disabled")
    return replace(
        endpoint,
        metadata=params.merged("metadata", endpoint.metadata),
        is_enabled=endpoint.is_enabled if is_disabled is None else not is_disabled,
    )


def rolled_endpoint(endpoint: Endpoint, secret: str, *, old_until: float) -> Endpoint:
    """With a new secret; the one before it signs as well for a while, as after a roll at Stripe."""
    old = tuple(replace(kept, expires_at=kept.expires_at or old_until) for kept in endpoint.secrets)
    return replace(endpoint, secrets=(*old, Secret(value=secret, expires_at=None)))


def local_url(url: str) -> str:
    """Return the URL if it leads to this machine: a trial must not call strangers.

    Raises:
        StripeError: it does not.
    """
    check_url(url, "url")
    if not is_loopback(urlsplit(url).hostname or ""):
        message = "Invalid URL: the sandbox delivers to localhost, 127.0.0.0/8 and ::1 only."
        raise invalid_parameter("url", message, code="url_invalid")
    return url


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _api_version(params: Params) -> str | None:
    version = params.text("api_version")
    return None if version is None else checked_version(version)


def _enabled_events(params: Params) -> tuple[str, ...]:
    names = params.texts("enabled_events")
    if not names:
        raise missing_parameter("enabled_events")
    if len(names) > _ENABLED_EVENTS_MAX:
        raise invalid_parameter("enabled_events", f"Up to {_ENABLED_EVENTS_MAX} events.")
    return names
