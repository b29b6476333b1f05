"""Mutants of NOT-2: in a merger, users are notified before data is transferred."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="merger_needs_no_notice",
        promise="NOT-2",
        place="chalicelib.staff.disclosures.service:check_proposal",
        find="if (kind is DisclosureKind.MERGER_OR_SALE) is not (new.notice is not None):",
        replace="if new.notice is not None and kind is not DisclosureKind.MERGER_OR_SALE:",
        harm="The data of a person goes to a buyer of our business, and no notice announced that.",
    ),
    Mutant(
        name="notice_in_effect_need_not_reach_the_person",
        promise="NOT-2",
        place="chalicelib.consents.notices.versions:Standing.has_taken_effect",
        find="notice.effective_at <= now and self._applies",
        replace="notice.effective_at <= now or self._applies",
        harm="The data of a person goes to a buyer of our business before the person learned of the sale.",
    ),
    Mutant(
        name="first_policy_counts_as_the_announcement",
        promise="NOT-2",
        place="chalicelib.consents.notices.service:has_taken_effect",
        find=" and not notice.is_first",
        replace="",
        harm=(
            "The data of a person goes to a buyer of our business, and only the first policy, "
            "which says nothing of it, was shown."
        ),
    ),
)
