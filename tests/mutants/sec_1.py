"""Mutants of SEC-1: data is protected at rest and in transit, and kept out of our logs."""

from infra.mutants.model import Mutant

MUTANTS = (
    Mutant(
        name="text_of_an_error_reaches_the_log",
        promise="SEC-1",
        place="chalicelib.core.observe:observed",
        find="type(error).__name__",
        replace="str(error)",
        harm=(
            "The log of a function shows what a person sent, because Lambda logs the text of an "
            "unexpected error."
        ),
    ),
    Mutant(
        name="sealed_value_opens_in_another_persons_item",
        promise="SEC-1",
        place="chalicelib.core.sealing:Place.bound_to",
        find='(self.kind, self.pk, self.sk or "", str(version))',
        replace='(self.kind, self.sk or "", str(version))',
        harm=(
            "A sealed invoice that lands among the records of another person opens there, and "
            "that person reads it."
        ),
    ),
    Mutant(
        name="covered_checkpoint_passes_verification",
        promise="SEC-1",
        place="chalicelib.core.chain.verification:_opened",
        find="if len(versions) != 1 or not written:",
        replace="if not written:",
        harm=(
            "Operators do not notice that an attacker hid a signed checkpoint, so evidence about a person can"
            " be replaced."
        ),
    ),
    Mutant(
        name="representation_of_unsealed_records_shows_values",
        promise="SEC-1",
        place="chalicelib.privacy.personal:Record.__repr_args__",
        find="self.declaration.personal_fields()",
        replace="self.declaration.sealed_fields()",
        harm=(
            "The representation of an event, which a traceback may quote, shows which screen a person used."
        ),
    ),
    Mutant(
        name="function_of_transfers_reads_preserved_messages",
        promise="SEC-1",
        place=".chalice/policy-transfer_copies.json",
        find="${ExportBucketArn}/exports/*",
        replace="${ExportBucketArn}/*",
        harm=(
            "The function that talks to strangers' servers can read the messages that a "
            "restriction preserves for a person."
        ),
    ),
    Mutant(
        name="function_of_transfers_reads_breaches_and_staff",
        promise="SEC-1",
        place=".chalice/policy-transfer_copies.json",
        find='"dynamodb:LeadingKeys": ["R#*"]',
        replace='"dynamodb:LeadingKeys": ["*"]',
        harm=(
            "The function that talks to strangers' servers can read which persons a breach concerns, and "
            "change who of the staff decided about them."
        ),
    ),
    Mutant(
        name="request_without_a_key_is_allowed",
        promise="SEC-1",
        place=".chalice/policy-conversations.json",
        find='["conversation_request#*"]},\n        "Null": {"dynamodb:LeadingKeys": "false"}',
        replace='["conversation_request#*"]}',
        harm="A request that names no key passes the condition on keys, and reads what other persons wrote.",
    ),
    Mutant(
        name="role_unwraps_the_key_of_another_stage",
        promise="SEC-1",
        place=".chalice/policy-usage.json",
        find='"kms:EncryptionContext:stage": {"Ref": "Stage"}',
        replace='"kms:EncryptionContext:stage": ["local", "staging", "production"]',
        harm="A function of a test stage opens the records of real persons with a copied key.",
    ),
    Mutant(
        name="keys_have_no_backup",
        promise="SEC-1",
        place="infra/template/data.yaml",
        find="        PointInTimeRecoveryEnabled: true\n        RecoveryPeriodInDays: 7\n",
        replace="        PointInTimeRecoveryEnabled: false\n",
        harm="If the table of keys is damaged, no key can ever open the data of any person again.",
    ),
    Mutant(
        name="name_of_a_group_opens_in_another_one",
        promise="SEC-1",
        place="chalicelib.people.conversations.names:_place",
        find='Place("conversation_name", place.pk, place.sk)',
        replace='Place("conversation_name", "")',
        harm="A name that was moved to another conversation in the table is shown to its members.",
    ),
    Mutant(
        name="copy_needs_no_step_up",
        promise="SEC-1",
        place="chalicelib.rights.api:_check_right",
        find="if rule_of(body.right).wants_step_up:",
        replace="if rule_of(body.right).wants_step_up and caller.session.is_waiting:",
        harm="A thief of an access token requests a copy of all of the owner's data.",
    ),
    Mutant(
        name="requirement_of_a_route_is_not_checked",
        promise="SEC-1",
        place="chalicelib.core.http.route:_Plan.check_requirement",
        find="if self.requirement:",
        replace="if self.requirement and not arguments:",
        harm="A thief of an access token requests the erasure of the account, and removes its mailbox.",
    ),
)
