"""Settings: what is taken, and the one clear sentence for what is not."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mail import MailKind
from infrastructure.database import PostgresDatabase, SQLiteFile
from infrastructure.setting_list import SETTINGS
from infrastructure.setting_values import SettingsError
from infrastructure.settings import DeliveryEffort, Effort, Settings, load_database, load_settings, load_time_zone

REQUIRED = {"STRIPE_API_KEY": "sk_test_secretsecret", "STRIPE_WEBHOOK_SECRET": "whsec_secretsecret"}


def load(**more: str) -> Settings:
    return load_settings({**REQUIRED, **more}, None)


def refusal(**more: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load(**more)
    return str(refused.value)


def test_two_settings_are_enough() -> None:
    settings = load()

    assert settings.livemode is False
    assert settings.webhook_secrets == ("whsec_secretsecret",)
    assert settings.database == SQLiteFile(Path("fulfillment.db"))
    assert settings.catalog == Path("catalog.toml")
    assert settings.mails == frozenset(MailKind)
    assert (settings.stripe_api_base, settings.public_url, settings.secret_key, settings.smtp) == (None,) * 4


def test_the_shop_has_a_time_zone_which_is_utc_unless_it_is_set() -> None:
    assert load().time_zone == ZoneInfo("UTC")
    assert load(FULFILL_TIME_ZONE="America/Argentina/Ushuaia").time_zone.key == "America/Argentina/Ushuaia"
    assert load_time_zone({"FULFILL_TIME_ZONE": "Europe/Berlin"}, None) == ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("name", ["Berlin", "+02:00", "../etc/passwd", "/etc/passwd", "Europe", "CEST+1", "x" * 300])
def test_a_time_zone_that_does_not_exist_is_named(name: str) -> None:
    assert refusal(FULFILL_TIME_ZONE=name) == (
        f"FULFILL_TIME_ZONE must be the IANA name of a time zone, such as Europe/Berlin or UTC (got {name[:50]!r})."
    )


def test_every_kind_of_effect_has_its_own_effort() -> None:
    settings = load(
        FULFILL_RETRIEVAL_CONCURRENCY="1",
        FULFILL_RETRIEVAL_ATTEMPTS="2",
        FULFILL_MAIL_CONCURRENCY="3",
        FULFILL_MAIL_ATTEMPTS="4",
        FULFILL_DELIVERY_CONCURRENCY="100",
        FULFILL_DELIVERY_ATTEMPTS="1000",
        FULFILL_DELIVERY_TIMEOUT_SECONDS="3600",
        FULFILL_RETRY_PAUSE_SECONDS="86400",
    )

    assert settings.retrieval == Effort(concurrency=1, attempts_max=2)
    assert settings.mail == Effort(concurrency=3, attempts_max=4)
    assert settings.delivery == DeliveryEffort(concurrency=100, attempts_max=1000, timeout_seconds=3600)
    assert settings.retry_pause_seconds_max == 86400


def test_a_kind_of_delivery_can_have_an_effort_of_its_own() -> None:
    settings = load(
        FULFILL_DELIVERY_CONCURRENCY="20, courier=2 , http = 16",
        FULFILL_DELIVERY_ATTEMPTS="courier=5",
        FULFILL_DELIVERY_TIMEOUT_SECONDS="drone=600",
    )

    assert settings.delivery == DeliveryEffort(concurrency=20, attempts_max=40, timeout_seconds=120)
    assert settings.deliveries == {
        "courier": DeliveryEffort(concurrency=2, attempts_max=5, timeout_seconds=120),
        "http": DeliveryEffort(concurrency=16, attempts_max=40, timeout_seconds=120),
        "drone": DeliveryEffort(concurrency=20, attempts_max=40, timeout_seconds=600),
    }


@pytest.mark.parametrize("number", ["0", "101", "", "two"])
def test_the_number_of_a_kind_of_delivery_is_checked_as_well(number: str) -> None:
    message = refusal(FULFILL_DELIVERY_CONCURRENCY=f"8, courier={number}")

    assert message == f"FULFILL_DELIVERY_CONCURRENCY must be a whole number from 1 to 100 (got {number!r})."


@pytest.mark.parametrize("text", ["8, 9", "courier=1, courier=2"])
def test_a_kind_of_delivery_has_one_number(text: str) -> None:
    message = refusal(FULFILL_DELIVERY_CONCURRENCY=text)

    assert message == f"FULFILL_DELIVERY_CONCURRENCY must have one number for each kind of delivery (got {text!r})."


@pytest.mark.parametrize(
    ("name", "accepted", "wrong"),
    [
        ("FULFILL_MAIL_CONCURRENCY", "1 to 100", ["0", "101", "-1", "4.0", "four", "٤", "1_0", "9" * 60]),
        ("FULFILL_DELIVERY_ATTEMPTS", "1 to 1000", ["0", "1001", "forty"]),
        ("FULFILL_DELIVERY_TIMEOUT_SECONDS", "1 to 3600", ["0", "3601", "1.5"]),
        ("FULFILL_RETRY_PAUSE_SECONDS", "1 to 86400", ["0", "86401", "1h"]),
    ],
)
def test_a_number_that_is_not_accepted_is_refused_with_what_is(name: str, accepted: str, wrong: list[str]) -> None:
    for text in wrong:
        assert refusal(**{name: text}) == f"{name} must be a whole number from {accepted} (got {text[:50]!r})."


@pytest.mark.parametrize("name", sorted(REQUIRED))
@pytest.mark.parametrize("value", ["", "   "])
def test_a_required_setting_that_is_missing_or_empty_is_named(name: str, value: str) -> None:
    assert refusal(**{name: value}).startswith(f"{name} is not set")


def test_a_missing_setting_belongs_into_the_file_that_was_read(tmp_path: Path) -> None:
    shop_env = tmp_path / "shop.env"
    shop_env.write_text("STRIPE_WEBHOOK_SECRET=whsec_example\n")

    with pytest.raises(SettingsError) as error:
        load_settings({}, shop_env)

    assert str(error.value) == f"STRIPE_API_KEY is not set. Set it in the environment or in {shop_env}."


def test_a_live_key_means_live_mode() -> None:
    assert load(STRIPE_API_KEY="sk_live_x").livemode is True
    assert load(STRIPE_API_KEY="rk_live_x").livemode is True
    assert load(STRIPE_API_KEY="sk_test_live_x").livemode is False


def test_several_webhook_secrets_may_be_given() -> None:
    assert load(STRIPE_WEBHOOK_SECRET=" whsec_a , whsec_b,").webhook_secrets == ("whsec_a", "whsec_b")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///orders.db", "orders.db"),
        ("sqlite:///data/orders.db", "data/orders.db"),
        ("sqlite:////var/lib/orders.db", "/var/lib/orders.db"),
        ("sqlite:///my%20orders.db", "my orders.db"),
    ],
)
def test_the_database_is_a_path_from_the_working_directory_or_an_absolute_one(url: str, path: str) -> None:
    assert load(DATABASE_URL=url).database == SQLiteFile(Path(path))
    assert load_database({"DATABASE_URL": url}, None) == SQLiteFile(Path(path))


def test_a_postgresql_database_is_named_without_its_password() -> None:
    settings = load(DATABASE_URL="postgresql://shop:secretsecret@one.example.com,two.example.com:5433/orders")

    assert isinstance(settings.database, PostgresDatabase)
    assert str(settings.database) == "PostgreSQL database orders at one.example.com or two.example.com"
    assert "secretsecret" not in repr(settings)
    assert "secretsecret" in settings.secrets


def test_a_database_by_another_name_is_the_one_that_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "another").symlink_to(tmp_path / "orders.db")

    assert load_database({"DATABASE_URL": f"sqlite:///{tmp_path}/another"}, None) == SQLiteFile(tmp_path / "orders.db")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("STRIPE_API_KEY", "pk_test_secretsecret", "sk_test_"),
        ("STRIPE_API_KEY", "sk_test_secretsecret sk", "sk_test_"),
        ("STRIPE_WEBHOOK_SECRET", "secretsecret", "whsec_"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_a,secretsecret", "whsec_"),
        ("STRIPE_WEBHOOK_SECRET", ",", "whsec_"),
        ("STRIPE_API_BASE", "stripe", "URL such as"),
        ("STRIPE_API_BASE", "http://api.example.com", "https://"),
        ("STRIPE_API_BASE", "https://user:secretsecret@api.example.com", "URL such as"),
        ("DATABASE_URL", "postgresql://user:secretsecret@db", "name the database"),
        (
            "DATABASE_URL",
            "postgresql://user:secretsecret@db/orders?no=such",
            "must be a URL that PostgreSQL understands",
        ),
        ("DATABASE_URL", "postgresql://user:secretsecret@db:port/orders", "must be a URL that PostgreSQL understands"),
        ("DATABASE_URL", "mysql:///orders", "sqlite:///"),
        ("DATABASE_URL", "sqlite://orders.db", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///", "sqlite:///"),
        ("DATABASE_URL", "sqlite:////", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///orders.db?mode=ro", "sqlite:///"),
        ("FULFILL_PUBLIC_URL", "http://shop.example.com", "https://"),
        ("FULFILL_PUBLIC_URL", "https://shop.example.com/?a=1", "query"),
        ("FULFILL_PUBLIC_URL", "https://shop.example.com:99999", "URL such as"),
        ("FULFILL_SECRET_KEY", "secretsecret", "32 characters"),
        ("SMTP_URL", "ftp://user:secretsecret@mail.example.com", "SMTP_URL"),
        ("MAIL_FROM", "no-address", "orders@example.com"),
        ("MAIL_FROM", "a@b..c", "orders@example.com"),
        ("FULFILL_MAILS", "receipt,invoices", "'invoices'"),
        ("MAIL_FROM", "a@example.com\nBcc: secretsecret", "one line"),
        ("STRIPE_API_KEY", "sk_test_" + "x" * 5000, "4096"),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_names_it_and_repeats_no_secret(name: str, value: str, words: str) -> None:
    message = refusal(**{name: value})

    assert message.startswith(name)
    assert words in message
    assert "secretsecret" not in message
    assert "\n" not in message


def test_http_is_fine_on_this_machine() -> None:
    settings = load(STRIPE_API_BASE="http://127.0.0.1:12111/", FULFILL_PUBLIC_URL="http://localhost:4242")

    assert (settings.stripe_api_base, settings.public_url) == ("http://127.0.0.1:12111", "http://localhost:4242")


def test_mails_can_be_chosen_or_left_out() -> None:
    assert load(FULFILL_MAILS="shipped, backordered").mails == {MailKind.SHIPPED, MailKind.BACKORDERED}
    assert load(FULFILL_MAILS="none").mails == frozenset()


@pytest.mark.parametrize(
    ("values", "name", "is_named"),
    [
        ({}, None, False),
        ({"FULFILL_SHOP_URL": "https://www.mugs.example/shop"}, "mugs.example", False),
        ({"MAIL_FROM": "orders@mugs.example"}, None, False),
        ({"MAIL_FROM": "Mugs <orders@mugs.example>", "FULFILL_SHOP_URL": "https://mugs.example"}, "Mugs", True),
        ({"MAIL_FROM": "Mugs <orders@mugs.example>", "FULFILL_SHOP_NAME": "The mug shop"}, "The mug shop", True),
    ],
)
def test_a_shop_is_called_by_its_name_or_else_by_its_domain(
    values: dict[str, str], name: str | None, is_named: bool
) -> None:
    shop = load(**values).shop
    live = load(**values, STRIPE_API_KEY="sk_live_example1234").live_shop

    assert (shop.name, shop.is_named) == (name, is_named)
    assert live is not None
    assert live.is_named is is_named


def test_a_mail_server_needs_a_sender() -> None:
    assert "MAIL_FROM" in refusal(SMTP_URL="smtp://localhost:2525")

    settings = load(SMTP_URL="smtp://localhost:2525", MAIL_FROM="Shop <orders@example.com>")

    assert settings.smtp is not None
    assert settings.mail_from == "Shop <orders@example.com>"


def test_a_setting_that_is_nearly_one_is_pointed_out() -> None:
    assert refusal(FULFILL_CATALOGUE="x.toml") == "Unknown setting FULFILL_CATALOGUE. Did you mean FULFILL_CATALOG?"
    assert load(FULFILL_TEST_DATABASE="x").database == SQLiteFile(Path("fulfillment.db"))


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("STRIPE_API_KEY=sk_live_file\nSTRIPE_WEBHOOK_SECRET='whsec_file'\nFULFILL_CATALOG=${HOME}.toml\n")

    settings = load_settings({"STRIPE_API_KEY": "sk_test_environment"}, dotenv)

    assert settings.stripe_api_key == "sk_test_environment"
    assert settings.webhook_secrets == ("whsec_file",)
    assert settings.catalog == Path("${HOME}.toml"), "a file of settings is taken literally"


def test_a_file_that_is_not_text_is_one_sentence(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(b"STRIPE_API_KEY=\xff\xfe")

    with pytest.raises(SettingsError, match="can't be read"):
        load_settings(REQUIRED, dotenv)


def test_no_secret_shows_when_settings_are_printed() -> None:
    settings = load(
        FULFILL_SECRET_KEY="secretsecret" * 4, SMTP_URL="smtp://u:secretsecret@localhost", MAIL_FROM="a@b.c"
    )

    assert "secretsecret" not in repr(settings)


@given(name=st.sampled_from([each.name for each in SETTINGS]), value=st.text(max_size=60))
def test_whatever_a_setting_holds_it_is_taken_or_refused_in_one_sentence(name: str, value: str) -> None:
    message = "taken"
    try:
        load(**{name: value})
    except SettingsError as refused:
        message = str(refused)
    assert message
    assert "\n" not in message
