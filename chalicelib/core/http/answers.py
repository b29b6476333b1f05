"""The return types of views, and the responses for them and for problems."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import ClassVar, Generic, TypeVar

from chalice.app import Response

from chalicelib.core.errors import Problem
from chalicelib.core.http.parameters import View

V_co = TypeVar("V_co", bound=View | None, covariant=True)


_Headers = dict[str, str | list[str]]  # as Chalice types them
_VARY = "Accept-Language"  # some texts are in the language of their reader
# The gateway's name of this header. On AWS the gateway sets it to the same id, also on its own responses.
REQUEST_ID = "x-amzn-RequestId"


@dataclass(frozen=True)
class Answer(Generic[V_co]):
    """A view with the HTTP status of the class."""

    status: ClassVar[int] = 200
    view: V_co


class Ok(Answer[V_co]):
    """OK."""


@dataclass(frozen=True)
class Tagged(Answer[V_co]):
    """OK. The ETag identifies the version for If-Match."""

    etag: str


class Shared(Answer[V_co]):
    """OK. The same for everyone: caches may keep it, and ask by If-None-Match whether it is still so."""

    caching: ClassVar[str] = "public, no-cache"


@dataclass(frozen=True)
class Created(Answer[V_co]):
    """Created. The header Location has the path of the new resource."""

    status = 201
    location: str = field(kw_only=True)


class Accepted(Answer[V_co]):
    """Accepted: the work has started."""

    status = 202


@dataclass(frozen=True)
class NoContent(Answer[None]):
    """No content."""

    status = 204
    view: None = field(default=None)


@dataclass(frozen=True)
class HtmlPage(Answer[None]):
    """A page to read. It may have personal data, so no cache may store it."""

    markup: str = field(kw_only=True)
    policy: str = field(kw_only=True)  # the content security policy
    view: None = field(default=None)

    caching: ClassVar[str] = "no-store"


@dataclass(frozen=True)
class PublicPage(HtmlPage):
    """A page without personal data, the same for everyone. Caches may store it for a short while."""

    caching: ClassVar[str] = "public, max-age=300"


def respond(answer: Answer[View | None], request_id: str, seen: str = "") -> Response:
    """Build the response for the answer of a view. No cache may store it, unless it is the same for everyone.

    Args:
        answer: what the view returned.
        request_id: of the gateway.
        seen: the request's If-None-Match (RFC 9110, 13.1.2).
    """
    if isinstance(answer, HtmlPage):
        return Response(answer.markup, _page_headers(answer, request_id), answer.status)
    headers = _headers("application/json", request_id)
    if isinstance(answer, Tagged):
        headers["ETag"] = answer.etag
    if isinstance(answer, Created):
        headers["Location"] = answer.location
    body = "" if answer.view is None else answer.view.model_dump_json(exclude_none=True, by_alias=True)
    if isinstance(answer, Shared):
        tag = f'"{sha256(body.encode()).hexdigest()[:32]}"'
        headers |= {"Cache-Control": answer.caching, "ETag": tag, "Vary": _VARY}
        if {tag, "*"} & {one.strip().removeprefix("W/") for one in seen.split(",")}:
            return Response(body="", status_code=304, headers=headers)
    return Response(body=body, status_code=answer.status, headers=headers)


def refuse(problem: Problem, request_id: str) -> Response:
    """Build the response for a problem (RFC 9457)."""
    headers = _headers("application/problem+json", request_id)
    return Response(
        body=json.dumps(problem.document(request_id), separators=(",", ":")),
        status_code=problem.status,
        headers={**headers, **_retry(problem.members)},
    )


def _headers(media_type: str, request_id: str) -> _Headers:
    return {"Content-Type": media_type, "Cache-Control": "no-store", REQUEST_ID: request_id}


def _page_headers(page: HtmlPage, request_id: str) -> _Headers:
    """The headers of a page: no site may frame it, which could make a reader click its buttons."""
    return {
        **_headers("text/html; charset=utf-8", request_id),
        "Cache-Control": page.caching,
        "Vary": _VARY,
        "Content-Security-Policy": f"{page.policy}; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _retry(members: Mapping[str, object]) -> dict[str, str]:
    return {"Retry-After": str(members["retry_after"])} if "retry_after" in members else {}
