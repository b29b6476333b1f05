"""Purposes, legal bases and categories of processing, and the rule that permits a purpose.

Categories and purposes carry the keys of the fideslang taxonomy (by Ethyca, CC BY 4.0), so that other tools
can read the record of processing. Legal bases are those of Art. 6(1) GDPR.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol, Self


class ExplainedEnum(StrEnum):
    """A closed list of words: each is for machines, and has an explanation for people.

    Members are `(word, explanation)`; a subclass with more parts takes them in `__init__`.
    """

    plainly: str

    def __new__(cls, word: str, plainly: str, *_more: object) -> Self:
        """Create a member whose value is its word."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.plainly = plainly
        return member


class LegalBasis(StrEnum):
    """A legal basis of Art. 6(1) GDPR."""

    CONSENT = "Art. 6(1)(a)"
    CONTRACT = "Art. 6(1)(b)"
    LEGAL_OBLIGATION = "Art. 6(1)(c)"
    LEGITIMATE_INTERESTS = "Art. 6(1)(f)"


class Purpose(ExplainedEnum):
    """A purpose of processing: name, description in plain words, fideslang use, legal basis."""

    SERVICE = ("service", "to provide the service", "essential.service", LegalBasis.CONTRACT)
    AUTHENTICATION = (
        "authentication",
        "to verify who signs in",
        "essential.service.authentication",
        LegalBasis.CONTRACT,
    )
    SECURITY = (
        "security",
        "to protect accounts from abuse",
        "essential.service.security",
        LegalBasis.LEGITIMATE_INTERESTS,
    )
    NOTIFICATIONS = (
        "notifications",
        "to inform users about the service",
        "essential.service.notifications",
        LegalBasis.CONTRACT,
    )
    LEGAL_OBLIGATION = (
        "legal_obligation",
        "to comply with a law",
        "essential.legal_obligation",
        LegalBasis.LEGAL_OBLIGATION,
    )
    LEGAL_CLAIMS = (
        "legal_claims",
        "to establish or defend legal claims",
        "essential.legal_obligation",  # fideslang has no key for claims
        LegalBasis.LEGITIMATE_INTERESTS,
    )
    DIAGNOSTICS = (
        "diagnostics",
        "to find and fix faults",
        "analytics.reporting.system.performance",
        LegalBasis.LEGITIMATE_INTERESTS,
    )
    ANALYTICS = ("analytics", "to learn how the app is used", "analytics.reporting", LegalBasis.CONSENT)
    MARKETING = ("marketing", "to send news and offers", "marketing.communications", LegalBasis.CONSENT)
    PERSONALISED_ADS = (
        "personalised_ads",
        "to choose advertisements based on a user's data",
        "marketing.advertising.first_party.targeted",
        LegalBasis.CONSENT,
    )
    LOCATION_SHARING = (
        "location_sharing",
        "to share a user's position with chosen contacts",
        "functional.service",
        LegalBasis.CONSENT,
    )
    CONTACT_MATCHING = (
        "contact_matching",
        "to show which of a user's contacts use the service",
        "functional.service",
        LegalBasis.CONSENT,
    )
    SOCIAL_VERIFICATION = (
        "social_verification",
        "to verify a profile through an account at another service",
        "functional.service",
        LegalBasis.CONSENT,
    )
    MESSAGE_BACKUP = (
        "message_backup",
        "to back up messages to a place that the user chose",
        "functional.storage",
        LegalBasis.CONSENT,
    )

    def __init__(self, _word: str, _plainly: str, use: str, basis: LegalBasis) -> None:
        self.use = use
        self.basis = basis


class Practice(StrEnum):
    """What we may do only while the privacy policy in effect says so."""

    CLOSING_IDLE_ACCOUNTS = "closing_idle_accounts"  # RET-5
    COUNTING_USE = "counting_use"  # USE-6
    IDENTITY_PAPERS = "identity_papers"  # RGT-11
    NOTIFYING = "notifying"  # CALL-2
    HIDING_STATUS = "hiding_status"  # STR-10
    REPORTING = "reporting"  # SAF-1
    MATCHING_CONTACTS = "matching_contacts"  # ACC-7


# The purposes whose consent each practice uses. No code uses the others' consents, so they have no practice.
CONSENTS_USED: Mapping[Practice, frozenset[Purpose]] = {
    Practice.CLOSING_IDLE_ACCOUNTS: frozenset(),
    Practice.COUNTING_USE: frozenset({Purpose.ANALYTICS}),
    Practice.IDENTITY_PAPERS: frozenset(),
    Practice.NOTIFYING: frozenset(),
    Practice.HIDING_STATUS: frozenset(),
    Practice.REPORTING: frozenset(),
    Practice.MATCHING_CONTACTS: frozenset({Purpose.CONTACT_MATCHING}),
}


class Choices(Protocol):
    """A subject's decisions, as `refusal` reads them."""

    @property
    def consented(self) -> Mapping[Purpose, datetime]:
        """Purposes with a consent in force, and since when without interruption."""

    @property
    def objected(self) -> AbstractSet[Purpose]:
        """Purposes to which the subject objected (Art. 21)."""

    @property
    def restricted(self) -> AbstractSet[Purpose]:
        """Purposes restricted individually (Art. 18)."""

    @property
    def wholly_restricted(self) -> bool:
        """Return whether every use but storage is restricted."""


class Refusal(StrEnum):
    """Why a purpose is not permitted; the values are published in the API."""

    RESTRICTED = "restricted"
    OBJECTED = "objected"
    NO_CONSENT = "no_consent"


# Purposes that a restriction does not stop: the subject's own rights, claims, the law and the protection of
# others (Art. 18(2)).
OUTLASTS_RESTRICTION = frozenset(
    {Purpose.AUTHENTICATION, Purpose.SECURITY, Purpose.LEGAL_OBLIGATION, Purpose.LEGAL_CLAIMS}
)


def refusal(
    choices: Choices | None, purpose: Purpose, offered: AbstractSet[Purpose] = frozenset()
) -> Refusal | None:
    """Return the strongest reason against processing for a purpose, or None.

    Args:
        choices: None if the subject has not consented to, objected to or restricted anything.
        purpose: The purpose.
        offered: The purposes whose consents may be used now, by the privacy policy in effect. The consent to
            another one is kept, and permits nothing.
    """
    if choices is None:
        return Refusal.NO_CONSENT if purpose.basis is LegalBasis.CONSENT else None
    if purpose not in OUTLASTS_RESTRICTION and (choices.wholly_restricted or purpose in choices.restricted):
        return Refusal.RESTRICTED
    if purpose in choices.objected:
        return Refusal.OBJECTED
    if purpose.basis is LegalBasis.CONSENT and not (purpose in offered and purpose in choices.consented):
        return Refusal.NO_CONSENT
    return None


def permits(choices: Choices | None, purpose: Purpose, offered: AbstractSet[Purpose] = frozenset()) -> bool:
    """Return whether data may be processed for a purpose; the only such rule (RGT-4 to RGT-7)."""
    return refusal(choices, purpose, offered) is None


def has_lapsed(choices: Choices | None, purpose: Purpose, of: datetime) -> bool:
    """Return whether the consent that covered data of an instant has lapsed (RGT-7, ADR 28).

    Such data is deleted, and until then neither used nor shown: a new consent does not cover older data. A
    restriction preserves the data as it is (Art. 18(2) GDPR).
    """
    before = lapsed_before(choices, purpose)
    return before is not None and of < before


def lapsed_before(choices: Choices | None, purpose: Purpose) -> datetime | None:
    """The instant before which all data has lapsed, as in `has_lapsed`; None if none has."""
    if purpose.basis is not LegalBasis.CONSENT or refusal(choices, purpose) is Refusal.RESTRICTED:
        return None
    return choices.consented.get(purpose, _END_OF_TIME) if choices else _END_OF_TIME


# Later than any data, which has all lapsed if there is no consent.
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class Category(StrEnum):
    """A category of personal data, by its fideslang key."""

    PHONE_NUMBER = "user.contact.phone_number"
    EMAIL = "user.contact.email"
    NAME = "user.name"
    USERNAME = "user.account.username"
    DATE_OF_BIRTH = "user.demographic.date_of_birth"
    LANGUAGE = "user.demographic.language"
    COUNTRY = "user.contact.address.country"
    JOB_TITLE = "user.job_title"
    WORKPLACE = "user.workplace"
    ACCOUNT_SETTINGS = "user.account.settings"
    CONTENT_PRIVATE = "user.content.private"
    SELF_IMAGE = "user.content.self_image"
    CONTACTS = "user.social"
    LOCATION = "user.location.precise"
    DEVICE = "user.device"
    IP_ADDRESS = "user.device.ip_address"
    BEHAVIOR = "user.behavior"
    TELEMETRY = "user.telemetry"
    FINANCIAL = "user.financial"
    PSEUDONYM = "user.unique_id.pseudonymous"
    DEVICE_ID = "user.device.device_id"
    CREDENTIALS = "user.authorization.credentials"
    PRIVACY_PREFERENCES = "user.privacy_preferences"


class Source(StrEnum):
    """The source of a value. Portability covers provided and observed values (RGT-8).

    No document of ours names the payment provider (looked for on 2026-11-30).
    """

    PROVIDED = "provided by the subject"
    OBSERVED = "observed by the service"
    GENERATED = "created by the service"
    PAYMENT_PROVIDER = "received from the payment provider"


class Correction(StrEnum):
    """The way in which a value can be corrected (RGT-2)."""

    SELF_SERVICE = "by the subject in the app"
    ON_REQUEST = "by a rectification request"


# What programs decide alone (Art. 22 GDPR, Art. 38 ZZPL), by the practice that does it; the first needs none.
AUTOMATED: Mapping[str, str] = {
    "REQUEST_WITHOUT_PROOF": (
        "a request without proof of identity is refused once the time for the proof is over"
    ),
    "NUMBER_PASSED_ON": (
        "an account ends if another person proves twice, some days apart, that its number is theirs now"
    ),
    Practice.CLOSING_IDLE_ACCOUNTS.name: (
        "an account that is not used any more is closed, while our privacy policy says so"
    ),
}
