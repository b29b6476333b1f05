"""The rules of changes of a profile that may end consents.

- A change to a date of birth below the threshold ends each consent with evidence, like a withdrawal, in the
  transaction of the change. So does a change to a country with a higher threshold.
- The transaction requires the decisions as they were read, also if there is no consent. A consent that is
  given at the same time is decided again after the change, or the change is refused and sent again.
- The subject confirms the end of consents, unless nothing would end.
- Nothing follows from a status while the policy in effect does not say that users can hide it, and from
  `discoverable` while it does not say that contacts are matched. So a change of either is refused, and not
  stored without effect (STR-10, ACC-7).
"""

from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles import service as profiles
from chalicelib.accounts.profiles.model import Profile, ProfileChanges
from chalicelib.consents import ages, service
from chalicelib.consents.model import NotOffered, Purposes, WouldEndConsents
from chalicelib.consents.notices import service as notices
from chalicelib.consents.service import Decision
from chalicelib.consents.store import DecidedMeanwhile
from chalicelib.core import metrics
from chalicelib.core.errors import ChangedMeanwhile
from chalicelib.core.http import Confirmation, IfMatch
from chalicelib.privacy.purposes import Practice
from chalicelib.privacy.subject_keys import SubjectKeys

_SWITCHES = {"online_visible": Practice.HIDING_STATUS, "discoverable": Practice.MATCHING_CONTACTS}
_SHOWS_AGE = frozenset({"date_of_birth", "country"})


def change(
    account: Account,
    profile: Profile,
    changes: ProfileChanges,
    expected: IfMatch,
    keys: SubjectKeys,
    *,
    purposes: Purposes | None,
    confirmed: Confirmation | None,
) -> tuple[Account, Profile]:
    """Apply a merge patch as `profiles.change` does, and end the consents that the subject is too young for.

    Raises:
        NotOffered: a switch would change from which nothing follows yet.
        WouldEndConsents: consents would end, and the end is not confirmed.
        ChangedMeanwhile, Unavailable: as for `profiles.change`; or the subject decided about a purpose.
    """
    if without_effect(profile, changes):
        raise NotOffered
    made = too_young(account, profile, changes, purposes, keys)
    if made and made.withdrawn and not (confirmed and confirmed.is_given) and expected.allows(profile.etag):
        raise WouldEndConsents(purposes=[*made.withdrawn])
    try:
        after = profiles.change(account, profile, changes, expected, keys, *(made.writes if made else ()))
    except DecidedMeanwhile:
        raise ChangedMeanwhile from None
    for metric, purpose in made.counts if made and after[1] != profile else ():
        metrics.count(metric, of=purpose)
    return after


def without_effect(profile: Profile, changes: ProfileChanges) -> list[str]:
    """The switches that a patch would change, and from which nothing follows yet."""
    return [
        name
        for name, practice in _SWITCHES.items()
        if _changes(name, profile, changes) and not notices.describes(practice)
    ]


def _changes(switch: str, profile: Profile, changes: ProfileChanges) -> bool:
    """Whether a patch changes a switch; null switches it off."""
    named = switch in changes.model_fields_set
    return named and bool(getattr(changes, switch)) != getattr(profile, switch)


def too_young(
    account: Account, profile: Profile, changes: ProfileChanges, purposes: Purposes | None, keys: SubjectKeys
) -> Decision | None:
    """The decisions after a change that shows that the subject is too young to consent; None for another."""
    named = changes.model_fields_set
    if not named & _SHOWS_AGE:
        return None
    born = changes.date_of_birth if "date_of_birth" in named else profile.date_of_birth
    country = changes.country if "country" in named else profile.country
    if not ages.is_below(born, ages.threshold(country, account.phone)):
        return None
    return service.of_minority(account, purposes, keys)
