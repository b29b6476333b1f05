"""The legal grounds to refuse each right: a closed list (Art. 12 and 17 GDPR).

The Serbian law on the protection of personal data (ZZPL) has the same grounds in its Art. 21 and 30.

- Art. 12(2), (5) and (6) GDPR apply to Art. 15 to 21: the requester cannot be identified, or the request is
  manifestly unfounded or excessive.
- Art. 17(3) GDPR applies to erasure only.
- An objection to direct marketing (Art. 21(3) GDPR) and the withdrawal of a consent (Art. 7(3) GDPR) cannot
be
  refused.
- Under Art. 21(1) GDPR, compelling grounds can outweigh any other objection. They must be shown in writing,
  in the plan of that right. That plan does not exist yet, so such grounds are not in this list.
"""

from collections.abc import Mapping

from chalicelib.rights.model import RefusalReason, Right

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

GROUNDS: Mapping[Right, frozenset[RefusalReason]] = {
    Right.ACCESS: _IN_GENERAL,
    Right.PORTABILITY: _IN_GENERAL,
    Right.RECTIFICATION: _IN_GENERAL,
    Right.ERASURE: _IN_GENERAL | _OF_ERASURE,
    Right.RESTRICTION: _IN_GENERAL,
    Right.OBJECTION: _IN_GENERAL,
    Right.MARKETING_OBJECTION: frozenset(),
    Right.CONSENT_WITHDRAWAL: frozenset(),
}
