"""The register of recipients: data, place, purposes and safeguards of each (SEC-2, NOT-6).

A record cannot declare a recipient that is not in this register, and core/egress sends it nothing. The
privacy officer maintains the register. A change is a commit; the record of processing is generated from it.

The controller is Serbian, so the Serbian law on personal data protection (ZZPL, "Službeni glasnik RS"
87/2018) applies in addition to the GDPR. Under it, storing data in the EU is a transfer out of Serbia.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chalicelib.core.egress import Registered
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose


class Role(StrEnum):
    """The role of a recipient (Art. 4(7) and (8) GDPR)."""

    PROCESSOR = "processor, on our documented instructions only"
    CONTROLLER = "independent controller"
    OURSELVES = "the controller's own staff"


class Mechanism(StrEnum):
    """The legal ground of a transfer (Chapter V GDPR, Art. 63 ff. ZZPL)."""

    NO_TRANSFER = "none needed: data stays in the EU (adequate protection under Art. 64 ZZPL)"
    SCCS = "standard contractual clauses (Art. 46(2)(c) GDPR; see Art. 63 ff. ZZPL)"
    FOR_THE_CONTRACT = "necessary for the contract with the subject (Art. 49(1)(b) GDPR; Art. 69 ZZPL)"
    # The right to have data sent on (Art. 20(2) GDPR) is not an instrument of Chapter V.
    SUBJECT_DIRECTS_IT = "no transfer by us: the subject decides where the data goes"
    OWN_STAFF = "standard contractual clauses (Art. 46(2)(c) GDPR); none needed under ZZPL within Serbia"


@dataclass(frozen=True)
class Agreement:
    """An agreement, and the day by which it must be reviewed."""

    name: str
    review_by: date


@dataclass(frozen=True)
class Certificate:
    """A certificate of a recipient that we have seen; one that we only read about is no safeguard."""

    name: str
    seen_on: date
    review_by: date  # when it ends, or has to be seen again


@dataclass(frozen=True)
class RightsContact:
    """Where a person exercises rights at the recipient itself; empty if we looked for it and found none."""

    where: str
    looked_for_on: date


@dataclass(frozen=True)
class ProcessingPart:
    """A part of what a recipient does with the data, and its legal basis.

    `purpose` is None for a part that does not exist yet.
    """

    what: str
    basis: LegalBasis
    purpose: Purpose | None = None


@dataclass(frozen=True)
class RegisterEntry:
    """An entry of the register."""

    label: str
    country: str
    role: Role
    activity: str  # what it does, as GET /v1/controller and the copy show it
    categories: frozenset[Category]
    purposes: frozenset[Purpose]
    mechanism: Mechanism
    safeguards: tuple[str, ...]
    confidentiality: str  # what binds its staff
    # Where the basis differs by part (STR-13). What rests on legitimate interests can be objected to.
    parts: tuple[ProcessingPart, ...] = ()
    agreement: Agreement | None = None
    certificates: tuple[Certificate, ...] = ()
    rights_contact: RightsContact | None = None  # of Stream, and of every independent controller
    # Data that it collects from the subject's device, not from us: content, and what a connection discloses.
    collects: frozenset[Category] = frozenset()


# Art. 28(3)(b) GDPR.
_BY_AGREEMENT = "a duty in the agreement, which also binds its staff and its own processors"
# A controller names its contact in its own notice (Art. 13(1)(a) GDPR).
_BY_ITS_NOTICE = RightsContact(
    "the recipient itself, at the contact that its privacy notice names", date(2026, 11, 30)
)
_EVERYTHING = frozenset(Category)
_EVERY_PURPOSE = frozenset(Purpose)

# Portable data (Art. 20 GDPR): portable fields of records, and what the subject wrote in chats.
_PORTABLE = frozenset(
    {
        Category.ACCOUNT_SETTINGS,
        Category.BEHAVIOR,
        Category.CONTACTS,
        Category.CONTENT_PRIVATE,
        Category.COUNTRY,
        Category.DATE_OF_BIRTH,
        Category.DEVICE,
        Category.DEVICE_ID,
        Category.EMAIL,
        Category.JOB_TITLE,
        Category.LANGUAGE,
        Category.NAME,
        Category.PHONE_NUMBER,
        Category.SELF_IMAGE,
        Category.USERNAME,
        Category.WORKPLACE,
    }
)


_PUSHED = frozenset({Purpose.NOTIFICATIONS, Purpose.SECURITY, Purpose.LEGAL_OBLIGATION})
_OF_PUSHES = (
    (
        "a notification contains a fixed line in the user's language, and no text of a message, no name and "
        "no phone number; the app fetches them"
    ),
    "an id that says nothing to this recipient",
)


class Recipient(Registered):
    """The register of recipients."""

    AWS = RegisterEntry(
        label="Amazon Web Services EMEA SARL",
        country="EU",
        role=Role.PROCESSOR,
        activity="runs our servers and databases, and sends our mail and text messages",
        categories=_EVERYTHING,
        purposes=_EVERY_PURPOSE,
        mechanism=Mechanism.NO_TRANSFER,
        safeguards=(
            "a region in the EU; any other is refused at start",
            "personal fields are encrypted with our keys before they are stored, except those of usage data",
            "files of pictures and identity papers are encrypted by Amazon",
        ),
        confidentiality=_BY_AGREEMENT,
        agreement=Agreement("data processing addendum of the service terms", date(2027, 11, 24)),
    )
    STREAM = RegisterEntry(
        label="Stream.io, Inc.",
        country="EU; the company, which has access to the data, is in the United States",
        role=Role.PROCESSOR,
        activity=(
            "delivers chat messages and stores them for a limited time; receives an id, a display name, the "
            "address of a picture, whether the user hides when they are online, the ids of the users whom a "
            "user blocks, and for each conversation the ids of its members and a group's name"
        ),
        categories=frozenset(
            {
                Category.PSEUDONYM,
                Category.NAME,
                Category.SELF_IMAGE,
                Category.CONTACTS,
                Category.CONTENT_PRIVATE,  # the name of a group
                Category.ACCOUNT_SETTINGS,  # whether a user hides when they are online
            }
        ),
        # As our processor it also assists us with rights requests (Art. 28(3)(e) GDPR).
        purposes=frozenset({Purpose.SERVICE, Purpose.LEGAL_OBLIGATION}),
        mechanism=Mechanism.SCCS,  # the company is American; its servers for us are in the EU
        safeguards=(
            "an application hosted in the EU",
            "a random id that only we can resolve",
        ),
        confidentiality=_BY_AGREEMENT,
        parts=(
            ProcessingPart(
                "messages, files, conversations and their members", LegalBasis.CONTRACT, Purpose.SERVICE
            ),
            ProcessingPart(
                "copies and deletions for privacy requests",
                LegalBasis.LEGAL_OBLIGATION,
                Purpose.LEGAL_OBLIGATION,
            ),
            # It collects this data from the device; we send it nothing for this purpose.
            ProcessingPart(
                "moderation, rate limits and connection data, to keep chat secure and stable",
                LegalBasis.LEGITIMATE_INTERESTS,
                Purpose.SECURITY,
            ),
            ProcessingPart("recordings of video meetings; none are made so far", LegalBasis.CONSENT),
        ),
        agreement=Agreement("data processing agreement with standard contractual clauses", date(2027, 5, 8)),
        # The policy of 2024 names SOC 2 Type II and ISO/IEC 27001:2022. Nothing shows that we saw them.
        certificates=(),
        rights_contact=RightsContact("", date(2026, 11, 30)),  # its privacy statement could not be read
        collects=frozenset({Category.CONTENT_PRIVATE, Category.IP_ADDRESS, Category.DEVICE}),
    )
    SMS_CARRIERS = RegisterEntry(
        label="Mobile carriers in the country of a user's number",
        country="the country of the user's number",
        role=Role.CONTROLLER,
        activity=("deliver codes, and notices about the account and about privacy requests, by text message"),
        categories=frozenset({Category.PHONE_NUMBER}),
        purposes=frozenset({Purpose.AUTHENTICATION, Purpose.LEGAL_OBLIGATION}),
        mechanism=Mechanism.FOR_THE_CONTRACT,
        safeguards=(
            "a message with a code contains no other personal data",
            "a notice contains no name; it may contain a day, and a link that opens one request only",
        ),
        confidentiality="the secrecy of communications, by law",
        rights_contact=_BY_ITS_NOTICE,
    )
    MAIL_PROVIDERS = RegisterEntry(
        label="The provider of a user's mailbox",
        country="where the user's mailbox is",
        role=Role.CONTROLLER,
        activity=(
            "receives the mail that we send to the user: about the account and about notices, our answers to "
            "messages to us, our decisions about reports of abuse, and marketing if the user consented"
        ),
        categories=frozenset({Category.EMAIL, Category.COUNTRY, Category.CONTENT_PRIVATE}),
        purposes=frozenset(
            {
                Purpose.SERVICE,
                Purpose.AUTHENTICATION,
                Purpose.NOTIFICATIONS,
                Purpose.LEGAL_OBLIGATION,
                Purpose.MARKETING,
            }
        ),
        mechanism=Mechanism.FOR_THE_CONTRACT,
        safeguards=(
            "opening and clicking are not tracked",
            (
                "no personal data in the text, but in answers to messages to us, and rule and measures in "
                "a decision about reports of abuse; an answer to a privacy request names the authority of "
                "the country that the user declared"
            ),
        ),
        confidentiality="the secrecy of communications, by law",
        rights_contact=_BY_ITS_NOTICE,
    )
    APPLE = RegisterEntry(
        label="Apple Inc.",
        country="the United States",
        role=Role.CONTROLLER,
        activity=(
            "delivers notifications to iPhones: receives which phone, what kind of thing happened, the "
            "user's language, and an opaque id"
        ),
        categories=frozenset({Category.DEVICE_ID, Category.LANGUAGE}),
        purposes=_PUSHED,
        mechanism=Mechanism.FOR_THE_CONTRACT,
        safeguards=_OF_PUSHES,
        confidentiality="its agreement with developers of apps",
        rights_contact=_BY_ITS_NOTICE,
    )
    GOOGLE = RegisterEntry(
        label="Google Ireland Limited",
        country="Ireland; the group, which delivers the notifications, is in the United States",
        role=Role.CONTROLLER,
        activity=(
            "delivers notifications to Android phones: receives which phone, what kind of thing happened, "
            "the user's language, and an opaque id"
        ),
        categories=frozenset({Category.DEVICE_ID, Category.LANGUAGE}),
        purposes=_PUSHED,
        mechanism=Mechanism.FOR_THE_CONTRACT,
        safeguards=_OF_PUSHES,
        confidentiality="its terms for developers of apps",
        rights_contact=_BY_ITS_NOTICE,
    )
    NAMED_CONTROLLER = RegisterEntry(
        label="A service that a user named",
        country="the place that the user chose",
        role=Role.CONTROLLER,
        activity="receives data only if a user asks us to send it there (Art. 20(2) GDPR; Art. 36 ZZPL)",
        categories=_PORTABLE,
        purposes=frozenset({Purpose.LEGAL_OBLIGATION}),
        mechanism=Mechanism.SUBJECT_DIRECTS_IT,
        safeguards=(
            "sent only after the user proved their identity, to the address that they named",
            "public addresses only, over TLS with a verified name, without following redirects",
        ),
        confidentiality="what the subject agrees with the controller that they chose",
        rights_contact=_BY_ITS_NOTICE,
    )
    BELGRADE_OFFICE = RegisterEntry(
        label="RU4M's office in Belgrade",
        country="Serbia",
        role=Role.OURSELVES,
        activity="answers requests, records invoices and investigates abuse",
        categories=_EVERYTHING - {Category.CREDENTIALS},
        purposes=frozenset({Purpose.SERVICE, Purpose.SECURITY, Purpose.LEGAL_OBLIGATION}),
        mechanism=Mechanism.OWN_STAFF,  # from our processor in the EU to us: its module four
        safeguards=(
            "separate roles for staff",
            "whenever staff view a request or an invoice, the view and the person are recorded",
        ),
        confidentiality="a duty in the contracts of employment",
        agreement=Agreement("standard contractual clauses, module four", date(2027, 11, 24)),
    )

    def __init__(self, entry: RegisterEntry) -> None:
        self.entry = entry
        self.label = entry.label
        self.country = entry.country
        self.activity = entry.activity
        self.categories = frozenset(category.value for category in entry.categories)
        self.purposes = frozenset(purpose.value for purpose in entry.purposes)

    def may_get(self, category: Category, purpose: Purpose) -> bool:
        """Return whether the register allows it this category for this purpose."""
        return category in self.entry.categories and purpose in self.entry.purposes
