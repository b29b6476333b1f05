"""Mutants of RGT-6: an objection to marketing applies immediately, and outlives the account."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="rotated_key_hides_earlier_objections",
        promise="RGT-6",
        place="chalicelib.messages.suppressions.store:found",
        find="[key for keys in _keys_of(addresses) for key in keys]",
        replace="[keys[0] for keys in _keys_of(addresses)]",
        harm=(
            "After the lookup key is rotated, a person who objected and deleted the account counts as one "
            "who did not."
        ),
    ),
    Mutant(
        name="link_to_unsubscribe_opens_the_app",
        promise="RGT-6",
        place="chalicelib.site.about.associations:_opened",
        find="for path in _OPENED",
        replace='for path in (*_OPENED, "/privacy/unsubscribe/{token}")',
        harm="The link of a mail opens an app that asks to sign in, and the marketing goes on.",
    ),
    Mutant(
        name="objection_counts_against_the_daily_limit",
        promise="RGT-6",
        place="chalicelib.rights.objection.intake:MARKETING_OBJECTION",
        find="IntakeRule(_begin_at_once, is_limited=False)",
        replace="IntakeRule(_begin_at_once)",
        harm="A person who made some requests on a day cannot object to marketing until the next day.",
    ),
    Mutant(
        name="unreadable_decisions_lose_the_objection",
        promise="RGT-6",
        place="chalicelib.rights.erasure.capture:_objected_marketing",
        find="return list(DIRECT_MARKETING)",
        replace="return []",
        harm=(
            "If the decisions of an erased account cannot be read, its number and mailbox may get "
            "marketing again."
        ),
    ),
    Mutant(
        name="objection_under_an_old_key_is_dropped",
        promise="RGT-6",
        place="chalicelib.rights.intake.record:_request_of_key",
        find="if found.received_at <= request.received_at - idempotency.KEPT:",
        replace="if found.received_at > request.received_at:",
        harm=(
            "An app repeats its key from last week: the second objection gets the answer of the first one, "
            "and changes nothing."
        ),
    ),
)
