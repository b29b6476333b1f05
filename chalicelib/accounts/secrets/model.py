"""A secret that an account's owner chose, its form, and the rule of tries. Pure.

Tries are counted before the comparison. Three wrong ones are free; after each further one, the next must
wait: a minute, five, thirty, three hours, then a day each. A right one starts the count again. So a thousand
days have 1,008 tries: a thousandth of the PINs of six digits, the shortest ones (ADR 104).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, StringConstraints

from chalicelib.core.clock import DAY, HOUR, MINUTE, Instant
from chalicelib.core.errors import Problem, Schemas, TooMany, Unprocessable
from chalicelib.core.ids import AccountId
from chalicelib.core.table_names import Table
from chalicelib.privacy.periods import UntilErasure
from chalicelib.privacy.personal import NOT_PERSONAL, KeyClass, NotPersonal, Record, personal
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose, Source

FREE_TRIES = 3
_WAITS = (MINUTE, 5 * MINUTE, 30 * MINUTE, 3 * HOUR, DAY)
# From when on a secret proves anything: a thief with the unlocked phone can set one (ADR 49).
SETTLES = 7 * DAY


_FOR_GUESSES = "a secret: anyone who has it could sign in as you"


class SecretKind(StrEnum):
    """The kinds of secrets."""

    PIN = "pin"
    PASSWORD = "password"  # noqa: S105 - a kind of secret, none itself


# As a person enters it. One that was set under an earlier rule has to be accepted here.
EnteredPin = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{6,20}$"),
    Field(description="6 to 20 of the digits 0 to 9", examples=["739154"]),
]


def _unguessable(pin: str) -> str:
    """Refuse a run up or down, and up to three digits repeated: people choose these first.

    Raises:
        ValueError: it is one.
    """
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    if steps in ({1}, {9}) or any(pin[size:] == pin[:-size] for size in (1, 2, 3)):
        raise ValueError("easy to guess")
    return pin


NewPin = Annotated[EnteredPin, AfterValidator(_unguessable)]


class PinRequired(Problem):
    """The code was right, and the account has a PIN, which this device has to show."""

    status = 423
    title = "This account has a PIN; send it as `pin` beside the code"


class TooManyTries(TooMany):
    """The next try of this secret has to wait."""

    title = "Too many wrong tries; the next one has to wait"


class WrongSecret(Unprocessable):
    """The secret is wrong. `free_tries_left`: how many more wrong ones cause no wait."""

    title = "This is not the PIN or password of the account"
    shows: ClassVar[Schemas] = {"free_tries_left": {"type": "integer", "minimum": 0}}


class ChosenSecret(
    Record,
    table=Table.ACCOUNTS,
    kind="chosen_secret",
    purpose=Purpose.AUTHENTICATION,
    basis=LegalBasis.CONTRACT,
    retention=UntilErasure("until you remove it or the account is deleted"),
    key_class=KeyClass.SUBJECT,
):
    """A PIN or a password, as a slow hash only (ACC-3).

    Attributes:
        pepper: the version of the vault's key under which the hash was made.
        tries: how many were counted since the last right one.
        open_at: before this instant no try is compared; None: there is no wait.
        version: grows when the secret is set or hashed anew.
    """

    account_id: Annotated[AccountId, NOT_PERSONAL]
    secret: Annotated[SecretKind, NOT_PERSONAL]
    hash: Annotated[str, personal(Category.CREDENTIALS, Source.PROVIDED, withheld=_FOR_GUESSES)]
    pepper: Annotated[str, NotPersonal(withheld="it names a key of ours, under which the hash was made")]
    set_at: Annotated[Instant, NOT_PERSONAL]
    tries: Annotated[int, NOT_PERSONAL] = 0
    open_at: Annotated[Instant | None, NOT_PERSONAL] = None
    version: Annotated[int, NOT_PERSONAL] = 1

    @property
    def label(self) -> tuple[str, ...]:
        """What its hash belongs to."""
        return self.secret, self.account_id

    def waits_for(self, now: datetime) -> timedelta:
        """How long the next try has to wait; zero if it need not."""
        return max((self.open_at or now) - now, timedelta())

    def is_settled(self, now: datetime) -> bool:
        """Whether it is so old that it proves who owns the account."""
        return self.set_at + SETTLES <= now

    @property
    def free_tries_left(self) -> int:
        """How many more wrong tries cause no wait."""
        return max(FREE_TRIES - self.tries, 0)

    def tried(self, now: datetime) -> Self:
        """The secret with one more try, which counts as wrong until it is compared."""
        late = self.tries + 1 - FREE_TRIES
        wait = _WAITS[min(late, len(_WAITS)) - 1] if late > 0 else None
        return self.model_copy(update={"tries": self.tries + 1, "open_at": now + wait if wait else None})

    def guessed(self) -> Self:
        """The secret after a right try."""
        return self.model_copy(update={"tries": 0, "open_at": None, "version": self.version + 1})
