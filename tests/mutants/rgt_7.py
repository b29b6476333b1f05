"""Mutants of RGT-7: a consent can be withdrawn as easily as it was given, with immediate effect."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="statement_overrides_the_date_of_birth",
        promise="RGT-7",
        place="chalicelib.consents.choices:Decider.reached_age",
        find="if ages.is_below(born, years):",
        replace="if ages.is_below(born, years) and not states:",
        harm="A child whose date of birth we know consents by saying that they are old enough.",
    ),
    Mutant(
        name="child_born_on_29_february_consents_a_day_early",
        promise="RGT-7",
        place="chalicelib.consents.ages:is_below",
        find="(today.month, today.day) < (born.month, born.day)",
        replace="(today.month, today.day + 1) < (born.month, born.day)",
        harm="A child consents on the day before the birthday.",
    ),
    Mutant(
        name="date_of_birth_that_is_set_meanwhile_is_not_seen",
        promise="RGT-7",
        place="chalicelib.consents.service:of_minority",
        find="return _made(account, before, keys, replace(changed, of_age=None), {})",
        replace="return _decision(account, before, keys, _withdrawals(before, ASKED_FOR), objects_to=())",
        harm="A consent that a child gives while the date of birth is set stays in force.",
    ),
    Mutant(
        name="consent_counts_when_its_practice_has_ended",
        promise="RGT-7",
        place="chalicelib.privacy.purposes:refusal",
        find="not (purpose in offered and purpose in choices.consented)",
        replace="purpose not in choices.consented",
        harm="Data of a person is used for what the privacy policy in effect does not describe.",
    ),
    Mutant(
        name="consent_is_taken_for_what_the_policy_does_not_describe",
        promise="RGT-7",
        place="chalicelib.consents.choices:_shown",
        find="if purpose not in newest.offers:",
        replace="if purpose in newest.offers - {purpose}:",
        harm="A person agrees to a use of their data that no privacy policy explains to them.",
    ),
    Mutant(
        name="new_consent_covers_what_was_withdrawn",
        promise="RGT-7",
        place="chalicelib.consents.model:decided",
        find="before.covers_since if before and gives_again else None",
        replace="before.covers_since if before else None",
        harm=(
            "A person withdraws a consent and gives it again later, and data from before the withdrawal is "
            "used again."
        ),
    ),
    Mutant(
        name="altered_history_refuses_the_withdrawal",
        promise="RGT-7",
        place="chalicelib.consents.service:_writes",
        find="if any(event.gives for event in events):",
        replace="if events:",
        harm=(
            "A person whose history was tampered with cannot withdraw a consent, and the use of their data "
            "goes on."
        ),
    ),
    Mutant(
        name="interrupted_deletion_counts_as_complete",
        promise="RGT-7",
        place="chalicelib.privacy.lapses:delete",
        find="return Deleted(items, complete=False)",
        replace="return Deleted(items, complete=True)",
        harm=(
            "Of a person with much data, most of it stays stored after they withdrew the consent to its use."
        ),
    ),
)
