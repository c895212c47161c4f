"""Products and prices."""

from interfaces.sandbox.api.call import ApiCall
from interfaces.sandbox.api.paging import PAGING, created_within, newest_first, page_json
from interfaces.sandbox.model.catalog import (
    changed_price,
    changed_product,
    check_without_prices,
    new_price,
    new_product,
)
from interfaces.sandbox.model.state import State
from interfaces.sandbox.model.values import Price
from interfaces.sandbox.stripe_json.shapes import Expand, JsonObject, price_json, product_json

_PRICE_EXPANDS = ("product",)


def create_product(call: ApiCall) -> JsonObject:
    with call.sandbox.changing(call.base_url) as making:
        return product_json(new_product(call.params, making))


def retrieve_product(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand",))
    with call.sandbox.reading() as state:
        return product_json(state.product(call.names["id"]))


def update_product(call: ApiCall) -> JsonObject:
    with call.sandbox.changing() as making:
        product = changed_product(making.state.product(call.names["id"]), call.params, now=making.now)
        making.state.products[product.id] = product
    return product_json(product)


def delete_product(call: ApiCall) -> JsonObject:
    call.params.allow_only(())
    with call.sandbox.changing() as making:
        product = making.state.product(call.names["id"])
        check_without_prices(product, making.state)
        del making.state.products[product.id]
    return {"id": product.id, "object": "product", "deleted": True}


def list_products(call: ApiCall) -> JsonObject:
    call.params.allow_only((*PAGING, "active", "created", "ids"))
    is_active, chosen = call.params.flag("active"), call.params.texts("ids")
    is_within = created_within(call.params)
    with call.sandbox.reading() as state:
        found = [
            product
            for product in newest_first(state.products.values())
            if is_active in (None, product.active) and (not chosen or product.id in chosen) and is_within(product)
        ]
    return page_json(call, "/v1/products", found, product_json)


def create_price(call: ApiCall) -> JsonObject:
    expand = call.expand(_PRICE_EXPANDS)
    with call.sandbox.changing(call.base_url) as making:
        return _price_json(new_price(call.params, making), making.state, expand)


def retrieve_price(call: ApiCall) -> JsonObject:
    call.params.allow_only(("expand",))
    with call.sandbox.reading() as state:
        return _price_json(state.price(call.names["id"]), state, call.expand(_PRICE_EXPANDS))


def update_price(call: ApiCall) -> JsonObject:
    expand = call.expand(_PRICE_EXPANDS)
    with call.sandbox.changing() as making:
        price = changed_price(making.state.price(call.names["id"]), call.params)
        making.state.prices[price.id] = price
        return _price_json(price, making.state, expand)


def list_prices(call: ApiCall) -> JsonObject:
    call.params.allow_only((*PAGING, "active", "created", "currency", "lookup_keys", "product", "type"))
    expand = call.expand(_PRICE_EXPANDS, is_list=True)
    is_active, keys = call.params.flag("active"), call.params.texts("lookup_keys")
    product_id, currency = call.params.text("product"), call.params.text("currency")
    is_within = created_within(call.params)
    with call.sandbox.reading() as state:
        found = [
            price
            for price in newest_first(state.prices.values())
            if is_active in (None, price.active)
            and product_id in (None, price.product_id)
            and currency in (None, price.currency)
            and (not keys or price.lookup_key in keys)
            and is_within(price)
        ]
        return page_json(call, "/v1/prices", found, lambda price: _price_json(price, state, expand))


def _price_json(price: Price, state: State, expand: Expand) -> JsonObject:
    return price_json(price, state.product(price.product_id) if expand.has("product") else None)
