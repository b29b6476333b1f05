"""Who receives personal data besides us: who, where, what, what for, under which controls (SEC-2, NOT-6).

The controller is Serbian, so the Serbian law on personal data protection (ZZPL, "Službeni glasnik RS"
87/2018) stands beside the GDPR: what stays in the EU is a transfer out of Serbia.

The register. A recipient that is not here can't be declared by a record and can't be sent anything
(core/egress). The privacy officer keeps it; a change is a commit, and the record of processing follows.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from chalicelib.core.egress import Registered
from chalicelib.privacy.purposes import Category, Purpose


class Role(StrEnum):
    """What a recipient is to us (Art. 4(7) and (8) GDPR)."""

    PROCESSOR = "processor"
    CONTROLLER = "controller of its own"
    OURSELVES = "the controller's own staff"


class Mechanism(StrEnum):
    """What allows data to be processed where it is processed (Chapter V GDPR, Art. 63 ff. ZZPL)."""

    NO_TRANSFER = "none needed: it stays in the EU (under Art. 64 ZZPL a state with adequate protection)"
    SCCS = "standard contractual clauses (Art. 46(2)(c) GDPR; see Art. 63 ff. ZZPL)"
    FOR_THE_CONTRACT = "necessary for the contract with the subject (Art. 49(1)(b) GDPR; Art. 69 ZZPL)"
    # Art. 20(2) GDPR, the right to have data sent on, is no instrument of Chapter V.
    SUBJECT_DIRECTS_IT = "none of ours: it goes where the subject directs it"
    OWN_STAFF = "standard contractual clauses (Art. 46(2)(c) GDPR); none under ZZPL: it comes to Serbia"


@dataclass(frozen=True)
class Agreement:
    """What was agreed, and the day by which somebody has to look at it again."""

    name: str
    review_by: date


@dataclass(frozen=True)
class RegisterEntry:
    """A recipient as it stands in the register."""

    label: str
    country: str
    role: Role
    told: str  # in the words of the controller page
    categories: frozenset[Category]
    purposes: frozenset[Purpose]
    mechanism: Mechanism
    safeguards: tuple[str, ...]
    agreement: Agreement | None = None
    # What it gets from the subject's own device, not from us: content, and what a connection can't hide.
    collects: frozenset[Category] = frozenset()


_EVERYTHING = frozenset(Category)
_EVERY_PURPOSE = frozenset(Purpose)

# What a subject may take along (Art. 20 GDPR): portable fields of the records, and what they wrote in chats.
_PORTABLE = frozenset(
    {
        Category.ACCOUNT_SETTINGS,
        Category.BEHAVIOR,
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
        Category.WORKPLACE,
    }
)


class Recipient(Registered):
    """The register."""

    AWS = RegisterEntry(
        label="Amazon Web Services EMEA SARL",
        country="EU",
        role=Role.PROCESSOR,
        told="runs our servers and databases, and sends our mail and text messages",
        categories=_EVERYTHING,
        purposes=_EVERY_PURPOSE,
        mechanism=Mechanism.NO_TRANSFER,
        safeguards=(
            "a region in the EU, anything else is refused at start",
            "personal fields sealed before they are stored, under keys of ours, except those of usage data",
        ),
        agreement=Agreement("data processing addendum of the service terms", date(2027, 11, 24)),
    )
    STREAM = RegisterEntry(
        label="Stream.io, Inc.",
        country="EU; the company, which has access, is in the United States",
        role=Role.PROCESSOR,
        told="carries chat messages; gets an id, a display name and a picture",
        categories=frozenset({Category.PSEUDONYM, Category.NAME, Category.SELF_IMAGE}),
        # As our processor it also helps us to answer those who use their rights (Art. 28(3)(e) GDPR).
        purposes=frozenset({Purpose.SERVICE, Purpose.LEGAL_OBLIGATION}),
        mechanism=Mechanism.SCCS,  # the company is American; its servers for us are in the EU
        safeguards=(
            "an application placed in the EU",
            "a random id that only we can resolve",
            "SOC 2 Type II, ISO/IEC 27001:2022",
        ),
        agreement=Agreement("data processing agreement with standard contractual clauses", date(2027, 5, 8)),
        collects=frozenset({Category.CONTENT_PRIVATE, Category.IP_ADDRESS, Category.DEVICE}),
    )
    SMS_CARRIERS = RegisterEntry(
        label="Mobile carriers of the number's country",
        country="the number's country",
        role=Role.CONTROLLER,
        told="deliver codes",
        categories=frozenset({Category.PHONE_NUMBER}),
        purposes=frozenset({Purpose.AUTHENTICATION}),
        mechanism=Mechanism.FOR_THE_CONTRACT,
        safeguards=("a code of ten minutes and nothing else in the text",),
    )
    MAIL_PROVIDERS = RegisterEntry(
        label="The provider of the subject's mailbox",
        country="where the subject's mailbox is",
        role=Role.CONTROLLER,
        told="receives mail about the account and its notices, for the subject who chose it",
        categories=frozenset({Category.EMAIL}),
        purposes=frozenset(
            {Purpose.SERVICE, Purpose.AUTHENTICATION, Purpose.NOTIFICATIONS, Purpose.LEGAL_OBLIGATION}
        ),
        mechanism=Mechanism.FOR_THE_CONTRACT,
        safeguards=("opening and clicking are not tracked", "no personal data in the text"),
    )
    NAMED_CONTROLLER = RegisterEntry(
        label="The controller that the subject named",
        country="where the subject's choice is",
        role=Role.CONTROLLER,
        told="gets what a user asks us to send there, and only then (Art. 20(2) GDPR; Art. 36 ZZPL)",
        categories=_PORTABLE,
        purposes=frozenset({Purpose.LEGAL_OBLIGATION}),
        mechanism=Mechanism.SUBJECT_DIRECTS_IT,
        safeguards=(
            "sent once its subject proved who they are, to the address that they named",
            "to public addresses only, over TLS that proves the name, following no redirect",
        ),
    )
    BELGRADE_OFFICE = RegisterEntry(
        label="RU4M's office in Belgrade",
        country="Serbia",
        role=Role.OURSELVES,
        told="answers requests, investigates abuse",
        categories=_EVERYTHING - {Category.CREDENTIALS},
        purposes=frozenset({Purpose.SERVICE, Purpose.SECURITY, Purpose.LEGAL_OBLIGATION}),
        mechanism=Mechanism.OWN_STAFF,  # from our processor in the EU to us: its module four
        safeguards=(
            "staff roles of their own",
            "every request that staff looks at is on record, with who looked",
        ),
        agreement=Agreement("standard contractual clauses, module four", date(2027, 11, 24)),
    )

    def __init__(self, entry: RegisterEntry) -> None:
        self.entry = entry
        self.label = entry.label
        self.country = entry.country
        self.told = entry.told
        self.categories = frozenset(category.value for category in entry.categories)
        self.purposes = frozenset(purpose.value for purpose in entry.purposes)
        self.review_by = entry.agreement.review_by if entry.agreement else None

    def may_get(self, category: Category, purpose: Purpose) -> bool:
        """Whether the register lets it have this for that."""
        return category in self.entry.categories and purpose in self.entry.purposes
