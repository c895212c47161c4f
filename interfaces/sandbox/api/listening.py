"""`stripe listen`: its session, and the socket over which it gets events and reports what became of them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec
import structlog
from starlette.responses import JSONResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from interfaces.sandbox.api.call import ApiCall
from interfaces.sandbox.api.idempotency import digest
from interfaces.sandbox.model.errors import StripeError
from interfaces.sandbox.sandbox import Sandbox
from interfaces.sandbox.stripe_json.events import event_json, thin_event_json
from interfaces.sandbox.stripe_json.shapes import API_VERSION, JsonObject
from interfaces.sandbox.webhooks.listeners import Listener
from interfaces.sandbox.webhooks.signature import signature_header

logger = structlog.get_logger(__name__)

_RECONNECT_SECONDS: Final = 24 * 3600
"""How often the CLI reconnects by itself."""
_PAUSE_POLL_SECONDS: Final = 0.1
_SUBPROTOCOL: Final = "stripecli-devproxy-v1"


def open_listening(call: ApiCall) -> JsonObject:
    """Where to connect to, and the secret with which the events will be signed: the same one for the same API key."""
    features = call.params.texts("websocket_features")
    secret = call.sandbox.listening_secret(digest(call.api_key))
    listener = call.sandbox.post_office.listeners.open(
        call.sandbox.ids.object("cliws"), secret=secret, features=features
    )
    return {
        "default_version": API_VERSION,
        "device_token": "",
        "display_connect_filter_warning": False,
        "latest_version": API_VERSION,
        "reconnect_delay": _RECONNECT_SECONDS,
        "secret": listener.secret,
        "websocket_authorized_feature": ",".join(features),
        "websocket_id": listener.id,
        "websocket_url": f"{call.base_url.replace('http', 'ws', 1)}/subscribe",
    }


def listening_route(sandbox: Sandbox) -> WebSocketRoute:
    async def listen(socket: WebSocket) -> None:
        listener = sandbox.post_office.listeners.find(socket.headers.get("websocket-id", ""))
        waking = asyncio.Event()
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(waking.set)

        if listener is None:
            # These words make the CLI start over, as after a restart of the sandbox.
            await _refuse(socket, 401, "Unknown WebSocket ID.")
        elif not listener.connect(wake):
            await _refuse(socket, 409, "This WebSocket ID is connected already.")
        else:
            try:
                await _serve(sandbox, socket, listener, waking)
            finally:
                listener.disconnect()

    return WebSocketRoute("/subscribe", listen)


async def _refuse(socket: WebSocket, status: int, message: str) -> None:
    await socket.send_denial_response(JSONResponse({"error": {"message": message}}, status))


async def _serve(sandbox: Sandbox, socket: WebSocket, listener: Listener, waking: asyncio.Event) -> None:
    offered = socket.scope["subprotocols"]
    await socket.accept(subprotocol=_SUBPROTOCOL if _SUBPROTOCOL in offered else None)
    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(_send_all(sandbox, socket, listener, waking))
        async for said in _heard(socket):
            _note(sandbox, listener, said)
        sending.cancel()


async def _send_all(sandbox: Sandbox, socket: WebSocket, listener: Listener, waking: asyncio.Event) -> None:
    """Sends what waits, one after the other, as fast as it is read at the other end."""
    while True:
        # The pause is ended from another thread, which knows no event of this loop.
        while sandbox.post_office.is_paused:  # noqa: ASYNC110
            await asyncio.sleep(_PAUSE_POLL_SECONDS)
        waking.clear()
        event_id = listener.take()
        if event_id is None:
            await waking.wait()
            continue
        for message in _messages(sandbox, listener, event_id):
            try:
                await socket.send_text(msgspec.json.encode(message).decode())
            except WebSocketDisconnect:
                return


def _messages(sandbox: Sandbox, listener: Listener, event_id: str) -> list[JsonObject]:
    with sandbox.reading() as state:
        event = state.event(event_id)
        snapshot = msgspec.json.encode(event_json(event, pending_webhooks=state.pending_webhooks(event)))
    messages: list[JsonObject] = []
    now = sandbox.clock.true_now()
    if listener.wants_thin:
        thin = msgspec.json.encode(thin_event_json(event))
        about: JsonObject = {"type": "v2_event", "payload": thin.decode(), "destination_id": listener.id}
        messages.append({**about, "http_headers": _headers(thin, listener, now)})
    if listener.wants_snapshots:
        about = {"type": "webhook_event", "event_payload": snapshot.decode(), "webhook_id": listener.id}
        about = {**about, "http_headers": _headers(snapshot, listener, now)}
        # Twice, as Stripe does it: as the account has it and in the latest version. With `--latest` the CLI drops
        # the one, without it the other.
        for version in (None, API_VERSION):
            conversation = sandbox.ids.object("wc")
            messages.append({**about, "endpoint": {"api_version": version}, "webhook_conversation_id": conversation})
    return messages


def _headers(body: bytes, listener: Listener, now: float) -> JsonObject:
    signature = signature_header(body, [listener.secret], timestamp=int(now))
    return {
        "Accept": "*/*; q=0.5, application/xml",
        "Cache-Control": "no-cache",
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }


class _Said(msgspec.Struct):
    """An acknowledgement, or what the URL answered to which the CLI has forwarded an event."""

    type: str
    notification_id: str = ""
    forward_url: str = ""
    status: int = 0


async def _heard(socket: WebSocket) -> AsyncIterator[str]:
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        yield message.get("text") or ""


def _note(sandbox: Sandbox, listener: Listener, text: str) -> None:
    try:
        said = msgspec.json.decode(text, type=_Said)
        if said.type == "webhook_response":
            sandbox.note_forwarded(said.notification_id, said.forward_url, said.status)
    except (msgspec.MsgspecError, StripeError) as error:
        logger.warning("a listener says what can't be understood", listener=listener.id, error=str(error))
