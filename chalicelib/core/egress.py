"""The one door out of our part of AWS: who wants a client for outside says who gets what, and why.

The register of recipients is data (privacy/recipients) and the only subclass of `Registered`, so being a
`Registered` is being on the register. Each use of a client is held against it: a recipient that is not
registered, or not for this purpose, or not for one of these categories, is refused before anything is
sent (SEC-2, NOT-6). That is a bug of ours, never a user's fault, so it is no Problem.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from enum import Enum
from typing import Any, TypeVar

from chalicelib.core import aws, clock, metrics
from chalicelib.core.metrics import Metric

T = TypeVar("T")

# How long before an agreement lapses its use starts to be counted, which an alarm reads.
NOTICE = timedelta(days=30)


class Registered(Enum):
    """A recipient on the register."""

    purposes: frozenset[str]
    categories: frozenset[str]
    review_by: date | None  # the day by which the agreement has to be looked at again


class NotOnRegister(Exception):
    """Something was about to leave that the register does not allow; the text has words of ours only."""


def client(to: Registered, purpose: str, categories: Iterable[str], make: Callable[[], T]) -> T:
    """The client that `make` gives, for sending these categories to a recipient for a purpose.

    Raises:
        NotOnRegister: the recipient, the purpose or a category is not in the register.
    """
    if not isinstance(to, Registered):
        raise NotOnRegister("not a recipient on the register")
    if purpose not in to.purposes:
        raise NotOnRegister(f"{to.name} is not registered for {purpose}")
    if unknown := set(categories) - to.categories:
        raise NotOnRegister(f"{to.name} is not registered for {', '.join(sorted(unknown))}")
    if to.review_by and clock.now().date() > to.review_by - NOTICE:
        metrics.count(Metric.AGREEMENT_LAPSING)
    return make()


def aws_client(to: Registered, purpose: str, categories: Iterable[str], service: str) -> Any:  # noqa: ANN401 - as core/aws
    """The client of a service of AWS that hands on to others what it is given: text messages, mail.

    Raises:
        NotOnRegister: as above.
    """
    return client(to, purpose, categories, lambda: aws.client(service))
