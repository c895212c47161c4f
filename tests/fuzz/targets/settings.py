"""Settings from the environment and from `.env`: all of them, or one sentence without a secret in it."""

from fuzz.target import Target, scratch, write

from infrastructure.setting_values import SettingsError
from infrastructure.settings import load_settings

_FILE = scratch() / ".env"
_GOOD = {"STRIPE_API_KEY": "sk_test_example1234", "STRIPE_WEBHOOK_SECRET": "whsec_for_tests"}
_SECRET_LENGTH_MIN = 8


def check(data: bytes) -> str:
    """Lines of the environment; behind a NUL, the file."""
    lines, _, file = data.partition(b"\0")
    pairs = (line.partition(b"=") for line in lines.split(b"\n"))
    environ = {
        name.decode("utf-8", "surrogateescape"): value.decode("utf-8", "surrogateescape") for name, _, value in pairs
    }
    write(_FILE, file)
    try:
        settings = load_settings({**_GOOD, **environ}, _FILE)
    except SettingsError as error:
        assert 10 < len(str(error)) < 1000
        _check_no_secret_is_shown(str(error), environ)
        return "refused"
    assert all(secret not in repr(settings) for secret in settings.secrets if len(secret) >= _SECRET_LENGTH_MIN)
    return "read"


def _check_no_secret_is_shown(shown: str, environ: dict[str, str]) -> None:
    password = environ.get("SMTP_URL", "").partition("@")[0].rpartition(":")[2]
    for secret in (environ.get("FULFILL_SECRET_KEY", ""), environ.get("STRIPE_API_KEY", ""), password):
        assert len(secret) < _SECRET_LENGTH_MIN or not secret.isalnum() or secret not in shown


TARGET = Target(
    check=check,
    runs=20_000,
    bytes_max=2048,
    seeds=[
        b"",
        b"STRIPE_API_KEY=rk_live_1\nSTRIPE_WEBHOOK_SECRET=whsec_a, whsec_b\nFULFILL_MAILS=receipt,shipped",
        b"SMTP_URL=smtps://me:p%40ssword1@mail.example.com:465\nMAIL_FROM=Shop <orders@example.com>",
        b"SMTP_URL=smtp://[::1]:99999\nMAIL_FROM=Shop <orders@example.com>",
        b"DATABASE_URL=postgresql://me:secretsecret@a,b:5432/shop?target_session_attrs=read-write",
        b"DATABASE_URL=sqlite:////tmp/x%00y.db",
        b"FULFILL_PUBLIC_URL=https://shop.example.com:443/a\nSTRIPE_API_BASE=http://[::1]:12111",
        b"FULFILL_SECRET_KEY=" + b"x" * 32,
        b"FULFILL_MAIL_ATTEMPTS=40\nFULFILL_DELIVERY_CONCURRENCY=0\nFULFILL_RETRY_PAUSE_SECONDS=\xd9\xa4",
        b"FULFIL_CATALOG=x\nFULFILL_CATALOGS=y",
        b"\xff=\xff",
        b"\0export MAIL_FROM='Shop <orders@example.com>' # a\nX=\"${STRIPE_API_KEY:-\\x}\"\n",
        b"\0STRIPE_API_KEY",
        b"\0\xff\xfe",
    ],
)
