import pytest
from read_side import ReadSide
from sample_log import SHOP, sample_log

from application.projections.search import SEARCH, words


@pytest.fixture
def terms(read_side: ReadSide) -> dict[str, str]:
    rows = read_side.fold(SEARCH, sample_log())
    return {str(row["term"]): str(row["field"]) for row in rows if row["session_id"] == SHOP}


@pytest.mark.parametrize(
    ("term", "field"),
    [
        ("cs_test_shop", "session"),
        ("evt_1", "stripe_event"),
        ("evt_2", "stripe_event"),
        ("pi_shop1", "payment_intent"),
        ("zoe@example.com", "email"),
        ("zoe", "name"),
        ("o'example", "name"),
        ("receiver", "name"),
        ("order-17", "client_reference_id"),
        ("cus_1", "customer"),
        ("mug-blue", "sku"),
        ("mug", "title"),
        ("course", "title"),
        ("track42", "tracking"),
    ],
)
def test_a_checkout_is_found_by(terms: dict[str, str], term: str, field: str) -> None:
    assert terms[term] == field


def test_no_key_phone_or_street_can_be_searched_for(terms: dict[str, str]) -> None:
    assert not {"aaaa-1111", "+4930000", "road", "exampleton"} & set(terms)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("  Zoë   MÜLLER, ", ["zoe", "muller"]),
        ("Straße", ["strasse"]),
        ("a\x00b \ud800", ["ab"]),
        ("(gift)", ["gift"]),
        ("!", []),
    ],
)
def test_words_have_no_case_no_accents_and_nothing_unprintable(text: str, found: list[str]) -> None:
    assert words(text) == found
