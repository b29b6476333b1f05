"""Request bodies of a recovery."""

from typing import Self

from pydantic import model_validator

from chalicelib.accounts.challenges.body import Code
from chalicelib.accounts.challenges.numbers import Locale
from chalicelib.accounts.passwords.model import TriedPassword
from chalicelib.accounts.profiles.model import NewEmail, NewNumber
from chalicelib.accounts.secrets.model import EnteredPin, SecretKind


class NewRecovery(NewEmail):
    """The verified email address of an account that its owner cannot open."""

    locale: Locale | None = None


class RecoveryProof(NewNumber):
    """The code from the mail, the PIN or the password, and the number that the account gets."""

    code: Code
    pin: EnteredPin | None = None
    password: TriedPassword | None = None

    @model_validator(mode="after")
    def _one_secret(self) -> Self:
        if (self.pin is None) == (self.password is None):
            raise ValueError("either the PIN or the password")
        return self

    def secret(self) -> tuple[SecretKind, str]:
        """Return the kind and the value of what is proven."""
        if self.pin is not None:
            return SecretKind.PIN, self.pin
        return SecretKind.PASSWORD, self.password or ""

    def without_secrets(self) -> NewNumber:
        """Return the number alone. A stored fingerprint of the rest would let a PIN be guessed."""
        return NewNumber(phone=self.phone, region=self.region)
