"""How a request is attributed to a person without a session: proofs, contacts, representatives (RGT-11).

No field can hold an identity document or a copy of one: what an operator has seen is a closed list and a day.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from chalicelib.core.clock import DAY
from chalicelib.core.ids import StaffId

# Two different proofs release a copy or start an erasure. One proof may have been stolen, or may belong to
# another person by now: numbers and mailboxes get new owners.
PROOFS_NEEDED = 2

# How long proof of identity is awaited, and when the subject is notified of that: at once, and twice later.
PROOF_AWAITED = 30 * DAY
PROOF_REMINDERS = (0 * DAY, 7 * DAY, 21 * DAY)
# The least time that the subject gets if proof was requested shortly before the answer is due.
PROOF_AWAITED_LEAST = 7 * DAY


class IdentityProof(StrEnum):
    """A proof that a request comes from the owner of an account."""

    NUMBER = "number"  # a code that was sent to it
    MAILBOX = "mailbox"  # the same
    DEVICE = "device"  # the id of a device that had a session of the account
    STAFF = "staff"  # two operators checked the identity


class OnBehalf(StrEnum):
    """The person who makes a request for the subject."""

    AGENT = "agent"
    PARENT = "parent"
    HEIR = "heir"


class AuthoritySeen(StrEnum):
    """What shows that a representative may act for the subject. It is seen by an operator, and not kept."""

    POWER_OF_ATTORNEY = "power_of_attorney"
    PARENTAL_RESPONSIBILITY = "parental_responsibility"
    COURT_DECISION = "court_decision"
    INHERITANCE_DECISION = "inheritance_decision"


class SeenAuthority(BaseModel):
    """Which proof of authority an operator saw, and on which day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: AuthoritySeen
    seen_on: date
    seen_by: StaffId


@dataclass(frozen=True, repr=False)
class GuestContact:
    """Where a person without an account gets the answer: a number in E.164, or a mailbox."""

    phone: str | None = None
    email: str | None = None
    locale: str | None = None

    @property
    def proof(self) -> IdentityProof:
        """The proof that a code to this contact gives."""
        return IdentityProof.NUMBER if self.phone else IdentityProof.MAILBOX
