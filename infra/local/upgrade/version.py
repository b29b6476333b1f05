"""A step of `make upgrade` with the code of one version.

    python -P version.py deploy|tour|next_tour|people|look|read RESULT

It is run by path, with the folder of a version on PYTHONPATH, so everything it imports is of that version. It
imports nothing beside it, because a version before this program is tried with the program of a later one.

An item is readable if the record class of its kind opens it, with the keys of the stage and of its subject.
An attribute that the class does not declare is ignored, and reported: after a rename its value would be lost.
Of what has no record class, data keys are unwrapped, conversations and published figures read by their
models, the Ledger and its checkpoints verified, and the marks of erasures read. What is not readable is
reported by table and kind, with the names of attributes, and without a value.

`people` signs up users, one of whom gets a copy and one the certificate of an erasure, and `look` fetches
both from the version that runs. Each version uses its own client, since requests may change before 0.1.0.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain as joined
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ValidationError
from rich.console import Console

from chalicelib.core import chain, clock
from chalicelib.core.chain import Chain, PublicKeys
from chalicelib.core.clock import DAY
from chalicelib.core.sealing import Place
from chalicelib.core.settings import settings
from chalicelib.core.table import Index, Item, Table, account_of
from chalicelib.core.table.items import plain
from chalicelib.operations.restore.marks import find_marks
from chalicelib.operations.restore.store import Workers
from chalicelib.people.conversations.model import OpenConversation
from chalicelib.privacy import bundles, codec, register, subject_keys
from chalicelib.privacy.declaration import RESERVED
from chalicelib.privacy.personal import Record
from chalicelib.privacy.subject_keys import SubjectKeys
from chalicelib.rights.erasure import certify
from chalicelib.rights.erasure.certificates.model import ErasureCertificate
from chalicelib.rights.erasure.model import Envelope, IssuedCertificate
from chalicelib.usage.figures import Figures
from infra.build import build
from infra.deployment.account import AwsAccount
from infra.local import cloud as local
from infra.local.cloud import STAGE, LocalCloud
from infra.local.emulator import REGION, ROOT_KEY, ROOT_SECRET
from infra.local.tour import CHAPTERS, Tour, play
from infra.local.tour.erasure import follow_guide
from infra.local.tour.phone import Phone, Unexpected
from infra.local.tour.receipt import ReceiptLink
from infra.local.tour.rights import answer_to, fetched
from infra.local.waiting import until
from infra.ops.standing_in import act_as, act_as_signup, table_names
from infra.push_emulator.running import PushEmulator, running_push_emulator
from infra.stream_emulator import Emulator

_MODELS: Mapping[str, type[BaseModel]] = {"conversation": OpenConversation, "usage_figures": Figures}
# Items of these kinds have counters beside what their class declares, under names that core/limiter makes.
_COUNTED = frozenset({"limit", "code_count"})
_SECONDS = 60.0  # for a copy

Inbox: TypeAlias = Callable[[str], list[str]]

# Their settings are those of the keys that verify; the tables and the keys of records are those of signup.
_VERIFYING = ("about", "checkpoint_ledger")
# Attributes of items beside those of records; stores add those of their indexes.
_BESIDE = RESERVED | {name for index in Index for name in (index.pk, index.sk)}


@dataclass
class VersionReading:
    """What a version read, by `<table> <kind>`.

    Attributes:
        read: how many items could be read, chains and marks included.
        unreadable: how many could not, with the reason.
        ignored: in how many items the record class ignored an attribute, unless it upcasts earlier shapes.
        unknown: how many items have a kind for which this version has neither a record class nor a reader.
        kinds: the kinds for which it has one.
    """

    read: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    kinds: list[str] = field(default_factory=list)

    def attempt(self, name: str, work: Callable[[], object]) -> None:
        """Count something as readable, or as unreadable with the reason."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - each failure to read is a finding
            self.unreadable[f"{name}: {reason(error)}"] += 1
        else:
            self.read[name] += 1


def reason(error: BaseException) -> str:
    """Return why something cannot be read: the error, and the attributes that a model refused.

    The context of an error is the one that it replaced because its text quotes values.
    """
    refused = error if isinstance(error, ValidationError) else error.__context__
    if not isinstance(refused, ValidationError):
        return type(error).__name__
    found = refused.errors(include_input=False, include_context=False, include_url=False)
    places = {f"{one['loc'][0] if one['loc'] else 'the whole'} ({one['type']})" for one in found}
    return f"{type(error).__name__}, {', '.join(sorted(places))}"


def read_items(tables: Mapping[Table, Iterable[Item]], keys: PublicKeys) -> VersionReading:
    """Read each item of the tables but those of the Ledger; `keys` verify certificates."""
    kinds = {record.declaration.kind: record for record in register.records()}
    found = VersionReading(kinds=sorted({*kinds, *_MODELS, "data_key"}))
    wrapped = {item["pk"]: item for item in tables[Table.KEYS]}
    for table, items in tables.items():
        if table is Table.LEDGER:
            continue
        for item in wrapped.values() if table is Table.KEYS else items:
            kind = str(item.get("kind"))
            name = f"{table} {kind}"
            if kind in kinds:
                found.attempt(name, lambda: _open(kinds[kind], item, wrapped, keys, found))  # noqa: B023 - called at once
            elif kind in _MODELS:
                found.attempt(name, lambda: _validate(kind, item))  # noqa: B023 - called at once
            elif kind == "data_key":
                found.attempt(name, lambda: _unwrap(item))  # noqa: B023 - called at once
            else:
                found.unknown[name] += 1
    return found


def _open(
    kind: type[Record], item: Item, wrapped: Mapping[str, Item], keys: PublicKeys, found: VersionReading
) -> None:
    owner = account_of(item["pk"])
    subject = subject_keys.from_item(owner, wrapped[item["pk"]]) if item["pk"] in wrapped else None
    for whole in bundles.unpacked(kind, item):
        row = whole
        if kind.declaration.kind in _COUNTED:
            row = {name: whole[name] for name in whole.keys() & kind.model_fields.keys()}
        record = codec.opened(kind, row, subject)
        for name in _undeclared(kind, row, subject):
            found.ignored[f"{kind.declaration.table} {kind.declaration.kind}: {name}"] += 1
        if isinstance(record, IssuedCertificate):
            envelope = Envelope.read(record.document.encode())
            ErasureCertificate.read(envelope.certificate)
            if not certify.verify(envelope, keys):
                raise ValueError("not signed by a published key")


def _undeclared(kind: type[Record], item: Item, subject: SubjectKeys | None) -> set[str]:
    """Return the attributes of an item that opens, sealed or not, of which its class takes no notice."""
    if getattr(kind.declaration, "upcasts", ()):  # the first versions have no such field
        return set()
    names = item.keys() - _BESIDE
    if "sealed" in item:
        place = Place(kind.declaration.kind, item["pk"], item.get("sk"))
        names |= json.loads(codec._keys(kind, subject).open(bytes(item["sealed"]), place)).keys()
    return names - kind.model_fields.keys()


def _validate(kind: str, item: Item) -> None:
    model = _MODELS[kind]
    model.model_validate({name: item[name] for name in model.model_fields if name in item})


def _unwrap(item: Item) -> None:
    for version, blob in item["wrapped"].items():
        subject_keys.unwrap(account_of(item["pk"]), int(version), bytes(blob))


def read_evidence(found: VersionReading, ledger: Iterable[Item]) -> None:
    """Verify all chains of the Ledger, and read the marks of all erasures."""
    chains = {Chain.parse(name) for name in {item["pk"] for item in ledger}}
    keys = PublicKeys(chain.current_signer().pem)
    for one, verdict in chain.verify_each(chains, 1, keys):
        name = f"ledger {one.kind}"
        for finding in verdict.findings:
            found.unreadable[f"{name}: {type(finding).__name__}"] += 1
        found.read[name] += not verdict.findings
    marks = find_marks(clock.BEGINNING + 2 * DAY, Workers(2))
    for doubt in marks.doubtful.values():
        found.unreadable[f"marks of erasures: {doubt}"] += 1
    found.read["marks of erasures"] += len(marks.to_repeat)


def read(account: AwsAccount) -> VersionReading:
    """Read everything that a deployed stage stores, as root."""
    for function in _VERIFYING:
        act_as(account, STAGE, function)
    act_as_signup(account, STAGE)
    tables = {
        table: list(map(plain, joined.from_iterable(account.scan(name))))
        for table, name in table_names(account, STAGE).items()
    }
    published = json.loads(settings().certificate_keys())["keys"]
    found = read_items(tables, PublicKeys(*(key["pem"] for key in published)))
    read_evidence(found, tables[Table.LEDGER])
    return found


Asked: TypeAlias = dict[str, Any]  # what the environment says: addresses, and for some steps people


def meet(asked: Asked, inbox: Inbox) -> dict[str, Any]:
    """Sign up users who know each other: one gets a copy, the account of another one is erased."""
    reader, leaver, friend, stranger, blocked, *clients = (
        Phone(asked["api_url"], f"+38162{place}{asked['number']:06}", inbox) for place in range(7)
    )
    for phone in (reader, leaver, friend, stranger, blocked, *clients):
        phone.sign_up("Witness")
    friend.add_contact(reader.make_contact_code())
    friend.open_conversation(reader)
    stranger.invite(reader)
    reader.make_contact_code()
    reader.block(blocked)
    copy_id, _ = _request(reader, right="access")
    link = ReceiptLink(leaver, *_request(leaver, right="erasure", waive_grace=True))
    if (status := link.wait_for_answer()) != "completed":
        raise Unexpected(f"the erasure is {status}")
    until(lambda: answer_to(reader, copy_id), "the copy", _SECONDS)
    return {
        "reader": kept(reader),
        "copy_id": copy_id,
        "files": _files(reader, copy_id),
        "link": [link.request_id, link.receipt],
        "certificate": link.certificate().decode(),
        "clients": [kept(client) for client in clients],
    }


def look(asked: Asked, inbox: Inbox) -> dict[str, Any]:
    """Fetch a copy and a certificate; return what is not as it was, and the session of their reader."""
    people, findings = asked["people"], []
    reader = Phone(asked["api_url"], inbox=inbox, **people["reader"])
    reader.refresh()
    reader.step_up()
    if _files(reader, people["copy_id"]) != people["files"]:
        findings.append("a copy has other files than before")
    certificate = ReceiptLink(reader, *people["link"]).certificate()
    if certificate.decode() != people["certificate"]:
        findings.append("a certificate has other bytes than before")
    with tempfile.TemporaryDirectory() as folder:
        status, _ = follow_guide(Path(folder), reader.api_url, certificate)
    if status:
        findings.append("openssl does not verify a certificate with the published keys")
    return {"findings": findings, "reader": kept(reader)}


def kept(phone: Phone) -> dict[str, Any]:
    """Return the fields of a phone with which another process goes on."""
    return {name: getattr(phone, name) for name in ("number", "device_id", "session", "user_id")}


def _request(phone: Phone, **request: object) -> tuple[str, str]:
    """Make a request; return its id, and its receipt."""
    phone.step_up()
    made = phone.call("POST", "/v1/rights-requests", request).body
    return str(made.get("rights_request_id") or made["id"]), str(made["receipt"])


def _files(phone: Phone, request_id: str) -> dict[str, str]:
    manifest = json.loads(fetched(phone, request_id).read("manifest.json"))
    return {file["path"]: file["sha256"] for file in manifest["files"]}


def main(step: str, result: Path) -> int:
    """Run a step over the cloud that the environment names, and write its result; return the exit status."""
    asked = json.loads(os.environ["UPGRADE_CLOUD"])
    account = AwsAccount(REGION, asked["aws"], ROOT_KEY, ROOT_SECRET)
    stream, console = Emulator(**asked["stream"]), Console(width=120)
    nothing: Any = None  # clients need no package, no settings and no outputs
    inbox = LocalCloud(account, stream, nothing, nothing, nothing, nothing, ()).texts_to
    works: dict[str, Callable[[], dict[str, Any]]] = {
        "read": lambda: vars(read(account)),
        "people": partial(meet, asked, inbox),
        "look": partial(look, asked, inbox),
    }
    if step in works:
        result.write_text(json.dumps(works[step]()))
        return 0
    with running_push_emulator() as pushes:  # the functions have no other one once this process ends
        cloud = _deployed(account, stream, pushes, console)
        played = step == "deploy" or _play(step, cloud, console)
    result.write_text(json.dumps({"version": cloud.package.version, "api_url": cloud.deployment.api_url}))
    return 0 if played else 1


def _deployed(account: AwsAccount, stream: Emulator, pushes: PushEmulator, console: Console) -> LocalCloud:
    """Deploy this version; a repeated deployment changes the addresses of the services of pushes only."""
    return local._deployed(account, stream, pushes, build(), lambda line: console.print(line, markup=False))


def _play(step: str, cloud: LocalCloud, console: Console) -> bool:
    if step == "tour":
        return play(Tour(cloud, console), CHAPTERS)
    from infra.local.tour import REPEATABLE  # the first version with this program has it, its base does not

    return play(Tour(cloud, console, number=1), REPEATABLE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
