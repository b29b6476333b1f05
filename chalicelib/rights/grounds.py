"""For which rights the law knows which ground of refusal. Pure; a closed list (Art. 12 and 17 GDPR).

The Serbian law on the protection of personal data (ZZPL) knows the same grounds in its Art. 21 and 30.

- Art. 12(2), (5) and (6) GDPR hold for Art. 15 to 21: nobody could be identified, or the request is
  manifestly unfounded or excessive.
- Art. 17(3) GDPR holds for erasure alone.
- Direct marketing ends with the objection (Art. 21(3) GDPR), a consent with its withdrawal (Art. 7(3) GDPR):
  neither can be refused.
- Art. 21(1) GDPR lets compelling grounds outweigh another objection. They have to be shown in writing, for
  which the plan of that right is the place; it does not exist yet, so they are no reason here.
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
