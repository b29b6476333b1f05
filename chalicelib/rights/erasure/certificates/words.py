"""The closed lists of words of which a certificate consists.

The values are signed, stored for years and read again, so a value never changes and is never removed. A
better wording is a new member. Those about Stream are in stream/model.
tests/unit/test_certificates.py reads stored certificates of each format, which together have all words.
"""

from collections.abc import Mapping
from enum import StrEnum


class CertifyingController(StrEnum):
    """The controllers that issued certificates; the current one is `privacy/controller`."""

    RU4M = "RU4M Ltd, Tosin bunar 272B, 11070 Belgrade, RS"


class CountPrecision(StrEnum):
    """How a count was made: a worker that was killed may have deleted records that it did not count."""

    EXACTLY = "exactly"
    AT_LEAST = "at least"


class Remaining(StrEnum):
    """What stays after an erasure."""

    CONSENT_EVIDENCE = "evidence of consents, under the pseudonym"
    REQUEST_EVIDENCE = "the request and the evidence of how it was handled, under random ids"
    OTHER_REQUESTS = "other requests about rights, with the evidence of how they were handled"
    TOMBSTONE = "the mark that a user id was deleted"
    CLAIM_HASHES = "keyed hashes of the phone number and the email address"
    SUPPRESSION_HASH = "a keyed hash of an email address to which no mail may be sent"
    OBJECTION_HASHES = "keyed hashes of the phone number and the email address, which get no direct marketing"
    EXPIRING_RECORDS = "one-time codes and counters, which cannot be found from an account"
    SENT_MAILS = "marks of sent mails, with random ids, in case the mails bounce"
    OTHERS_MESSAGES = "messages that other people wrote, at Stream"
    QUOTES = "quotes in messages that other people wrote, at Stream"
    GROUP_NAMES = "names of groups, at Stream"
    SMS_OPT_OUT = "the opt-out of the phone number from text messages, if there is one, at Amazon SNS"
    STREAM_EXPORTS = "files with exports of chat data, at Stream"
    DISCLOSURES = "records of disclosures of the data to authorities and others"
    HOLDS = "records of the holds that kept data, with the evidence of who decided on them"
    BLOCK_HASHES = "a keyed hash of the phone number, in the lists of users who blocked it, if there are any"
    UNDISCLOSED = "data that a law requires us to keep and forbids us to disclose, if there is any"


class Reason(StrEnum):
    """Why something stays."""

    PROOF_OF_CONSENT = "consent has to be proven (Art. 7(1) GDPR)"
    LEGAL_CLAIMS = "it may be needed to establish or defend legal claims (Art. 17(3)(e) GDPR)"
    NEVER_REUSED = "the id must never be given to anyone else"
    RELEASED = "nothing of the deleted account may come back with a number or address that was released"
    MARKETING_OBJECTION = "the objection to direct marketing stays in force (Art. 21(3) GDPR)"
    OBJECTION = "the objection to mail stays in force (Art. 21(3) GDPR)"
    SHORT_LIVED = "it expires within days"
    OF_OTHERS = "it belongs to the people who wrote it"
    NOT_OURS = "only the named service can delete it"
    LAW = "a law requires us to keep it (Art. 17(3)(b) GDPR)"
    BLOCKED = "the decision of other users to block the number stays in force"
    SECRECY = "a law may forbid us for a time to disclose that data is kept (Art. 23 GDPR)"


class Ending(StrEnum):
    """When something that stays ends."""

    AT_INSTANT = "at the stated time"
    AUTHORS = "when the people who wrote it delete it"
    HOLDER = "when the holder of the number asks to receive text messages again"
    BLOCKERS = "when those users lift the block or delete their accounts"
    FOR_GOOD = "for good"
    DISCLOSURE = "when the law permits us to disclose it: then a new certificate lists it"


# Why each of them stays, and when it ends.
REMAINDERS: Mapping[Remaining, tuple[Reason, Ending]] = {
    Remaining.CONSENT_EVIDENCE: (Reason.PROOF_OF_CONSENT, Ending.AT_INSTANT),
    Remaining.REQUEST_EVIDENCE: (Reason.LEGAL_CLAIMS, Ending.AT_INSTANT),
    Remaining.OTHER_REQUESTS: (Reason.LEGAL_CLAIMS, Ending.AT_INSTANT),
    Remaining.TOMBSTONE: (Reason.NEVER_REUSED, Ending.FOR_GOOD),
    Remaining.CLAIM_HASHES: (Reason.RELEASED, Ending.AT_INSTANT),
    Remaining.SUPPRESSION_HASH: (Reason.OBJECTION, Ending.AT_INSTANT),
    Remaining.OBJECTION_HASHES: (Reason.MARKETING_OBJECTION, Ending.AT_INSTANT),
    Remaining.EXPIRING_RECORDS: (Reason.SHORT_LIVED, Ending.AT_INSTANT),
    Remaining.SENT_MAILS: (Reason.SHORT_LIVED, Ending.AT_INSTANT),
    Remaining.OTHERS_MESSAGES: (Reason.OF_OTHERS, Ending.AUTHORS),
    Remaining.QUOTES: (Reason.OF_OTHERS, Ending.AUTHORS),
    Remaining.GROUP_NAMES: (Reason.OF_OTHERS, Ending.AUTHORS),
    Remaining.SMS_OPT_OUT: (Reason.NOT_OURS, Ending.HOLDER),
    Remaining.STREAM_EXPORTS: (Reason.NOT_OURS, Ending.AT_INSTANT),
    Remaining.DISCLOSURES: (Reason.LEGAL_CLAIMS, Ending.AT_INSTANT),
    Remaining.HOLDS: (Reason.LEGAL_CLAIMS, Ending.AT_INSTANT),
    Remaining.BLOCK_HASHES: (Reason.BLOCKED, Ending.BLOCKERS),
    Remaining.UNDISCLOSED: (Reason.SECRECY, Ending.DISCLOSURE),
}

# In every certificate: an omission would state that nothing of it stays.
ALWAYS_REMAINING = frozenset(
    {
        Remaining.CONSENT_EVIDENCE,
        Remaining.REQUEST_EVIDENCE,
        Remaining.TOMBSTONE,
        Remaining.CLAIM_HASHES,
        Remaining.EXPIRING_RECORDS,
        Remaining.SMS_OPT_OUT,
    }
)
