"""Mutants of STR-4: a user accepts the terms that name Stream before they chat."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="token_is_issued_without_terms",
        promise="STR-4",
        place="chalicelib.stream.api:mint_chat_token",
        find="notices.require_terms(caller[TERMS])",
        replace="caller[TERMS]",
        harm="A user chats through Stream without having accepted the terms that apply to them.",
    ),
    Mutant(
        name="any_earlier_acceptance_counts",
        promise="STR-4",
        place="chalicelib.consents.notices.versions:Standing.due",
        find="current.version in self.accepted",
        replace="self.accepted",
        harm="A user who accepted only the former terms chats under new ones that they did not accept.",
    ),
    Mutant(
        name="privacy_policy_counts_as_terms",
        promise="STR-4",
        place="chalicelib.consents.notices.service:TERMS",
        find="STANDINGS[NoticeKind.TERMS]",
        replace="STANDINGS[NoticeKind.PRIVACY]",
        harm="A user who accepted only the privacy policy chats without having accepted the new terms.",
    ),
)
