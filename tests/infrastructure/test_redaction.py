"""Nothing that must not be logged survives, whatever stands around it."""

import string
from enum import StrEnum
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.redaction import ITEMS_MAX, TEXT_MAX, Redaction

SECRET_LETTERS = string.ascii_letters + string.digits + "+/=_-"
around = st.text(max_size=60)


def with_check_digit(digits: str) -> str:
    """A number that passes the check of card numbers (Luhn)."""
    doubled = [int(each) * (2 if place % 2 == 0 else 1) for place, each in enumerate(reversed(digits))]
    total = sum(each - 9 if each > 9 else each for each in doubled)
    return digits + str(-total % 10)


cards = st.text(string.digits, min_size=12, max_size=18).map(with_check_digit)
emails = st.emails()
secrets = st.builds(
    str.__add__,
    st.sampled_from(["whsec_", "sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_org_"]),
    st.text(SECRET_LETTERS, min_size=8, max_size=80),
)
sessions = st.builds(
    str.__add__,
    st.sampled_from(["cs_test_", "cs_live_"]),
    st.text(string.ascii_letters + string.digits, min_size=8, max_size=80),
)


@given(around, secrets, around)
def test_no_secret_of_stripe_survives(before: str, secret: str, after: str) -> None:
    assert secret not in Redaction().text(before + secret + after)


@given(around, emails, around)
def test_no_email_address_survives(before: str, email: str, after: str) -> None:
    assert email not in Redaction().text(before + email + after)


@given(around, cards, around)
def test_no_card_number_survives(before: str, card: str, after: str) -> None:
    assert card not in Redaction().text(before + card + after)


@given(st.text(string.digits + " -", max_size=30), cards, st.lists(st.sampled_from(["", " ", "-", " - "]), min_size=18))
def test_no_card_number_survives_in_groups_or_among_other_digits(before: str, card: str, gaps: list[str]) -> None:
    written = "".join(digit + gap for digit, gap in zip(card, gaps, strict=False)) + card[len(gaps) :]

    shown = Redaction().text(f"{before} {written} 12")

    assert card not in "".join(each for each in shown if each.isdigit())


@pytest.mark.parametrize("card", ["4242424242424242", "378282246310005", "4222222222222", "6304000000000000000"])
@pytest.mark.parametrize("form", ["{}", "card={}.", "x{}y", "[{}]"])
def test_known_test_cards_do_not_survive(card: str, form: str) -> None:
    assert Redaction().text(form.format(card)) == form.format("[card]")


@pytest.mark.parametrize("card", ["4242 4242 4242 4242", "4242-4242-4242-4242", "4242\u00a04242\u00a04242\u00a04242"])
def test_a_card_number_is_seen_in_its_usual_groups(card: str) -> None:
    assert Redaction().text(f"paid with {card} today") == "paid with [card] today"


@given(
    around,
    sessions,
    st.sampled_from(
        [
            "/after-checkout?session_id={}",
            "https://shop.example/thanks?a=1&session_id={}&b=2",
            "session_id={}",
            "session_id%3D{}",
            "https://checkout.stripe.com/c/pay/{}#fid",
            "GET /v1/checkout/sessions/{}/line_items",
            "next=%2Fafter%2F{}",
        ]
    ),
)
def test_no_session_survives_in_an_address(before: str, session: str, form: str) -> None:
    assert session not in Redaction().text(before + form.format(session))


@given(around, around)
def test_a_secret_without_a_shape_is_known_by_its_text(before: str, after: str) -> None:
    known = "correct horse battery staple"

    assert known not in Redaction([known]).text(before + known + after)


def test_of_two_secrets_that_begin_alike_the_longer_is_taken_out_whole() -> None:
    redaction = Redaction(["correct horse", "correct horse battery", ""])

    assert redaction.text("a correct horse battery b") == "a [secret] b"


@pytest.mark.parametrize(
    "text",
    [
        "webhook delivery evt_1A2b3C of cs_test_a1B2c3 recorded in 12 ms",
        "caused by eff_cs_test_a1_deliver_li_1@12",
        "risk_free disk_full ask_again task_1",
        "2026-11-24T09:00:00.123456Z",
        "2026-11-24 09:00:00,123",
        "price_1A2b3C4d5E6f7G8h",
        "uvicorn running on http://127.0.0.1:4242 (Press CTRL+C to quit)",
        "at 100% @ noon",
    ],
)
def test_what_staff_need_to_see_is_left_alone(text: str) -> None:
    assert Redaction().text(text) == text


@given(st.text(max_size=300))
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    once = Redaction().text(text)

    assert Redaction().text(once) == once


HOSTILE = [
    *"@ %40 @12 whsec_ sk_ rk_ k_ test_ live_ org_ cs_test_ CS_LIVE_ session_id = / & ? %3D %2f : ' , ; < …".split(),
    *"_ - . a K 0 42 4242 4242424242424242 378282246310005 horse evt_1A2b eff_cs_test_a1 /CS_LIVE_a1".split(),
    *["horse battery", '"', " ", "\n", "\u00a0", "\u2028", "\u2010", "\u00e9", "\u00b2", "\u0664", "\u212a", "\ud800"],
    *["=c\u017f_te\u017ft_a1", "SESS\u0131ON_ID"],
]
hostile = st.lists(st.sampled_from(HOSTILE), max_size=20).map("".join)


@given(st.text(max_size=300) | hostile | st.tuples(hostile, around, hostile).map("".join))
def test_what_is_taken_out_of_a_text_is_the_same_when_every_rule_is_followed(text: str) -> None:
    redaction = Redaction(["horse", "horse battery"])
    everything = "horse sk_live_x /cs_test_a a@b.c 4242424242424242"

    alone, again, known = redaction.text(text), redaction.text(text), redaction.value(text)

    assert redaction.text(f"{text} ~ {everything}") == f"{alone} ~ [secret] [secret] /[session] [email] [card]"
    assert alone == again == known


@given(st.lists(around | hostile, max_size=8))
def test_what_was_seen_before_makes_no_difference(texts: list[str]) -> None:
    redaction = Redaction(["horse"])

    assert [redaction.text(text) for text in texts * 2] == [Redaction(["horse"]).text(text) for text in texts] * 2


def test_more_texts_than_are_remembered_are_seen_as_well() -> None:
    redaction = Redaction()
    texts = [f"evt_{n}" for n in range(10_000)]

    assert [redaction.text(text) for text in texts] == texts
    assert redaction.text("evt_1 a@b.c") == "evt_1 [email]"


@given(st.text(max_size=100), st.integers(0, 2000), st.sampled_from(["x", "x ", "1", "1 ", "@", "a@b.c "]))
def test_a_text_is_bounded(text: str, times: int, unit: str) -> None:
    assert len(Redaction().text(text + unit * times * 5)) <= TEXT_MAX + 1


@given(st.integers(0, 30), emails | cards)
def test_nothing_is_cut_in_two_and_thereby_missed(offset: int, sensitive: str) -> None:
    text = "x " * TEXT_MAX

    shown = Redaction().text(text[: 2 * TEXT_MAX - offset] + " " + sensitive + " and more" * 100)

    assert sensitive[:12] not in shown


@given(st.recursive(emails | cards.map(int) | secrets, lambda inner: st.lists(inner) | st.dictionaries(emails, inner)))
def test_nothing_survives_inside_of_something(value: object) -> None:
    shown = str(Redaction().value({"nested": [value]}))

    assert "@" not in shown
    assert "sk_" not in shown
    assert not any(len(word) > 12 and word.isdigit() for word in shown.replace("'", " ").replace(",", " ").split())


class Customer:
    def __repr__(self) -> str:
        return "Customer(ada@example.com)"


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("ada@example.com")


def test_an_object_is_shown_as_it_shows_itself_without_what_must_not_be_seen() -> None:
    assert Redaction().value(Customer()) == "Customer([email])"
    assert Redaction().value(Broken()) == "<Broken>"
    assert Redaction().value(b"ada@example.com") == "[email]"


class Named(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "ada@example.com"

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class Coded(StrEnum):
    """Is one text and has another as its value, which some encoders write."""

    ONE = "ada@example.com"

    def __new__(cls, value: str) -> Self:
        member = str.__new__(cls, "one")
        member._value_ = value
        return member


class Numbered(int):
    __slots__ = ()

    def __str__(self) -> str:
        return "ada@example.com"


def test_a_class_of_its_own_is_no_way_around() -> None:
    values: list[object] = [Named("a@b.c"), Named("one"), Coded.ONE, Numbered(4242424242424242), Numbered(1)]

    shown = Redaction().value(values)

    assert shown == ["[email]", "one", "one", "[card]", 1]
    assert isinstance(shown, list)
    assert [type(each) for each in shown] == [str, str, str, str, int]


def test_numbers_stay_numbers_where_json_can_say_them() -> None:
    values = [1, -1, 2.5, True, None, float("nan"), float("inf")]

    assert Redaction().value(values) == [1, -1, 2.5, True, None, "nan", "inf"]


def test_what_is_large_or_deep_or_holds_itself_is_cut() -> None:
    circle: list[object] = []
    circle.append(circle)

    assert str(Redaction().value(circle)).count("[") == 6
    assert len(str(Redaction().value([0] * 1000)).split(",")) == ITEMS_MAX
