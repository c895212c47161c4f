"""Where a command listens, and how it ends."""

import errno
import socket
from typing import Annotated

from cyclopts import Parameter

from interfaces.cli.output.printing import print_json
from interfaces.cli.usage import UsageError, shown, whole_number

HOST = "127.0.0.1"
_PORT_MAX = 65535


def _port(_kind: object, port: int) -> None:
    if not 0 <= port <= _PORT_MAX:
        raise ValueError(f"must be from 0 to {_PORT_MAX}")


Host = Annotated[str, Parameter(help="Address to listen on.")]
Port = Annotated[int, Parameter(converter=whole_number, validator=_port, help="Port to listen on.")]


def check_free(host: str, port: int) -> None:
    """
    Raises:
        UsageError: the host is empty, which would listen on all interfaces.
        OSError: the port can't be opened. The message gives the reason.
    """
    if not host.strip():
        raise UsageError(f"--host must not be empty. Use {HOST} for this machine only, 0.0.0.0 for all interfaces.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        option = "--port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "--host"
        why = str(error.strerror).partition(" (while")[0]
        raise OSError(f"Can't listen on {host}:{port}: {why}. Choose another with `{option}`.") from error


def check_is_local(url: str, option: str) -> None:
    """
    Raises:
        UsageError: the sandbox can't send anything there.
    """
    from interfaces.sandbox.model.errors import StripeError
    from interfaces.sandbox.webhooks.endpoints import local_url

    try:
        local_url(url)
    except StripeError as error:
        raise UsageError(
            f"{option} must be a URL on this machine, such as http://localhost:4242/... (got {shown(url)})."
        ) from error


def base_url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def ended(code: int, *, as_json: bool) -> int:
    if as_json:
        print_json({"state": "failed" if code else "stopped"})
    return code
