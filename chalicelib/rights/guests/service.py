"""The rules of requests without a session (RGT-11, ADR 49).

A code proves a number or a mailbox. Only then the claims are read: before, the response, its cost and the
limits are the same whether or not an account has the contact. After it, the owner of the contact learns
whether an account has it, as at sign-in.

- An account has it: the request is that account's. A request that harms no person takes effect at once. A
  copy or an erasure needs a second proof (`intake/submission`).
- None has it: the request is recorded and answered that nothing is stored. A former user gets the same
  answer: the number may have a new owner, who must not learn of the former account. The receipt of the
  erasure shows what is kept of it. An objection to direct marketing suppresses the contact (ADR 47).

Failures: if the draft cannot be stored, the code is useless and the client repeats the call. If the response
to the code is lost, the same code returns the same request and receipt for two minutes.
"""

from contextlib import suppress
from typing import Any

from chalicelib.accounts.challenges import service as challenges
from chalicelib.accounts.challenges.model import (
    Challenge,
    ChallengeExpired,
    ChallengePurpose,
    ChallengeRef,
    ChallengeView,
    CodeChannel,
    CodeRequest,
)
from chalicelib.accounts.model import Account
from chalicelib.accounts.profiles.model import Profile
from chalicelib.accounts.profiles.service import READABLE_PROFILE
from chalicelib.accounts.service import devices
from chalicelib.consents.model import NotOffered
from chalicelib.consents.notices import service as notices
from chalicelib.core import clock, idempotency, metrics
from chalicelib.core.errors import NotFound, Unavailable, existing
from chalicelib.core.http import ClientAddress
from chalicelib.core.idempotency import IdempotencyKey
from chalicelib.core.ids import ChallengeId, PaperId, RightsRequestId
from chalicelib.core.metrics import Metric
from chalicelib.core.transactions import Conflict, Write, commit, retry_on
from chalicelib.privacy.purposes import Practice
from chalicelib.privacy.subject_keys import DATA_KEY
from chalicelib.rights import service
from chalicelib.rights.engine.moves import Move, apply_move, with_identity_proven
from chalicelib.rights.guests import contact_owners
from chalicelib.rights.guests.model import GivenContact, GuestDraft, GuestRequest, Proving
from chalicelib.rights.intake import submission
from chalicelib.rights.intake.body import RequestedChange
from chalicelib.rights.intake.record import Received, TakenRequest, take, take_without_account
from chalicelib.rights.intake.submission import SUBJECT, Subject, rule_outside_the_app
from chalicelib.rights.papers import files
from chalicelib.rights.papers import store as papers
from chalicelib.rights.papers.model import UNDECIDED, IdentityPaper, IdentityPapers
from chalicelib.rights.papers.store import PapersMoved
from chalicelib.rights.rectification import new_number
from chalicelib.rights.request import receipts
from chalicelib.rights.request.model import (
    GuestContact,
    IdentityProof,
    OnBehalf,
    RightsRequest,
)
from chalicelib.rights.request.proofs import are_of_one_session, are_settled, are_two
from chalicelib.rights.request.states import NotNow, ProofNotAccepted
from chalicelib.rights.request.terms import ReceivedBy, Status


def start(asked: GuestRequest, address: ClientAddress, key: IdempotencyKey | None) -> ChallengeView:
    """Send a code to the contact, and keep what is asked for until the code comes back.

    Raises:
        InvalidRequest, InvalidPhone, InvalidEmail: as for the body, or a field that the right does not allow.
        TooManyCodes, SmsUnavailable, EmailUnavailable, IdempotencyMismatch, InProgress: see
        `challenges.start`. Unavailable: the draft cannot be stored now.
    """
    challenge = _send_code(asked, asked.contact(), None, address, key)
    challenges.keep_draft(
        challenge,
        GuestDraft(
            request_id=RightsRequestId.new(),
            asked=asked.requested().model_dump_json(),
            device_id=asked.device_id,
            created_at=challenge.created_at,
        ),
    )
    return challenge.view()


def verify(challenge_id: ChallengeId, code: str, address: ClientAddress) -> TakenRequest:
    """Record the request of a person whose code is right.

    Raises:
        WrongCode, ChallengeExpired, TooManyAttempts: see `challenges.check_code`.
        AlreadyOpen: an open request of the account exercises the right. One that waits for a proof gives way
            to one with two proofs.
        Unavailable: nothing was recorded.
    """
    ref = ChallengeRef(ChallengePurpose.GUEST, challenge_id)
    challenge = challenges.check_code(ref, code, address=address)
    draft = existing(challenges.draft_of(GuestDraft, challenge), ChallengeExpired)
    if challenge.used_at:
        return _recorded(draft.request_id)
    taken = _take(_contact_of(challenge), draft, challenges.use_write(challenge, opened=None))
    challenges.count_verified(challenge)
    metrics.count(Metric.RIGHTS_GUEST_VERIFIED)
    return taken


def start_proof(
    request_id: RightsRequestId,
    receipt: str,
    given: GivenContact,
    address: ClientAddress,
    key: IdempotencyKey | None,
) -> ChallengeView:
    """Send a code to another contact, as a further proof for a request that waits for one.

    Raises:
        NotFound: the receipt belongs to no request.
        NotNow: it would give the account a number, and none can be given now.
        TooManyCodes, SmsUnavailable, EmailUnavailable, ...: as for `start`.
    """
    request = service.by_receipt(request_id, receipt)
    if request.gives_number:
        new_number.check(request)
    return _send_code(given, given.contact(), request_id, address, key).view()


def add_proof(
    request_id: RightsRequestId, receipt: str, challenge_id: ChallengeId, by: Proving, address: ClientAddress
) -> RightsRequest:
    """Add the proof of a contact to a request; with enough proofs its procedure begins.

    If operators let the owner of the account have another number, the proof gives it.

    Raises:
        NotNow, InvalidRequest, Unavailable: see `new_number.give`.
        NotFound: the receipt belongs to no request.
        ProofNotAccepted: the contact is not the account's, or it or another proof is too new to count.
        WrongCode, ChallengeExpired, TooManyAttempts: see `challenges.check_code`.
    """
    request = service.by_receipt(request_id, receipt)
    ref = ChallengeRef(ChallengePurpose.GUEST, challenge_id, holder=request_id)
    challenge = challenges.check_code(ref, by.code, address=address)
    if challenge.used_at:
        return request
    if request.gives_number:
        return new_number.give(request, challenge, by.release_key or "")
    contact = _contact_of(challenge)
    owner = contact_owners.account_of(contact, READABLE_PROFILE, DATA_KEY)
    if owner is None or owner[0].account_id != request.account_id:
        raise ProofNotAccepted
    account, profile = owner[0], owner[1][READABLE_PROFILE]
    moved = apply_move(request_id, None, lambda now: _proof_move(now, contact.proof, account, profile))
    with suppress(Conflict):  # the same code was sent twice
        commit(challenges.use_write(challenge, opened=None))
        challenges.count_verified(challenge)
    return moved.request


@retry_on(PapersMoved)
def offer_paper(request_id: RightsRequestId, receipt: str) -> tuple[IdentityPaper, dict[str, Any]]:
    """Offer a form that uploads one paper (ADR 101).

    The paper is stored before, so every upload finds its record. If the answer with the form is lost, the
    form takes one of the few places of the request; the paper stays `waiting`.

    Raises:
        NotFound: the receipt belongs to no request.
        NotOffered: the privacy policy in effect does not say that we take papers.
        NotNow: the request does not wait for proof of identity.
        NoMorePapers: it has as many papers as it takes.
        Unavailable: nothing was offered.
    """
    request, now = service.by_receipt(request_id, receipt), clock.now()
    if not notices.describes(Practice.IDENTITY_PAPERS):
        raise NotOffered
    if request.status is not Status.AWAITING_VERIFICATION:
        raise NotNow
    before = papers.read(request_id) or IdentityPapers(request_id=request_id, kept_since=now + UNDECIDED)
    after = before.with_new(PaperId.new(), now)
    commit(papers.written(after))
    return after.papers[-1], files.upload_form(request_id, after.papers[-1].paper_id)


def papers_of(request: RightsRequest) -> tuple[IdentityPaper, ...] | None:
    """The papers of a request that waits for a proof; None if it takes none."""
    waits = request.status is Status.AWAITING_VERIFICATION and notices.describes(Practice.IDENTITY_PAPERS)
    return papers.papers_of(request.request_id) if waits else None


def _send_code(
    body: GivenContact,
    contact: GuestContact,
    holder: RightsRequestId | None,
    address: ClientAddress,
    key: IdempotencyKey | None,
) -> Challenge:
    destination = str(contact.phone or contact.email)
    asked = CodeRequest(
        purpose=ChallengePurpose.GUEST,
        channel=CodeChannel.SMS if contact.phone else CodeChannel.EMAIL,
        destination=destination,
        locale=contact.locale,
        scope=destination,
        holder=holder,
        body=body,
        address=address,
    )
    challenge = challenges.start(asked, key)
    metrics.count(Metric.RIGHTS_GUEST_CHALLENGED)
    return challenge


def _take(contact: GuestContact, draft: GuestDraft, uses_code: Write) -> TakenRequest:
    body = RequestedChange.model_validate_json(draft.asked)
    found = contact_owners.account_of(contact, *SUBJECT)
    subject = Subject.found(*found) if found else None
    proofs = _proofs(contact, draft, subject) if subject else (contact.proof,)
    received = Received(
        request_id=draft.request_id,
        at=clock.now(),
        by=ReceivedBy.GUEST,
        fingerprint=idempotency.fingerprint(body),
        proofs=proofs,
    )
    if subject is None:
        return take_without_account(
            contact, body, received, lambda: submission.begin_for_stranger(body.right, contact, [uses_code])
        )
    rule = rule_outside_the_app(body.right)
    recovering = submission.rule_for_locked_out(rule, proofs, [uses_code])
    record = service.take_instead if are_two(proofs) else take
    taken = record(subject, body, received, recovering)
    service.push_erasure(subject.account.account_id, taken)
    return taken


def _recorded(request_id: RightsRequestId) -> TakenRequest:
    """The request that an earlier call with the same code recorded."""
    try:
        request = service.by_receipt(request_id, receipts.of(request_id))
    except NotFound:
        raise ChallengeExpired from None
    return TakenRequest(request, receipts.of(request_id))


def _proofs(contact: GuestContact, draft: GuestDraft, subject: Subject) -> tuple[IdentityProof, ...]:
    """The proofs of a new request. The device is one of them unless it has to count and does not."""
    account, profile, both = subject.account, subject.profile, (contact.proof, IdentityProof.DEVICE)
    known = devices.find(account.account_id, draft.device_id) if draft.device_id else None
    if known is None or not account.knows(known):
        return (contact.proof,)
    counts = are_settled(account, profile, clock.now()) and not are_of_one_session(known, profile)
    return both if counts or not are_two(both) else (contact.proof,)


def _proof_move(
    request: RightsRequest, proof: IdentityProof, account: Account, profile: Profile | None
) -> Move | None:
    if request.status is not Status.AWAITING_VERIFICATION or proof in request.proofs:
        return None
    proven = request.model_copy(update={"proofs": (*request.proofs, proof)})
    if are_two(proven.proofs) and not are_settled(account, profile, request.received_at):
        raise ProofNotAccepted
    if are_two(proven.proofs) and request.on_behalf is not OnBehalf.HEIR:
        proven = with_identity_proven(proven, clock.now())
    return Move(proven, "proof_given", {"proof": proof})


def _contact_of(challenge: Challenge) -> GuestContact:
    if challenge.phone is None and challenge.email is None:
        raise Unavailable  # a parallel call has just used the code
    return GuestContact(challenge.phone, challenge.email, challenge.locale)
