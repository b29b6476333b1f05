"""Mutants of STR-7: processing stays in the EU, and each transfer out of it has a documented ground."""

from infra.mutants.model import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        name="london_counts_as_the_eu",
        promise="STR-7",
        place="chalicelib.core.settings:EU_REGIONS",
        find='"eu-west-1", "eu-west-3"',
        replace='"eu-west-1", "eu-west-2", "eu-west-3"',
        harm="We process the data of all users in the United Kingdom, and no deployment is refused.",
    ),
    Mutant(
        name="placement_that_nobody_confirmed_is_accepted",
        promise="STR-7",
        place="chalicelib.stream.settings.baseline:settings_for",
        find="Setting(PLACEMENT, placement, must_be_stated=False)",
        replace="Setting(PLACEMENT, placement or found.values.get(PLACEMENT), must_be_stated=False)",
        harm=(
            "Stream stores the messages of all users outside the EU, and the daily check finds "
            "nothing to verify."
        ),
    ),
    Mutant(
        name="register_hides_the_transfer_to_stream",
        promise="STR-7",
        place="chalicelib.privacy.recipients:Recipient",
        find="mechanism=Mechanism.SCCS,",
        replace="mechanism=Mechanism.NO_TRANSFER,",
        harm=(
            "A person reads that their chat data stays in the EU, although an American company "
            "has access to it."
        ),
    ),
)
