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
    cookie: str = field(default="", kw_only=True)  # the value of Set-Cookie
    view: None = field(default=None)

    caching: ClassVar[str] = "no-store"


@dataclass(frozen=True)
class RefusedPage(HtmlPage):
    """A form that was not accepted, with what its reader typed and the mistakes in it."""

    status = 422


@dataclass(frozen=True)
class PublicPage(HtmlPage):
    """A page without personal data, the same for everyone. Caches may store it for a short while."""

    caching: ClassVar[str] = "public, max-age=300"


@dataclass(frozen=True)
class SeeOther(Answer[None]):
    """See other: the browser gets the page at `location` next, so a reload repeats no form."""

    status = 303
    location: str = field(kw_only=True)  # relative to the address of the request, or whole
    cookie: str = field(default="", kw_only=True)  # the value of Set-Cookie
    view: None = field(default=None)


@dataclass(frozen=True)
class ShortRedirect(Answer[None]):
    """Found: the content is at `location` for a minute. A cache may repeat the answer for half of it."""

    status = 302
    location: str = field(kw_only=True)
    view: None = field(default=None)

    caching: ClassVar[str] = "private, max-age=30"


def respond(answer: Answer[View | None], request_id: str, seen: str = "") -> Response:
    """Build the response for the answer of a view. No cache may store it, unless it is the same for everyone.

    Args:
        answer: what the view returned.
        request_id: of the gateway.
        seen: the request's If-None-Match (RFC 9110, 13.1.2).
    """
    if isinstance(answer, HtmlPage):
        return _page(answer, request_id, seen)
    headers = _headers("application/json", request_id)
    if isinstance(answer, Tagged):
        headers["ETag"] = answer.etag
    if isinstance(answer, Created | SeeOther | ShortRedirect):
        headers["Location"] = answer.location
    if isinstance(answer, SeeOther) and answer.cookie:
        headers["Set-Cookie"] = answer.cookie
    if isinstance(answer, ShortRedirect):
        headers["Cache-Control"] = answer.caching
    body = "" if answer.view is None else answer.view.model_dump_json(exclude_none=True, by_alias=True)
    if isinstance(answer, Shared):
        headers |= {"Cache-Control": answer.caching, "ETag": _tag(body), "Vary": _VARY}
        if _has_seen(body, seen):
            return Response(body="", status_code=304, headers=headers)
    return Response(body=body, status_code=answer.status, headers=headers)


def refuse(problem: Problem, request_id: str) -> Response:
    """Build the response for a problem (RFC 9457)."""
    headers = _headers("application/problem+json", request_id)
    return Response(
        body=json.dumps(problem.document(request_id), separators=(",", ":")),
        status_code=problem.status,
        headers={**headers, **retry_header(problem.members)},
    )


def _headers(media_type: str, request_id: str) -> _Headers:
    return {"Content-Type": media_type, "Cache-Control": "no-store", REQUEST_ID: request_id}


def _page(page: HtmlPage, request_id: str, seen: str) -> Response:
    """Build the response with a page: no site may frame it, which could make a reader click its buttons."""
    headers: _Headers = {
        **_headers("text/html; charset=utf-8", request_id),
        "Cache-Control": page.caching,
        "Vary": _VARY,
        "Content-Security-Policy": f"{page.policy}; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
        "X-Content-Type-Options": "nosniff",
        **({"Set-Cookie": page.cookie} if page.cookie else {}),
    }
    if isinstance(page, PublicPage):
        headers["ETag"] = _tag(page.markup)
        if _has_seen(page.markup, seen):
            return Response(body="", status_code=304, headers=headers)
    return Response(page.markup, headers, page.status)


def _tag(body: str) -> str:
    return f'"{sha256(body.encode()).hexdigest()[:32]}"'


def _has_seen(body: str, seen: str) -> bool:
    return bool({_tag(body), "*"} & {one.strip().removeprefix("W/") for one in seen.split(",")})


def retry_header(members: Mapping[str, object]) -> dict[str, str]:
    """Return the header that says when to try again, if a problem says it."""
    return {"Retry-After": str(members["retry_after"])} if "retry_after" in members else {}
