"""Calls that readers share: one answer per question, and an empty answer where nothing is configured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from botocore.exceptions import ClientError

from infra.deployment.account import AwsAccount
from infra.local.deployed.templates import Resource

_ABSENT = ("NoSuch", "NotFound", "ResourceNotFound")


@dataclass(frozen=True)
class Services:
    """The services of an account, each asked once for the same."""

    account: AwsAccount
    answers: dict[object, Any] = field(default_factory=dict)

    def ask(self, service: str, operation: str, **request: Any) -> Any:  # noqa: ANN401 - as boto3
        """Return the answer of an operation; what does not exist is empty."""
        call = getattr(self.account.client(service), operation)
        return self.once((service, operation, str(sorted(request.items()))), lambda: _answer(call, request))

    def named(self, service: str, operation: str, member: str, key: str, value: str, **request: Any) -> Any:  # noqa: ANN401 - as boto3
        """Return the entry of a whole list whose `key` has a value; empty if none has it."""
        listed = self.once(
            (service, operation, member),
            lambda: list(self.account.listed(service, operation, member, **request)),
        )
        return next((one for one in listed if one[key] == value), {})

    def once(self, question: object, answer: Callable[[], Any]) -> Any:  # noqa: ANN401 - any answer
        """Return the answer to a question, asked at the first time."""
        if question not in self.answers:
            self.answers[question] = answer()
        return self.answers[question]


Properties: TypeAlias = Any  # those that a resource has, in the shape of a template
Reader: TypeAlias = Callable[[Services, Resource], Properties]


def _answer(call: Callable[..., Any], request: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as boto3
    try:
        return call(**request)
    except ClientError as error:
        if not any(part in error.response["Error"]["Code"] for part in _ABSENT):
            raise
        return {}
