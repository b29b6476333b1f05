"""Mutants of STR-13: each part at Stream has a stated basis, and users can object to the last."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="security_is_said_to_rest_on_the_contract",
        promise="STR-13",
        place="chalicelib.privacy.recipients:Recipient",
        find="LegalBasis.LEGITIMATE_INTERESTS",
        replace="LegalBasis.CONTRACT",
        harm=(
            "The record says that the protection of chat rests on the contract, so nobody learns that they "
            "can object to it."
        ),
    ),
    Mutant(
        name="security_cannot_be_objected_to",
        promise="STR-13",
        place="chalicelib.rights.objection.intake:OBJECTIONABLE",
        find="purpose.basis is LegalBasis.LEGITIMATE_INTERESTS",
        replace="purpose.basis is LegalBasis.LEGITIMATE_INTERESTS and purpose is not Purpose.SECURITY",
        harm="A person's objection to the protection of chat is refused at once as wrong input.",
    ),
    Mutant(
        name="upheld_objection_to_security_is_still_weighed",
        promise="STR-13",
        place="chalicelib.rights.objection.intake:_close",
        find='objection.model_copy(update={"purposes": stays, "upheld": True})',
        replace='objection.model_copy(update={"purposes": stays})',
        harm=(
            "Two operators accept an objection to the protection of chat, and the person's decisions do "
            "not show it."
        ),
    ),
)
