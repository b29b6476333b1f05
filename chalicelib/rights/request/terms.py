"""The closed lists of requests: rights, states, channels, workers, and the reasons of refusals."""

from enum import Enum, StrEnum, auto

# No law requires this retention. The controller keeps requests to be able to prove how they were answered.
EVIDENCE_LAW = "to establish or defend claims, Art. 6(1)(f) and 17(3)(e) GDPR, Art. 12(1)(6) and 30 ZZPL"


class Right(StrEnum):
    """The rights that can be exercised (Art. 7(3) and 15 to 21 GDPR)."""

    ACCESS = "access"
    PORTABILITY = "portability"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    MARKETING_OBJECTION = "marketing_objection"
    CONSENT_WITHDRAWAL = "consent_withdrawal"


class Status(StrEnum):
    """The status of a request."""

    RECEIVED = "received"
    AWAITING_VERIFICATION = "awaiting_verification"
    IN_PROGRESS = "in_progress"
    AWAITING_PROCESSOR = "awaiting_processor"
    AWAITING_REVIEW = "awaiting_review"
    COMPLETED = "completed"
    PARTIALLY_COMPLETED = "partially_completed"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class ReceivedBy(StrEnum):
    """The channel by which a request was received; every channel is valid (RGT-11).

    GUEST is a request without a session, by a code to a number or mailbox.
    """

    APP = "app"
    GUEST = "guest"
    LETTER = "letter"
    EMAIL = "email"
    TELEPHONE = "telephone"
    IN_PERSON = "in_person"
    SUPPORT = "support"
    UNSUBSCRIBE = "unsubscribe"  # the link in a marketing mail
    INACTIVITY = "inactivity"  # no request: the account was not used, and its owner was warned (RET-5)

    @property
    def is_entered(self) -> bool:
        """Whether operators enter what comes by this channel; the others are recorded by our own code."""
        return self not in {self.APP, self.GUEST, self.UNSUBSCRIBE, self.INACTIVITY}


class StepStatus(StrEnum):
    """The status of a step. `stopped`: it cannot go on until an operator acts; the deadline keeps running."""

    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    STOPPED = "stopped"


class RefusalReason(StrEnum):
    """Why a request is wholly or partly refused: a closed list, in the terms of DPV where it has one.

    `rights/request/declaration` says which of them each right permits.
    """

    # The vocabulary eu-gdpr of DPV has terms for the reasons of Art. 12 and 17 only. The others have names of
    # ours, in the same form without its prefix.
    IDENTITY_FAILURE = "JustificationA12IdentityFailure"
    MANIFESTLY_UNFOUNDED = "JustificationA12ManifestlyUnfounded"
    MANIFESTLY_EXCESSIVE = "JustificationA12ManifestlyExcessive"
    LEGALLY_REQUIRED = "JustificationA17LegallyRequired"
    LEGAL_CLAIMS = "JustificationA17LegalClaims"
    FREEDOM_OF_EXPRESSION = "JustificationA17FreedomOfExpression"
    PUBLIC_INTEREST = "JustificationA17PublicInterest"
    PUBLIC_HEALTH = "JustificationA17PublicHealth"
    ARCHIVING = "JustificationA17Archiving"
    OTHERS_IN_COPY = "A15RightsOfOthers"
    ACCURATE = "A16Accurate"
    NO_GROUND_TO_RESTRICT = "A18NoGround"
    NOT_PORTABLE = "A20NotPortable"
    OTHERS_IN_TRANSFER = "A20RightsOfOthers"
    COMPELLING_GROUNDS = "A21CompellingGrounds"
    NEEDED_FOR_CLAIMS = "A21LegalClaims"
    OTHER_BASIS = "A21OtherBasis"

    @property
    def is_dpv_term(self) -> bool:
        """Whether the vocabulary eu-gdpr of DPV has the reason."""
        return self.startswith("Justification")


class Destination(Enum):
    """The worker that a message is for: each has a function, a queue and a role of its own."""

    WORK = auto()
    TRANSFERS = auto()  # sends copies to other controllers
    ERASURES = auto()  # erases accounts
