"""Every setting: its name, its meaning and its default, as docs/settings.md lists them."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.mail import MailKind
from infrastructure.customer_texts.shop import LOGO_BYTES_MAX
from infrastructure.setting_values import ATTEMPTS, CONCURRENCY, PAUSE_SECONDS, SECRET_KEY_MIN, TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    name: str
    meaning: str
    default: str | None = None
    """As it would be written; None where there is none."""
    is_required: bool = False


def _effort(noun: str, one: str, many: str, *, concurrency: int, attempts_max: int) -> Sequence[Setting]:
    return (
        Setting(
            name=f"FULFILL_{noun}_CONCURRENCY",
            default=str(concurrency),
            meaning=f"How many {many} are in progress at a time in one process, from {CONCURRENCY.text}.",
        ),
        Setting(
            name=f"FULFILL_{noun}_ATTEMPTS",
            default=str(attempts_max),
            meaning=f"How often {one} is tried before it is given up and waits for a person, from {ATTEMPTS.text}.",
        ),
    )


SETTINGS: Sequence[Setting] = (
    Setting(
        name="STRIPE_API_KEY",
        is_required=True,
        meaning="The secret or restricted key of your Stripe account: `sk_test_...` for trials, `sk_live_...` for "
        "real money. A restricted key needs read access to Checkout Sessions, PaymentIntents, PaymentMethods, Products "
        "and Prices.",
    ),
    Setting(
        name="STRIPE_WEBHOOK_SECRET",
        is_required=True,
        meaning="The signing secret of the webhook endpoint, `whsec_...`. Several, with commas between them, while "
        "one is replaced by another, or for several endpoints.",
    ),
    Setting(
        name="STRIPE_API_BASE",
        meaning="Where Stripe's API is, if not at Stripe: the address of `fulfill sandbox`, for instance. Without "
        "TLS only on this machine.",
    ),
    Setting(
        name="DATABASE_URL",
        default="sqlite:///fulfillment.db",
        meaning="Where the log is: `sqlite:///` and a path from the working directory, or `sqlite:////` and an "
        "absolute one, with the views beside it; or `postgresql://user:password@host/database`, for more than one "
        "machine ([operations](operations.md)).",
    ),
    Setting(
        name="FULFILL_CATALOG",
        default="catalog.toml",
        meaning="The file that says how each product is delivered. It may be absent or empty.",
    ),
    Setting(
        name="FULFILL_PUBLIC_URL",
        meaning="Where customers and Stripe reach this server, `https://shop.example.com`. `fulfill serve` says with "
        "it what to register with Stripe. `http` only on this machine.",
    ),
    Setting(
        name="FULFILL_SECRET_KEY",
        meaning=f"Any text of {SECRET_KEY_MIN} characters or more that only you know. It signs the calls of the "
        "`http` delivery, which needs it.",
    ),
    Setting(
        name="SMTP_URL",
        meaning="The mail server: `smtp://user:password@mail.example.com:587`, or `smtps://`. Without it mails are "
        "`.eml` files under `outbox/` in the working directory.",
    ),
    Setting(
        name="MAIL_FROM",
        default="no-reply@localhost",
        meaning="The sender of mails, `Example Mugs <orders@example.com>`. Needed where `SMTP_URL` is set.",
    ),
    Setting(
        name="FULFILL_SHOP_NAME",
        meaning="The name of your shop, in mails and on the landing page. Without it, the name in `MAIL_FROM`, or "
        "else the domain of `FULFILL_SHOP_URL`.",
    ),
    Setting(
        name="FULFILL_SHOP_URL",
        meaning="Your shop's address, `https://shop.example.com`. Mails and the landing page link back to it.",
    ),
    Setting(
        name="FULFILL_SHOP_EMAIL",
        meaning="Where customers write with questions, `help@shop.example.com`: named in mails and on the landing "
        "page, and replies to mails go there.",
    ),
    Setting(
        name="FULFILL_SHOP_PHONE",
        meaning="Your phone number for customers, `+49 30 1234567`, in mails and on the landing page.",
    ),
    Setting(
        name="FULFILL_SHOP_LOGO",
        meaning=f"A PNG or JPEG file of at most {LOGO_BYTES_MAX} bytes, which stands above mails and the landing page, "
        "up to 56 pixels high. Mails carry it along.",
    ),
    Setting(
        name="FULFILL_ORDER_PREFIX",
        meaning="What stands before order numbers: `MUG` makes `MUG-K7Q2M-9XDRT`. 1 to 10 capital letters and digits, "
        "a letter first. You can change it at any time: orders are found with any prefix, and without one.",
    ),
    Setting(
        name="FULFILL_MAILS",
        default=",".join(MailKind),
        meaning="The kinds of mail to send, with commas between them, or `none`. Leave `receipt` out where Stripe "
        "sends its own receipts.",
    ),
    Setting(
        name="FULFILL_LOCALE",
        default="en",
        meaning="The language for customers of whom neither the checkout nor the browser says one: `de`, `fr-CA` "
        "([languages](languages.md)).",
    ),
    Setting(
        name="FULFILL_TIME_ZONE",
        default="UTC",
        meaning="The time zone of the shop, as its IANA name: `Europe/Berlin`. The days of the view `daily_sales` are "
        "days there; after a change the server rebuilds it. So is a day or a time without a zone after `--since`, "
        "`--until` and `--as-of`.",
    ),
    Setting(
        name="FULFILL_TEMPLATES",
        meaning="A directory with texts and templates of your own, which take the place of ours "
        "([languages](languages.md#your-own-words-and-templates)).",
    ),
    Setting(
        name="FULFILL_AS",
        meaning="Your name in the audit trail, for commands without `--as`. Without both it is your login name.",
    ),
    *_effort("RETRIEVAL", "a retrieval", "retrievals from Stripe", concurrency=16, attempts_max=30),
    *_effort("MAIL", "a mail", "mails", concurrency=4, attempts_max=40),
    Setting(
        name="FULFILL_DELIVERY_CONCURRENCY",
        default="8",
        meaning="How many `http` deliveries, and deliveries of each kind of [your own](own-deliveries.md), are in "
        f"progress at a time in one process, from {CONCURRENCY.text}. `8, courier=2` says 2 for the kind `courier`.",
    ),
    Setting(
        name="FULFILL_DELIVERY_ATTEMPTS",
        default="40",
        meaning="How often such a delivery is tried before it is given up and waits for a person, from "
        f"{ATTEMPTS.text}. `40, courier=5` says 5 for the kind `courier`.",
    ),
    Setting(
        name="FULFILL_DELIVERY_TIMEOUT_SECONDS",
        default="120",
        meaning=f"How long one call of such a delivery may take, in seconds, from {TIMEOUT_SECONDS.text}. Then the "
        "attempt has failed and is in `fulfill queue`, and the call is made again, under the same idempotency key. "
        "`120, courier=600` says 600 for the kind `courier`. An `http` call also ends after the "
        "`timeout_seconds` of its rule, which are 10 unless it says otherwise.",
    ),
    Setting(
        name="FULFILL_RETRY_PAUSE_SECONDS",
        default="3600",
        meaning=f"The longest pause between two attempts, in seconds, from {PAUSE_SECONDS.text}. Pauses are random, "
        "below a limit that begins at 1 second and doubles with each attempt up to this one. With the defaults, 30 "
        "attempts take about 9 hours, and 40 attempts about 14.",
    ),
)
