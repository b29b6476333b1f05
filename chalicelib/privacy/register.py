"""The register of all data: the record classes, and the declarations of data that has no record class.

Record classes are found by importing each module named `model`, at any depth. The record of processing and
the controller's page list the other data together with the records: chat data at Stream, copies in S3, the
evidence that only core/chain writes, and the marks of erasures.
"""

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache

import chalicelib
from chalicelib.privacy import personal
from chalicelib.privacy.declaration import DataSubject
from chalicelib.privacy.periods import Period
from chalicelib.privacy.personal import Record
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose
from chalicelib.privacy.recipients import Recipient


@dataclass(frozen=True)
class DataWithoutRecord:
    """One kind of data without a `Record` class."""

    kind: str
    what: str
    where: str
    purpose: Purpose
    basis: LegalBasis
    categories: tuple[Category, ...]
    recipients: tuple[Recipient, ...]
    kept: str | tuple[Period, ...]
    subject: DataSubject = DataSubject.USER

    @property
    def plainly(self) -> str:
        """The retention in words for people."""
        return self.kept if isinstance(self.kept, str) else ", ".join(p.plainly for p in self.kept)


def _evidence_of_staff(
    kind: str, what: str, kept: Period, subject: DataSubject = DataSubject.USER
) -> DataWithoutRecord:
    return DataWithoutRecord(
        kind=kind,
        what=f"{what}; hash-chained and signed.",
        where="ledger",
        purpose=Purpose.LEGAL_OBLIGATION,
        basis=LegalBasis.LEGAL_OBLIGATION,
        categories=(Category.PSEUDONYM,),
        recipients=(Recipient.AWS,),
        kept=(kept,),
        subject=subject,
    )


WITHOUT_RECORD = (
    DataWithoutRecord(
        kind="chat_message",
        what="Messages, files and reactions between users.",
        where="at Stream",
        purpose=Purpose.SERVICE,
        basis=LegalBasis.CONTRACT,
        categories=(Category.CONTENT_PRIVATE,),
        recipients=(Recipient.STREAM,),
        kept=(Period.CHAT_MESSAGES,),
    ),
    # STR-13: the part at Stream that an objection reaches.
    DataWithoutRecord(
        kind="chat_protection",
        what="What Stream uses to keep chat secure and stable: moderation, rate limits, and data that a "
        "connection discloses.",
        where="at Stream",
        purpose=Purpose.SECURITY,
        basis=LegalBasis.LEGITIMATE_INTERESTS,
        categories=(Category.IP_ADDRESS, Category.DEVICE),
        recipients=(Recipient.STREAM,),
        kept="as long as our chat provider needs it for that; we set no period",
    ),
    # A restriction under Art. 18(1)(b) or (c) keeps them while it lasts; the access copy of the messages is
    # made from Stream until then.
    DataWithoutRecord(
        kind="preserved_messages",
        what="A subject's own messages, kept while a restriction stops their deletion, as a file.",
        where="S3",
        purpose=Purpose.LEGAL_OBLIGATION,
        basis=LegalBasis.LEGAL_OBLIGATION,
        categories=(Category.CONTENT_PRIVATE,),
        recipients=(Recipient.AWS,),
        kept="until the restriction ends or the account is deleted",
    ),
    # Random ids, but together they show who talks with whom. One item names several accounts, so it is no
    # record of one of them; each has a record `membership`, by which an erasure finds it (ADR 40). The name
    # is sealed for one of the members (ADR 81).
    DataWithoutRecord(
        kind="conversation",
        what="The members of a conversation, in the order of joining, under random ids, and the sealed name "
        "of a group.",
        where="accounts",
        purpose=Purpose.SERVICE,
        basis=LegalBasis.CONTRACT,
        categories=(Category.PSEUDONYM, Category.CONTACTS, Category.CONTENT_PRIVATE),
        recipients=(Recipient.AWS, Recipient.STREAM),
        kept="each member until they leave or delete the account; the rest until the last member left",
    ),
    DataWithoutRecord(
        kind="conversation_name",
        what="The name that a user gave to a group.",
        where="at Stream",
        purpose=Purpose.SERVICE,
        basis=LegalBasis.CONTRACT,
        categories=(Category.CONTENT_PRIVATE,),
        recipients=(Recipient.STREAM,),
        kept="until the last member left the group",
    ),
    # ACC-7, ADR 118.
    DataWithoutRecord(
        kind="matched_numbers",
        what="The numbers of a user's address book, without names, that are compared with those of users who "
        "can be found.",
        where="in memory",
        purpose=Purpose.CONTACT_MATCHING,
        basis=LegalBasis.CONSENT,
        categories=(Category.PHONE_NUMBER, Category.CONTACTS),
        recipients=(Recipient.AWS,),
        kept="only in memory, until the request is answered",
    ),
    # It was weighed: they cannot be informed without their numbers being kept, and the numbers are forgotten
    # at once (Art. 14(5)(b) GDPR).
    DataWithoutRecord(
        kind="numbers_of_others",
        what="The numbers in address books of people who do not use the service, or cannot be found. To show "
        "who is here they have to be compared; nothing is kept of them.",
        where="in memory",
        purpose=Purpose.SERVICE,
        basis=LegalBasis.LEGITIMATE_INTERESTS,
        categories=(Category.PHONE_NUMBER,),
        recipients=(Recipient.AWS,),
        kept="only in memory, until the request is answered",
    ),
    DataWithoutRecord(
        kind="export_copy",
        what="The copy of their data that a subject requested, as a file.",
        where="S3",
        purpose=Purpose.LEGAL_OBLIGATION,
        basis=LegalBasis.LEGAL_OBLIGATION,
        categories=tuple(one for one in Category if one not in {Category.CREDENTIALS, Category.LOCATION}),
        recipients=(Recipient.AWS,),
        kept=(Period.EXPORT,),
    ),
    # The record `avatar` names the one that is shown (ADR 103).
    DataWithoutRecord(
        kind="avatar_picture",
        what="The picture that a user shows, as files in two sizes and two formats; Stream gets its address.",
        where="S3",
        purpose=Purpose.SERVICE,
        basis=LegalBasis.CONTRACT,
        categories=(Category.SELF_IMAGE,),
        recipients=(Recipient.AWS, Recipient.STREAM),
        kept="until you replace or remove it or delete the account; phones and chat apps may show it for a "
        "day after that",
    ),
    # The record `identity_papers` has their states, and no personal field (ADR 101).
    DataWithoutRecord(
        kind="identity_paper",
        what="Files by which a person without a session proves their identity for a request.",
        where="S3",
        purpose=Purpose.LEGAL_OBLIGATION,
        basis=LegalBasis.LEGAL_OBLIGATION,
        categories=(Category.NAME, Category.DATE_OF_BIRTH, Category.SELF_IMAGE, Category.CONTENT_PRIVATE),
        recipients=(Recipient.AWS,),
        kept=(Period.IDENTITY_PAPERS,),
    ),
    # The record `abuse_report` has the key of each (ADR 122).
    DataWithoutRecord(
        kind="reported_file",
        what="Files of reported messages, and reported pictures; each sealed with a key that its report has.",
        where="S3",
        purpose=Purpose.LEGAL_OBLIGATION,
        basis=LegalBasis.LEGAL_OBLIGATION,
        categories=(Category.SELF_IMAGE, Category.CONTENT_PRIVATE),
        recipients=(Recipient.AWS, Recipient.BELGRADE_OFFICE),
        kept=(Period.ABUSE_REPORT,),
    ),
    # Consent must be demonstrable (Art. 7(1) GDPR), and a restore must be correct (Art. 32(1)(c)). No law
    # requires evidence of requests, but claims may.
    DataWithoutRecord(
        kind="evidence",
        what="Evidence of consents given, refused or withdrawn, and of changes of number, email address and "
        "language, under a pseudonym; hash-chained and signed.",
        where="ledger",
        purpose=Purpose.LEGAL_OBLIGATION,
        basis=LegalBasis.LEGAL_OBLIGATION,
        categories=(Category.PSEUDONYM, Category.PRIVACY_PREFERENCES),
        recipients=(Recipient.AWS,),
        kept=(Period.CONSENT_EVIDENCE, Period.RESTORABLE),
    ),
    DataWithoutRecord(
        kind="request_evidence",
        what="Evidence of how a request was processed and which staff viewed it, under random ids; "
        "hash-chained and signed.",
        where="ledger",
        purpose=Purpose.LEGAL_CLAIMS,
        basis=LegalBasis.LEGITIMATE_INTERESTS,
        categories=(Category.PSEUDONYM, Category.PRIVACY_PREFERENCES),
        recipients=(Recipient.AWS,),
        kept=(Period.RIGHTS_EVIDENCE,),
    ),
    # We have to be able to show who processed data on our behalf (Art. 5(2) and 32(4) GDPR).
    _evidence_of_staff(
        "invoice_evidence",
        "Evidence of which staff recorded an invoice, under a keyed hash of its number",
        Period.AUDIT,
    ),
    _evidence_of_staff(
        "complaint_evidence",
        "Evidence of who recorded and decided a complaint about the answer to a request, under random ids",
        Period.AUDIT,
    ),
    _evidence_of_staff(
        "support_message_evidence",
        "Evidence of who answered and closed a message to our support, under random ids",
        Period.AUDIT,
    ),
    _evidence_of_staff(
        "abuse_report_evidence",
        "Evidence of who decided about reports of abuse, appeals and barred numbers, under random ids",
        Period.AUDIT,
    ),
    _evidence_of_staff(
        "disclosure_evidence",
        "Evidence of who proposed, approved and carried out a disclosure, under random ids",
        Period.DISCLOSURE,
    ),
    _evidence_of_staff(
        "breach_evidence",
        "Evidence of who recorded, assessed and reported a breach of personal data, under random ids",
        Period.BREACH,
        DataSubject.STAFF,
    ),
    _evidence_of_staff(
        "hold_evidence",
        "Evidence of who placed, confirmed and lifted a hold, under random ids",
        Period.HOLD,
    ),
    _evidence_of_staff(
        "table_removal_evidence",
        "Evidence of who proposed and approved the removal of a table, under random ids",
        Period.AUDIT,
        DataSubject.STAFF,
    ),
    _evidence_of_staff(
        "staff_audit",
        "Which records of users a member of staff listed or viewed, under a pseudonym",
        Period.AUDIT,
        DataSubject.STAFF,
    ),
    # An erasure has to last (Art. 17 GDPR), but a restored backup contains the account again.
    DataWithoutRecord(
        kind="tombstone",
        what="The mark of an erasure, under random ids, so that it is repeated after a restore of a backup; "
        "hash-chained, and locked in S3.",
        where="ledger",
        purpose=Purpose.LEGAL_OBLIGATION,
        basis=LegalBasis.LEGAL_OBLIGATION,
        categories=(Category.PSEUDONYM,),
        recipients=(Recipient.AWS,),
        kept="for good, as the certificate of the erasure states",
    ),
)


def records() -> tuple[type[Record], ...]:
    """All record classes, including those of concepts that are not imported yet."""
    _import_models()
    return personal.defined()


def kinds_about_users() -> frozenset[str]:
    """The kinds of data about users, with and without a record class."""
    of_users = (record.declaration for record in records() if record.declaration.subject is DataSubject.USER)
    others = (entry for entry in WITHOUT_RECORD if entry.subject is DataSubject.USER)
    return frozenset((*(one.kind for one in of_users), *(one.kind for one in others)))


@cache
def _import_models() -> None:
    for found in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        if found.name.endswith(".model"):
            importlib.import_module(found.name)
