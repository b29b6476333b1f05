"""What a route declares of how often it may be called: a limit per account, or why it has none (ADR 24).

A limit of a route bounds what an account can have stored. It costs one call, and while nobody can count it
admits: an outage of the counters must not keep people from their profile or their rights. What a person must
always be able to do (log out, withdraw, object to marketing, cancel) has no limit; what undoes it has one.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from chalicelib.core.clock import DAY
from chalicelib.core.errors import Problem, TooMany
from chalicelib.core.ids import AccountId
from chalicelib.core.limiter import Limiter, WhenUnreachable, Window


def _every_call(**_: object) -> bool:
    return True


@dataclass(frozen=True)
class DailyLimit:
    """At most `most` counted calls by an account in a day of UTC.

    `counts` takes what the view takes and says whether a call is counted; the others are never refused. It
    must not count what the view refuses for want of a step-up: a stolen token would use up its owner's calls.
    """

    name: str
    most: Callable[[], int]
    counts: Callable[..., bool] = _every_call

    @contextmanager
    def one_call(self, account_id: AccountId, arguments: Mapping[str, object]) -> Iterator[None]:
        """Count a call, around its view. What the view refuses stays counted; what we fail at does not.

        Raises:
            TooMany: the account used up its calls of the day.
        """
        if not self.counts(**arguments):
            yield
            return
        self.limiter.hit(account_id)
        try:
            yield
        except Exception as failed:
            if not isinstance(failed, Problem) or failed.status >= 500:
                self.limiter.give_back(account_id)
            raise

    @cached_property
    def limiter(self) -> Limiter:
        """What counts."""
        return Limiter(self.name, (Window(lambda: DAY, self.most),), TooMany, WhenUnreachable.ALLOW)


@dataclass(frozen=True)
class Unlimited:
    """A write without a limit of its own, and why: what bounds it, or why it is never refused."""

    because: str
