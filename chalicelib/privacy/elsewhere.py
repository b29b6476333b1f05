"""Processing that no record class of ours holds, declared in the same words.

The record of processing and the controller's page list these beside the records: what Stream holds of a
chat, and the evidence that only core/chain writes.
"""

from dataclasses import dataclass

from chalicelib.privacy.periods import Period
from chalicelib.privacy.purposes import Category, LegalBasis, Purpose
from chalicelib.privacy.recipients import Recipient


@dataclass(frozen=True)
class Elsewhere:
    """One kind of data that is not a `Record`."""

    kind: str
    what: str
    where: str
    purpose: Purpose
    basis: LegalBasis
    categories: tuple[Category, ...]
    recipients: tuple[Recipient, ...]
    kept: str | tuple[Period, ...]

    @property
    def plainly(self) -> str:
        """How long it is kept, in words for people."""
        return self.kept if isinstance(self.kept, str) else ", ".join(p.plainly for p in self.kept)


ELSEWHERE = (
    Elsewhere(
        kind="chat_message",
        what="Messages, files and reactions that users send each other, and what a connection shows.",
        where="at Stream",
        purpose=Purpose.SERVICE,
        basis=LegalBasis.CONTRACT,
        categories=(Category.CONTENT_PRIVATE, Category.IP_ADDRESS, Category.DEVICE),
        recipients=(Recipient.STREAM,),
        kept="until their sender deletes them, or the account is deleted",
    ),
    Elsewhere(
        kind="export_copy",
        what="The copy of their data that a subject asked for, as a file.",
        where="S3",
        purpose=Purpose.LEGAL_OBLIGATION,
        basis=LegalBasis.LEGAL_OBLIGATION,
        categories=tuple(category for category in Category if category is not Category.CREDENTIALS),
        recipients=(Recipient.AWS,),
        kept=(Period.EXPORT,),
    ),
    # Consent has to be shown (Art. 7(1) GDPR); no law asks for evidence of requests, claims may need it.
    Elsewhere(
        kind="evidence",
        what="That a consent was given, refused or withdrawn, under a pseudonym; hash-chained and signed.",
        where="ledger",
        purpose=Purpose.LEGAL_OBLIGATION,
        basis=LegalBasis.LEGAL_OBLIGATION,
        categories=(Category.PSEUDONYM, Category.PRIVACY_PREFERENCES),
        recipients=(Recipient.AWS,),
        kept=(Period.CONSENT_EVIDENCE,),
    ),
    Elsewhere(
        kind="request_evidence",
        what="What was done about a request, and which of our staff looked at it, under random ids; "
        "hash-chained and signed.",
        where="ledger",
        purpose=Purpose.LEGAL_CLAIMS,
        basis=LegalBasis.LEGITIMATE_INTERESTS,
        categories=(Category.PSEUDONYM, Category.PRIVACY_PREFERENCES),
        recipients=(Recipient.AWS,),
        kept=(Period.RIGHTS_EVIDENCE,),
    ),
)
