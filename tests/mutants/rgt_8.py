"""Mutants of RGT-8: data can be obtained in a machine-readable format for use elsewhere."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="references_to_messages_of_others_go_out",
        promise="RGT-8",
        place="chalicelib.stream.export.redaction:Redaction._quoted",
        find="return Quoted(id=quoted_id) if quoted_id in own_ids else None",
        replace="return Quoted(id=quoted_id)",
        harm="The file that a person takes to another service names messages of other people.",
    ),
    Mutant(
        name="observed_data_is_left_out",
        promise="RGT-8",
        place="chalicelib.privacy.plans:_disclosed",
        find="marker.source in _PORTABLE",
        replace="marker.source is Source.PROVIDED",
        harm="The file for another service lacks the data that we recorded while the person used ours.",
    ),
    Mutant(
        name="half_a_file_counts_as_taken",
        promise="RGT-8",
        place="chalicelib.core.outbound.post:_outcome_of_status",
        find="case 2 if complete:",
        replace="case 2 if complete or sent:",
        harm=(
            "The answer says that the other service has the data, though it closed the connection halfway."
        ),
    ),
)
