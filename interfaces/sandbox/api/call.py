"""One request to the API: who asks, what for, and how it is read."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.model.params import Params
from interfaces.sandbox.model.values import Origin
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.stripe_json.shapes import API_VERSION, Expand, JsonObject

_BODY_BYTES_MAX: Final = 2 * 1024 * 1024
_FIELDS_MAX: Final = 20_000
_KEY: Final = re.compile(r"(sk|rk)_test_[\x21-\x7e]{1,250}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    sandbox: Sandbox
    params: Params
    names: Mapping[str, str]
    """The variable parts of the path."""
    origin: Origin
    base_url: str
    api_key: str
    version: str = API_VERSION
    """The version of the API that the caller speaks."""

    def expand(self, allowed: tuple[str, ...], *, is_list: bool = False) -> Expand:
        paths = self.params.texts("expand")
        if not is_list:
            return Expand.checked(paths, allowed)
        return Expand.checked(paths, ["data", *(f"data.{path}" for path in allowed)]).under("data")


Handler = Callable[[ApiCall], JsonObject]


def base_url_of(request: Request) -> str:
    """How the caller reached us, from the Host header, so that links lead back the same way."""
    return str(request.base_url).rstrip("/")


def api_key_of(request: Request) -> str:
    """The key in the Authorization header, bearer or basic; an empty one where there is none."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return value.strip()
    try:
        return base64.b64decode(value).decode().partition(":")[0]
    except ValueError:  # no base64, or no text in it
        return ""


def check_key(key: str) -> None:
    """Accept any test key; a live key must never be sent to a sandbox.

    Raises:
        StripeError: there is no key, or it is no test key.
    """
    if not key:
        message = "You did not provide an API key. Provide one in the Authorization header, using Bearer auth."
        raise StripeError(message, status=401)
    if not _KEY.fullmatch(key):
        raise StripeError(f"Invalid API Key provided: {key[:8]}***", status=401)


async def params_of(request: Request) -> Params:
    if request.method in ("GET", "HEAD", "DELETE"):
        return Params.of_form(_pairs(request.url.query))
    body = await _body_of(request)
    if request.headers.get("content-type", "").startswith("application/json"):
        return _params_of_json(body)
    return Params.of_form(_pairs(body.decode("utf-8", "replace")))


def _params_of_json(body: bytes) -> Params:
    try:
        return Params.of_values(msgspec.json.decode(body or b"{}", type=dict[str, object]))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise StripeError(f"Invalid JSON: {error}") from error


def _pairs(encoded: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(encoded, keep_blank_values=True, max_num_fields=_FIELDS_MAX)
    except ValueError as error:
        raise StripeError("Invalid request: too many parameters.") from error


async def _body_of(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _BODY_BYTES_MAX:
            raise StripeError("The request is too large.", status=413)
    return bytes(body)
