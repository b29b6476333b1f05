"""A deprecated route, in a small app of its own: no route of the service is deprecated (ADR 84)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from chalice.app import Blueprint, Chalice
from chalice.test import Client
from pydantic import Field

from chalicelib.core.errors import NotFound
from chalicelib.core.http import Deprecation, View, contract, route
from infra.openapi import document

SINCE, SUNSET = datetime(2023, 6, 30, 23, 59, 59, tzinfo=UTC), datetime(2024, 6, 30, 23, 59, 59, tzinfo=UTC)
PAGE = "https://ru4m.com/deprecations"
# As the example of RFC 9745, section 4.
HEADERS = {
    "Deprecation": "@1688169599",
    "Sunset": "Sun, 30 Jun 2024 23:59:59 GMT",
    "Link": f'<{PAGE}>; rel="deprecation"; type="text/html"',
}


class Old(View):
    """A body with a deprecated field."""

    name: str = Field("Mila", examples=["Mila"], json_schema_extra={"deprecated": True})


def an_app(deprecated: Deprecation | None) -> Chalice:
    part = Blueprint(__name__)

    @route(part, "GET", "/v1/old", deprecated=deprecated)
    def read_old() -> Old:
        """Read it."""
        return Old()

    @route(part, "GET", "/v1/old/gone", deprecated=deprecated)
    def read_gone() -> Old:
        """Read what is gone."""
        raise NotFound

    app = Chalice(app_name="old", configure_logs=False)
    app.register_blueprint(part)
    return app


@pytest.fixture(autouse=True)
def _own_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "_routes", [*contract.routes()])


def sent(app: Chalice, path: str) -> dict[str, Any]:
    return {name: value for name, value in Client(app).http.get(path).headers.items() if name in HEADERS}


@pytest.mark.parametrize("path", ["/v1/old", "/v1/old/gone"])
def test_each_answer_of_a_deprecated_route_says_so(path: str) -> None:
    assert sent(an_app(Deprecation(SINCE, SUNSET, PAGE)), path) == HEADERS
    assert sent(an_app(Deprecation(SINCE)), path) == {"Deprecation": HEADERS["Deprecation"]}
    assert sent(an_app(None), path) == {}


def test_contract_marks_the_operation_its_headers_and_its_field() -> None:
    an_app(Deprecation(SINCE, SUNSET, PAGE))
    described = document()
    operation = described["paths"]["/v1/old"]["get"]
    assert (operation["deprecated"], operation["x-sunset"]) == (True, "2024-06-30")
    headers = operation["responses"]["200"]["headers"]
    assert {name: one["schema"]["const"] for name, one in headers.items()} == HEADERS
    assert described["components"]["schemas"]["Old"]["properties"]["name"]["deprecated"] is True


def test_route_without_deprecation_is_not_marked() -> None:
    an_app(None)
    operation = document()["paths"]["/v1/old"]["get"]
    assert operation.keys().isdisjoint({"deprecated", "x-sunset"})
    assert "headers" not in operation["responses"]["200"]


def test_sunset_before_the_deprecation_is_refused() -> None:
    with pytest.raises(ValueError, match="before the deprecation"):
        Deprecation(since=SUNSET, sunset=SINCE)
