"""Why personal data is processed, on which basis, and in which categories.

Categories and purposes carry the keys of the fideslang taxonomy (by Ethyca, CC BY 4.0), so the record
of processing can be read by other tools; legal bases are the letters of Art. 6(1) GDPR.
"""

from enum import StrEnum


class Purpose(StrEnum):
    """What a record is for."""

    SERVICE = "essential.service"
    AUTHENTICATION = "essential.service.authentication"
    SECURITY = "essential.service.security"
    LEGAL_OBLIGATION = "essential.legal_obligation"


class LegalBasis(StrEnum):
    """Art. 6(1) GDPR."""

    CONSENT = "Art. 6(1)(a)"
    CONTRACT = "Art. 6(1)(b)"
    LEGAL_OBLIGATION = "Art. 6(1)(c)"
    LEGITIMATE_INTERESTS = "Art. 6(1)(f)"


class Category(StrEnum):
    """What kind of personal data a field is."""

    PHONE_NUMBER = "user.contact.phone_number"
    NAME = "user.name"
    DATE_OF_BIRTH = "user.demographic.date_of_birth"
    LANGUAGE = "user.demographic.language"
    COUNTRY = "user.contact.address.country"
    JOB_TITLE = "user.job_title"
    WORKPLACE = "user.workplace"
    ACCOUNT_SETTINGS = "user.account.settings"
    SELF_IMAGE = "user.content.self_image"
    DEVICE = "user.device"
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
