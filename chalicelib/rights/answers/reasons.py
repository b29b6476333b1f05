"""Why a request may be refused, wholly or in part: a closed list for each right.

Art. 12(2), (5) and (6) GDPR (Art. 21 ZZPL) apply to Art. 15 to 21: the requester cannot be identified, or the
request is manifestly unfounded or excessive. Each other reason is in the article of its right. An objection
to direct marketing (Art. 21(3)) and the withdrawal of a consent (Art. 7(3)) cannot be refused.

The vocabulary eu-gdpr of DPV has terms for the reasons of Art. 12 and 17 only. The others have names of ours,
in the same form without its prefix, and no term in the `dpv` part of a view.
"""

from collections.abc import Mapping

from chalicelib.rights.request.model import Right
from chalicelib.rights.request.refusal import RefusalReason

_IN_GENERAL = frozenset(
    {
        RefusalReason.IDENTITY_FAILURE,
        RefusalReason.MANIFESTLY_UNFOUNDED,
        RefusalReason.MANIFESTLY_EXCESSIVE,
    }
)
_OF_ERASURE = frozenset(
    {
        RefusalReason.LEGALLY_REQUIRED,
        RefusalReason.LEGAL_CLAIMS,
        RefusalReason.FREEDOM_OF_EXPRESSION,
        RefusalReason.PUBLIC_INTEREST,
        RefusalReason.PUBLIC_HEALTH,
        RefusalReason.ARCHIVING,
    }
)
PERMITTED: Mapping[Right, frozenset[RefusalReason]] = {
    Right.ACCESS: _IN_GENERAL | {RefusalReason.OTHERS_IN_COPY},
    Right.PORTABILITY: _IN_GENERAL | {RefusalReason.NOT_PORTABLE, RefusalReason.OTHERS_IN_TRANSFER},
    Right.RECTIFICATION: _IN_GENERAL | {RefusalReason.ACCURATE},
    Right.ERASURE: _IN_GENERAL | _OF_ERASURE,
    Right.RESTRICTION: _IN_GENERAL | {RefusalReason.NO_GROUND_TO_RESTRICT},
    Right.OBJECTION: _IN_GENERAL
    | {
        RefusalReason.COMPELLING_GROUNDS,
        RefusalReason.NEEDED_FOR_CLAIMS,
        RefusalReason.OTHER_BASIS,
    },
    Right.MARKETING_OBJECTION: frozenset(),
    Right.CONSENT_WITHDRAWAL: frozenset(),
}


def is_dpv_term(reason: RefusalReason) -> bool:
    """Return whether the vocabulary eu-gdpr of DPV has the reason."""
    return reason.startswith("Justification")
