"""Mutants of USE-10: support requests are used only for support and deleted after a year."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="message_is_kept_as_long_as_evidence",
        promise="USE-10",
        place="chalicelib.staff.support.model:SupportMessage",
        find="After(Period.SUPPORT_MESSAGE, since=",
        replace="After(Period.AUDIT, since=",
        harm="What a person wrote to our support is kept a second year.",
    ),
    Mutant(
        name="message_belongs_to_no_account",
        promise="USE-10",
        place="chalicelib.staff.support.store:_key",
        find="partition_of(one.account_id) if one.account_id else ",
        replace="",
        harm="A person deletes the account, and what they wrote to our support stays.",
    ),
    Mutant(
        name="restored_answer_is_mailed_again",
        promise="USE-10",
        place="chalicelib.staff.support.answers:_mail",
        find="newest.event in _ENDS",
        replace="False",
        harm="A person gets the answer a second time, months later, because a table was restored.",
    ),
    Mutant(
        name="second_operator_replaces_the_answer",
        promise="USE-10",
        place="chalicelib.staff.support.answers:answer",
        find="found.answered_at or found.closed_at",
        replace="found.closed_at",
        harm="A person gets two answers that contradict each other.",
    ),
)
