"""A fake AWS account that records its requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.model import ServiceModel
from botocore.session import get_session
from botocore.validate import validate_parameters
from botocore.waiter import NormalizedOperationMethod, Waiter
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra.deployment.account import AwsAccount

REGION = "eu-central-1"


@dataclass
class FakeCloudFormation:
    """Stacks that deploy immediately, unless `fails` or `lasts` names them. Its waiters are botocore's.

    A change set has `changes` if its stack is in `changes_of`. `executed` has the options with which a stack
    was changed last.
    """

    fails: set[str] = field(default_factory=set)
    lasts: set[str] = field(default_factory=set)
    refusal: str = ""  # of change sets
    status: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    outputs: Callable[[str], dict[str, str]] = lambda _: {}
    changes: list[dict[str, Any]] = field(default_factory=list)
    changes_of: set[str] = field(default_factory=set)
    change_sets: set[str] = field(default_factory=set)  # neither executed nor deleted
    executed: dict[str, dict[str, Any]] = field(default_factory=dict)
    resources: dict[str, dict[str, str]] = field(default_factory=dict)  # states by logical id, by stack
    templates: dict[str, dict[str, Any]] = field(default_factory=dict)
    protected: set[str] = field(default_factory=set)

    def get_paginator(self, name: str) -> Any:
        if name == "describe_stacks":  # those of other stages
            return SimpleNamespace(paginate=lambda: [{"Stacks": []}])
        if name == "describe_change_set":
            return SimpleNamespace(paginate=self._pages_of_changes)
        return SimpleNamespace(paginate=lambda **request: [getattr(self, name)(**request)])

    def _pages_of_changes(self, **_: Any) -> list[dict[str, Any]]:
        """One change on each page."""
        whole = self._change_set()
        return [whole | {"Changes": [one]} for one in whole.get("Changes", ())] or [whole]

    def create_change_set(self, **request: Any) -> None:
        _validate("CreateChangeSet", request)
        same = any(r["StackName"] == request["StackName"] and _same(r, request) for r in self.asked)
        self.asked.append({**request, "unchanged": same and request["ChangeSetType"] == "UPDATE"})
        self.change_sets.add(request["ChangeSetName"])

    def get_waiter(self, name: str) -> Waiter:
        model = get_session().get_waiter_model("cloudformation")
        config = model.get_waiter(next(known for known in model.waiter_names if xform_name(known) == name))
        return Waiter(name, config, NormalizedOperationMethod(getattr(self, xform_name(config.operation))))

    def describe_change_set(self, **request: str) -> dict[str, Any]:
        """Its first page."""
        return self._pages_of_changes(**request)[0]

    def _change_set(self) -> dict[str, Any]:
        if self.refusal:
            return {"Status": "FAILED", "StatusReason": self.refusal}
        if self.asked[-1]["unchanged"]:
            reason = "The submitted information didn't contain changes."
            return {"Status": "FAILED", "StatusReason": reason}
        has_changes = self.asked[-1]["StackName"] in self.changes_of
        changes = [{"ResourceChange": change} for change in self.changes if has_changes]
        return {"Status": "CREATE_COMPLETE", "Changes": changes}

    def delete_change_set(self, StackName: str, ChangeSetName: str) -> None:  # noqa: N803
        assert StackName == self.asked[-1]["StackName"]
        self.change_sets.remove(ChangeSetName)

    def execute_change_set(self, StackName: str, **options: Any) -> None:  # noqa: N803
        _validate("ExecuteChangeSet", {"StackName": StackName, **options})
        self.change_sets.remove(options["ChangeSetName"])  # an executed one accepts no other operation
        self._execute(StackName, options)

    def _execute(self, stack: str, options: dict[str, Any]) -> None:
        self.executed[stack] = options
        operation = self.asked[-1]["ChangeSetType"]
        self.status[stack] = f"{operation}_COMPLETE"
        if stack in self.fails and options.get("DisableRollback"):
            self.status[stack] = f"{operation}_FAILED"
        elif stack in self.fails:
            self.status[stack] = "ROLLBACK_COMPLETE" if operation == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
        elif stack in self.lasts:
            self.status[stack] = f"{operation}_IN_PROGRESS"

    def update_stack(self, StackName: str, **request: Any) -> None:  # noqa: N803
        _validate("UpdateStack", {"StackName": StackName, **request})
        self.asked.append({**request, "StackName": StackName, "ChangeSetType": "UPDATE"})
        self._execute(StackName, request)

    def update_termination_protection(
        self,
        StackName: str,  # noqa: N803
        EnableTerminationProtection: bool,  # noqa: FBT001, N803
    ) -> None:
        assert EnableTerminationProtection
        self.protected.add(StackName)

    def get_template(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        return {"TemplateBody": self.templates.get(StackName, {"Resources": {}})}

    def list_stack_resources(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        states = self.resources.get(StackName, {})
        listed = [{"LogicalResourceId": one, "ResourceStatus": state} for one, state in states.items()]
        return {"StackResourceSummaries": listed}

    def delete_stack(self, StackName: str) -> None:  # noqa: N803
        self.asked.append({"deleted": StackName, "StackName": StackName})
        del self.status[StackName]

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName not in self.status:
            error = {"Code": "ValidationError", "Message": f"Stack {StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        outputs = [{"OutputKey": k, "OutputValue": v} for k, v in self.outputs(StackName).items()]
        stack = {
            "StackId": StackName,
            "StackStatus": self.status[StackName],
            "Outputs": outputs,
            "EnableTerminationProtection": StackName in self.protected,
        }
        return {"Stacks": [stack]}

    def describe_stack_events(self, **_: str) -> dict[str, Any]:
        event = {
            "LogicalResourceId": "AccountsTable",
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": "no room",
            "Timestamp": datetime.now(UTC),
        }
        return {"StackEvents": [event]}


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one.get(k) == other.get(k) for k in ("TemplateURL", "Parameters"))


@cache
def _requests() -> ServiceModel:
    return get_session().get_service_model("cloudformation")


def _validate(operation: str, request: dict[str, Any]) -> None:
    """Refuse what botocore would not send."""
    validate_parameters(request, _requests().operation_model(operation).input_shape)


class FakeSecrets:
    """Secrets without a value until they get one."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.written: list[str] = []

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        if SecretId not in self.values:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
        return {"SecretString": self.values[SecretId]}

    def put_secret_value(self, SecretId: str, SecretString: str) -> None:  # noqa: N803
        self.values[SecretId] = SecretString
        self.written.append(SecretId)


@dataclass
class FakeKms:
    """Wraps no key, but records the request. Each ARN has a public key."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    public: dict[str, bytes] = field(default_factory=dict)

    def get_public_key(self, KeyId: str) -> dict[str, Any]:  # noqa: N803
        fresh = ec.generate_private_key(ec.SECP256R1()).public_key()
        der = fresh.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {"PublicKey": self.public.setdefault(KeyId, der)}

    def generate_data_key_without_plaintext(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return {"CiphertextBlob": b"wrapped"}


@dataclass
class FakeSns:
    """A topic per ARN, whose subscriptions are not confirmed."""

    subscribed: list[tuple[str, str]] = field(default_factory=list)

    def subscribe(self, TopicArn: str, Protocol: str, Endpoint: str) -> None:  # noqa: N803
        assert Protocol == "email"
        self.subscribed.append((TopicArn, Endpoint))

    def get_sms_attributes(self, attributes: list[str]) -> dict[str, Any]:
        return {"attributes": {attributes[0]: "200"}}

    def get_paginator(self, name: str) -> Any:
        assert name == "list_subscriptions_by_topic"
        return self

    def paginate(self, TopicArn: str) -> list[dict[str, Any]]:  # noqa: N803
        found = [one for one in self.subscribed if one[0] == TopicArn]
        return [{"Subscriptions": [{"SubscriptionArn": "PendingConfirmation"} for _ in found]}]


@dataclass
class FakeDynamoDb:
    """Tables by name, in DynamoDB's form, and backups."""

    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    backups: tuple[dict[str, Any], ...] = ()

    def list_backups(self, **_: str) -> dict[str, Any]:
        return {"BackupSummaries": self.backups}

    def describe_table(self, TableName: str) -> dict[str, Any]:  # noqa: N803
        if TableName not in self.tables:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "DescribeTable")
        return {"Table": self.tables[TableName]}


@dataclass(frozen=True)
class FakeAccount(AwsAccount):
    formation: FakeCloudFormation = field(default_factory=FakeCloudFormation)
    secrets: FakeSecrets = field(default_factory=FakeSecrets)
    kms: FakeKms = field(default_factory=FakeKms)
    sns: FakeSns = field(default_factory=FakeSns)
    dynamodb: FakeDynamoDb = field(default_factory=FakeDynamoDb)
    functions: Any = None
    objects: dict[str, str] = field(default_factory=dict)  # texts of the deployment bucket
    number = "000000000000"

    def client(self, service: str) -> Any:
        clients = {
            "cloudformation": self.formation,
            "secretsmanager": self.secrets,
            "kms": self.kms,
            "sns": self.sns,
            "dynamodb": self.dynamodb,
            "lambda": self.functions,
        }
        return clients[service]

    def upload(self, file: Path, key: str) -> str:
        assert file.exists()
        if file.suffix == ".json":
            self.objects[key] = file.read_text()
        return self.url_of(key)

    def write_text(self, key: str, text: str) -> None:
        self.objects[key] = text

    def read_text(self, key: str) -> str | None:
        return self.objects.get(key)

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    def discard(self, key: str) -> None:
        self.objects.pop(key, None)
