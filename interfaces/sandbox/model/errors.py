"""What Stripe answers when it does not do what was asked."""

from typing import Final

INVALID_REQUEST: Final = "invalid_request_error"


class StripeError(Exception):
    """An answer in Stripe's words, with Stripe's codes and HTTP status."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = INVALID_REQUEST,
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.type = type
        self.code = code
        self.param = param


def missing_resource(kind: str, identifier: str, *, param: str | None = None) -> StripeError:
    """404 for what the URL names, 400 for what a parameter names."""
    return StripeError(
        f"No such {kind}: '{identifier}'",
        status=404 if param is None else 400,
        code="resource_missing",
        param=param or "id",
    )


def missing_parameter(param: str) -> StripeError:
    return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def unknown_parameter(param: str) -> StripeError:
    return StripeError(f"Received unknown parameter: {param}", code="parameter_unknown", param=param)


def invalid_parameter(param: str, message: str, *, code: str | None = None) -> StripeError:
    return StripeError(message, code=code, param=param)


def invalid_state(message: str, *, code: str | None = None) -> StripeError:
    """The object exists and is past what was asked, such as expiring a session that is complete."""
    return StripeError(message, code=code)


def declined_card() -> StripeError:
    return StripeError("Your card was declined.", status=402, type="card_error", code="card_declined")
