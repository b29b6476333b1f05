"""Mutants of NOT-3: authorities receive data only on a valid request, and each disclosure is recorded."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="order_of_an_authority_needs_no_reference",
        promise="NOT-3",
        place="chalicelib.staff.disclosures.service:check_proposal",
        find="kind is DisclosureKind.AUTHORITY_REQUEST and",
        replace="new.ground is DisclosureGround.COURT_ORDER and",
        harm="The data of a person goes to an authority that named neither an order nor a law.",
    ),
    Mutant(
        name="data_of_a_refused_disclosure_goes_out",
        promise="NOT-3",
        place="chalicelib.staff.disclosures.decide:record_given",
        find="is not DisclosureStatus.APPROVED or found",
        replace="is not DisclosureStatus.APPROVED and found",
        harm="The data of a person goes out although an operator refused the disclosure.",
    ),
    Mutant(
        name="decision_leaves_no_evidence",
        promise="NOT-3",
        place="chalicelib.privacy.cases:CaseTable.change",
        find="[self.replacement(after), self.evidence(after, event, by, said)]",
        replace="[self.replacement(after)]",
        harm="No record proves which operator approved that the data of a person went to an authority.",
    ),
)
