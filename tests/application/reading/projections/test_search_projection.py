from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from log_parts import COURSE, LogWriter, checkout, received
from read_side import ReadSide
from sample_log import SHOP, sample_log
from typed_ids import as_session, as_stream

from application.reading.projections.search import SEARCH
from application.reading.search_terms import words
from domain.checkout import Address, Contact
from domain.checkout_session import CheckoutSession
from domain.fulfillment import Fulfillment
from domain.personal import Personal
from domain.source import Source


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
        ("example.com", "email"),
        ("49.90", "amount"),
        ("eur", "amount"),
        ("1", "address"),
        ("road", "address"),
        ("exampleton", "address"),
    ],
)
def test_a_checkout_is_found_by(terms: dict[str, str], term: str, field: str) -> None:
    assert terms[term] == field


def test_no_key_and_no_empty_term_can_be_searched_for(terms: dict[str, str]) -> None:
    assert not {"aaaa-1111", ""} & set(terms)


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


@given(text=st.text(max_size=60))
def test_the_words_of_words_are_the_same_words(text: str) -> None:
    found = words(text)

    assert words(" ".join(found)) == found


@given(text=st.text(alphabet=st.characters(min_codepoint=1, max_codepoint=127), max_size=60))
def test_plain_text_takes_no_other_way_than_the_rest(text: str) -> None:
    assert words(text + " é") == [*words(text), "e"]


def test_a_title_of_any_length_is_found_by_its_first_words(read_side: ReadSide) -> None:
    long = replace(COURSE, item=replace(COURSE.item, description=" ".join(f"word{n}" for n in range(3000)) + "x" * 500))
    log = LogWriter()
    retrieved = CheckoutSession.Retrieved(checkout=checkout(long), source=Source.WEBHOOK)
    log.add(as_stream(SHOP), retrieved, session_id=as_session(SHOP), actor="worker:w1")

    rows = read_side.fold(SEARCH, log.events)

    assert len(rows) == 2000, "a limit on every list"
    assert {"pi_shop1", "zoe", "word0", "word1000"} <= {row["term"] for row in rows}
    assert max(len(str(row["term"])) for row in rows) <= 200


@pytest.mark.parametrize("stored", ["0034 0434 1610 9400 0000", "0034-0434-1610-9400-0000", "00340434161094000000"])
def test_a_parcel_is_found_by_its_tracking_number_in_any_grouping(read_side: ReadSide, stored: str) -> None:
    log, tracking = LogWriter(), Personal(stored)
    corrected = Fulfillment.ParcelCorrected(number=1, correction=1, carrier="DHL", tracking=tracking, notifies=False)
    shop = as_session(SHOP)
    log.add(as_stream(SHOP), CheckoutSession.Readdressed(to=Personal("zoe@example.com")), session_id=shop, actor="kim")
    log.add(as_stream(f"ful_{SHOP}"), corrected, session_id=shop, actor="kim")
    read_side.append(log.events)

    for text in ("0034 0434 1610 9400 0000", "0034-0434-1610-9400-0000", "00340434161094000000", "0034 04341610"):
        assert [hit.session_id for hit in read_side.queries.search(text)] == [SHOP]
    assert read_side.queries.search("0034 0434 1610 9400 0001") == []


def test_a_house_number_does_not_hide_the_same_reference(read_side: ReadSide) -> None:
    log, shop = LogWriter(), as_session(SHOP)
    bought = replace(checkout(COURSE), client_reference_id=Personal("17"))
    log.add(as_stream(SHOP), CheckoutSession.Retrieved(checkout=bought, source=Source.WEBHOOK), session_id=shop)
    to = Contact(address=Address(line1=Personal("Neue Gasse 17")))
    log.add(as_stream(f"ful_{SHOP}"), Fulfillment.ShippingCorrected(to=to), session_id=shop, actor="kim")

    fields = {str(row["field"]) for row in read_side.fold(SEARCH, log.events) if row["term"] == "17"}

    assert fields == {"client_reference_id", "metadata", "address"}


def test_an_event_of_no_session_is_not_searched_for(read_side: ReadSide) -> None:
    log = LogWriter()
    log.add(as_stream("evt_1"), received("charge.refunded", "ch_1"), actor="stripe")

    assert read_side.fold(SEARCH, log.events) == []
