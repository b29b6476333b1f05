"""botocore's descriptions of AWS in the zip: reduced, and enough for what the functions call."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from chalicelib.core.settings import EU_REGIONS
from infra.packaging.dependencies import AWS_SERVICES
from infra.packaging.models import reduced, reduced_endpoints

# Every operation that a function calls. An entry that is missing here is a new permission to think about.
CALLED = {
    "dynamodb": {
        "BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "ListBackups", "PutItem", "Query",
        "Scan", "TransactWriteItems", "UpdateItem",
    },
    "kms": {"Decrypt", "GetPublicKey", "Sign"},
    "s3": {
        "AbortMultipartUpload", "CompleteMultipartUpload", "CreateBucket", "CreateMultipartUpload",
        "DeleteObject", "GetObject", "HeadObject", "ListMultipartUploads", "ListObjectVersions",
        "ListObjectsV2", "PutObject", "UploadPart",
    },
    "secretsmanager": {"GetSecretValue"},
    "sesv2": {"DeleteSuppressedDestination", "SendEmail"},
    "sns": {"Publish"},
    "sqs": {"SendMessage", "SendMessageBatch"},
}  # fmt: skip
_KEPT_BY_NAME_ONLY = {"kms": {"Encrypt", "Verify"}, "sns": {"Unsubscribe"}, "sqs": {"DeleteMessage"}}


def models_in(tree: Path) -> dict[str, dict[str, object]]:
    found = (tree / "botocore" / "data").glob("*/*/service-2.json.gz")
    return {path.parts[-3]: json.loads(gzip.decompress(path.read_bytes())) for path in found}


def test_descriptions_have_the_called_operations_and_no_others(unpacked: Path) -> None:
    kept = {service: set(model["operations"]) for service, model in models_in(unpacked).items()}  # type: ignore[call-overload]
    assert kept.keys() == set(AWS_SERVICES)
    assert {service: kept[service] - _KEPT_BY_NAME_ONLY.get(service, set()) for service in kept} == CALLED


def test_descriptions_are_small(unpacked: Path) -> None:
    files = [path for path in (unpacked / "botocore" / "data").rglob("*") if "service-2.json" in path.name]
    assert sum(path.stat().st_size for path in files) < 40_000
    assert (unpacked / "botocore" / "data" / "endpoints.json").stat().st_size < 10_000


def test_clients_of_the_zip_have_the_addresses_and_signatures_of_full_ones(unpacked: Path) -> None:
    describe = (
        "import sys, json; sys.path.insert(0, sys.argv[1])\n"
        "import boto3\n"
        "named = json.loads(sys.argv[2])\n"
        "session = boto3.Session('key', 'secret')\n"
        "places = [(s, r) for s in named['services'] for r in named['regions']]\n"
        "made = {(s, r): session.client(s, region_name=r) for s, r in places}\n"
        "print(json.dumps({f'{s} {r}': [c.meta.endpoint_url, c.meta.config.signature_version,"
        " c._request_signer.signing_name] for (s, r), c in made.items()}))"
    )
    named = {"services": AWS_SERVICES, "regions": sorted(EU_REGIONS)}
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", describe, str(unpacked), json.dumps(named)],
        capture_output=True,
        text=True,
        check=True,
    )
    session = boto3.Session("key", "secret")
    for place, (url, version, name) in json.loads(done.stdout).items():
        service, region = place.split()
        whole = session.client(service, region_name=region)
        signer = whole._request_signer.signing_name
        assert (url, version, name) == (whole.meta.endpoint_url, whole.meta.config.signature_version, signer)


def test_address_of_dynamodb_needs_no_rules(unpacked: Path) -> None:
    data = unpacked / "botocore" / "data"
    ruled = {path.parts[-3] for path in data.glob("*/*/endpoint-rule-set-1.json.gz")}
    assert ruled == set(AWS_SERVICES) - {"dynamodb"}


def test_each_called_operation_of_the_zip_reaches_the_network(unpacked: Path) -> None:
    """Resolve the endpoint, serialize and sign each call, up to the connection."""
    call = (
        "import sys, json; sys.path.insert(0, sys.argv[1])\n"
        "import boto3\n"
        "from botocore import xform_name\n"
        "from botocore.config import Config\n"
        "from botocore.exceptions import EndpointConnectionError\n"
        "config = Config(parameter_validation=False, retries={'total_max_attempts': 1})\n"
        "session = boto3.Session('key', 'secret', region_name='eu-central-1')\n"
        "values = {'string': 'x', 'integer': 1, 'map': {}, 'structure': {}, 'list': [], 'blob': b''}\n"
        "refused = []\n"
        "for service, operations in json.loads(sys.argv[2]).items():\n"
        "    client = session.client(service, endpoint_url='http://127.0.0.1:9', config=config)\n"
        "    for operation in operations:\n"
        "        shape = client.meta.service_model.operation_model(operation).input_shape\n"
        "        given = {name: values[shape.members[name].type_name] for name in shape.required_members}\n"
        "        try: getattr(client, xform_name(operation))(**given)\n"
        "        except EndpointConnectionError: refused.append(operation)\n"
        "print(json.dumps(refused))"
    )
    called = {service: sorted(operations) for service, operations in CALLED.items()}
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", call, str(unpacked), json.dumps(called)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [name for operations in called.values() for name in operations]


def test_shape_that_only_another_shape_names_is_kept() -> None:
    model = {
        "metadata": {},
        "operations": {
            "GetItem": {"input": {"shape": "In"}, "documentation": "<p>text</p>"},
            "PutItem": {"input": {"shape": "Other"}},
        },
        "shapes": {
            "In": {"type": "structure", "members": {"Keys": {"shape": "Keys"}}},
            "Keys": {"type": "list", "member": {"shape": "Key"}},
            "Key": {"type": "string"},
            "Other": {"type": "structure", "members": {}},
        },
    }
    kept = reduced(model, frozenset({"get_item"}))
    assert kept["operations"] == {"GetItem": {"input": {"shape": "In"}}}
    assert kept["shapes"].keys() == {"In", "Keys", "Key"}


def test_member_that_is_named_documentation_is_kept() -> None:
    shape = {"type": "structure", "members": {"documentation": {"shape": "Text", "documentation": "a text"}}}
    model = {
        "operations": {"GetItem": {"output": {"shape": "Out"}}},
        "shapes": {"Out": shape, "Text": {"type": "string"}},
    }
    kept = reduced(model, frozenset({"get_item"}))
    assert kept["shapes"]["Out"]["members"] == {"documentation": {"shape": "Text"}}


@pytest.mark.promise("STR-7")
def test_endpoints_outside_the_eu_are_not_in_the_zip(unpacked: Path) -> None:
    endpoints = json.loads((unpacked / "botocore" / "data" / "endpoints.json").read_text())
    regions = {name for partition in endpoints["partitions"] for name in partition["regions"]}
    assert regions == EU_REGIONS


def test_endpoints_keep_the_named_services_only() -> None:
    partition = {
        "regions": {"eu-central-1": {}, "us-east-1": {}},
        "services": {"sns": {"endpoints": {"eu-central-1": {}, "us-east-1": {}}}, "ec2": {"endpoints": {}}},
    }
    (kept,) = reduced_endpoints({"partitions": [partition]}, frozenset({"sns"}))["partitions"]
    assert kept == {"regions": {"eu-central-1": {}}, "services": {"sns": {"endpoints": {"eu-central-1": {}}}}}
