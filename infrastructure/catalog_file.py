"""The catalog file: what the shopkeeper wrote, read strictly. docs/catalog.md is its reference."""

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import assert_never
from urllib.parse import urlsplit

from application.text.identifier_wording import described
from domain.catalog import REPEATS_WITHIN, Catalog
from domain.deliveries.kind import BUILT_IN, DeliveryKind, built_in, draws_keys
from domain.identifiers import InvalidIdentifier, normal_sku, pool_name, stock_id
from domain.plan import Rule
from domain.reason import URL_MAX
from domain.reference import Alike
from domain.whose_session import OurSessions
from infrastructure.deliveries.callback_message import TIMEOUT_SECONDS_MAX
from infrastructure.deliveries.callback_url import callback_url

FILE_BYTES_MAX = 1024 * 1024
TEXT_MAX = 2048
NAME_MAX = 200
LOW_STOCK_MAX = 1_000_000
_OWN_KEYS_MAX = 50

TABLES = {"products": "price_", "prices": "prod_"}
"""The tables, each with how an ID begins that belongs into the other. Stripe lets merchants choose their own IDs."""

SESSIONS = "sessions"
_OUR_KEYS = ("metadata", "payment_links", "with_rule")
REPEATS = "repeats"
_WITHIN, _SAME = "within_minutes", "same"
WITHIN_MINUTES_MAX = 7 * 24 * 60

_ID = re.compile(r"[\x21-\x7e]{1,200}")
_DIGEST_LENGTH = 16


class CatalogError(Exception):
    """The catalog file is wrong. The message names the key, and what is allowed there."""


def load_catalog(path: Path, own_kinds: frozenset[str]) -> Catalog:
    """Return the rules of the file; none if the file is absent or empty.

    Raises:
        CatalogError: it can't be read, or something in it is wrong.
    """
    document = _document(path)
    for name in document:
        if name not in (*TABLES, SESSIONS, REPEATS):
            allowed = f"[products.ID], [prices.ID], [{SESSIONS}] and [{REPEATS}]"
            raise CatalogError(f"{path}: unknown table [{_short(name)}]; use {allowed}.")
    kinds = BUILT_IN | own_kinds
    products, prices = (_rules(path, table, document.get(table, {}), kinds) for table in ("products", "prices"))
    ours = _our_sessions(f"{path}: [{SESSIONS}]", document[SESSIONS]) if SESSIONS in document else None
    within, same = _repeats(f"{path}: [{REPEATS}]", document.get(REPEATS, {}))
    return Catalog(
        prices=prices,
        products=products,
        kinds=kinds,
        our_sessions=ours,
        repeats_within=within,
        repeats_same=same,
        digest=_digest(prices, products, ours, within, same),
    )


def _document(path: Path) -> Mapping[str, object]:
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CatalogError(f"{path} can't be read: {error.strerror or type(error).__name__}.") from error
    if len(content) > FILE_BYTES_MAX:
        raise CatalogError(f"{path} must not be larger than 1 MiB.")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CatalogError(f"{path} is not valid UTF-8 (byte {error.start + 1}).") from error
    except (ValueError, RecursionError) as error:  # TOML that is none, or a number that Python does not read
        raise CatalogError(f"{path} is not TOML: {str(error)[:200]}.") from error


def _our_sessions(where: str, table: object) -> OurSessions:
    if not isinstance(table, dict) or not table:
        raise CatalogError(f"{where}: needs {', '.join(_OUR_KEYS[:-1])} or {_OUR_KEYS[-1]}.")
    for key in table:
        if key not in _OUR_KEYS:
            raise CatalogError(f"{where}: unknown key {_short(key)}; it can have {', '.join(_OUR_KEYS)}.")
    metadata, links, with_rule = (
        table.get("metadata", {}),
        table.get("payment_links", []),
        table.get("with_rule", False),
    )
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise CatalogError(f'{where}: metadata must be texts by key, such as {{ app = "mugs" }}.')
    if not isinstance(links, list) or not all(isinstance(link, str) and link.startswith("plink_") for link in links):
        raise CatalogError(f"{where}: payment_links must be a list of IDs that start with plink_.")
    if not isinstance(with_rule, bool):
        raise CatalogError(f"{where}: with_rule must be true or false.")
    if not (metadata or links or with_rule):
        raise CatalogError(f"{where}: leaves no session to this shop; remove the table, or give it a condition.")
    return OurSessions(metadata=metadata, payment_links=frozenset(links), with_rule=with_rule)


def _repeats(where: str, table: object) -> tuple[timedelta, frozenset[Alike]]:
    if not isinstance(table, dict) or not table.keys() <= {_WITHIN, _SAME}:
        raise CatalogError(f"{where}: must be a table with `{_WITHIN}`, `{_SAME}` or both in it.")
    minutes = table.get(_WITHIN, REPEATS_WITHIN // timedelta(minutes=1))
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes <= WITHIN_MINUTES_MAX:
        raise CatalogError(f"{where}: {_WITHIN} must be a whole number from 0 to {WITHIN_MINUTES_MAX}.")
    same, known = table.get(_SAME, []), {each.value: each for each in Alike}
    if not isinstance(same, list) or not all(isinstance(each, str) and each in known for each in same):
        raise CatalogError(f"{where}: {_SAME} must be a list of {' and '.join(map(repr, known))}, or empty.")
    return timedelta(minutes=minutes), frozenset(known[each] for each in same)


def _rules(path: Path, table: str, rules: object, kinds: frozenset[str]) -> dict[str, Rule]:
    if not isinstance(rules, dict):
        raise CatalogError(f"{path}: {table} must be written as tables, [{table}.ID].")
    return {id: _rule(f"{path}: [{table}.{_short(id)}]", table, id, rule, kinds) for id, rule in rules.items()}


def _rule(where: str, table: str, id: str, rule: object, kinds: frozenset[str]) -> Rule:
    if not _ID.fullmatch(id) or id.startswith(TABLES[table]):
        what = "product, like prod_A1b2C3" if table == "products" else "price, like price_1A2b3C"
        raise CatalogError(f"{where}: the name of this table must be the ID of a {what}.")
    if not isinstance(rule, dict):
        raise CatalogError(f"{where}: must be a table with `delivery` in it.")
    if "delivery" not in rule:
        raise CatalogError(f"{where}: needs `delivery`, one of {', '.join(sorted(kinds))}.")
    delivery = rule["delivery"]
    if not isinstance(delivery, str) or delivery not in kinds:
        raise CatalogError(f"{where}: delivery must be one of {', '.join(sorted(kinds))}.")
    keys = {**COMMON_KEYS, **KIND_KEYS.get(delivery, {})}
    for key, value in rule.items():
        _check(where, delivery, keys, key, value)
    settings = {key: value for key, value in rule.items() if key not in COMMON_KEYS}
    for key, what in _needed_by(built_in(delivery)).items():
        if key not in settings:
            raise CatalogError(f"{where}: the delivery {delivery} needs `{key}`, {what}.")
    if rule.get("track_stock") and "sku" not in rule:
        raise CatalogError(f"{where}: track_stock needs `sku`, the SKU whose stock is counted.")
    if "low_stock" in rule and not (rule.get("track_stock") or draws_keys(built_in(delivery))):
        raise CatalogError(f"{where}: low_stock needs `track_stock = true`, or the delivery license_key.")
    if len(settings) > _OWN_KEYS_MAX:
        raise CatalogError(f"{where}: has more than {_OWN_KEYS_MAX} settings of its own.")
    return Rule(
        delivery=delivery,
        sku=normal_sku(rule["sku"]) if "sku" in rule else None,
        track_stock=rule.get("track_stock", False),
        name=rule.get("name"),
        low_stock=rule.get("low_stock"),
        settings=settings,
    )


Check = Callable[[object], None]
"""Raises `ValueError` with what the value must be, as the end of a sentence."""


def _check(where: str, delivery: str, keys: Mapping[str, Check], key: str, value: object) -> None:
    check = keys.get(key)
    if check is None and delivery in KIND_KEYS:
        allowed = ", ".join(keys)
        raise CatalogError(f"{where}: unknown key {_short(key)} for the delivery {delivery}; it can have {allowed}.")
    try:
        (check or _own_setting)(value)
    except ValueError as error:
        raise CatalogError(f"{where}: {_short(key)} {error}.") from error


def _text(value: object, max_length: int = TEXT_MAX) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > max_length or not value.isprintable():
        raise ValueError(f"must be a text of 1 to {max_length} characters on one line")
    return value


def _name(value: object) -> None:
    _text(value, NAME_MAX)


def _sku(value: object) -> None:
    try:
        stock_id(normal_sku(_text(value)))
    except InvalidIdentifier as error:
        raise ValueError(f"must be {described(error.expected)}") from error


def _pool(value: object) -> None:
    try:
        pool_name(_text(value))
    except InvalidIdentifier as error:
        raise ValueError(f"must be {described(error.expected)}") from error


def _switch(value: object) -> None:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")


def _link(value: object) -> None:
    wanted = f"must be a link of at most {URL_MAX} characters that starts with https:// or http://"
    try:
        parts = urlsplit(_text(value, URL_MAX))
        is_right = parts.scheme in {"http", "https"} and parts.hostname and " " not in str(value)
    except ValueError:
        is_right = False
    if not is_right:
        raise ValueError(wanted)


def _url(value: object) -> None:
    callback_url(_text(value))


def _timeout_seconds(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= TIMEOUT_SECONDS_MAX:
        raise ValueError(f"must be a whole number from 1 to {TIMEOUT_SECONDS_MAX}")


def _own_setting(value: object) -> None:
    """Of a merchant's own kind we only know what the log can keep."""
    if isinstance(value, int) and -(2**63) <= value < 2**63:  # a bool is one
        return
    if not isinstance(value, str) or len(value) > TEXT_MAX:
        raise ValueError(f"must be a text of at most {TEXT_MAX} characters, a whole number, or true or false")


def _low_stock(value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LOW_STOCK_MAX:
        raise ValueError(f"must be a whole number from 0 to {LOW_STOCK_MAX}")


COMMON_KEYS: Mapping[str, Check] = {
    "delivery": _name,
    "sku": _sku,
    "track_stock": _switch,
    "name": _name,
    "low_stock": _low_stock,
}


def _keys_of(kind: DeliveryKind) -> Mapping[str, Check]:
    match kind:
        case DeliveryKind.ACCESS:
            return {"link": _link}
        case DeliveryKind.LICENSE_KEY:
            return {"pool": _pool}
        case DeliveryKind.HTTP:
            return {"url": _url, "allow_private": _switch, "timeout_seconds": _timeout_seconds}
        case DeliveryKind.SHIPMENT | DeliveryKind.MANUAL:
            return {}
        case _:
            assert_never(kind)


def _needed_by(kind: DeliveryKind | None) -> Mapping[str, str]:
    """The keys without which the engine can't follow a rule, so that every such line would wait for a person, each with
    what it is. A key for which the kind has a default is none."""
    match kind:
        case DeliveryKind.HTTP:
            return {"url": "the address of your service"}
        case DeliveryKind.ACCESS | DeliveryKind.LICENSE_KEY | DeliveryKind.SHIPMENT | DeliveryKind.MANUAL | None:
            return {}
        case _:
            assert_never(kind)


KIND_KEYS: Mapping[str, Mapping[str, Check]] = {kind: _keys_of(kind) for kind in DeliveryKind}


def _digest(
    prices: Mapping[str, Rule],
    products: Mapping[str, Rule],
    ours: OurSessions | None,
    within: timedelta,
    same: frozenset[Alike],
) -> str:
    """The same for the same decisions, however the file is laid out: `low_stock` decides nothing."""
    rules: dict[str, object] = {
        table: {id: _decisive(rule) for id, rule in each.items()}
        for table, each in (("prices", prices), ("products", products))
    }
    if ours is not None:
        rules[SESSIONS] = {**asdict(ours), "payment_links": sorted(ours.payment_links)}
    if within != REPEATS_WITHIN:
        rules[REPEATS] = within.total_seconds()
    if same:
        rules[f"{REPEATS}.{_SAME}"] = sorted(same)
    canonical = json.dumps(rules, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:_DIGEST_LENGTH]


def _decisive(rule: Rule) -> Mapping[str, object]:
    return {key: value for key, value in asdict(rule).items() if key != "low_stock"}


def _short(text: str) -> str:
    return text[:60] if text.isprintable() else repr(text[:60])
