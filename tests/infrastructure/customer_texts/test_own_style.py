"""The merchant's own style sheet: served by this server, after ours, and refused if it could not work."""

import re
from pathlib import Path

import pytest
from customer_language import render_not_found
from starlette.applications import Starlette
from starlette.testclient import TestClient

from infrastructure.customer_texts.customer_texts import CustomerTexts
from infrastructure.customer_texts.own_texts import OwnTexts, OwnTextsError, read_own_texts
from interfaces.web.headers import SECURITY_HEADERS
from interfaces.web.shop_files import shop_files

STYLE = """
/* @import and } in a comment */
:root { --accent: light-dark(#7a1f6b, #e7a4dc); }
.shop::after { content: "}"; background: url(logo); }
"""


def texts_with(directory: Path, style: str) -> CustomerTexts:
    (directory / "landing.css").write_text(style)
    return CustomerTexts(read_own_texts(directory))


def test_pages_link_the_style_after_ours_and_this_server_has_it(tmp_path: Path) -> None:
    texts = texts_with(tmp_path, STYLE)
    page = render_not_found(texts=texts)

    ours, own = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
    answer = TestClient(Starlette(routes=shop_files(texts))).get(f"/{own}")

    assert ours == "static/landing.css"
    assert answer.text == STYLE
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "style-src 'self'" in SECURITY_HEADERS["Content-Security-Policy"]


def test_a_changed_style_has_another_address_so_no_browser_keeps_the_old_one(tmp_path: Path) -> None:
    before, after = (
        re.findall(r"own[.]css[?]\w+", render_not_found(texts=texts_with(tmp_path, style)))
        for style in (STYLE, STYLE.replace("#7a1f6b", "#000"))
    )

    assert len(before) == len(after) == 1
    assert before != after


def test_without_a_style_the_page_is_ours_alone() -> None:
    texts = CustomerTexts(OwnTexts())

    assert "own.css" not in render_not_found(texts=texts)
    assert shop_files(texts) == []


@pytest.mark.parametrize(
    ("style", "line", "why"),
    [
        ('a {}\n@import "other.css";', 2, "loads something else"),
        ("a { background: url( 'https://example.com/x.png' ) }", 1, "loads something else"),
        ("\n\na { background: url(//example.com/x.png) }", 3, "loads something else"),
        ("a { background: url(data:image/png;base64,AAAA) }", 1, "loads something else"),
        ("a { color: red\n\n", 3, "is not closed"),
        ("a { color: red }\n}", 2, "closes nothing"),
    ],
)
def test_what_could_not_work_stops_the_start_with_its_line(tmp_path: Path, style: str, line: int, why: str) -> None:
    with pytest.raises(OwnTextsError, match=rf"landing\.css, line {line}: .*{why}"):
        texts_with(tmp_path, style)
