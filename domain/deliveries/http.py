"""`http`: a signed request to a service of the merchant's, whose address only the catalog file can give."""

from collections.abc import Mapping

from domain import reasons
from domain.deliveries.outside import Outside
from domain.plan import Setting
from domain.reason import Reason


class Http(Outside):
    def objection(self, settings: Mapping[str, Setting]) -> Reason | None:
        return None if settings.get("url") else reasons.no_url()


HTTP = Http()
