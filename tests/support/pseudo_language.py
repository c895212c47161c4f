"""Hebrew that is none: every text in letters from right to left, to see that a page can be read from that side."""

import re
from string import ascii_letters

from babel.messages.catalog import Catalog

from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.customer_texts.own_texts import OwnTexts
from infrastructure.customer_texts.shop import Shop
from infrastructure.customer_texts.translations import shipped_texts

_HEBREW = "אבגדהוזחטיכלמנסעפצקרשתאבגד"
_IN_HEBREW = str.maketrans(ascii_letters, _HEBREW * 2)
_VALUE = re.compile(r"(%\(\w+\)s)")


def from_right_to_left(shop: Shop | None = None) -> CustomerTexts:
    """Return the texts of a merchant who has written all of them in Hebrew."""
    hebrew = Catalog(locale="he")
    for message in shipped_texts():
        if message.id:
            ids = [message.id] if isinstance(message.id, str) else list(message.id)
            turned = tuple(_turned(ids[min(form, len(ids) - 1)]) for form in range(hebrew.num_plurals))
            hebrew.add(message.id, turned if message.pluralizable else turned[0])
    return CustomerTexts(OwnTexts(translations={"he": hebrew}), default="he", shop=shop)


def _turned(text: str) -> str:
    return "".join(part if _VALUE.fullmatch(part) else part.translate(_IN_HEBREW) for part in _VALUE.split(text))
