"""Why personal data is processed, on which basis, and in which categories.

Categories and purposes carry the keys of the fideslang taxonomy (by Ethyca, CC BY 4.0), so the record
of processing can be read by other tools; legal bases are the letters of Art. 6(1) GDPR.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum
from typing import Protocol, Self


class LegalBasis(StrEnum):
    """Art. 6(1) GDPR."""

    CONSENT = "Art. 6(1)(a)"
    CONTRACT = "Art. 6(1)(b)"
    LEGAL_OBLIGATION = "Art. 6(1)(c)"
    LEGITIMATE_INTERESTS = "Art. 6(1)(f)"


class Purpose(StrEnum):
    """What personal data is processed for: our word, the fideslang use, the basis, and plain words."""

    SERVICE = ("service", "essential.service", LegalBasis.CONTRACT, "to provide the service")
    AUTHENTICATION = (
        "authentication",
        "essential.service.authentication",
        LegalBasis.CONTRACT,
        "to know who signs in",
    )
    SECURITY = (
        "security",
        "essential.service.security",
        LegalBasis.LEGITIMATE_INTERESTS,
        "to protect accounts from abuse",
    )
    NOTIFICATIONS = (
        "notifications",
        "essential.service.notifications",
        LegalBasis.CONTRACT,
        "to tell users about the service",
    )
    LEGAL_OBLIGATION = (
        "legal_obligation",
        "essential.legal_obligation",
        LegalBasis.LEGAL_OBLIGATION,
        "to do what a law asks for",
    )
    LEGAL_CLAIMS = (
        "legal_claims",
        "essential.legal_obligation",  # fideslang has no word for claims
        LegalBasis.LEGITIMATE_INTERESTS,
        "to establish or defend claims",
    )
    DIAGNOSTICS = (
        "diagnostics",
        "analytics.reporting.system.performance",
        LegalBasis.LEGITIMATE_INTERESTS,
        "to find and mend faults",
    )
    ANALYTICS = ("analytics", "analytics.reporting", LegalBasis.CONSENT, "to learn how the app is used")
    MARKETING = ("marketing", "marketing.communications", LegalBasis.CONSENT, "to send news and offers")
    PERSONALISED_ADS = (
        "personalised_ads",
        "marketing.advertising.first_party.targeted",
        LegalBasis.CONSENT,
        "to choose advertisements by what is known of a user",
    )
    LOCATION_SHARING = (
        "location_sharing",
        "functional.service",
        LegalBasis.CONSENT,
        "to share a position with named contacts",
    )
    CONTACT_MATCHING = (
        "contact_matching",
        "functional.service",
        LegalBasis.CONSENT,
        "to show which contacts are here",
    )
    SOCIAL_VERIFICATION = (
        "social_verification",
        "functional.service",
        LegalBasis.CONSENT,
        "to verify a profile by an account elsewhere",
    )
    MESSAGE_BACKUP = (
        "message_backup",
        "functional.storage",
        LegalBasis.CONSENT,
        "to back messages up where their owner chose",
    )

    use: str
    basis: LegalBasis
    plainly: str

    def __new__(cls, word: str, use: str, basis: LegalBasis, plainly: str) -> Self:
        """A member that is its word."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.use, member.basis, member.plainly = use, basis, plainly
        return member


class Choices(Protocol):
    """What a subject decided, as the judge reads it."""

    @property
    def consented(self) -> Mapping[Purpose, datetime]:
        """Purposes with a consent in force, and since when it has been without a break."""

    @property
    def objected(self) -> AbstractSet[Purpose]:
        """Purposes that the subject objected to (Art. 21)."""

    @property
    def restricted(self) -> AbstractSet[Purpose]:
        """Purposes that are restricted one by one (Art. 18)."""

    @property
    def wholly_restricted(self) -> bool:
        """Whether every use but storage is restricted."""


class Refusal(StrEnum):
    """Why a purpose is not permitted, in the words in which the API tells it."""

    RESTRICTED = "restricted"
    OBJECTED = "objected"
    NO_CONSENT = "no_consent"


# Restriction leaves what the subject's own rights, claims, the law and the protection of others need
# (Art. 18(2)).
_OUTLASTS_RESTRICTION = frozenset(
    {Purpose.AUTHENTICATION, Purpose.SECURITY, Purpose.LEGAL_OBLIGATION, Purpose.LEGAL_CLAIMS}
)


def refusal(choices: Choices | None, purpose: Purpose) -> Refusal | None:
    """What stands against processing for a purpose, the strongest first; None if nothing does.

    No choices (None) mean that nothing was consented to, objected to or restricted.
    """
    if choices is None:
        return Refusal.NO_CONSENT if purpose.basis is LegalBasis.CONSENT else None
    if purpose not in _OUTLASTS_RESTRICTION and (choices.wholly_restricted or purpose in choices.restricted):
        return Refusal.RESTRICTED
    if purpose in choices.objected:
        return Refusal.OBJECTED
    if purpose.basis is LegalBasis.CONSENT and purpose not in choices.consented:
        return Refusal.NO_CONSENT
    return None


def permits(choices: Choices | None, purpose: Purpose) -> bool:
    """The only judge of whether personal data may be processed for a purpose (RGT-4 to RGT-7)."""
    return refusal(choices, purpose) is None


def has_lapsed(choices: Choices | None, purpose: Purpose, of: datetime) -> bool:
    """Whether data of an instant has lost the consent that it rested on (RGT-7, ADR 28).

    Such data is deleted, and until it is, neither used nor shown: a consent that is given anew covers nothing
    older. A restriction keeps the data as it is (Art. 18(2) GDPR).
    """
    if purpose.basis is not LegalBasis.CONSENT or refusal(choices, purpose) is Refusal.RESTRICTED:
        return False
    since = choices.consented.get(purpose) if choices else None
    return since is None or of < since


class Category(StrEnum):
    """What kind of personal data a field is."""

    PHONE_NUMBER = "user.contact.phone_number"
    EMAIL = "user.contact.email"
    NAME = "user.name"
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
    PSEUDONYM = "user.unique_id.pseudonymous"
    DEVICE_ID = "user.device.device_id"
    CREDENTIALS = "user.authorization.credentials"
    PRIVACY_PREFERENCES = "user.privacy_preferences"


class Source(StrEnum):
    """Where a value comes from; portability covers both (RGT-8)."""

    PROVIDED = "provided by the subject"
    OBSERVED = "observed by the service"
    GENERATED = "made by the service"


class Correction(StrEnum):
    """How a value is corrected (RGT-2)."""

    SELF_SERVICE = "by the subject in the app"
    ON_REQUEST = "by a rectification request"
