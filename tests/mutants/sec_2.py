"""Mutants of SEC-2: data is sent only to recipients in the register."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="one_registered_category_lets_the_others_through",
        promise="SEC-2",
        place="chalicelib.core.egress:check",
        find="if unknown := set(categories) - to.categories:",
        replace="if (unknown := set(categories)) and not unknown & to.categories:",
        harm=(
            "A recipient gets data of a person that the register does not allow, if the same call"
            " also sends data that it allows."
        ),
    ),
    Mutant(
        name="revocation_tells_stream_when_a_person_signed_out",
        promise="SEC-2",
        place="chalicelib.stream.gateway:revoke",
        find='"set": {"revoke_tokens_issued_before": clock.to_text(instant)}',
        replace=(
            '"set": {"revoke_tokens_issued_before": clock.to_text(instant), "last_seen": '
            "clock.to_text(clock.now())}"
        ),
        harm=(
            "Stream stores when a person last used RU4M, although the call declares that it sends an id only."
        ),
    ),
    Mutant(
        name="what_a_mail_discloses_is_not_checked",
        promise="SEC-2",
        place="chalicelib.messages.mail:_hand_over",
        find="_ses(purpose, discloses)",
        replace="_ses(purpose, {Category.EMAIL})",
        harm=(
            "The provider of a mailbox gets data of a person in a mail, although the register "
            "does not allow it."
        ),
    ),
)
