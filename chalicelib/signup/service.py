"""The rules of signup (ACC-1, ACC-2).

A code is sent to a number. The right code opens the number's account, or creates it. Invariants under
concurrent requests and crashes:

- A number has one account. Its claim is created in the transaction that creates the account. A request that
  comes second signs in to the account that the other request created.
- A code opens one session. The same transaction marks the code as used and makes it valid for two more
  minutes. In these minutes the same code (the response may have been lost) is answered with the same session,
  however late in its ten minutes the code was used.
- A client learns whether a number is registered only after it has verified the number. So the versions of the
  terms, which depend on the account, are checked after the code.
- A code to the number of an unused account does not prove that its sender is the account's owner. On a device
  that the account does not know, it opens a session that waits and reads nothing (ADR 68).
- An account with a PIN opens an unknown device with it only. The tries of it count after a right code, so no
  stranger uses them up. A code in place of it is not counted, and works again (ADR 104).
- Where no texts arrive, a code to the mailbox opens the account on a device that it knows. It does not prove
  the number. Response and calls are the same for each number, unless the account knows the device (ADR 78).
"""

from contextlib import suppress
from dataclasses import dataclass, replace

from chalicelib.accounts import service as accounts
from chalicelib.accounts.bars import service as bars
from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import (
    Challenge,
    ChallengeExpired,
    ChallengePurpose,
    ChallengeRef,
    ChallengeView,
    CodeChannel,
    CodeRequest,
    Opened,
    ReachedOwner,
)
from chalicelib.accounts.challenges.numbers import is_route_off
from chalicelib.accounts.model import NUMBER_WAIT, Account, ClaimKind, Device, KnownDevice
from chalicelib.accounts.profiles import service as profiles
from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.accounts.secrets import service as secrets
from chalicelib.accounts.secrets.model import ChosenSecret, PinRequired, SecretKind, TooManyTries, WrongSecret
from chalicelib.accounts.service import ACCOUNT, LANGUAGE, LAST_USE, OPEN_ACCOUNT, devices
from chalicelib.accounts.sessions import messages
from chalicelib.accounts.sessions import service as sessions
from chalicelib.accounts.sessions.model import Scope, SecurityEventKind
from chalicelib.consents.notices import service as notices
from chalicelib.consents.notices.service import STANDINGS
from chalicelib.core import clock, metrics, needs
from chalicelib.core.errors import NotFound, Unavailable, existing
from chalicelib.core.http import ClientAddress
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import AccountId, ChallengeId, SessionId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Write, commit, retry_on
from chalicelib.messages.letters import Addressee
from chalicelib.messages.suppressions import service as suppressions
from chalicelib.messages.suppressions.service import Addresses, SuppressionMoved
from chalicelib.privacy.subject_keys import DATA_KEY, SubjectKeys
from chalicelib.signup import answers
from chalicelib.signup.model import NewSignup, Verification, Verified

_PIN = secrets.GLANCES[SecretKind.PIN]


def start(signup: NewSignup, address: ClientAddress, key: IdempotencyKey | None) -> ChallengeView:
    """Send a code to a number, or in its place to a mailbox.

    The owner is looked up only if a limit refuses the code, or if no texts arrive. The calls are the same
    whether or not there is one.
    """
    channel, destination = signup.destination()
    is_off = channel is CodeChannel.SMS and is_route_off(destination)
    asked = CodeRequest(
        purpose=ChallengePurpose.SIGNUP,
        channel=CodeChannel.EMAIL if is_off else channel,
        destination=destination,
        locale=signup.locale,
        scope=str(signup.device.device_id),
        device=signup.device,
        body=signup,
        address=address,
        recognise=_known_device,
        reach=_reached_owner if is_off else None,
    )
    return challenges.start(asked, key).view()


def resend(challenge_id: ChallengeId, address: ClientAddress) -> ChallengeView:
    """Send the same code again."""
    return challenges.resend(
        ChallengeRef(ChallengePurpose.SIGNUP, challenge_id), address, _known_device
    ).view()


def verify(challenge_id: ChallengeId, answer: Verification, address: ClientAddress) -> Verified:
    """Open the account of a number whose code the client sends.

    Raises:
        TermsOutdated: for a new number, the client showed other versions than the current ones; for a known
            number, older ones than apply to it. The attempt is not counted.
        NumberNotAvailable, PinRequired, WrongSecret, TooManyTries: no attempt is counted.
        WrongCode, ChallengeExpired, TooManyAttempts: see `challenges.check_code`.
    """
    notices.check_published(answer.terms_version, answer.privacy_version)
    ref = ChallengeRef(ChallengePurpose.SIGNUP, challenge_id)
    challenge = challenges.check_code(ref, answer.code, answer.device_id, address, _known_device)
    if challenge.used_at:
        return answers.repeated(challenge)
    try:
        return _sign_in(challenge, answer)
    except challenges.UsedMeanwhile:
        return answers.of_slower_twin(challenge)
    except (notices.TermsOutdated, bars.NumberNotAvailable, PinRequired, WrongSecret, TooManyTries):
        # The code was right, and the client will send it with other terms, another PIN, or an objection.
        challenges.uncount_attempt(challenge)
        raise


def _sign_in(challenge: Challenge, answer: Verification) -> Verified:
    """Open a session of the number's account; the transaction creates it if there is none.

    Raises:
        Unavailable: see `_existing_account`; or other requests changed the account each time.
        NotFound: see `_numberless_account`.
    """
    with suppress(accounts.AccountMoved):
        return _open(challenge, answer)
    # At this moment a dispute about the number began or ended, so it is in doubt who has the number.
    with suppress(accounts.AccountMoved):
        return _open(challenge, answer, is_in_doubt=True)
    raise Unavailable


@retry_on(
    *(accounts.AlreadyClaimed, accounts.ClaimMoved, accounts.RevokedLater),
    *(notices.AcceptedBefore, SuppressionMoved, secrets.SecretMoved, secrets.NoSuchSecret),
    tries=2,
)
def _open(challenge: Challenge, answer: Verification, *, is_in_doubt: bool = False) -> Verified:
    """Open a session, in one transaction with its account.

    It is tried once more if a concurrent request gave the number to an account, or took it from one, or ended
    a session of an account that a mailed code opens: that one may have ended the code too.
    """
    device = existing(challenge.device, ChallengeExpired)
    mailbox = challenge.email
    kind, value = (ClaimKind.EMAIL, mailbox) if mailbox else (ClaimKind.PHONE, str(challenge.phone))
    claim = accounts.claim_on(kind, value)
    owner = claim.owner if claim else None
    if mailbox:
        entry = _numberless_account(owner, challenge, device, answer)
    elif challenge.is_mail_for_text:
        entry = _reached_account(owner, challenge, device, answer)
    elif owner:
        entry = _existing_account(owner, challenge, device, answer, is_in_doubt=is_in_doubt)
    else:
        entry = _new_account(challenge, answer)
    account = entry.account
    is_new = account.account_id != owner
    new_device = entry.notified is not None and not is_new
    session, opens = sessions.new_session(
        account, device, entry.keys, entry.scope, new_device=new_device, origin_id=entry.origin_id
    )
    opened = Opened(account_id=account.account_id, session_id=session.session_id, new_account=is_new)
    # A change of the number that is committed first takes the account away from this code (ADR 43).
    kept = [claim.is_kept] if claim and not is_new else []
    known = [] if session.is_waiting else [devices.recognition(account.account_id, device, session.origin)]
    if entry.notified and session.is_waiting:
        with challenges.costing_an_attempt(challenge):
            messages.announce_waiting(entry.notified)
    commit(challenges.use_write(challenge, opened), *entry.makes, *opens, *known, *kept)
    challenges.count_verified(challenge)
    if entry.notified and not session.is_waiting:
        (messages.announce_number_passed if is_new else messages.announce_new_device)(entry.notified)
    if opened.new_account:
        metrics.count(Metric.ACCOUNT_CREATED)
    metrics.count(Metric.SESSION_OPENED)
    return answers.verified(session, account, opened)


@dataclass(frozen=True, repr=False)
class _Entry:
    """What a right code opens.

    Attributes:
        account: the number's account, from then on.
        keys: its data keys.
        makes: the writes that belong to the sign-in.
        scope: of the session.
        notified: the owner of the account that had the number before, if it does not know the device.
        origin_id: of the session, if the code went to a mailbox and the account knows the device.
    """

    account: Account
    keys: SubjectKeys
    makes: list[Write]
    scope: Scope = Scope.FULL
    notified: Addressee | None = None
    origin_id: SessionId | None = None


def _new_account(challenge: Challenge, answer: Verification, former: Account | None = None) -> _Entry:
    """A new account, and the writes that create it. `former`: the account that loses the number to it.

    Raises:
        TermsOutdated: the client did not show the current versions.
        NumberNotAvailable: no account can be opened with the number.
    """
    notices.check_current(answer.terms_version, answer.privacy_version)
    phone, takes_from = str(challenge.phone), former.account_id if former else None
    if former is None:
        bars.check(phone)
    account, keys, makes = accounts.new_account(phone, challenge.locale, takes_from)
    makes += profiles.new_profile(account.account_id, answer.display_name, keys)
    makes += notices.acceptances(account.account_id, answer.terms_version, answer.privacy_version)
    makes += notices.first_announcements(account.account_id)
    # As at a change of the number, an objection stays with the account that made it (ADR 47).
    number = Addresses(phone)
    makes += suppressions.release(number, clock.now()) if former else suppressions.renewal(number)
    return _Entry(account, keys, makes)


def _existing_account(
    owner: AccountId, challenge: Challenge, device: Device, answer: Verification, *, is_in_doubt: bool
) -> _Entry:
    """The number's account, and the writes by which it is used and accepts the versions that were shown.

    Raises:
        Unavailable: the number is claimed by an account that is being erased, or that was idle before it was
            frozen, and that does not know the device. The response does not reveal which.
        TermsOutdated: the client showed an older version than applies to the account.
        PinRequired, WrongSecret, TooManyTries: see `_with_pin`.
    """
    row, known = _read(owner, device)
    account = row[ACCOUNT]
    if account is None or not is_code_enough(account, known):
        raise Unavailable
    notified = None if known and not answer.own_account else _addressee(account, challenge, row)
    used, pin = row[LAST_USE], None if account.is_mailed_codes_of(known) else row[_PIN]
    if used is None or used.is_unused or account.dispute:
        is_in_doubt = True
    is_proven = known is not None or (pin is not None and pin.is_settled(clock.now()))
    if answer.own_account and _has_waited(account, device):
        return replace(_own_account(challenge, answer, row), notified=notified)
    if answer.own_account or (is_in_doubt and not is_proven) or (pin and answer.pin_forgotten):
        disputes = accounts.disputing(account, devices.labels(device.device_id))
        return _Entry(account, row[DATA_KEY], [disputes], Scope.WAITING, notified)
    return _with_pin(_used_account(account, row, answer, notified, *_end_of_dispute(account)), pin, answer)


def _numberless_account(
    owner: AccountId | None, challenge: Challenge, device: Device, answer: Verification
) -> _Entry:
    """The account that has a mailbox and lost its number, and the writes by which it is used (ADR 68).

    Raises:
        NotFound: no account has the mailbox, it has a number, or the mailbox does not prove its owner.
        TermsOutdated, PinRequired, WrongSecret, TooManyTries: see `_existing_account`.
    """
    row, known = _read(existing(owner), device)
    account, profile = row[OPEN_ACCOUNT], row[READABLE_PROFILE]
    if account is None or account.phone or profile is None or profile.proving_email != challenge.email:
        raise NotFound
    notified = None if known else _addressee(account, challenge, row)
    entry = _used_account(account, row, answer, notified, *_end_of_dispute(account))
    entry = replace(entry, origin_id=known.session_id if known else None)
    # A mailbox that opens the account must not let in the device that forgot the PIN: it is one proof.
    return _with_pin(entry, None if account.is_mailed_codes_of(known) else row[_PIN], answer)


def _with_pin(entry: _Entry, pin: ChosenSecret | None, answer: Verification) -> _Entry:
    """What a code opens together with the PIN that the device has to show; None: it need not.

    Raises:
        PinRequired: the client sent none.
        WrongSecret, TooManyTries: see `secrets.check`.
    """
    if pin is None:
        return entry
    if answer.pin is None:
        raise PinRequired
    resets = secrets.check(entry.account.account_id, SecretKind.PIN, answer.pin)
    return replace(entry, makes=[*entry.makes, resets])


def _reached_account(
    owner: AccountId | None, challenge: Challenge, device: Device, answer: Verification
) -> _Entry:
    """The number's account, to whose mailbox the code went, and the writes by which it is used (ADR 78).

    One that has the number since then did not get the code, although it may know the same device.

    Raises:
        ChallengeExpired: mailbox, device or number changed since, or the client wants an account of its own.
        TermsOutdated: see `_existing_account`.
    """
    row, known = _read(owner, device) if owner else (None, None)
    account = row[ACCOUNT] if row else None
    if row is None or account is None or known is None or answer.own_account:
        raise ChallengeExpired
    if _mailbox_for(row, known) is None:
        raise ChallengeExpired
    if account.number_changed_at and account.number_changed_at >= challenge.created_at:
        raise ChallengeExpired
    entry = _used_account(account, row, answer, None, accounts.unrevoked(account))
    return replace(entry, origin_id=known.session_id)


def _mailbox_for(row: needs.Found, known: KnownDevice | None) -> str | None:
    """The mailbox that gets codes of a device in place of the number; None if none does (ADR 78)."""
    account, profile = row[ACCOUNT], row[READABLE_PROFILE]
    is_reached = account and account.is_mailed_codes_of(known) and is_code_enough(account, known)
    return profile.proving_email if profile and is_reached else None


def _read(owner: AccountId, device: Device) -> tuple[needs.Found, KnownDevice | None]:
    """The account with all that a sign-in needs, and the device if the account knows it, in one read."""
    known = devices.known(device)
    (row,) = needs.read_accounts(
        [owner], (ACCOUNT, DATA_KEY, LANGUAGE, LAST_USE, READABLE_PROFILE, _PIN, known, *STANDINGS.values())
    )
    account, device_known = row[ACCOUNT], row[known]
    return row, device_known if account and account.knows(device_known) else None


def _end_of_dispute(account: Account) -> list[Write]:
    """The write that ends the dispute about an account's number, if there is one."""
    return [accounts.end_of_dispute(account)] if account.dispute else []


def _used_account(
    account: Account, row: needs.Found, answer: Verification, notified: Addressee | None, *proven: Write
) -> _Entry:
    """An account that opens, with the writes by which it is used and accepts the versions that were shown."""
    owner = account.account_id
    missing = []
    for version in (answer.terms_version, answer.privacy_version):
        standing = row[STANDINGS[version.kind]]
        notices.check_shown(standing, version)
        if version not in standing.accepted:
            missing.append(version)
    makes = [*notices.acceptances(owner, *missing), accounts.last_uses.use_now(owner), *proven]
    return _Entry(account, row[DATA_KEY], makes, notified=notified)


def _has_waited(account: Account, device: Device) -> bool:
    """Return whether a device proved the number long enough ago to take it for an account of its own."""
    passes_at = account.dispute.passes_at(devices.labels(device.device_id)) if account.dispute else None
    return passes_at is not None and passes_at <= clock.now()


def _own_account(challenge: Challenge, answer: Verification, row: needs.Found) -> _Entry:
    """A new account with the number of another one, which has no number from then on (ADR 68)."""
    former = existing(row[OPEN_ACCOUNT], Unavailable)
    entry = _new_account(challenge, answer, former)
    entry.makes.extend(accounts.number_passing(former, row[DATA_KEY]))
    entry.makes.append(sessions.event(former.account_id, SecurityEventKind.NUMBER_PASSED))
    return entry


def _addressee(account: Account, challenge: Challenge, row: needs.Found) -> Addressee:
    """Where the account's owner is reached; by text once a week at most."""
    profile, dispute = row[READABLE_PROFILE], account.dispute
    is_texted = dispute is not None and clock.now() < dispute.proven_at + NUMBER_WAIT
    return Addressee(
        email=profile.email if profile else None,
        phone=None if is_texted else challenge.phone,
        locale=row[LANGUAGE],
    )


def is_code_enough(account: Account, known: KnownDevice | None) -> bool:
    """Return whether a code to the number alone proves that it comes from the account's owner.

    The number of an idle account may have a new owner, who must not learn of the erasure or cancel it.
    """
    if account.frozen is None or not account.may_be_of_another:
        return True
    return known is not None and known.seen_at < account.frozen.asked_at


def _known_device(challenge: Challenge) -> KnownDevice | None:
    """The device that requested a code, if the number's owner knows it; always two reads."""
    contact = challenge.phone or challenge.email
    if not contact or challenge.device is None or challenges.is_sent_once(challenge):
        return None
    owner = accounts.glance_at_owner_of_contact(challenge.phone, contact)
    return devices.find_known(owner, challenge.device)


def _reached_owner(challenge: Challenge) -> ReachedOwner | None:
    """The owner of a number, if a code may be mailed in place of a text; one read more on a known device."""
    known, device = _known_device(challenge), challenge.device
    if known is None or device is None:
        return None
    row, still_known = _read(known.account_id, device)
    mailbox = _mailbox_for(row, still_known)
    return ReachedOwner(known.account_id, mailbox) if mailbox else None
