"""The route decorator: reads a view's type hints at import and handles requests by them.

The order of steps is fixed; the steps before the view can only refuse the request:

    0  app         refuse an app below the minimum version, if the caller's type needs a current one
    1  caller      check the verified token's claims against one batched read, or the operator's signature
    2  parameters  parse path, headers, body
    3  required    refuse a call that lacks what only some calls require, such as a step-up
    4  limit       count the call towards the daily limit of the account
    5  view
    6  response    build it from the view's answer or from the problem

Errors are mapped here and not in middleware, because Chalice runs middleware after it has turned the
errors of a view into responses of its own format.
"""

import inspect
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from chalice.app import Blueprint, Request, Response

from chalicelib.core import metrics, observe
from chalicelib.core import needs as batch
from chalicelib.core.errors import (
    InternalError,
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    Problem,
    TooMany,
    Unauthenticated,
    UnexpectedField,
    UnsupportedMedia,
)
from chalicelib.core.http import contract
from chalicelib.core.http.answers import (
    Answer,
    HtmlPage,
    NoContent,
    Ok,
    SeeOther,
    ShortRedirect,
    refuse,
    respond,
)
from chalicelib.core.http.app_version import AppVersion
from chalicelib.core.http.contract import DailyLimit, Deprecation, Requirement, Unlimited
from chalicelib.core.http.operators import Operator
from chalicelib.core.http.options import QueryOption
from chalicelib.core.http.paging import Cursor, PageSize
from chalicelib.core.http.parameters import (
    Authenticated,
    Body,
    ClientAddress,
    Header,
    SignedBody,
    View,
)
from chalicelib.core.ids import AccountId, Id, PathText, SessionId
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Claims, Wanted

ViewFunction = TypeVar("ViewFunction", bound=Callable[..., Answer[Any] | View])

_BODY_PROBLEMS = (InvalidRequest, UnexpectedField, UnsupportedMedia, PayloadTooLarge)


def route(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    needs: tuple[Wanted[Any], ...] = (),
    problems: tuple[type[Problem], ...] = (),
    limit: DailyLimit | Unlimited | None = None,
    deprecated: Deprecation | None = None,
) -> Callable[[ViewFunction], ViewFunction]:
    """Serve a view at a method and path.

    Args:
        blueprint: The concept's Blueprint.
        method: The HTTP method.
        path: The path. Its parts have the names of the view's parameters.
        needs: Items to read beyond those of the caller's type, available at `caller[NEED]`.
        problems: The problems that the view itself may raise. The problems that follow from its
            parameters (400, 401, 404, 413, 415, 426, 428) and from the limit (429) are added.
        limit: How often an account may call this route, or why it has no limit. Every write declares one.
        deprecated: Since when apps should not call it any more. Each of its answers says so.
    """

    def register(view: ViewFunction) -> ViewFunction:
        plan = _Plan.of(view, path, needs, limit)
        contract.add(replace(plan.to_contract(method, path, view, problems), deprecated=deprecated))

        @observe.observed
        def serve(**parts: str) -> Response:
            response = _serve(blueprint.current_request, f"{method} {path}", plan, view, parts)
            response.headers.update(deprecated.headers if deprecated else {})
            return response

        serve.__name__ = view.__name__
        extra = {"authorizer": plan.authorizer} if plan.authorizer else {}
        # Accept any media type here: Body refuses others with a problem document, Chalice would not.
        blueprint.route(path, methods=[method], content_types=["*/*"], name=view.__name__, **extra)(serve)
        return view

    return register


@dataclass(frozen=True)
class _Plan:
    """The sources of the parameters of a view, by name."""

    caller: tuple[str, type[Authenticated]] | None
    operator: str | None
    body: tuple[str, type[Body | SignedBody]] | None
    parts: dict[str, Any]
    query: dict[str, type[PathText]]
    headers: dict[str, tuple[type[Header], bool]]
    address: str | None
    cursor: str | None
    size: str | None
    answers: tuple[Any, ...]
    needs: tuple[Wanted[Any], ...]
    requirement: Requirement | None
    limit: DailyLimit | Unlimited | None

    @classmethod
    def of(
        cls,
        view: Callable[..., Any],
        path: str,
        extra_needs: tuple[Wanted[Any], ...],
        limit: DailyLimit | Unlimited | None,
    ) -> "_Plan":
        hints, annotated = get_type_hints(view), get_type_hints(view, include_extras=True)
        answers = hints.pop("return")
        caller = requirement = operator = body = None
        plain: dict[type, str] = {}
        parts: dict[str, Any] = {}
        query: dict[str, type[PathText]] = {}
        headers: dict[str, tuple[type[Header], bool]] = {}
        for name in inspect.signature(view).parameters:
            kind, required = _required(hints[name])
            in_path = f"{{{name}}}" in path
            if in_path or issubclass(kind, Id | QueryOption):
                (parts if in_path else query)[name] = kind
            elif issubclass(kind, Authenticated):
                caller = (name, kind)
                requirement = next(iter(getattr(annotated[name], "__metadata__", ())), None)
            elif issubclass(kind, Operator):
                operator = name
            elif issubclass(kind, Body | SignedBody):
                body = (name, kind)
            elif issubclass(kind, Header):
                headers[name] = (kind, required)
            elif kind in {ClientAddress, Cursor, PageSize}:
                plain[kind] = name
            else:
                raise TypeError(f"{view.__name__}: no source for the parameter {name}")
        if isinstance(limit, DailyLimit) and not caller:
            raise TypeError(f"{view.__name__}: a limit counts per account, but this view has no caller")
        all_needs = (*caller[1].needs, *extra_needs) if caller else ()
        return cls(
            caller=caller,
            operator=operator,
            body=body,
            parts=parts,
            query=query,
            headers=headers,
            address=plain.get(ClientAddress),
            cursor=plain.get(Cursor),
            size=plain.get(PageSize),
            answers=_members(answers),
            needs=all_needs,
            requirement=requirement,
            limit=limit,
        )

    @property
    def authorizer(self) -> Any:  # noqa: ANN401 - one of Chalice's
        """The authorizer that the gateway calls before it passes the request on."""
        if self.operator:
            return Operator.authorizer
        return self.caller[1].authorizer if self.caller else None

    @property
    def needs_current_app(self) -> bool:
        """Whether an app below the minimum version is refused."""
        return self.caller is not None and self.caller[1].needs_current_app

    @property
    def shows_pages(self) -> bool:
        """Whether a browser opens it: links get further parameters on their way, which are ignored."""
        pages = HtmlPage | SeeOther
        return any(isinstance(kind, type) and issubclass(kind, pages) for kind in self.answers)

    def to_contract(
        self, method: str, path: str, view: Callable[..., Any], declared: tuple[type[Problem], ...]
    ) -> contract.Route:
        """Return the contract of the route, with the problems that follow from its parameters."""
        summary, _, description = inspect.cleandoc(view.__doc__ or "").partition("\n\n")
        implied: list[type[Problem]] = list(_body_problems(self.body[1])) if self.body else []
        implied += [NotFound] if self.parts else []
        implied += [InvalidRequest, UnexpectedField] if self.cursor or self.query else []
        implied += [Unauthenticated, *self.caller[1].problems] if self.caller else []
        implied += [self.requirement.problem] if self.requirement else []
        implied += [TooMany] if isinstance(self.limit, DailyLimit) else []
        implied += Operator.problems if self.operator else ()
        headers = dict(self.headers.values()) | ({AppVersion: False} if self.needs_current_app else {})
        for header in headers:
            implied += header.problems
        return contract.Route(
            method=method,
            path=path,
            name=view.__name__,
            summary=summary,
            description=description,
            caller=self.caller[1] if self.caller else None,
            internal=self.operator is not None,
            body=self.body[1] if self.body else None,
            path_parts=self.parts,
            headers=headers,
            query=self.query,
            paged=self.cursor is not None,
            sized=self.size is not None,
            requirement=self.requirement,
            limit=self.limit,
            answers=tuple(_answer_kind(kind) for kind in self.answers),
            problems=tuple(dict.fromkeys((*declared, *implied))),
        )

    def refuse_outdated_app(self, request: Request) -> None:
        """Step 0: refuse an app below the minimum version, before anything is read."""
        sent = request.headers.get(AppVersion.name)
        if self.needs_current_app and sent is not None:
            AppVersion.parse(sent)

    def identify_caller(self, request: Request) -> dict[str, object]:
        """Step 1: identify the caller and check that it may call."""
        if self.operator:
            return {self.operator: Operator.of(request.context["identity"])}
        if not self.caller:
            return {}
        name, kind = self.caller
        context = request.context.get("authorizer") or {}
        claims = Claims(
            AccountId(context["account_id"]),
            SessionId(context["session_id"]),
            int(context.get("stepped_up_until", 0)),
        )
        return {name: kind.authorize(claims, batch.read_batch(claims, self.needs))}

    def parse_parameters(self, request: Request, raw_parts: Mapping[str, str]) -> dict[str, object]:
        """Step 2: parse path, headers, body, query and address."""
        arguments: dict[str, object] = {}
        for name, kind in self.parts.items():
            arguments[name] = part = kind.parse(raw_parts[name])
            if part is None:
                raise NotFound
        for name, (header, required) in self.headers.items():
            value = request.headers.get(header.name)
            arguments[name] = (
                header.parse(value) if value is not None else header.absent() if required else None
            )
        if self.body:
            name, body = self.body
            arguments[name] = body.parse(_bytes(request.raw_body), request.headers.get("content-type"))
        if self.cursor or self.query:
            arguments |= self._parse_query(request.query_params or {})
        if self.address:
            arguments[self.address] = ClientAddress(request.context["identity"]["sourceIp"])
        return arguments

    def _parse_query(self, query: Mapping[str, str]) -> dict[str, object]:
        known = [*self.query, *(["cursor"] if self.cursor else []), *(["limit"] if self.size else [])]
        if query.keys() - {*known} and not self.shows_pages:
            raise UnexpectedField(f"Query parameters other than these: {', '.join(known)}")
        parsed: dict[str, object] = {}
        for name, kind in self.query.items():
            parsed[name] = found = kind.parse(query.get(name, ""))
            is_option = issubclass(kind, QueryOption)
            if found is None and not (is_option and (self.shows_pages or name not in query)):
                raise InvalidRequest(f"The query parameter {name} has to be sent, and to be valid")
        if self.cursor:
            given = query.get("cursor")
            parsed[self.cursor] = Cursor.parse(given) if given is not None else None
        if self.size:
            parsed[self.size] = PageSize.parse(query.get("limit"))
        return parsed

    def refuse(self, problem: Problem, request: Request, request_id: str) -> Response:
        """Return the response for a problem: a page for a browser that asked for one, else a document."""
        if not self.shows_pages or "text/html" not in request.headers.get("accept", ""):
            return refuse(problem, request_id)
        from chalicelib.core.http.problem_pages import problem_page  # most functions have no page

        return problem_page(problem, request, request_id)

    def check_requirement(self, arguments: Mapping[str, object]) -> None:
        """Step 3: refuse a call that lacks what only some calls require."""
        if self.requirement:
            self.requirement.check(**arguments)

    def count_call(self, request: Request, arguments: Mapping[str, object]) -> AbstractContextManager[None]:
        """Step 4: return a context that counts the call, and uncounts it if the view fails."""
        if not isinstance(self.limit, DailyLimit):
            return nullcontext()
        return self.limit.count_call(AccountId(request.context["authorizer"]["account_id"]), arguments)


def _serve(
    request: Request, label: str, plan: _Plan, view: Callable[..., Any], parts: Mapping[str, str]
) -> Response:
    request_id = request.context.get("requestId") or secrets.token_hex(16)
    try:
        plan.refuse_outdated_app(request)
        arguments = {**plan.identify_caller(request), **plan.parse_parameters(request, parts)}
        plan.check_requirement(arguments)
        with plan.count_call(request, arguments):
            answer = view(**arguments)
        seen = request.headers.get("if-none-match", "")
        response = respond(answer if isinstance(answer, Answer) else Ok(answer), request_id, seen)
    except Problem as problem:
        response = plan.refuse(problem, request, request_id)
        _count_problem(problem)
    except Exception as error:  # noqa: BLE001 - last resort: respond with 500, log without the error's text
        observe.log_failure("request_failed", error, route=label, request_id=request_id)
        response = plan.refuse(InternalError(), request, request_id)
        metrics.count(Metric.REQUEST_FAILED)
    observe.record_request(label, response.status_code, request_id)
    return response


def _body_problems(kind: type[Body | SignedBody]) -> tuple[type[Problem], ...]:
    return (PayloadTooLarge,) if issubclass(kind, SignedBody) else _BODY_PROBLEMS


def _bytes(raw: str | bytes) -> bytes:
    """Return the body as bytes; Chalice passes a str unless the body was sent as base64."""
    return raw.encode() if isinstance(raw, str) else raw


def _count_problem(problem: Problem) -> None:
    if problem.metric:
        metrics.count(problem.metric, of=problem.counted_as)
    if problem.status >= 500:
        metrics.count(Metric.REQUEST_FAILED)


def _members(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type expression
    return get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)


def _required(hint: Any) -> tuple[type, bool]:  # noqa: ANN401 - a type expression
    """Return the class of a parameter, and whether it is required."""
    members = [member for member in _members(hint) if member is not NoneType]
    return members[0], len(members) == len(_members(hint))


def _answer_kind(hint: Any) -> tuple[type[Answer[Any]], type[View] | None]:  # noqa: ANN401 - a type expression
    if isinstance(hint, type) and issubclass(hint, NoContent | HtmlPage | SeeOther | ShortRedirect):
        return hint, None
    origin = get_origin(hint)
    if origin is not None and issubclass(origin, Answer):
        return origin, get_args(hint)[0]
    return Ok, hint
