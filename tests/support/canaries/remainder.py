"""What may be found after an erasure, each by the words of its certificate.

Keys are those of sightings: `<name>` stands for a canary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from chalicelib.rights.erasure.certificates.model import Remaining
from tests.support.canaries.places import Where
from tests.support.canaries.search import Sighting


class InBackups(StrEnum):
    """What the certificate lists by the day from which no backup has it (`clear_ids_from`)."""

    CHANGES = "keys of items in the stream of a table, which DynamoDB keeps for a day"


class HeldKind(StrEnum):
    """What the certificate lists as kept by a law (`held`), by the kind of record."""

    INVOICE = "invoice"
    PROFILE = "profile"


Stated = Remaining | InBackups | HeldKind

# Words of every certificate that no search can find.
NEVER_FOUND: Mapping[Remaining, str] = {
    Remaining.SMS_OPT_OUT: "the emulator has no such list",
    Remaining.BARRED_NUMBER: "only after a long suspension, which the subject does not have",
    Remaining.BLOCK_HASHES: "the key of the hash is in the sealed list of another user",
    # It would cover any place, so it covers none: a record that only it states fails the test.
    Remaining.UNDISCLOSED: "an earlier wording of UNDISCLOSABLE",
    Remaining.UNDISCLOSABLE: "it reserves what a law may forbid to disclose, and names no place",
}

_GROUP_NAMES = frozenset({"group name", "name of an own group"})
_IDS = frozenset({"account id", "user id"})
_OWN = _IDS | {"erasure request", "tombstone", "held id"}
_OTHERS = frozenset(
    {"access request", "objection request", "portability request", "rectification request", "letter request"}
)
_IN_COMPLAINTS = frozenset({"complaint", "complaining authority", "letter of the authority"}) | {
    "decision about the complaint", "proposal about the complaint",
}  # fmt: skip
_IN_REQUESTS = frozenset({"country", "transfer target", "decision", "statement", "reason"})


@dataclass(frozen=True)
class MayRemain:
    """Canaries that may remain at some places.

    A name that ends with a space stands for all canaries whose names begin with it.
    """

    stated: Stated
    where: frozenset[Where]
    keys: str
    canaries: frozenset[str]

    def covers(self, sighting: Sighting) -> bool:
        """Whether a sighting is one of these."""
        name = sighting.canary
        is_named = any(name.startswith(one) if one.endswith(" ") else name == one for one in self.canaries)
        return is_named and sighting.where in self.where and fnmatchcase(sighting.key, self.keys)


def _at(where: Where) -> frozenset[Where]:
    return frozenset({where})


_OF_OTHER_REQUESTS = tuple(
    MayRemain(Remaining.OTHER_REQUESTS, where, keys.format(f"<{name}>"), canaries)
    for name in sorted(_OTHERS)
    for where, keys, canaries in (
        (_at(Where.TABLE), "ledger rights#{} *", frozenset({name})),
        (_at(Where.TABLE), "rights R#{} *", _IDS | {name}),
        (
            _at(Where.SEALED),
            "rights R#{} request",
            _IN_REQUESTS,
        ),
        (_at(Where.SEALED), "rights R#{} complaint#*", _IN_COMPLAINTS),
        (_at(Where.TABLE), "ledger complaint#{}.* *", frozenset({name})),
        (_at(Where.TABLE), "ledger staff#*", frozenset({name})),
        (_at(Where.BUCKET), "checkpoints checkpoints/*", frozenset({name})),
    )
)

_HELD = (
    MayRemain(HeldKind.INVOICE, _at(Where.TABLE), "held K#<held id> invoice#*", frozenset({"held id"})),
    MayRemain(
        HeldKind.INVOICE,
        _at(Where.SEALED),
        "held K#<held id> invoice#*",
        frozenset({"account id", "invoice", "invoice number", "amount", "currency"})
        | {"service from", "service to", "provider reference"},
    ),
    # The history of the invoice, and the view by an operator. The id is a keyed hash of the number.
    MayRemain(HeldKind.INVOICE, _at(Where.TABLE), "ledger invoice#<invoice> *", frozenset({"invoice"})),
    MayRemain(HeldKind.INVOICE, _at(Where.TABLE), "ledger staff#*", frozenset({"invoice"})),
    MayRemain(HeldKind.INVOICE, _at(Where.BUCKET), "checkpoints checkpoints/*", frozenset({"invoice"})),
    MayRemain(
        HeldKind.PROFILE, _at(Where.TABLE), "held K#<held id> profile#*", frozenset({"held id", "hold"})
    ),
    MayRemain(
        HeldKind.PROFILE,
        _at(Where.SEALED),
        "held K#<held id> profile#*",
        frozenset({"account id", "display name", "name", "date of birth", "job title", "employer"})
        | {"country", "address", "username", "session "},  # the session in which the address was added
    ),
)
_DISCLOSURES_AND_HOLDS = (
    MayRemain(
        Remaining.DISCLOSURES,
        _at(Where.SEALED),
        "rights A#<account id> disclosure#<disclosure>",
        frozenset({"recipient", "order", "extract", "reason of the disclosure", "review"})
        | {"end of the secrecy", "proposed secrecy"},
    ),
    MayRemain(
        Remaining.DISCLOSURES,
        _at(Where.TABLE),
        "rights A#<account id> disclosure#<disclosure>",
        _IDS | {"disclosure"},
    ),
    MayRemain(
        Remaining.DISCLOSURES,
        _at(Where.TABLE),
        "rights D#<disclosure> place",
        frozenset({"account id", "disclosure"}),
    ),
    MayRemain(
        Remaining.DISCLOSURES, _at(Where.TABLE), "ledger disclosure#<disclosure> *", frozenset({"disclosure"})
    ),
    MayRemain(Remaining.DISCLOSURES, _at(Where.TABLE), "ledger staff#*", frozenset({"disclosure"})),
    MayRemain(
        Remaining.DISCLOSURES, _at(Where.BUCKET), "checkpoints checkpoints/*", frozenset({"disclosure"})
    ),
    MayRemain(
        Remaining.HOLDS,
        _at(Where.SEALED),
        "rights A#<account id> hold#<hold>",
        frozenset({"law", "authority", "reason of the hold"}),
    ),
    MayRemain(
        Remaining.HOLDS,
        _at(Where.TABLE),
        "rights A#<account id> hold#<hold>",
        _IDS | {"hold", "disclosure"},
    ),
    MayRemain(
        Remaining.HOLDS,
        _at(Where.TABLE),
        "rights A#<account id> holds",
        frozenset({"account id", "erasure request"}),
    ),
    MayRemain(Remaining.HOLDS, _at(Where.TABLE), "ledger hold#<hold> *", frozenset({"hold"})),
    MayRemain(Remaining.HOLDS, _at(Where.TABLE), "ledger staff#*", frozenset({"hold"})),
    MayRemain(Remaining.HOLDS, _at(Where.BUCKET), "checkpoints checkpoints/*", frozenset({"hold"})),
)

_REPORTED = frozenset({"reported message", "own reported message"})
_REPORTS = (
    MayRemain(Remaining.REPORTS, _at(Where.TABLE), "rights SR#* *", _IDS),
    MayRemain(
        Remaining.REPORTS,
        _at(Where.SEALED),
        "rights SR#* abuse_report",
        _REPORTED | {"user id", "report of abuse"},
    ),
    MayRemain(
        Remaining.REPORTS,
        _at(Where.SEALED),
        "rights SR#* safety_decision",
        frozenset({"own reported message", "facts of the decision", "appeal"}),
    ),
)

MAY_REMAIN = (
    *_OF_OTHER_REQUESTS,
    *_HELD,
    *_REPORTS,
    *_DISCLOSURES_AND_HOLDS,
    MayRemain(
        Remaining.CONSENT_EVIDENCE,
        _at(Where.TABLE),
        "ledger consent#<pseudonym> *",
        frozenset({"pseudonym", "consent record "}),
    ),
    MayRemain(
        Remaining.CHANGE_EVIDENCE,
        _at(Where.TABLE),
        "ledger changed_*#<pseudonym> *",
        frozenset({"pseudonym"}),
    ),
    MayRemain(
        Remaining.CHANGE_EVIDENCE, _at(Where.BUCKET), "checkpoints checkpoints/*", frozenset({"pseudonym"})
    ),
    MayRemain(
        Remaining.REQUEST_EVIDENCE,
        _at(Where.TABLE),
        "ledger rights#<erasure request> *",
        frozenset({"erasure request"}),
    ),
    MayRemain(Remaining.REQUEST_EVIDENCE, _at(Where.TABLE), "rights R#<erasure request> *", _OWN),
    MayRemain(
        Remaining.REQUEST_EVIDENCE,
        _at(Where.SEALED),
        "rights R#<erasure request> request",
        frozenset({"country", "law", "hold"}),  # the answer lists what is kept by which law
    ),
    MayRemain(
        Remaining.REQUEST_EVIDENCE,
        _at(Where.SEALED),
        "rights R#<erasure request> certificate",
        frozenset({"erasure request", "pseudonym"}),
    ),
    MayRemain(Remaining.TOMBSTONE, _at(Where.TABLE), "ledger tombstone#<tombstone> *", _OWN),
    MayRemain(Remaining.TOMBSTONE, _at(Where.BUCKET), "checkpoints tombstones/<tombstone>/*.json", _OWN),
    MayRemain(Remaining.TOMBSTONE, _at(Where.TABLE), "claims user#*", frozenset({"hash of the user id"})),
    # Stream marks the id as deleted too, and its task, which the certificate names, has a result for the id.
    MayRemain(Remaining.TOMBSTONE, _at(Where.STREAM_USER), "<user id>", frozenset({"user id"})),
    MayRemain(Remaining.TOMBSTONE, _at(Where.STREAM_REST), "tasks", frozenset({"user id"})),
    # Checkpoints name each chain that got an entry, from twenty minutes on after the entry.
    MayRemain(
        Remaining.CONSENT_EVIDENCE, _at(Where.BUCKET), "checkpoints checkpoints/*", frozenset({"pseudonym"})
    ),
    MayRemain(
        Remaining.REQUEST_EVIDENCE,
        _at(Where.BUCKET),
        "checkpoints checkpoints/*",
        frozenset({"erasure request"}),
    ),
    MayRemain(Remaining.TOMBSTONE, _at(Where.BUCKET), "checkpoints checkpoints/*", frozenset({"tombstone"})),
    MayRemain(
        Remaining.CLAIM_HASHES,
        _at(Where.TABLE),
        "claims *",
        frozenset({"hash of the number", "hash of the address"}),
    ),
    MayRemain(
        Remaining.OBJECTION_HASHES,
        _at(Where.TABLE),
        "claims unwanted_*",
        frozenset({"hash of the unwanted number", "hash of the unwanted address"}),
    ),
    MayRemain(
        Remaining.EXPIRING_RECORDS,
        _at(Where.TABLE),
        "challenges challenge#*",
        frozenset({"account id", "session ", "challenge "}),
    ),
    MayRemain(
        Remaining.EXPIRING_RECORDS,
        _at(Where.TABLE),
        "challenges guest#*",
        frozenset({"challenge "}),
    ),
    MayRemain(
        Remaining.EXPIRING_RECORDS,
        _at(Where.SEALED),
        "challenges guest#*",
        frozenset({"device id"}),
    ),
    *(
        MayRemain(Remaining.EXPIRING_RECORDS, _at(where), "challenges support#*", frozenset({canary}))
        for where, canary in ((Where.TABLE, "challenge "), (Where.SEALED, "message to support"))
    ),
    # A code that was not used has its sealed fields until it expires.
    MayRemain(
        Remaining.EXPIRING_RECORDS,
        _at(Where.SEALED),
        "challenges challenge#*",
        frozenset({"number", "other address", "locale", "device "}),
    ),
    MayRemain(
        Remaining.EXPIRING_RECORDS, _at(Where.SEALED), "challenges session_link#*", frozenset({"device "})
    ),
    MayRemain(
        Remaining.SENT_MAILS,
        _at(Where.TABLE),
        "challenges delivery#<mail id>",
        frozenset({"account id", "mail id"}),
    ),
    MayRemain(
        Remaining.OTHERS_MESSAGES,
        _at(Where.STREAM_MESSAGE),
        "by u_*",  # not by the subject, whose id would be `<user id>`
        # One mentions the subject, and one was reported.
        frozenset({"name that another wrote", "reported message", "user id"}),
    ),
    MayRemain(
        Remaining.QUOTES, _at(Where.STREAM_QUOTE), "by u_*", frozenset({"user id", "message id", "message"})
    ),
    MayRemain(Remaining.GROUP_NAMES, _at(Where.STREAM_CHANNEL), "*", _GROUP_NAMES),
    MayRemain(
        Remaining.SEALED_GROUP_NAMES,
        _at(Where.SEALED),
        "accounts C#* conversation",
        frozenset({"name of an own group"}),
    ),
    MayRemain(
        Remaining.STREAM_EXPORTS,
        _at(Where.STREAM_EXPORT),
        "*",
        frozenset({"user id", "display name", "avatar", "message", "message id", "custom", "reaction"})
        | {"file name", "file address"}
        | _GROUP_NAMES,
    ),
    MayRemain(
        InBackups.CHANGES,
        _at(Where.CHANGES),
        "accounts",
        frozenset({"account id", "user id", "session ", "hash of the device"}),
    ),
)


def statements(sightings: Iterable[Sighting]) -> dict[Sighting, frozenset[Stated]]:
    """The words of the certificate that cover each sighting; none for what must not be there."""
    return {
        one: frozenset(rule.stated for rule in MAY_REMAIN if rule.covers(one)) for one in sorted(sightings)
    }
