"""What the landing page never does: run what people typed, lead elsewhere than the web, reveal the customer."""

import json

import pytest
from builders import a_checkout, a_line_item
from customer_language import render, render_not_found, render_too_many, render_unavailable
from kinds import ACCESS, SHIPMENT
from landing_orders import HOOK, KEY, MUG, delivered, page_of, page_of_lines, paid, shipped
from scenario import planned

from domain.checkout import Contact
from domain.personal import Personal
from infrastructure.customer_texts.shop import Shop
from interfaces.web.headers import SECURITY_HEADERS
from interfaces.web.landing_page import as_json

HOSTILE = "<script>alert(1)</script>\"'&\u202e\nX"


def test_what_people_typed_is_escaped_wherever_it_stands() -> None:
    line = planned("li_1", SHIPMENT, name=HOSTILE)
    bought = a_checkout(line_items=[a_line_item(description=HOSTILE)])

    pages = [
        page_of_lines(*shipped(1, line, carrier=HOSTILE, tracking=HOSTILE), plan=[line]),
        page_of_lines(delivered(KEY, keys=(Personal(HOSTILE),)), plan=[KEY]),
        page_of(paid(bought)),
    ]

    for html in map(render, pages):
        assert "<script" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert "\u202e" not in html


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "java\nscript:alert(1)", "//evil.example", "/x"],
)
def test_only_links_to_the_web_are_links(link: str) -> None:
    course = planned("li_course", ACCESS)
    page = page_of_lines(delivered(course, link=link), *shipped(1, MUG, tracking=link), plan=[course, MUG])

    html = render(page)

    assert "<a " not in html
    assert [section.tracking_link for section in page.sections] == [None, None]
    assert page.sections[0].items[0].link is None


def test_no_page_shows_who_the_customer_is() -> None:
    contact = Contact(name=Personal("Ada Example"), email=Personal("ada@example.com"), phone=Personal("+49 1"))
    checkout = a_checkout(contact=contact, shipping=a_checkout().contact, metadata={"note": Personal("for Grandma")})
    page = page_of(paid(checkout))

    for shown in (render(page), json.dumps(as_json(page, Shop()))):
        for personal in ("Ada", "ada@example.com", "+49 1", "Example Road", "Exampleton", "12345", "Grandma"):
            assert personal not in shown


def test_no_page_shows_the_session_id() -> None:
    page = page_of_lines(plan=[HOOK])

    assert "cs_test" not in render(page) + json.dumps(as_json(page, Shop()))


def test_every_page_works_without_a_script_and_loads_only_its_own_files() -> None:
    pages = [render(page_of_lines(plan=[HOOK])), render_not_found(), render_too_many(), render_unavailable()]

    for html in pages:
        assert "<script" not in html
        assert "style=" not in html
        assert 'src="' not in html
        assert [part.split('"')[0] for part in html.split('<link rel="')[1:]] == ["icon", "stylesheet"]


def test_a_page_that_is_not_there_says_nothing_about_why() -> None:
    assert "not find this order" in render_not_found()
    assert "half a minute" in render_too_many()
    assert "very often" not in render_unavailable()


def test_the_headers_let_nothing_foreign_in_and_no_address_out() -> None:
    policy = SECURITY_HEADERS["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert SECURITY_HEADERS["Referrer-Policy"] == "no-referrer"
    assert SECURITY_HEADERS["Cache-Control"] == "no-store"
