"""`http`: a signed request to a service of the merchant's, whose address only the catalog file can give."""

from collections.abc import Mapping

from domain.deliveries.outside import Outside
from domain.plan import Setting


class Http(Outside):
    def objection(self, settings: Mapping[str, Setting]) -> str | None:
        return None if settings.get("url") else "The delivery 'http' needs a url, which only the catalog file can give"


HTTP = Http()
