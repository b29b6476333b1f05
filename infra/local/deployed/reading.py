"""Calls that readers share: one answer per question, and an empty answer where nothing is configured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from botocore.exceptions import ClientError

from infra.deployment.account import AwsAccount
from infra.local.deployed.templates import Resource

Found: TypeAlias = Mapping[str, Any]

_ABSENT = ("NoSuch", "NotFound", "ResourceNotFound")


@dataclass(frozen=True)
class Services:
    """The services of an account, each asked once for the same."""

    account: AwsAccount
    answers: dict[tuple[object, ...], Any] = field(default_factory=dict)

    def asking(self, service: str) -> Callable[..., dict[str, Any]]:
        """Return a function that calls an operation; what does not exist is empty."""
        client = self.account.client(service)

        def ask(operation: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3
            asked = (service, operation, str(sorted(request.items())))
            if asked not in self.answers:
                self.answers[asked] = _answer(getattr(client, operation), request)
            answer: dict[str, Any] = self.answers[asked]
            return answer

        return ask

    def listed(self, service: str, operation: str, member: str, **request: Any) -> list[Any]:  # noqa: ANN401 - as boto3
        """Return all pages of a list."""
        asked = (service, operation, member, str(sorted(request.items())))
        if asked not in self.answers:
            pages = self.account.client(service).get_paginator(operation).paginate(**request)
            self.answers[asked] = [one for page in pages for one in page[member]]
        found: list[Any] = self.answers[asked]
        return found


Readers: TypeAlias = Mapping[str, Callable[[Services, Resource], Found]]  # by the type of the resource


def _answer(call: Callable[..., Any], request: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as boto3
    try:
        return call(**request)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if not any(part in code for part in _ABSENT):
            raise
        return {}
