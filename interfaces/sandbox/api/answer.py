"""The common part of all API requests: keys, faults, repeated requests, errors, headers."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from interfaces.sandbox.api.call import ApiCall, Handler, api_key_of, base_url_of, check_key, params_of
from interfaces.sandbox.api.failing import answer_with
from interfaces.sandbox.api.idempotency import IdempotencyKeys
from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.model.values import Origin
from interfaces.sandbox.own_pages import is_from_another_page
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.stripe_json.discount_shapes import coupon_json
from interfaces.sandbox.stripe_json.shapes import API_VERSION, JsonObject
from interfaces.sandbox.stripe_json.versions import checked_version, in_version

_FORBIDDEN: Final = 403


class Answering:
    def __init__(self, sandbox: Sandbox, *, needs_key: bool = True) -> None:
        self._sandbox = sandbox
        self._needs_key = needs_key

    def route(self, handlers: Mapping[str, Handler]) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint with one handler for each method."""

        async def answer(request: Request) -> Response:
            if is_from_another_page(request):
                return Response("No other page may steer the sandbox.", _FORBIDDEN, media_type="text/plain")
            request_id = self._sandbox.ids.request()
            method = "GET" if request.method == "HEAD" else request.method
            version = request.headers.get("stripe-version", API_VERSION)

            def refuse(error: StripeError) -> Response:
                return _response(_error_json(error), request_id, status=error.status)

            async def respond() -> Response:
                try:
                    response = await self._answer(request, _in_version(handlers[method]), request_id, version)
                except StripeError as error:
                    return refuse(error)
                response.headers["Stripe-Version"] = version
                return response

            # The controls, which take no key, get no faults: the tester must be able to end them.
            fault = self._sandbox.faults.take(request.url.path) if self._needs_key else None
            return await respond() if fault is None else await answer_with(fault, respond, refuse)

        return answer

    async def _answer(self, request: Request, handler: Handler, request_id: str, version: str) -> Response:
        api_key = api_key_of(request)
        if self._needs_key:
            check_key(api_key)
        key = request.headers.get("idempotency-key") if request.method == "POST" else None
        call = ApiCall(
            sandbox=self._sandbox,
            params=await params_of(request),
            names=dict(request.path_params),
            origin=Origin(request_id=request_id, idempotency_key=key),
            base_url=base_url_of(request),
            api_key=api_key,
            version=checked_version(version),
        )
        if key is None:
            return _response(msgspec.json.encode(handler(call)), request_id)
        # One change, so that no state file holds what the request did without the key it came with.
        with self._sandbox.changing() as making:
            keys = IdempotencyKeys(making.state, api_key)
            return _answer_once(call, handler, keys, key, f"{request.url.path} {call.params.fingerprint()}")


def _in_version(handler: Handler) -> Handler:
    """The handler, answering as the caller's version of the API does."""
    return lambda call: in_version(handler(call), call.version, partial(_coupon, call))


def _coupon(call: ApiCall, identifier: str) -> JsonObject:
    with call.sandbox.reading() as state:
        return coupon_json(state.coupon(identifier), state)


def unrecognized(call: ApiCall) -> JsonObject:
    """Refuse a URL that the sandbox does not have, as Stripe does.

    Raises:
        StripeError: always, with status 404.
    """
    raise StripeError(f"Unrecognized request URL (/v1/{call.names['rest']}).", status=404)


def _answer_once(call: ApiCall, handler: Handler, keys: IdempotencyKeys, key: str, request: str) -> Response:
    request_id = call.origin.request_id or ""
    kept = keys.find(key, request)
    if kept is not None:
        again = {"Idempotent-Replayed": "true", "Original-Request": kept.request_id}
        return _response(kept.body_json.encode(), request_id, headers={"Idempotency-Key": key, **again})
    body = msgspec.json.encode(handler(call))
    keys.keep(key, request, body=body, request_id=request_id)
    return _response(body, request_id, headers={"Idempotency-Key": key})


def _response(body: bytes, request_id: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    common = {"Request-Id": request_id, "Cache-Control": "no-store"}
    return Response(body, status, {**common, **(headers or {})}, media_type="application/json")


def _error_json(error: StripeError) -> bytes:
    shown = {"code": error.code, "message": error.message, "param": error.param, "type": error.type}
    return msgspec.json.encode({"error": {name: value for name, value in shown.items() if value is not None}})
