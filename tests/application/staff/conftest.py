from shop_fixtures import databases, open_shop, outside, store

__all__ = ["databases", "open_shop", "outside", "store"]
