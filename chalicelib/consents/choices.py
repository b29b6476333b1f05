"""The choices in a request, and how they are applied (RGT-7, USE-4, USE-11).

- A consent needs a subject who has reached the age of `ages`, by date of birth, else by their statement. A
  date of birth below it overrides the statement. Withdrawals, objections and signals never ask for an age.
- Of two concurrent decisions, the later one is made again on the result of the other, a bounded number of
  times. A change of the profile that shows a lower age counts as a decision (`profile_changes`).
"""

from dataclasses import dataclass, replace

from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.consents import ages
from chalicelib.consents.ages import AgeSource, ReachedAge
from chalicelib.consents.model import (
    GPC_REFUSES,
    AgeUnknown,
    Choice,
    ConsentDecision,
    ConsentState,
    Method,
    NoticeOutdated,
    NotOffered,
    Purposes,
)
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices.model import NoticeKind, NoticeVersion
from chalicelib.consents.notices.versions import Standing
from chalicelib.consents.service import PURPOSES, of_choices
from chalicelib.consents.store import DecidedMeanwhile
from chalicelib.core import clock, metrics, needs
from chalicelib.core.errors import Unavailable, existing
from chalicelib.core.http import GlobalPrivacyControl
from chalicelib.core.transactions import commit
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.model import DIRECT_MARKETING
from chalicelib.messages.suppressions.service import Addresses, SuppressionMoved
from chalicelib.privacy.purposes import Purpose
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys

# Tries of one decision; as many concurrent decisions of one subject all succeed.
TRIES = 8


@dataclass(frozen=True, repr=False)
class Decider:
    """The subject of a decision, as the request read them."""

    account: Account | None
    profile: Profile | None
    purposes: Purposes | None

    def reached_age(self, *, states: bool) -> ReachedAge:
        """The age that the subject has reached and a consent needs; `states`: they say so now.

        Raises:
            NotOffered: the date of birth shows that they have not reached it.
            AgeUnknown: there is neither a date of birth nor a statement about this age.
        """
        born, country = (self.profile.date_of_birth, self.profile.country) if self.profile else (None, None)
        years = ages.threshold(country, existing(self.account).phone)
        if ages.is_below(born, years):
            raise NotOffered(threshold=years)
        if born:
            return ReachedAge(years, AgeSource.DATE_OF_BIRTH)
        stated = (self.purposes.of_age if self.purposes else None) or 0
        if stated < years and not states:
            raise AgeUnknown(threshold=years)
        return ReachedAge(years, AgeSource.STATEMENT, is_new=stated < years)


def asked_for(
    purpose: Purpose,
    asked: ConsentDecision,
    privacy: Standing,
    signal: GlobalPrivacyControl | None,
    decider: Decider,
) -> tuple[Choice, ...]:
    """The choices in a request: that of the subject, then those of the browser's signal.

    Raises:
        NotOffered: no practice of the policy in effect uses the consent, or the subject is too young.
        NoticeOutdated: the consent names a notice that does not apply now.
        AgeUnknown: it is not known whether the subject is old enough.
        NotFound: the account is erased.
    """
    shown = _shown(purpose, asked, privacy)
    age = decider.reached_age(states=asked.of_age) if asked.state is ConsentState.GIVEN else None
    said = Choice(purpose, asked.state, shown, age=age)
    return (said, *refusals_of(signal)) if signal else (said,)


def is_limited(asked: ConsentDecision) -> bool:
    """Return whether a decision counts for the daily limit; a withdrawal is never refused.

    Repeated withdrawals store nothing more, until consent is given again.
    """
    return asked.state is ConsentState.GIVEN


def refusals_of(signal: GlobalPrivacyControl) -> tuple[Choice, ...]:
    """The choices that Global Privacy Control makes for undecided purposes."""
    if not signal.on:
        return ()
    return tuple(Choice(p, ConsentState.WITHDRAWN, method=Method.GPC) for p in GPC_REFUSES)


def decide(
    account: Account | None,
    before: Purposes | None,
    keys: SubjectKeys,
    *asked: Choice,
    mailbox: str | None = None,
) -> Purposes:
    """Apply choices and put them on record; choices that change nothing are not recorded.

    A consent to direct marketing also lifts the suppression of the account's number and mailbox.

    Args:
        account: The opened account, for its pseudonym and number.
        before: The decisions as the request read them.
        keys: The account's data keys.
        asked: The choices in order; either all of them apply, or none.
        mailbox: That of the profile, if there is one.

    Raises:
        NotFound: the account is erased.
        NotOffered: a concurrent change of the profile shows that the subject is too young.
        Unavailable: concurrent decisions won every time, or a consent could not be put on record.
    """
    account = existing(account)
    for _ in range(TRIES):
        made = of_choices(account, before, keys, *asked)
        if not made.writes:
            return made.after
        wanted = [purpose for purpose in made.given if purpose in DIRECT_MARKETING]
        lifts = suppressions.lifting(Addresses(account.phone, mailbox), wanted) if wanted else []
        try:
            commit(*made.writes, *lifts)
        except (DecidedMeanwhile, SuppressionMoved):
            before, asked = _read_again(account, asked)
        else:
            for metric, purpose in made.counts:
                metrics.count(metric, of=purpose)
            return made.after
    raise Unavailable


def _read_again(account: Account, asked: tuple[Choice, ...]) -> tuple[Purposes | None, tuple[Choice, ...]]:
    """The decisions after a concurrent write, and the choices with the age that is known now.

    The write may be a change of the profile, see `profile_changes`.
    """
    (found,) = needs.read_accounts([account.account_id], (PURPOSES, READABLE_PROFILE, DATA_KEY))
    decider = Decider(account, found[READABLE_PROFILE], found[PURPOSES])
    ages_now = [one.age and decider.reached_age(states=one.age.is_new) for one in asked]
    return found[PURPOSES], tuple(replace(one, age=age) for one, age in zip(asked, ages_now, strict=True))


def _shown(purpose: Purpose, asked: ConsentDecision, privacy: Standing) -> NoticeVersion | None:
    """The version of the notice to put on record; a withdrawal may name any version, or none.

    Consent may be given to the notice that applies to the subject, or to the notice in effect that replaces
    it: an app may show the new notice before it was announced to this subject. The notice has to describe a
    use of the consent.

    Raises:
        NotOffered: the notice in effect describes no use of the consent.
        NoticeOutdated: the consent names another notice.
    """
    if asked.state is ConsentState.WITHDRAWN:
        known = {notice.version for notice in notices.published() if notice.kind is NoticeKind.PRIVACY}
        return asked.notice_version if asked.notice_version in known else None
    newest = notices.current(NoticeKind.PRIVACY)
    if purpose not in newest.offers:
        raise NotOffered
    shown = [n.version for n in (privacy.current(clock.now()), newest) if purpose in n.offers]
    if asked.notice_version not in shown:
        raise NoticeOutdated(current=shown[0])
    return asked.notice_version
