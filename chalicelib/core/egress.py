"""The only way out of our AWS account: gives clients to callers that name recipient, data and purpose.

The register of recipients (privacy/recipients) is the only subclass of `Registered`, so every `Registered` is
on the register. Each request for a client is checked against it. A recipient that is not registered, or not
for this purpose or one of these categories, is refused before anything is sent (SEC-2, NOT-6). A refusal is a
bug of ours and never a user's fault, so the error is no Problem.
"""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, TypeVar

from chalicelib.core import aws

T = TypeVar("T")


class Registered(Enum):
    """A recipient on the register."""

    purposes: frozenset[str]
    categories: frozenset[str]


class NotOnRegister(Exception):
    """A caller tried to send data that the register does not allow; the text quotes none of it."""


def client(to: Registered, purpose: str, categories: Iterable[str], make: Callable[[], T]) -> T:
    """Return the client that `make` creates, to send these categories for a purpose.

    Raises:
        NotOnRegister: the recipient, the purpose or a category is not in the register.
    """
    check(to, purpose, categories)
    return make()


def check(to: Registered, purpose: str, categories: Iterable[str]) -> None:
    """Refuse what the register does not allow.

    Raises:
        NotOnRegister: as for `client`.
    """
    if not isinstance(to, Registered):
        raise NotOnRegister("not a recipient on the register")
    if purpose not in to.purposes:
        raise NotOnRegister(f"{to.name} is not registered for {purpose}")
    if unknown := set(categories) - to.categories:
        raise NotOnRegister(f"{to.name} is not registered for {', '.join(sorted(unknown))}")


def aws_client(to: Registered, purpose: str, categories: Iterable[str], service: str) -> Any:  # noqa: ANN401 - as core/aws
    """Return the client of an AWS service that passes data to third parties: texts, mail.

    Raises:
        NotOnRegister: the recipient, the purpose or a category is not in the register.
    """
    return client(to, purpose, categories, lambda: aws.client(service))
