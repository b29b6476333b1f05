"""Mutants of USE-5: marketing has its own legal basis, and service messages are not marketing."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="marketing_passes_as_a_service_message",
        promise="USE-5",
        place="chalicelib.messages.mail:send",
        find="not permits(choices, purpose)",
        replace="not permits(choices, purpose, {purpose})",
        harm="A person gets marketing as a service message, without a link to unsubscribe.",
    ),
    Mutant(
        name="suppression_of_the_mailbox_is_not_read",
        promise="USE-5",
        place="chalicelib.consents.marketing:_judge",
        find="suppressions.suppressed(addresses)",
        replace="suppressions.suppressed(Addresses(account.phone, None))",
        harm="A person who objected with their mailbox gets marketing there again.",
    ),
    Mutant(
        name="old_judgement_still_sends",
        promise="USE-5",
        place="chalicelib.messages.mail:_VALID",
        find="MINUTE",
        replace="60 * MINUTE",
        harm=(
            "A person who objects gets marketing for an hour more, because a sender may keep the "
            "answer of the gate."
        ),
    ),
)
