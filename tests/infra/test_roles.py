"""Tests the permissions of each role against the complete list in this file."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from chalicelib.accounts.avatars.model import Avatar
from chalicelib.accounts.model import ChangeKind
from chalicelib.consents import evidence
from chalicelib.consents.notices.model import NoticeVersion
from chalicelib.core import keyring
from chalicelib.core.ids import (
    AbuseReportId,
    BreachId,
    DisclosureId,
    HoldId,
    InvoiceId,
    NumberObjectionId,
    Pseudonym,
    RightsRequestId,
    SafetyDecisionId,
    StaffId,
    SupportMessageId,
    TableRemovalId,
)
from chalicelib.core.table_names import Table
from chalicelib.messages.suppressions.model import AddressKind
from chalicelib.operations.breaches import store as breaches
from chalicelib.operations.reports import service as reports
from chalicelib.privacy import register
from chalicelib.privacy.declaration import RESERVED
from chalicelib.reconciliation import store as reconciliation
from chalicelib.reconciliation.cases.service import CHAIN as _STREAM_CASE
from chalicelib.retention.backups import service as backups
from chalicelib.retention.holds import store as holds
from chalicelib.retention.purge import evidence as purge
from chalicelib.retention.removals import store as removals
from chalicelib.rights.complaints.model import ComplaintId
from chalicelib.rights.complaints.store import COMPLAINTS
from chalicelib.rights.request.evidence import history_of
from chalicelib.safety.decisions.store import DECISIONS
from chalicelib.safety.numbers.store import OBJECTIONS
from chalicelib.safety.reports.store import REPORTS
from chalicelib.staff import history as staff_history
from chalicelib.staff import notices
from chalicelib.staff.billing import service as billing
from chalicelib.staff.disclosures import store as disclosures
from chalicelib.staff.support import store as support
from chalicelib.stream.settings import service as chat_settings
from infra.packaging.split import logical_id
from tests.infra.templates import Template, listed, of_type
from tests.support.roles.policies import policies
from tests.support.roles.policies import statements as statements_of_items

_LOGS = "logs:CreateLogStream, logs:PutLogEvents"


_SES = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"
_MARKED_ROWS = (
    "dynamodb:BatchGetItem, dynamodb:ConditionCheckItem, dynamodb:DeleteItem, dynamodb:PutItem, "
    "dynamodb:UpdateItem"
)
_MAILING = (
    "ses:SendEmail",
    # The emulator's IAM knows no narrower resource of this action.
    f"{_SES}identity/${{MailDomain}}, {_SES}configuration-set/ru4m-${{Stage}}, * if Emulated",
)


# A worker that does not send to its own queue.
_RECEIVE = "sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage"

# Of the rights table, only the mark that a right is being exercised may be deleted.
_REQUESTS = (
    "dynamodb:BatchGetItem, dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem",
    "${RightsTableArn}",
)
_REQUESTS_OF_A_SUBJECT = ("dynamodb:Query", "${RightsTableArn}/index/owner")


# A role may append to the kinds of chains in LEDGER_KINDS only. It reads these, and few others.
_LEDGER = (("dynamodb:PutItem", "${LedgerTableArn}"), ("dynamodb:Query", "${LedgerTableArn}"))

# A message to our support by its id, and its history.
_OF_SUPPORT = (
    ("dynamodb:Query", "${AccountsTableArn}/index/live"),
    ("dynamodb:PutItem, dynamodb:Query", "${LedgerTableArn}"),
)

_SUPPRESSIONS = ("dynamodb:BatchGetItem, dynamodb:DeleteItem, dynamodb:PutItem", "${ClaimsTableArn}")
_RIGHTS = history_of(RightsRequestId.new()).kind
_STAFF = staff_history.history_of(StaffId.new()).kind
_DISCLOSURE = disclosures.DISCLOSURES.history_of(DisclosureId.new()).kind
_COMPLAINT = COMPLAINTS.history_of(ComplaintId(f"{RightsRequestId.new()}.person")).kind
_BREACH = breaches.BREACHES.history_of(BreachId.new()).kind
_INVOICE = billing.history_of(InvoiceId.new()).kind
_SUPPORT = support.MESSAGES.history_of(SupportMessageId.new()).kind
_NOTICE = notices.history_of(NoticeVersion("terms-2024-05-08")).kind
_CONSENT = evidence.chain_of(Pseudonym.new()).kind
_HOLD = holds.HOLDS.history_of(HoldId.new()).kind
_TABLE_REMOVAL = removals.REMOVALS.history_of(TableRemovalId.new()).kind
_TOMBSTONE = "tombstone"
_REPORT = REPORTS.history_of(AbuseReportId.new()).kind
_SAFETY = DECISIONS.history_of(SafetyDecisionId.new()).kind
_OBJECTION = OBJECTIONS.history_of(NumberObjectionId.new()).kind
_LANGUAGE = ChangeKind.LANGUAGE.value
# The mark of a change, which no restore takes back.
_MARKS = ("dynamodb:PutItem", "${UsageTableArn}")
# IAM knows no resource of these actions.
_LIFT_SUPPRESSION, _LIST_BACKUPS = "ses:DeleteSuppressedDestination", "dynamodb:ListBackups"

# The histories of a day.
_OF_JOBS = {one.HISTORY.kind for one in (backups, chat_settings, purge, reconciliation)}
# The kinds of chains to which each role may append.
LEDGER_KINDS = {
    "AdminRole": {
        _OBJECTION,
        _REPORT,
        _SAFETY,
        _BREACH,
        _COMPLAINT,
        _CONSENT,
        _DISCLOSURE,
        _HOLD,
        _INVOICE,
        _NOTICE,
        reports.CHAIN,
        _RIGHTS,
        _STAFF,
        _STREAM_CASE,
        _SUPPORT,
        _TABLE_REMOVAL,
    },
    "CheckChatSettingsRole": {chat_settings.HISTORY.kind},
    "CloseIdleAccountsRole": {_RIGHTS},
    "ConsentsRole": {_CONSENT},
    "EraseAccountsRole": {_REPORT, _RIGHTS, _TOMBSTONE},
    "ReportsRole": {_OBJECTION, _REPORT, _SAFETY},
    "WorkOnReportsRole": {_OBJECTION, _REPORT, _SAFETY},
    "PurgeExpiredRole": {backups.HISTORY.kind, purge.HISTORY.kind},
    "ReconcileChatRole": {reconciliation.HISTORY.kind, _STREAM_CASE},
    "NoteBouncesRole": {_SUPPORT},
    "ReportInboxRole": {_SUPPORT},
    "RenewShardRole": {_CONSENT},
    "ProfilesRole": {*ChangeKind, _CONSENT},
    "RightsRole": {_CONSENT, _LANGUAGE, ChangeKind.NUMBER.value, _REPORT, _RIGHTS, _SUPPORT},
    "SignupRole": {ChangeKind.NUMBER.value},
    "NotifyOfBreachesRole": {_BREACH},
    "TransferCopiesRole": {_RIGHTS},
    "WorkOnHooksRole": {_STREAM_CASE},
    "WorkRightsRole": {_CONSENT, _LANGUAGE, _RIGHTS},
}


_CHECKS = ", ".join(
    f"dynamodb:{name}" for name in ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem")
)


# What signs in, and sets and deletes a PIN.
_AND_ITS_PIN = ("BatchGetItem", "ConditionCheckItem", "DeleteItem", "PutItem", "UpdateItem")


_ACCOUNTS_AND_CONVERSATIONS = (
    "dynamodb:BatchGetItem, dynamodb:ConditionCheckItem, dynamodb:DeleteItem, dynamodb:PutItem",
    "${AccountsTableArn}",
)


# What gives a restriction or objection its effect.
_DECISIONS = "dynamodb:ConditionCheckItem, dynamodb:PutItem, dynamodb:UpdateItem"


def _own_logs(name: str) -> tuple[str, str]:
    group = f"/aws/lambda/ru4m-${{Stage}}-{name}"
    return _LOGS, f"arn:${{AWS::Partition}}:logs:${{AWS::Region}}:${{AWS::AccountId}}:log-group:{group}:*"


# Pairs of actions and resources of each role.
EXPECTED = {
    "AboutRole": {_own_logs("about")},
    "SiteRole": {_own_logs("site")},
    "AccessTokenRole": {_own_logs("access_token")},
    "AdminRole": {
        _own_logs("admin"),
        ("s3:GetObject", "${PapersBucketArn}/clean/*"),
        ("s3:GetObject", "${ReportedBucketArn}/reported/*"),  # sealed; the record has the key
        ("dynamodb:ConditionCheckItem", "${RightsTableArn}"),  # one pseudonym of a member of staff
        (
            (
                "dynamodb:BatchGetItem, dynamodb:ConditionCheckItem, dynamodb:GetItem, dynamodb:PutItem, "
                "dynamodb:UpdateItem"
            ),
            "${AccountsTableArn}",
        ),
        ("dynamodb:Query", "${AccountsTableArn}/index/due"),  # open cases
        ("dynamodb:Query", "${AccountsTableArn}/index/live"),  # whom a breach affects, counted
        ("dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query", "${BillingTableArn}"),
        ("dynamodb:BatchGetItem", "${ClaimsTableArn}"),
        ("dynamodb:DeleteItem", "${ClaimsTableArn}"),  # bars
        ("dynamodb:DeleteItem, dynamodb:PutItem", "${ClaimsTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("dynamodb:BatchGetItem, dynamodb:GetItem, dynamodb:PutItem", "${RightsTableArn}"),
        ("dynamodb:DeleteItem", "${RightsTableArn}"),  # marks that a right is being exercised
        ("dynamodb:Query", "${RightsTableArn}"),
        ("dynamodb:Query", "${RightsTableArn}/index/owner"),
        ("dynamodb:Query", "${RightsTableArn}/index/received"),
        ("dynamodb:Query", "${RightsTableArn}/index/open, ${RightsTableArn}/index/stuck"),
        ("dynamodb:BatchGetItem", "${ChallengesTableArn}"),  # how far announcements are
        # The lists of complaints, disclosures, breaches and removals, and the requests of a subject.
        ("dynamodb:Query", "${RightsTableArn}/index/owner"),
        *_LEDGER,
        ("dynamodb:UpdateItem", "${ChallengesTableArn}"),
        ("secretsmanager:GetSecretValue", "${LookupSecretArn}, ${ReceiptsSecretArn}, ${StaffSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
        ("sqs:SendMessage", "${RightsQueue.Arn}"),
    },
    # It reads where announcing stands, and no account.
    "AnnounceNoticesRole": {
        _own_logs("announce_notices"),
        ("dynamodb:BatchGetItem", "${ChallengesTableArn}"),
        ("sqs:SendMessage, sqs:SendMessageBatch if Emulated", "${AnnouncementsQueue.Arn}"),
    },
    "AnnounceToShardRole": {
        _own_logs("announce_to_shard"),
        ("sqs:SendMessage", "${ShardsDead.Arn}"),
        ("dynamodb:BatchGetItem, dynamodb:PutItem, dynamodb:UpdateItem", "${AccountsTableArn}"),
        ("dynamodb:Query", "${AccountsTableArn}/index/live"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("dynamodb:BatchGetItem, dynamodb:PutItem", "${ChallengesTableArn}"),
        (_RECEIVE, "${AnnouncementsQueue.Arn}"),
        _MAILING,
    },
    "NotifyOfBreachesRole": {
        _own_logs("notify_of_breaches"),
        ("sqs:SendMessage", "${ShardsDead.Arn}"),
        ("dynamodb:BatchGetItem, dynamodb:PutItem, dynamodb:UpdateItem", "${AccountsTableArn}"),
        ("dynamodb:Query", "${AccountsTableArn}/index/live"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("dynamodb:PutItem", "${ChallengesTableArn}"),
        ("dynamodb:BatchGetItem, dynamodb:GetItem, dynamodb:PutItem", "${RightsTableArn}"),
        *_LEDGER,
        (_RECEIVE, "${BreachesQueue.Arn}"),
        _MAILING,
    },
    # It reads breaches in clear, and no account.
    "WatchBreachesRole": {
        _own_logs("watch_breaches"),
        ("dynamodb:Query", "${RightsTableArn}/index/owner"),
        ("dynamodb:BatchGetItem, dynamodb:GetItem", "${RightsTableArn}"),
        ("sqs:SendMessage, sqs:SendMessageBatch if Emulated", "${BreachesQueue.Arn}"),
    },
    # It reads cases and no account, and writes messages to our support, whose answers it mails.
    "ReportInboxRole": {
        _own_logs("report_inbox"),
        ("dynamodb:BatchGetItem", "${RightsTableArn}"),
        ("dynamodb:GetItem, dynamodb:PutItem", "${RightsTableArn}"),
        ("dynamodb:Query", "${RightsTableArn}/index/open, ${RightsTableArn}/index/stuck"),
        ("dynamodb:Query", "${RightsTableArn}/index/owner"),
        ("dynamodb:BatchGetItem, dynamodb:GetItem, dynamodb:PutItem", "${AccountsTableArn}"),
        ("dynamodb:Query", "${AccountsTableArn}/index/due"),
        *_OF_SUPPORT,
        ("kms:Decrypt", "${SealingKeyArn}"),
        _MAILING,
    },
    "ChatRole": {
        _own_logs("chat"),
        ("dynamodb:BatchGetItem", "${AccountsTableArn}"),
        ("secretsmanager:GetSecretValue", "${StreamSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
    },
    "CheckpointLedgerRole": {
        _own_logs("checkpoint_ledger"),
        ("dynamodb:BatchGetItem", "${LedgerTableArn}"),
        ("dynamodb:Query", "${LedgerTableArn}/index/touched"),
        ("kms:GetPublicKey, kms:Sign", "${CheckpointKeyArn}"),
        ("s3:GetObjectVersion, s3:PutObject, s3:PutObjectRetention", "${CheckpointBucketArn}/checkpoints/*"),
        ("s3:ListBucketVersions", "${CheckpointBucketArn}"),
    },
    "ConsentsRole": {
        _own_logs("consents"),
        ("dynamodb:BatchGetItem, dynamodb:PutItem", "${AccountsTableArn}"),
        ("dynamodb:UpdateItem", "${ChallengesTableArn}"),
        _SUPPRESSIONS,
        ("secretsmanager:GetSecretValue", "${LookupSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        *_LEDGER,
        ("kms:Decrypt", "${SealingKeyArn}"),
    },
    # The only role that may delete keys, and the only one that signs certificates.
    "EraseAccountsRole": {
        _own_logs("erase_accounts"),
        ("s3:ListBucket", "${AvatarsBucketArn}"),
        (
            "s3:DeleteObject",
            ", ".join(f"${{AvatarsBucketArn}}/{part}/*" for part in ("incoming", "kept", "owners")),
        ),
        ("s3:GetObject", "${AvatarsBucketArn}/kept/*"),  # what a hold keeps is stored apart
        ("s3:PutObject", "${AvatarsBucketArn}/held/*"),
        ("sqs:SendMessage", "${RightsDead.Arn}"),
        (
            ", ".join(
                f"dynamodb:{name}"
                for name in (
                    "BatchGetItem",
                    "BatchWriteItem",
                    "ConditionCheckItem",
                    "DeleteItem",
                    "PutItem",
                    "Query",
                    "UpdateItem",
                )
            ),
            "${AccountsTableArn}",
        ),
        # What is kept is moved in transactions, the rest is deleted in batches.
        ("dynamodb:BatchWriteItem, dynamodb:DeleteItem, dynamodb:Query", "${UsageTableArn}"),
        ("dynamodb:BatchWriteItem, dynamodb:DeleteItem, dynamodb:Query", "${BillingTableArn}"),
        ("dynamodb:BatchWriteItem, dynamodb:PutItem, dynamodb:Query", "${HeldTableArn}"),
        # Claims are replaced, never deleted. A suppression is moved to the current key.
        ("dynamodb:BatchGetItem, dynamodb:PutItem", "${ClaimsTableArn}"),
        ("dynamodb:DeleteItem", "${ClaimsTableArn}"),
        ("dynamodb:BatchGetItem, dynamodb:DeleteItem", "${KeysTableArn}"),
        ("dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem", "${ChallengesTableArn}"),
        # SES's reports of the confirmation.
        ("dynamodb:BatchWriteItem, dynamodb:GetItem, dynamodb:PutItem", "${ChallengesTableArn}"),
        ("dynamodb:DeleteItem", "${ChallengesTableArn}"),  # the row that finds the subject by a code
        ("dynamodb:BatchGetItem, dynamodb:GetItem, dynamodb:PutItem", "${RightsTableArn}"),
        ("dynamodb:DeleteItem", "${RightsTableArn}"),
        ("dynamodb:Query", "${RightsTableArn}"),
        _REQUESTS_OF_A_SUBJECT,
        *_LEDGER,
        (
            "sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage, sqs:SendMessage",
            "${ErasuresQueue.Arn}",
        ),
        ("sqs:SendMessage", "${RightsQueue.Arn}"),
        (
            "s3:AbortMultipartUpload, s3:DeleteObjectVersion",
            "${ExportBucketArn}/exports/*, ${ExportBucketArn}/preserved/*",
        ),
        ("s3:ListBucketMultipartUploads", "${ExportBucketArn}"),
        ("s3:ListBucketVersions", "${ExportBucketArn}"),
        ("s3:GetObject, s3:PutObject, s3:PutObjectRetention", "${CheckpointBucketArn}/tombstones/*"),
        ("kms:GetPublicKey, kms:Sign", "${CertificateKeyArn}"),
        ("secretsmanager:GetSecretValue", "${LookupSecretArn}, ${ReceiptsSecretArn}, ${StreamSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
        _MAILING,
        (_LIFT_SUPPRESSION, "*"),
        ("sns:Publish", "all but arn:${AWS::Partition}:sns:*:*:*"),
        ("kms:Decrypt", "${SealingKeyArn}"),
    },
    # It changes no account.
    "ReportsRole": {
        _own_logs("reports"),
        ("dynamodb:BatchGetItem", "${AccountsTableArn}"),
        ("dynamodb:BatchGetItem", "${ClaimsTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("dynamodb:BatchGetItem, dynamodb:GetItem, dynamodb:PutItem", "${RightsTableArn}"),
        _REQUESTS_OF_A_SUBJECT,
        *_LEDGER,
        ("dynamodb:UpdateItem", "${ChallengesTableArn}"),
        ("secretsmanager:GetSecretValue", "${CodesSecretArn}, ${LookupSecretArn}, ${StreamSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
    },
    "WorkOnReportsRole": {
        _own_logs("work_on_reports"),
        ("dynamodb:BatchGetItem, dynamodb:ConditionCheckItem, dynamodb:UpdateItem", "${AccountsTableArn}"),
        ("dynamodb:DeleteItem, dynamodb:PutItem", "${ClaimsTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        (
            "dynamodb:BatchGetItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:UpdateItem",
            "${RightsTableArn}",
        ),
        (
            "dynamodb:Query",
            "${RightsTableArn}/index/due, ${RightsTableArn}/index/open, ${RightsTableArn}/index/owner",
        ),
        *_LEDGER,
        ("dynamodb:GetItem, dynamodb:PutItem", "${ChallengesTableArn}"),
        ("s3:DeleteObject", "${AvatarsBucketArn}/kept/*, ${AvatarsBucketArn}/owners/*"),
        ("s3:GetObject", "${AvatarsBucketArn}/kept/*"),
        ("s3:PutObject", "${ReportedBucketArn}/reported/*"),
        ("sqs:SendMessage", "${PushesQueue.Arn}"),
        ("secretsmanager:GetSecretValue", "${StreamSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
        _MAILING,
        ("sns:Publish", "all but arn:${AWS::Partition}:sns:*:*:*"),
        ("kms:Decrypt", "${SealingKeyArn}"),
    },
    # It reads no record, and no account.
    "HooksRole": {
        _own_logs("hooks"),
        ("dynamodb:GetItem, dynamodb:PutItem", "${ChallengesTableArn}"),
        ("sqs:SendMessage", "${HooksQueue.Arn}, ${PushesQueue.Arn}"),
        ("secretsmanager:GetSecretValue", "${StreamSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
    },
    # It pins records by their times, and opens nothing.
    "KeepHoldsRole": {
        _own_logs("keep_holds"),
        ("dynamodb:Query, dynamodb:UpdateItem", "${AccountsTableArn}"),
        ("dynamodb:Query, dynamodb:UpdateItem", "${UsageTableArn}"),
        ("dynamodb:Query, dynamodb:UpdateItem", "${BillingTableArn}"),
        ("dynamodb:GetItem, dynamodb:UpdateItem", "${RightsTableArn}"),
        ("dynamodb:Query", "${RightsTableArn}/index/due"),
    },
    "NoteBouncesRole": {
        _own_logs("note_bounces"),
        ("dynamodb:GetItem, dynamodb:UpdateItem", "${AccountsTableArn}"),
        ("dynamodb:GetItem, dynamodb:UpdateItem", "${ChallengesTableArn}"),
        *_OF_SUPPORT,
    },
    "NoticesRole": {
        _own_logs("notices"),
        ("dynamodb:BatchGetItem, dynamodb:PutItem, dynamodb:Query", "${AccountsTableArn}"),
        ("dynamodb:BatchGetItem", "${RightsTableArn}"),  # the texts about breaches
        ("dynamodb:UpdateItem", "${ChallengesTableArn}"),
    },
    "ContactsRole": {
        _own_logs("contacts"),
        _ACCOUNTS_AND_CONVERSATIONS,
        ("dynamodb:Query, dynamodb:UpdateItem", "${AccountsTableArn}"),
        ("dynamodb:BatchGetItem, dynamodb:PutItem, dynamodb:UpdateItem", "${ChallengesTableArn}"),
        ("dynamodb:UpdateItem", "${ChallengesTableArn}"),
        ("dynamodb:BatchGetItem", "${ClaimsTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("secretsmanager:GetSecretValue", "${CodesSecretArn}, ${LookupSecretArn}, ${PairsSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
    },
    "ConversationsRole": {
        _own_logs("conversations"),
        _ACCOUNTS_AND_CONVERSATIONS,
        ("dynamodb:Query", "${AccountsTableArn}"),
        ("dynamodb:BatchGetItem, dynamodb:PutItem", "${ChallengesTableArn}"),
        ("dynamodb:UpdateItem", "${ChallengesTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        (
            "secretsmanager:GetSecretValue",
            "${CodesSecretArn}, ${LookupSecretArn}, ${PairsSecretArn}, ${StreamSecretArn}",
        ),
        ("kms:Decrypt", "${StageKeyArn}"),
    },
    "ProfilesRole": {
        _own_logs("profiles"),
        ("s3:PutObject", "${AvatarsBucketArn}/incoming/*"),
        ("s3:GetObject", "${AvatarsBucketArn}/kept/*"),
        ("s3:DeleteObject", "${AvatarsBucketArn}/kept/*, ${AvatarsBucketArn}/owners/*"),
        _MARKS,
        *_LEDGER,
        (
            "dynamodb:BatchGetItem, dynamodb:ConditionCheckItem, dynamodb:PutItem, dynamodb:UpdateItem",
            "${AccountsTableArn}",
        ),
        (
            "dynamodb:BatchGetItem, dynamodb:ConditionCheckItem, dynamodb:DeleteItem, dynamodb:PutItem",
            "${ClaimsTableArn}",
        ),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("dynamodb:GetItem, dynamodb:PutItem, dynamodb:UpdateItem", "${ChallengesTableArn}"),
        ("secretsmanager:GetSecretValue", "${CodesSecretArn}, ${LookupSecretArn}"),
        _MAILING,
        ("sns:Publish", "all but arn:${AWS::Partition}:sns:*:*:*"),
        ("kms:Decrypt", "${StageKeyArn}"),
    },
    "RollUpUsageRole": {
        _own_logs("roll_up_usage"),
        ("dynamodb:BatchGetItem", "${AccountsTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        (
            "dynamodb:BatchWriteItem, dynamodb:DeleteItem, dynamodb:PutItem, dynamodb:Query",
            "${UsageTableArn}",
        ),
        ("dynamodb:Query", "${UsageTableArn}/index/hourly"),
    },
    "RightsRole": {
        _own_logs("rights"),
        _MARKS,
        # A correction takes effect in the transaction of its request.
        ("dynamodb:BatchGetItem", "${AccountsTableArn}"),
        (_DECISIONS, "${AccountsTableArn}"),
        # Codes, and what is asked for, of people without a session; they are found by their claims.
        ("dynamodb:GetItem, dynamodb:PutItem, dynamodb:UpdateItem", "${ChallengesTableArn}"),
        ("dynamodb:BatchGetItem", "${ClaimsTableArn}"),
        # Suppressions, and a number that two operators let the owner of an account have.
        (
            "dynamodb:BatchGetItem, dynamodb:ConditionCheckItem, dynamodb:DeleteItem, dynamodb:PutItem",
            "${ClaimsTableArn}",
        ),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        _REQUESTS,
        _REQUESTS_OF_A_SUBJECT,
        *_LEDGER,
        ("secretsmanager:GetSecretValue", "${CodesSecretArn}, ${LookupSecretArn}, ${ReceiptsSecretArn}"),
        _MAILING,
        ("sns:Publish", "all but arn:${AWS::Partition}:sns:*:*:*"),
        ("kms:Decrypt", "${StageKeyArn}"),
        ("sqs:SendMessage", "${RightsQueue.Arn}, ${PushesQueue.Arn}"),
        # A presigned link has the permissions of the role that made it.
        ("s3:GetObject", "${ExportBucketArn}/exports/*, ${ExportBucketArn}/preserved/*"),
        ("s3:PutObject", "${PapersBucketArn}/incoming/*"),
    },
    "RecordVerifiedCodesRole": {
        _own_logs("record_verified_codes"),
        ("dynamodb:BatchGetItem, dynamodb:GetItem, dynamodb:PutItem", "${ChallengesTableArn}"),
    },
    # It deletes by indexes of keys and ends, and reads no record.
    "PurgeExpiredRole": {
        _own_logs("purge_expired"),
        ("s3:ListBucket", "${AvatarsBucketArn}"),
        ("s3:DeleteObject", "${AvatarsBucketArn}/*"),
        ("dynamodb:BatchGetItem", "${AccountsTableArn}"),  # which avatars are recorded
        ("dynamodb:Query", "${HeldTableArn}"),  # and which a hold keeps
        *(
            ("dynamodb:DeleteItem, dynamodb:UpdateItem", f"${{{name}TableArn}}")
            for name in ("Accounts", "Billing", "Challenges", "Claims", "Held", "Rights", "Usage")
        ),
        ("dynamodb:GetItem, dynamodb:PutItem", "${ChallengesTableArn}"),  # its progress only
        (
            "dynamodb:Query",
            ", ".join(
                f"${{{name}TableArn}}/index/{index}"
                for name, index in (
                    *((one, "ends") for one in ("Accounts", "Billing", "Challenges", "Claims")),
                    *((one, "ends") for one in ("Held", "Ledger", "Rights", "Usage")),
                    ("Usage", "hourly"),
                )
            ),
        ),
        *_LEDGER,
        (_LIST_BACKUPS, "*"),
        ("s3:ListBucket", "${ExportBucketArn}"),
        ("s3:DeleteObject", "${ExportBucketArn}/exports/*"),
        ("s3:ListBucket", "${PapersBucketArn}"),
        ("s3:DeleteObject", "${PapersBucketArn}/*"),
        ("dynamodb:BatchGetItem", "${RightsTableArn}"),  # which papers and reports are recorded
        ("s3:ListBucket", "${ReportedBucketArn}"),
        ("s3:DeleteObject", "${ReportedBucketArn}/*"),
    },
    "CloseIdleAccountsRole": {
        _own_logs("close_idle_accounts"),
        ("dynamodb:BatchGetItem, dynamodb:UpdateItem", "${AccountsTableArn}"),
        ("dynamodb:DeleteItem", "${AccountsTableArn}"),  # last uses of accounts that do not exist
        ("dynamodb:Query", "${AccountsTableArn}/index/due"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("dynamodb:PutItem", "${ChallengesTableArn}"),  # which account a warning went to
        _REQUESTS,
        ("dynamodb:Query", "${RightsTableArn}"),  # holds of a subject
        ("dynamodb:Query", "${BillingTableArn}"),
        *_LEDGER,
        ("sqs:SendMessage", "${RightsQueue.Arn}"),
        _MAILING,
        ("sns:Publish", "all but arn:${AWS::Partition}:sns:*:*:*"),
        ("kms:Decrypt", "${SealingKeyArn}"),
    },
    "CheckChatSettingsRole": {
        _own_logs("check_chat_settings"),
        *_LEDGER,
        ("secretsmanager:GetSecretValue", "${StreamSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
    },
    "ReconcileChatRole": {
        _own_logs("reconcile_chat"),
        ("dynamodb:BatchGetItem", "${AccountsTableArn}, ${ClaimsTableArn}, ${KeysTableArn}"),
        ("dynamodb:Query", "${AccountsTableArn}/index/due"),  # open cases
        ("dynamodb:UpdateItem", "${AccountsTableArn}"),
        (_CHECKS, "${RightsTableArn}"),
        ("dynamodb:Query", "${RightsTableArn}/index/due"),
        *_LEDGER,
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("secretsmanager:GetSecretValue", "${LookupSecretArn}, ${StreamSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
    },
    "WorkOnHooksRole": {
        _own_logs("work_on_hooks"),
        ("sqs:SendMessage", "${HooksDead.Arn}"),
        (
            ", ".join(
                f"dynamodb:{name}"
                for name in ("BatchGetItem", "ConditionCheckItem", "GetItem", "PutItem", "UpdateItem")
            ),
            "${AccountsTableArn}",
        ),
        ("dynamodb:BatchGetItem", "${ClaimsTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("dynamodb:UpdateItem", "${ChallengesTableArn}"),
        *_LEDGER,
        (
            "sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage, sqs:SendMessage",
            "${HooksQueue.Arn}",
        ),
        ("secretsmanager:GetSecretValue", "${LookupSecretArn}, ${StreamSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
    },
    # It reads an index of times, and no account.
    "RenewConsentsRole": {
        _own_logs("renew_consents"),
        ("dynamodb:Query", "${AccountsTableArn}/index/renewal"),
        ("dynamodb:BatchGetItem", "${ChallengesTableArn}"),
        ("sqs:SendMessage, sqs:SendMessageBatch if Emulated", "${RenewalsQueue.Arn}"),
    },
    "RenewShardRole": {
        _own_logs("renew_shard"),
        ("sqs:SendMessage", "${ShardsDead.Arn}"),
        ("dynamodb:BatchGetItem, dynamodb:PutItem", "${ChallengesTableArn}"),
        (_RECEIVE, "${RenewalsQueue.Arn}"),
        ("dynamodb:BatchGetItem, dynamodb:PutItem", "${AccountsTableArn}"),
        ("dynamodb:Query", "${AccountsTableArn}/index/renewal"),
        # Usage events whose consent was withdrawn are deleted, or hidden if a hold keeps them.
        ("dynamodb:BatchWriteItem, dynamodb:Query, dynamodb:UpdateItem", "${UsageTableArn}"),
        ("dynamodb:GetItem, dynamodb:Query", "${RightsTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        *_LEDGER,
        ("kms:Decrypt", "${SealingKeyArn}"),
    },
    "SessionsRole": {
        _own_logs("sessions"),
        (
            (
                "dynamodb:BatchGetItem, dynamodb:ConditionCheckItem, dynamodb:DeleteItem, dynamodb:PutItem, "
                "dynamodb:Query, dynamodb:UpdateItem"
            ),
            "${AccountsTableArn}",
        ),
        _MAILING,  # codes to the mailbox of an account (ADR 68)
        ("dynamodb:DeleteItem", "${ClaimsTableArn}"),  # of the push tokens of ended sessions
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("dynamodb:GetItem, dynamodb:PutItem, dynamodb:UpdateItem", "${ChallengesTableArn}"),
        (
            "secretsmanager:GetSecretValue",
            "${CodesSecretArn}, ${LookupSecretArn}, ${RefreshSecretArn}, ${SigningSecretArn}",
        ),
        ("kms:Decrypt", "${StageKeyArn}"),
        ("sns:Publish", "all but arn:${AWS::Partition}:sns:*:*:*"),
    },
    "SignupRole": {
        _own_logs("signup"),
        _MARKS,
        *_LEDGER,
        _MAILING,  # announcements of new devices (ADR 68)
        (
            ", ".join(f"dynamodb:{name}" for name in _AND_ITS_PIN),
            "${AccountsTableArn}",
        ),
        ("dynamodb:BatchGetItem, dynamodb:PutItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("dynamodb:BatchGetItem, dynamodb:ConditionCheckItem, dynamodb:PutItem", "${ClaimsTableArn}"),
        ("dynamodb:DeleteItem", "${ClaimsTableArn}"),  # of suppressions, numbers and usernames
        ("dynamodb:GetItem, dynamodb:PutItem, dynamodb:UpdateItem", "${ChallengesTableArn}"),
        (
            "secretsmanager:GetSecretValue",
            ", ".join(
                f"${{{name}SecretArn}}" for name in ("Codes", "Lookup", "Peppers", "Refresh", "Signing")
            ),
        ),
        ("kms:Decrypt", "${StageKeyArn}"),
        ("sns:Publish", "all but arn:${AWS::Partition}:sns:*:*:*"),  # phone numbers have no ARN
    },
    "CleanAvatarsRole": {
        _own_logs("clean_avatars"),
        ("dynamodb:GetItem", "${AccountsTableArn}"),
        ("dynamodb:UpdateItem", "${AccountsTableArn}"),  # only attributes of avatars, see below
        ("sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage", "${AvatarsQueue.Arn}"),
        ("sqs:SendMessage", "${AvatarsDead.Arn}"),
        ("s3:GetObject", "${AvatarsBucketArn}/incoming/*"),
        (
            "s3:DeleteObject",
            "${AvatarsBucketArn}/incoming/*, ${AvatarsBucketArn}/kept/*, ${AvatarsBucketArn}/owners/*",
        ),
        ("s3:PutObject", "${AvatarsBucketArn}/kept/*, ${AvatarsBucketArn}/owners/*"),
    },
    "CleanImagesRole": {
        _own_logs("clean_images"),
        ("dynamodb:GetItem, dynamodb:PutItem", "${RightsTableArn}"),
        ("sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage", "${PapersQueue.Arn}"),
        ("sqs:SendMessage", "${PapersDead.Arn}"),
        ("s3:GetObject", "${PapersBucketArn}/incoming/*"),
        ("s3:DeleteObject", "${PapersBucketArn}/*"),
        ("s3:PutObject", "${PapersBucketArn}/clean/*"),
    },
    "SweepRightsRole": {
        _own_logs("sweep_rights"),
        (
            "dynamodb:Query",
            "${RightsTableArn}/index/due, ${RightsTableArn}/index/open, ${RightsTableArn}/index/stuck",
        ),
        ("dynamodb:BatchGetItem", "${RightsTableArn}"),
        # AWS checks one action for batches too; the emulator's IAM requires one of their own.
        ("sqs:SendMessage, sqs:SendMessageBatch if Emulated", "${RightsQueue.Arn}"),
    },
    "SendUnsentRole": {
        _own_logs("send_unsent"),
        (_MARKED_ROWS, "${AccountsTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("dynamodb:Query", "${AccountsTableArn}/index/due"),
        ("secretsmanager:GetSecretValue", "${StreamSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
    },
    "SyncChatProfilesRole": {
        _own_logs("sync_chat_profiles"),
        (_MARKED_ROWS, "${AccountsTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("dynamodb:DescribeStream, dynamodb:GetRecords, dynamodb:GetShardIterator", "${AccountsStreamArn}"),
        ("dynamodb:ListStreams", "${AccountsTableArn}/stream/*"),
        ("secretsmanager:GetSecretValue", "${StreamSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
    },
    "NotificationsRole": {
        _own_logs("notifications"),
        (
            (
                "dynamodb:BatchGetItem, dynamodb:ConditionCheckItem, dynamodb:DeleteItem, dynamodb:PutItem, "
                "dynamodb:Query"
            ),
            "${AccountsTableArn}",
        ),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        (
            "dynamodb:BatchGetItem, dynamodb:ConditionCheckItem, dynamodb:DeleteItem, dynamodb:PutItem",
            "${ClaimsTableArn}",
        ),
        ("dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:UpdateItem", "${ChallengesTableArn}"),
        ("dynamodb:UpdateItem", "${ChallengesTableArn}"),
        ("sqs:SendMessage", "${PushesQueue.Arn}"),
        ("secretsmanager:GetSecretValue", "${LookupSecretArn}, ${PairsSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
    },
    # Of accounts it writes the tokens, of usage the counts of pushes.
    "PushMessagesRole": {
        _own_logs("push_messages"),
        ("dynamodb:BatchGetItem", "${AccountsTableArn}"),
        ("dynamodb:DeleteItem, dynamodb:PutItem", "${AccountsTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("dynamodb:DeleteItem", "${ClaimsTableArn}"),
        ("dynamodb:GetItem", "${ChallengesTableArn}"),
        ("dynamodb:BatchGetItem, dynamodb:UpdateItem", "${UsageTableArn}"),
        (_RECEIVE, "${PushesQueue.Arn}"),
        ("sqs:SendMessage", "${PushesDead.Arn}"),
        (
            "secretsmanager:GetSecretValue",
            "${AppleSecretArn}, ${GoogleSecretArn}, ${LookupSecretArn}, ${PairsSecretArn}",
        ),
        ("kms:Decrypt", "${StageKeyArn}"),
    },
    "PushChangesRole": {
        _own_logs("push_changes"),
        ("dynamodb:BatchGetItem, dynamodb:GetItem", "${AccountsTableArn}"),
        ("sqs:SendMessage, sqs:SendMessageBatch if Emulated", "${PushesQueue.Arn}"),
        ("dynamodb:DescribeStream, dynamodb:GetRecords, dynamodb:GetShardIterator", "${AccountsStreamArn}"),
        ("dynamodb:ListStreams", "${AccountsTableArn}/stream/*"),
    },
    "UsageRole": {
        _own_logs("usage"),
        ("dynamodb:BatchGetItem", "${AccountsTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        ("dynamodb:BatchWriteItem, dynamodb:UpdateItem", "${UsageTableArn}"),
    },
    "TransferCopiesRole": {
        _own_logs("transfer_copies"),
        ("sqs:SendMessage", "${RightsDead.Arn}"),
        ("dynamodb:GetItem, dynamodb:PutItem", "${RightsTableArn}"),
        *_LEDGER,
        (
            "sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage, sqs:SendMessage",
            "${TransfersQueue.Arn}",
        ),
        ("sqs:SendMessage", "${RightsQueue.Arn}"),
        ("s3:GetObject", "${ExportBucketArn}/exports/*"),
        ("kms:Decrypt", "${SealingKeyArn}"),
    },
    "WorkRightsRole": {
        _own_logs("work_rights"),
        ("s3:GetObject", "${AvatarsBucketArn}/kept/*"),
        ("sqs:SendMessage", "${RightsDead.Arn}"),
        _MARKS,
        # An update is enough to keep an item longer.
        ("dynamodb:BatchGetItem, dynamodb:Query, dynamodb:UpdateItem", "${AccountsTableArn}"),
        ("dynamodb:ConditionCheckItem, dynamodb:PutItem", "${AccountsTableArn}"),  # the subject's decisions
        ("s3:AbortMultipartUpload, s3:DeleteObject, s3:PutObject", "${ExportBucketArn}/preserved/*"),
        ("dynamodb:Query, dynamodb:UpdateItem", "${UsageTableArn}"),
        ("dynamodb:Query, dynamodb:UpdateItem", "${BillingTableArn}"),
        ("dynamodb:DeleteItem, dynamodb:PutItem", "${ClaimsTableArn}"),
        ("dynamodb:BatchGetItem", "${ClaimsTableArn}"),
        ("dynamodb:BatchGetItem", "${KeysTableArn}"),
        ("kms:Decrypt", "${SealingKeyArn}"),
        (
            "dynamodb:DeleteItem, dynamodb:GetItem, dynamodb:PutItem, dynamodb:Query",
            "${RightsTableArn}",
        ),
        _REQUESTS_OF_A_SUBJECT,
        *_LEDGER,
        ("secretsmanager:GetSecretValue", "${LookupSecretArn}, ${ReceiptsSecretArn}, ${StreamSecretArn}"),
        ("kms:Decrypt", "${StageKeyArn}"),
        (
            "sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ReceiveMessage, sqs:SendMessage",
            "${RightsQueue.Arn}",
        ),
        ("sqs:SendMessage", "${ErasuresQueue.Arn}, ${PushesQueue.Arn}, ${TransfersQueue.Arn}"),
        ("dynamodb:DeleteItem, dynamodb:PutItem", "${ChallengesTableArn}"),
        # Only what the steps of an erasure need (`erasure#...`), and warnings by mail (`delivery#...`).
        ("dynamodb:GetItem, dynamodb:PutItem, dynamodb:UpdateItem", "${ChallengesTableArn}"),
        ("dynamodb:GetItem, dynamodb:PutItem", "${ChallengesTableArn}"),
        (
            "s3:AbortMultipartUpload, s3:DeleteObject, s3:GetObject, s3:PutObject",
            "${ExportBucketArn}/exports/*",
        ),
        _MAILING,
        ("sns:Publish", "all but arn:${AWS::Partition}:sns:*:*:*"),
    },
}

# The roles that operators, other users, Stream and strangers' servers come closest to: all of their keys.
KEYS = {
    "AdminRole": {
        "accounts": {"A#*", "M#*"},
        "accounts/index/due": {"stream_case#*", "support_messages"},
        "accounts/index/live": {"??", "sm_*"},
        "billing": {"A#*"},
        "challenges": {"announcement_progress#*", "limit#operator_calls#*", "limit#subject_lookups#*"},
        "claims": {
            "barred#*",
            "discoverable#*",
            "email#*",
            "former_phone#*",
            "phone#*",
            "unwanted_*",
            "user#*",
        },
        "keys": {"A#*"},
        "ledger": {f"{kind}#*" for kind in (*LEDGER_KINDS["AdminRole"], *_OF_JOBS)},
        "rights": {"A#*", "B#*", "D#*", "R#*", "S#*", "SR#*", "T#*"},
        "rights/index/open": {"??", "abuse_reports", "holds", "number_objections", "safety_decisions"},
        "rights/index/owner": {"A#*", "breaches", "complaints", "disclosures", "hold#*", "table_removals"},
        "rights/index/received": {"????-??#??", "reported#*"},
        "rights/index/stuck": {"??", "abuse_reports", "holds", "number_objections", "safety_decisions"},
    },
    "ContactsRole": {
        "accounts": {"A#*", "C#*"},
        "challenges": {
            "contact_code#*",
            "contact_request#*",
            *(f"limit#{name}#*" for name in ("blocks", "contact_attempts", "contact_codes", "invitations")),
            *(f"limit#{name}#*" for name in ("matched_numbers", "matched_numbers_per_address")),
        },
        "claims": {"discoverable#*", "user#*"},
        "keys": {"A#*"},
    },
    "ConversationsRole": {
        "accounts": {"A#*", "C#*"},
        "challenges": {
            "conversation_request#*",
            *(
                f"limit#{name}#*"
                for name in ("conversation_changes", "conversations", "group_names", "message_deletions")
            ),
        },
        "keys": {"A#*"},
    },
    "NotificationsRole": {
        "accounts": {"A#*"},
        "challenges": {
            "push_proof#*",
            *(f"limit#{name}#*" for name in ("missed_calls", "notification_changes", "push_registrations")),
        },
        "claims": {"push_token#*"},
        "keys": {"A#*"},
    },
    # It reads what strangers' events name.
    "PushMessagesRole": {
        "accounts": {"A#*", "C#*"},
        "challenges": {"push_proof#*"},
        "claims": {"push_token#*"},
        "keys": {"A#*"},
        "usage": {"C#*"},
    },
    "TransferCopiesRole": {"ledger": {"rights#*"}, "rights": {"R#*"}},
    "WorkOnHooksRole": {
        "accounts": {"A#*"},
        "challenges": {"limit#hook_strip*"},
        "claims": {"user#*"},
        "keys": {"A#*"},
        "ledger": {"stream_case#*"},
    },
}

# API Gateway accepts no smaller policy than AWS's own for writing access logs.
MANAGED = {"ApiGatewayLogRole": "service-role/AmazonAPIGatewayPushToCloudWatchLogs"}


def statements(service: Template) -> Iterator[tuple[str, Template]]:
    """Yield role and statement for every inline policy."""
    for name, role in of_type(service, "AWS::IAM::Role").items():
        for policy in role["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def _only(*keys: str) -> Template:
    """The condition that a request names keys, and only such; without the second part, it may name none."""
    return {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [*keys]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }


def _resources(statement: Template) -> str:
    if "NotResource" in statement:
        return "all but " + ", ".join(listed(statement["NotResource"]))
    return ", ".join(listed(statement["Resource"]))


@pytest.mark.promise("SEC-1")
def test_each_role_has_exactly_the_listed_permissions(service: Template) -> None:
    granted: dict[str, set[tuple[str, str]]] = {}
    for role, statement in statements(service):
        granted.setdefault(role, set()).add((", ".join(listed(statement["Action"])), _resources(statement)))
    assert granted == EXPECTED


@pytest.mark.promise("SEC-1")
def test_no_statement_has_a_wildcard_as_action_or_resource(service: Template) -> None:
    for role, statement in statements(service):
        assert statement["Effect"] == "Allow", role
        assert not any("*" in action for action in listed(statement["Action"])), role
        if listed(statement["Action"]) not in ([_LIFT_SUPPRESSION], [_LIST_BACKUPS]):
            assert "*" not in listed(statement.get("Resource", [])), role


@pytest.mark.promise("SEC-1")
def test_role_may_decrypt_only_the_secrets_that_it_may_read(service: Template) -> None:
    readable = {
        role: listed(s["Resource"])
        for role, s in statements(service)
        if "secretsmanager:GetSecretValue" in s["Action"]
    }
    for role, statement in statements(service):
        if listed(statement.get("Resource", [])) == ["${StageKeyArn}"]:
            condition = statement["Condition"]["StringEquals"]
            assert listed(condition["kms:ViaService"]) == ["secretsmanager.${AWS::Region}.${AWS::URLSuffix}"]
            assert listed(condition["kms:EncryptionContext:SecretARN"]) == readable[role]


@pytest.mark.promise("SEC-1")
def test_role_unwraps_the_stage_key_of_its_own_stage_only(service: Template) -> None:
    conditions = {
        json.dumps(statement.get("Condition"))
        for _, statement in statements(service)
        if "${SealingKeyArn}" in listed(statement.get("Resource", []))
    }
    bound = {name: f"kms:EncryptionContext:{name}" for name in sorted(keyring.encryption_context())}
    wanted = {bound["purpose"]: "sealing", bound["stage"]: {"Ref": "Stage"}}
    assert conditions == {json.dumps({"StringEquals": wanted}, sort_keys=True)}


@pytest.mark.promise("SEC-1")
def test_statement_about_keys_of_items_allows_no_request_without_one(service: Template) -> None:
    for role, statement in statements(service):
        if "dynamodb:LeadingKeys" in json.dumps(statement):
            assert statement["Condition"].get("Null") == {"dynamodb:LeadingKeys": "false"}, role


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize("role", KEYS)
def test_exposed_role_reaches_the_listed_keys_and_no_others(role: str, service: Template) -> None:
    reached: dict[str, set[str]] = {}
    own = [statement for name, statement in statements(service) if name == role]
    for statement in statements_of_items(role, {"Statement": own}):
        (keys,) = [one.values for one in statement.conditions if one.operator != "Null"]
        for place in statement.places:
            reached.setdefault(place, set()).update(keys)
    assert reached == KEYS[role]


@pytest.mark.promise("SEC-1")
def test_calls_in_process_are_judged_by_the_policies_of_the_template(service: Template) -> None:
    built: dict[str, list[Template]] = {}
    for role, statement in statements(service):
        built.setdefault(role, []).append(statement)
    judged = {f"{logical_id(name)}Role": (name, policy) for name, policy in policies().items()}
    for role, listed_statements in built.items():
        name, policy = judged[role]
        assert policy == tuple(statements_of_items(name, {"Statement": listed_statements}))


@pytest.mark.promise("RGT-3")
def test_only_the_worker_of_erasures_may_delete_a_data_key(service: Template) -> None:
    deleting = [
        role
        for role, statement in statements(service)
        if "${KeysTableArn}" in listed(statement.get("Resource", []))
        and {"dynamodb:DeleteItem", "dynamodb:UpdateItem"} & set(listed(statement["Action"]))
    ]
    assert deleting == ["EraseAccountsRole"]


@pytest.mark.promise("RGT-3")
def test_only_erasures_and_the_purge_may_use_the_held_records(service: Template) -> None:
    using = {
        role
        for role, statement in statements(service)
        if any(resource.startswith("${HeldTableArn}") for resource in listed(statement.get("Resource", [])))
    }
    assert using == {"EraseAccountsRole", "PurgeExpiredRole"}


@pytest.mark.promise("SEC-1")
def test_decoder_of_avatars_changes_no_attribute_of_other_records(service: Template) -> None:
    (statement,) = (
        one
        for role, one in statements(service)
        if role == "CleanAvatarsRole" and listed(one["Action"]) == ["dynamodb:UpdateItem"]
    )
    allowed = set(statement["Condition"]["ForAllValues:StringLike"]["dynamodb:Attributes"])
    others = {
        name
        for record in register.records()
        if record.declaration.table is Table.ACCOUNTS and record is not Avatar
        for name in record.declaration.fields
    }
    of_marks = {"due", "due_at", "unsent"}  # which only let a row be sent to Stream again
    assert allowed & (others | RESERVED) == {"pk", "sk", "unsent"}
    assert allowed - set(Avatar.declaration.fields) == {"pk", "sk"} | of_marks


@pytest.mark.promise("RET-3")
def test_roles_read_the_holds_of_subjects_and_not_requests_by_query(service: Template) -> None:
    conditions = {
        role: statement.get("Condition")
        for role, statement in statements(service)
        if listed(statement.get("Resource", [])) == ["${RightsTableArn}"]
        and "dynamodb:Query" in listed(statement["Action"])
    }
    of_subjects = _only("A#*")
    assert conditions.pop("WorkRightsRole") is None  # it answers requests
    of_both = _only("A#*", "B#*")
    assert conditions.pop("AdminRole") == of_both
    roles = ("CloseIdleAccountsRole", "EraseAccountsRole", "RenewShardRole")
    assert conditions == dict.fromkeys(roles, of_subjects)


@pytest.mark.promise("SEC-1")
def test_jobs_of_breaches_read_and_write_breaches_and_no_request(service: Template) -> None:
    conditions = {
        role: statement.get("Condition")
        for role, statement in statements(service)
        if role in {"NotifyOfBreachesRole", "WatchBreachesRole"}
        and listed(statement.get("Resource", [])) == ["${RightsTableArn}"]
    }
    of_breaches = _only("B#*")
    assert conditions == {"NotifyOfBreachesRole": of_breaches, "WatchBreachesRole": of_breaches}


@pytest.mark.promise("RGT-6")
def test_roles_for_decisions_write_suppressions_and_no_claim(service: Template) -> None:
    conditions = {
        role: statement.get("Condition")
        for role, statement in statements(service)
        if listed(statement.get("Resource", [])) == ["${ClaimsTableArn}"]
        and "dynamodb:DeleteItem" in listed(statement["Action"])
        and role != "PurgeExpiredRole"
    }
    for of_pushes in ("NotificationsRole", "PushMessagesRole", "SessionsRole"):
        assert conditions.pop(of_pushes) == _only("push_token#*")  # moved, ended, or unknown to its provider
    assert conditions.pop("ProfilesRole") is None  # it releases claims on mailboxes
    only = _only("unwanted_*")
    found, numbers = "discoverable#*", ("phone#*", "unwanted_*")
    assert conditions.pop("SignupRole") == _only(found, *numbers, "username#*")  # ADR 68, ADR 106
    assert conditions.pop("RightsRole") == _only(found, "former_phone#*", *numbers)  # a number comes back
    assert conditions.pop("EraseAccountsRole") == _only(found, "push_token#*", "unwanted_*")
    assert conditions.pop("WorkRightsRole") == _only(found)  # a restriction ends
    assert conditions.pop("WorkOnReportsRole") == _only(found)  # a suspension ends
    roles = ("AdminRole", "ConsentsRole")
    assert conditions == dict.fromkeys(roles, only)
    assert all(kind.startswith("unwanted_") for kind in AddressKind)


@pytest.mark.promise("SEC-1")
def test_signer_of_the_ledger_cannot_write_it_and_writers_cannot_sign(service: Template) -> None:
    granted: dict[str, set[str]] = {}
    for role, statement in statements(service):
        resources = listed(statement.get("Resource", []))
        if any(r.startswith(("${LedgerTableArn}", "${CheckpointKeyArn}")) for r in resources):
            granted.setdefault(role, set()).update(listed(statement["Action"]))
    writing = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
    assert [role for role, actions in granted.items() if "kms:Sign" in actions and writing & actions] == []
    assert [role for role, actions in granted.items() if "kms:Sign" in actions] == ["CheckpointLedgerRole"]


@pytest.mark.promise("RGT-3")
def test_only_the_worker_of_erasures_may_use_the_key_of_certificates(service: Template) -> None:
    naming = [role for role, statement in statements(service) if "CertificateKey" in json.dumps(statement)]
    assert naming == ["EraseAccountsRole"]


@pytest.mark.promise("SEC-1")
def test_role_may_append_only_to_chains_of_its_own_kinds(service: Template) -> None:
    kinds = {
        role: statement["Condition"]
        for role, statement in statements(service)
        if "${LedgerTableArn}" in listed(statement.get("Resource", []))
        and "dynamodb:PutItem" in listed(statement["Action"])
    }
    assert kinds == {
        role: _only(*(f"{kind}#*" for kind in sorted(own))) for role, own in LEDGER_KINDS.items()
    }


@pytest.mark.promise("SEC-1")
def test_role_reads_only_the_chains_that_its_code_needs(service: Template) -> None:
    kinds = {
        role: statement["Condition"]
        for role, statement in statements(service)
        if "${LedgerTableArn}" in listed(statement.get("Resource", []))
        and "dynamodb:Query" in listed(statement["Action"])
    }
    also = {
        "AdminRole": {*LEDGER_KINDS["AdminRole"], *_OF_JOBS},  # operators see what jobs found
        "EraseAccountsRole": {
            *LEDGER_KINDS["EraseAccountsRole"],
            backups.HISTORY.kind,
        },  # certificates state it
        "WorkRightsRole": {*ChangeKind, _CONSENT, _RIGHTS},  # a copy contains the evidence of both
    }
    assert kinds == {
        role: _only(*(f"{kind}#*" for kind in sorted(own))) for role, own in (LEDGER_KINDS | also).items()
    }


@pytest.mark.promise("SEC-1")
def test_operators_reach_accounts_and_messages_to_support_and_no_conversation(service: Template) -> None:
    conditions = [
        statement.get("Condition")
        for role, statement in statements(service)
        if role == "AdminRole" and listed(statement.get("Resource", [])) == ["${AccountsTableArn}"]
    ]
    assert conditions == [_only("A#*", "M#*")]


@pytest.mark.promise("SEC-1")
def test_schedules_of_shards_read_only_the_progress_of_their_job(service: Template) -> None:
    conditions = {
        role: statement.get("Condition")
        for role, statement in statements(service)
        if role in {"AnnounceNoticesRole", "RenewConsentsRole", "RenewShardRole"}
        and listed(statement.get("Resource", [])) == ["${ChallengesTableArn}"]
    }
    assert conditions == {
        "AnnounceNoticesRole": _only("announcement_progress#*"),
        "RenewConsentsRole": _only("renewal_progress#*"),
        "RenewShardRole": _only("renewal_progress#*"),
    }


@pytest.mark.promise("USE-6")
def test_only_roles_for_figures_copies_and_deletion_read_usage_events(
    service: Template,
) -> None:
    reading = {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}
    readers = {
        role
        for role, statement in statements(service)
        if any(resource.startswith("${UsageTableArn}") for resource in listed(statement.get("Resource", [])))
        and reading & set(listed(statement["Action"]))
        and statement.get("Condition") != _only("C#*")  # counts of pushes
    }
    assert readers == {
        "EraseAccountsRole",
        "KeepHoldsRole",
        "PurgeExpiredRole",
        "RenewShardRole",
        "RollUpUsageRole",
        "WorkRightsRole",
    }


@pytest.mark.promise("RGT-1")
def test_only_the_worker_may_write_copies_and_only_deletions_may_list_them(service: Template) -> None:
    granted: dict[str, set[str]] = {}
    for role, statement in statements(service):
        if any("${ExportBucketArn}" in resource for resource in listed(statement.get("Resource", []))):
            granted.setdefault(role, set()).update(listed(statement["Action"]))
    assert granted.keys() == {
        "EraseAccountsRole",
        "PurgeExpiredRole",
        "RightsRole",
        "TransferCopiesRole",
        "WorkRightsRole",
    }
    assert granted["PurgeExpiredRole"] == {"s3:DeleteObject", "s3:ListBucket"}
    assert granted["RightsRole"] == granted["TransferCopiesRole"] == {"s3:GetObject"}
    assert not {"s3:GetObject", "s3:PutObject"} & granted["EraseAccountsRole"]
    listing = {role for role, actions in granted.items() if any("List" in action for action in actions)}
    assert listing == {"EraseAccountsRole", "PurgeExpiredRole"}


def test_only_the_gateways_log_role_has_a_managed_policy_of_aws(service: Template) -> None:
    managed = {
        name: listed(role["Properties"]["ManagedPolicyArns"])
        for name, role in of_type(service, "AWS::IAM::Role").items()
        if "ManagedPolicyArns" in role["Properties"]
    }
    assert managed == {
        name: [f"arn:${{AWS::Partition}}:iam::aws:policy/{policy}"] for name, policy in MANAGED.items()
    }


def test_role_can_be_assumed_by_its_own_service_only(service: Template) -> None:
    for name, role in of_type(service, "AWS::IAM::Role").items():
        (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        wanted = "apigateway" if name in MANAGED else "lambda"
        assert trust["Principal"] == {"Service": f"{wanted}.amazonaws.com"}
