"""The route decorator: reads a view's types once at import, then serves requests by them.

The order of a request is fixed, and each step can only refuse:

    1  who asks      claims of the proven token, one batched read, the caller's judgement; or who signed
    2  what is asked path, headers, body; all of it before anything is done
    3  how often     the daily limit of the route, counted per account
    4  the view
    5  the answer, or the problem

Errors are mapped here and not in middleware, which Chalice runs after it has turned view errors into
responses of its own shape.
"""

import inspect
import secrets
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
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
from chalicelib.core.http.answers import Answer, NoContent, Ok, refuse, respond
from chalicelib.core.http.limits import DailyLimit, Unlimited
from chalicelib.core.http.operators import Operator
from chalicelib.core.http.parameters import Authenticated, Body, ClientAddress, Cursor, Header, View
from chalicelib.core.ids import AccountId, SessionId
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
) -> Callable[[ViewFunction], ViewFunction]:
    """Serve a view at a method and path.

    Args:
        blueprint: The concept's Blueprint.
        method: The HTTP method.
        path: The path, its parts named like the view's parameters.
        needs: Items beyond those of the caller's type, found at `caller[NEED]`.
        problems: What the rules behind this view may answer; what follows from its parameters
            (400, 401, 404, 413, 415, 428) is added, and what the limit answers (429).
        limit: How often an account may call this, or why it is not limited; every write declares one.
    """

    def register(view: ViewFunction) -> ViewFunction:
        plan = _Plan.of(view, path, needs, limit)
        contract.add(plan.described(method, path, view, problems))

        @observe.observed
        def serve(**parts: str) -> Response:
            return _serve(blueprint.current_request, f"{method} {path}", plan, view, parts)

        serve.__name__ = view.__name__
        extra = {"authorizer": plan.authorizer} if plan.authorizer else {}
        # Any media type gets in: the body's own check answers in our shape, Chalice's does not.
        blueprint.route(path, methods=[method], content_types=["*/*"], name=view.__name__, **extra)(serve)
        return view

    return register


@dataclass(frozen=True)
class _Plan:
    """How to fill a view's parameters, by name."""

    caller: tuple[str, type[Authenticated]] | None
    operator: str | None
    body: tuple[str, type[Body]] | None
    parts: dict[str, Any]
    headers: dict[str, tuple[type[Header], bool]]
    address: str | None
    cursor: str | None
    answers: tuple[Any, ...]
    needs: tuple[Wanted[Any], ...]
    limit: DailyLimit | Unlimited | None

    @classmethod
    def of(
        cls,
        view: Callable[..., Any],
        path: str,
        extra_needs: tuple[Wanted[Any], ...],
        limit: DailyLimit | Unlimited | None,
    ) -> "_Plan":
        hints = get_type_hints(view)
        answers = hints.pop("return")
        caller = operator = body = address = cursor = None
        parts: dict[str, Any] = {}
        headers: dict[str, tuple[type[Header], bool]] = {}
        for name in inspect.signature(view).parameters:
            kind, required = _required(hints[name])
            if f"{{{name}}}" in path:
                parts[name] = kind
            elif issubclass(kind, Authenticated):
                caller = (name, kind)
            elif issubclass(kind, Operator):
                operator = name
            elif issubclass(kind, Body):
                body = (name, kind)
            elif issubclass(kind, Header):
                headers[name] = (kind, required)
            elif issubclass(kind, ClientAddress):
                address = name
            elif issubclass(kind, Cursor):
                cursor = name
            else:
                raise TypeError(f"{view.__name__}: nothing fills the parameter {name}")
        if isinstance(limit, DailyLimit) and not caller:
            raise TypeError(f"{view.__name__}: a limit counts per account, and this view has no caller")
        all_needs = (*caller[1].needs, *extra_needs) if caller else ()
        return cls(
            caller, operator, body, parts, headers, address, cursor, _members(answers), all_needs, limit
        )

    @property
    def authorizer(self) -> Any:  # noqa: ANN401 - one of Chalice's
        """What the gateway asks before it lets a request through."""
        if self.operator:
            return Operator.authorizer
        return self.caller[1].authorizer if self.caller else None

    def described(
        self, method: str, path: str, view: Callable[..., Any], declared: tuple[type[Problem], ...]
    ) -> contract.Route:
        summary, _, description = inspect.cleandoc(view.__doc__ or "").partition("\n\n")
        implied: list[type[Problem]] = list(_BODY_PROBLEMS) if self.body else []
        implied += [NotFound] if self.parts else []
        implied += [InvalidRequest, UnexpectedField] if self.cursor else []
        implied += [Unauthenticated, *self.caller[1].problems] if self.caller else []
        implied += [TooMany] if isinstance(self.limit, DailyLimit) else []
        implied += Operator.problems if self.operator else ()
        for header, _ in self.headers.values():
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
            headers=dict(self.headers.values()),
            paged=self.cursor is not None,
            limit=self.limit,
            answers=tuple(_answer_kind(kind) for kind in self.answers),
            problems=tuple(dict.fromkeys((*declared, *implied))),
        )

    def judged(self, request: Request) -> dict[str, object]:
        """Step 1: who asks."""
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
        return {name: kind.judge(claims, batch.read_batch(claims, self.needs))}

    def parsed(self, request: Request, raw_parts: Mapping[str, str]) -> dict[str, object]:
        """Step 2: what is asked."""
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
        if self.cursor:
            query: Mapping[str, str] = request.query_params or {}
            if query.keys() - {"cursor"}:
                raise UnexpectedField("Only `cursor` can be asked for here")
            given = query.get("cursor")
            arguments[self.cursor] = Cursor.parse(given) if given is not None else None
        if self.address:
            arguments[self.address] = ClientAddress(request.context["identity"]["sourceIp"])
        return arguments

    def counted(self, request: Request, arguments: Mapping[str, object]) -> AbstractContextManager[None]:
        """Step 3: how often, around the view."""
        if not isinstance(self.limit, DailyLimit):
            return nullcontext()
        return self.limit.one_call(AccountId(request.context["authorizer"]["account_id"]), arguments)


def _serve(
    request: Request, label: str, plan: _Plan, view: Callable[..., Any], parts: Mapping[str, str]
) -> Response:
    request_id = request.context.get("requestId") or secrets.token_hex(16)
    try:
        arguments = {**plan.judged(request), **plan.parsed(request, parts)}
        with plan.counted(request, arguments):
            answer = view(**arguments)
        response = respond(answer if isinstance(answer, Answer) else Ok(answer), request_id)
    except Problem as problem:
        response = refuse(problem, request_id)
        _count_problem(problem)
    except Exception as error:  # noqa: BLE001 - the last line of defence: answered, logged without text
        observe.log_failure("request_failed", error, route=label, request_id=request_id)
        response = refuse(InternalError(), request_id)
        metrics.count(Metric.REQUEST_FAILED)
    metrics.count(Metric.REQUEST_SERVED)
    observe.log("request", route=label, status=response.status_code, request_id=request_id)
    return response


def _bytes(raw: str | bytes) -> bytes:
    """The body as it came; Chalice gives text where it was not sent as base64."""
    return raw.encode() if isinstance(raw, str) else raw


def _count_problem(problem: Problem) -> None:
    if problem.metric:
        metrics.count(problem.metric)
    if problem.status >= 500:
        metrics.count(Metric.REQUEST_FAILED)


def _members(hint: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a type expression
    return get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)


def _required(hint: Any) -> tuple[type, bool]:  # noqa: ANN401 - a type expression
    """The class of a parameter, and whether it may be missing."""
    members = [member for member in _members(hint) if member is not NoneType]
    return members[0], len(members) == len(_members(hint))


def _answer_kind(hint: Any) -> tuple[type[Answer[Any]], type[View] | None]:  # noqa: ANN401 - a type expression
    if hint is NoContent:
        return NoContent, None
    origin = get_origin(hint)
    if origin is not None and issubclass(origin, Answer):
        return origin, get_args(hint)[0]
    return Ok, hint
