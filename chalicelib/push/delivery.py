"""Sends a push to all phones of an account, and forgets the tokens that a provider does not know any more."""

from chalicelib.accounts.push_tokens import service as push_tokens
from chalicelib.accounts.push_tokens.model import PushToken
from chalicelib.accounts.sessions import liveness as sessions
from chalicelib.core import clock, metrics
from chalicelib.core.clock import DAY
from chalicelib.core.ids import PushId, SessionId
from chalicelib.core.languages import language_of
from chalicelib.core.metrics import Metric
from chalicelib.core.needs import Claims
from chalicelib.push.model import Push, PushKind, PushOutcome
from chalicelib.push.providers import service as providers
from chalicelib.push.recipients import PushRecipient, tokens_of

# A phone that is off gets the newest push of each id once it is on again.
_KEPT = DAY
_METRICS = {
    PushOutcome.TAKEN: Metric.PUSH_SENT,
    PushOutcome.GONE: Metric.PUSH_TOKEN_GONE,
    PushOutcome.REFUSED: Metric.PUSH_REFUSED,
    PushOutcome.UNANSWERED: Metric.PUSH_UNANSWERED,
}


def can_send(tokens: tuple[PushToken, ...]) -> bool:
    """Return whether the provider of any of some tokens answers, as far as this container knows."""
    return any(map(providers.is_open, tokens))


def send(to: PushRecipient, tokens: tuple[PushToken, ...], kind: PushKind, push_id: str) -> bool:
    """Send a push to each of an account's phones; return whether a provider answered for any of them."""
    language = language_of(to.account.locale)
    push = Push(kind=kind, id=push_id, language=language, expires_at=clock.now() + _KEPT)
    outcomes = providers.deliver(push, tokens)
    for outcome in outcomes:
        metrics.count(_METRICS[outcome])
    pairs = zip(tokens, outcomes, strict=True)
    if gone := [token.token for token, outcome in pairs if outcome is PushOutcome.GONE]:
        push_tokens.forget(to.account.account_id, gone)
    return any(outcome is not PushOutcome.UNANSWERED for outcome in outcomes)


def notify(to: PushRecipient, kind: PushKind, push_id: str, but: SessionId | None = None) -> bool:
    """Push something that concerns one account to its phones, if it may be pushed; as `send`.

    `but`: the session that did it, which needs no push about it. True also if there is nothing to send.
    """
    if not to.permits(kind, clock.now()):
        return True
    tokens = tuple(one for one in tokens_of([to]).get(to.account.account_id, ()) if one.session_id != but)
    return not tokens or send(to, tokens, kind, push_id)


def send_proof(session_id: SessionId) -> bool:
    """Push the nonce of a session's proof to the token that the session wants; as `send`.

    True also if the proof is over, or the session has ended.
    """
    proof = push_tokens.proof_of(session_id)
    if proof is None or proof.ends_at <= clock.now():
        return True
    if not sessions.live_among([Claims(proof.account_id, session_id)]):
        return True
    push = Push(PushKind.PROOF, PushId.new(), language_of(None), proof.ends_at, proof.nonce)
    (outcome,) = providers.deliver(push, [proof.token])
    metrics.count(_METRICS[outcome])
    return outcome is not PushOutcome.UNANSWERED
