"""Mutants of NOT-5: two people assess a voluntary disclosure in writing."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="reason_of_the_proposer_counts_twice",
        promise="NOT-5",
        place="chalicelib.staff.disclosures.decide:approve",
        find="and assessment is None:",
        replace="and not (assessment or found.reason):",
        harm=(
            "The data of a person goes out by our own decision, and only one operator assessed "
            "that in writing."
        ),
    ),
    Mutant(
        name="proposer_approves_alone",
        promise="NOT-5",
        place="chalicelib.staff.disclosures.decide:_check_reviewer",
        find="check_second(by, found.proposed_by)",
        replace="check_second(by, found.reviewed_by)",
        harm="One operator alone decides that the data of a person goes out.",
    ),
    Mutant(
        name="second_assessment_is_not_stored",
        promise="NOT-5",
        place="chalicelib.staff.disclosures.decide:_review",
        find='"review": assessment',
        replace='"review": found.review',
        harm="No record shows later why the second operator agreed that the data of a person went out.",
    ),
)
