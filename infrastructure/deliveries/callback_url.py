"""The address that a rule of the `http` kind calls: its shape, checked when the catalog is read and at every call."""

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from application.text.reason_wording import url_problem
from domain.reason import URL_MAX, UrlProblem

_HOST_MAX = 253


class WrongUrl(ValueError):
    """The URL can't be called. The message follows "the url" and does not repeat the URL, which may contain a token."""

    def __init__(self, problem: UrlProblem) -> None:
        super().__init__(url_problem(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackUrl:
    is_tls: bool
    host: str
    port: int
    host_header: str
    """The host as the other side expects it: with its port where that is not the scheme's own."""
    target: str
    """Path and query."""


def callback_url(text: str) -> CallbackUrl:
    """Return the parts of the URL.

    Raises:
        WrongUrl: it can't be called.
    """
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > URL_MAX:
        raise WrongUrl(UrlProblem.LETTERS)
    parts, port = _split(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise WrongUrl(UrlProblem.SCHEME)
    if parts.username is not None or parts.password is not None:
        raise WrongUrl(UrlProblem.CREDENTIALS)
    if port == 0 or len(parts.hostname) > _HOST_MAX:
        raise WrongUrl(UrlProblem.HOST)
    is_tls = parts.scheme == "https"
    usual = 443 if is_tls else 80
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return CallbackUrl(
        is_tls=is_tls,
        host=parts.hostname,
        port=port or usual,
        host_header=name if port in {None, usual} else f"{name}:{port}",
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        return parts, parts.port
    except ValueError:
        raise WrongUrl(UrlProblem.HOST) from None
