"""Every route is named where people look for it, and every page keeps the address to itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from running import RunningShop, running_shop
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from interfaces.web.headers import SECURITY_HEADERS
from interfaces.web.serve import engine_app

GOING_LIVE = (Path(__file__).parents[3] / "docs" / "going-live.md").read_text()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    with running_shop(tmp_path_factory.mktemp("routes")) as shop:
        yield shop


@pytest.fixture
def paths(shop: RunningShop) -> list[str]:
    """The paths that Starlette serves; the files below `/static` are no pages."""
    routes = engine_app(shop.runtime)._others.routes
    return [route.path for route in routes if isinstance(route, Route) and not route.path.startswith("/static/")]


def test_every_path_is_on_the_front_page_and_in_the_list_for_the_proxy(shop: RunningShop, paths: list[str]) -> None:
    front = shop.client.get("/").text
    named = [path for path in paths if path != "/"]

    assert "/after-checkout" in named
    assert [path for path in named if f"\n{path} " not in front] == [], "add it to _INDEX in interfaces/web/app.py"
    assert [path for path in named if f"`{path}`" not in GOING_LIVE] == [], (
        "docs/going-live.md lacks it, under Serve it"
    )


def test_every_page_has_the_headers_of_pages(shop: RunningShop, paths: list[str]) -> None:
    answers = {path: shop.client.get(path) for path in paths}
    pages = {path: each for path, each in answers.items() if each.headers["content-type"].startswith("text/html")}

    assert "/after-checkout" in pages
    for path, page in pages.items():
        lacking = [name for name, value in SECURITY_HEADERS.items() if page.headers.get(name) != value]
        assert not lacking, f"{path} lacks {lacking} of SECURITY_HEADERS in interfaces/web/headers.py"


def test_every_page_is_also_served_with_a_slash_at_its_end(shop: RunningShop, paths: list[str]) -> None:
    named = [path for path in paths if path != "/"]

    without, with_slash = ([shop.client.get(f"{path}{end}") for path in named] for end in ("", "/"))

    assert [page.headers["content-type"] for page in with_slash] == [page.headers["content-type"] for page in without]
    assert [page.status_code for page in with_slash] == [page.status_code for page in without]
    assert [page.text for page in with_slash] == [page.text for page in without]


def test_pages_that_another_package_adds_are_served_with_a_slash_too(shop: RunningShop) -> None:
    async def page(_: Request) -> Response:
        return PlainTextResponse("a page")

    client = TestClient(engine_app(shop.runtime, [Route("/more", page)]))  # without its lifespan: the engine runs

    assert [client.get(path).text for path in ("/more", "/more/")] == ["a page", "a page"]
    assert client.get("/more//").status_code == 404
