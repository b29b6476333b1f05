"""Mutants of NOT-6: processors act only on our instructions."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="purpose_is_refused_only_with_unknown_data",
        promise="NOT-6",
        place="chalicelib.core.egress:check",
        find="if purpose not in to.purposes:",
        replace="if purpose not in to.purposes and set(categories) - to.categories:",
        harm="A processor gets data of a person for a purpose that its agreement does not cover.",
    ),
    Mutant(
        name="category_or_purpose_is_enough",
        promise="NOT-6",
        place="chalicelib.privacy.recipients:Recipient.may_get",
        find="category in self.entry.categories and purpose",
        replace="category in self.entry.categories or purpose",
        harm=(
            "A kind of record can name a recipient that may not have this data of a person for this purpose."
        ),
    ),
    Mutant(
        name="agreement_is_not_on_the_list_of_reviews",
        promise="NOT-6",
        place="chalicelib.privacy.reviews:_of_recipients",
        find="(*filter(None, (agreement,)), *certificates)",
        replace="certificates",
        harm=(
            "Operators learn that an agreement has to be reviewed only after a processor used "
            "data of a person without one."
        ),
    ),
)
