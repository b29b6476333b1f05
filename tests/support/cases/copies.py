"""Copies of a subject's data: made as the code makes them, read as an importer would.

The reader knows only the package itself (its manifest and its schema), not the code that writes it.
"""

import csv
import io
import json
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from chalicelib.core import aws, table
from chalicelib.core.ids import AccountId
from chalicelib.core.languages import Language
from chalicelib.core.settings import settings
from chalicelib.core.table import Key, Table
from chalicelib.privacy import bundles, codec, register, subject_keys
from chalicelib.privacy.personal import Record
from chalicelib.rights.copy import package
from chalicelib.rights.copy.contents import Chat, CopyRequest
from chalicelib.rights.copy.model import CopyKind
from chalicelib.rights.copy.package import Assembled
from tests.support.clouds import cloud
from tests.support.roles.judge import calls_of
from tests.support.world.world import User

KEY = "exports/r_test.zip"
NO_CHAT = Chat()


@dataclass(frozen=True)
class Package:
    """A package as a subject downloads it."""

    assembled: Assembled
    content: bytes

    @cached_property
    def zip(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(self.content))

    @property
    def names(self) -> list[str]:
        return self.zip.namelist()

    def text(self, name: str) -> str:
        return self.zip.read(name).decode()

    @cached_property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.text("data.json"))
        return data

    @cached_property
    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads(self.text("manifest.json"))
        return manifest

    @cached_property
    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = json.loads(self.text("data.schema.json"))
        return schema

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Return the records of a kind from data.json."""
        records: list[dict[str, Any]] = self.data["sections"][kind]["records"]
        return records

    def kind(self, name: str) -> dict[str, Any]:
        """Return the manifest's entry of a kind."""
        (kind,) = (entry for entry in self.manifest["kinds"] if entry["kind"] == name)
        return dict(kind)

    def from_csv(self, kind: str) -> list[dict[str, Any]]:
        """Return the records from the CSV, by the rules in the manifest."""
        rows = csv.DictReader(io.StringIO(self.zip.read(f"csv/{kind}.csv").decode("utf-8-sig"), newline=""))
        return [
            {name: self._value(kind, name, cell) for name, cell in row.items() if cell != ""} for row in rows
        ]

    def _value(self, kind: str, name: str, cell: str) -> Any:
        if self._resolved(self._fields(kind)[name]).get("type") != "string":
            return json.loads(cell)
        return cell.removeprefix(self.manifest["csv"]["guard"])

    def _fields(self, kind: str) -> dict[str, Any]:
        section = self.schema["properties"]["sections"]["properties"][kind]
        fields: dict[str, Any] = self._resolved(section["properties"]["records"]["items"])["properties"]
        return fields

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            node = self.schema["$defs"][node["$ref"].rpartition("/")[2]]
        return node


def a_copy(
    user: User,
    copy: CopyKind = CopyKind.ACCESS,
    chat: Chat = NO_CHAT,
    received_at: datetime | None = None,
    language: Language = Language.ENGLISH,
) -> Package:
    """Return the copy of a subject who requests it now, or at an instant in the past."""
    asked = CopyRequest(
        copy, "r_test", AccountId(user.account_id), received_at or user.world.now, language=language
    )
    assembled = package.assemble(asked, chat, to=KEY)
    return Package(assembled, downloaded())


def downloaded() -> bytes:
    answer = aws.client("s3").get_object(Bucket=settings().export_bucket(), Key=KEY)
    content: bytes = answer["Body"].read()
    return content


def uploads() -> list[str]:
    """Return uploads that were begun and neither completed nor aborted."""
    listed = aws.client("s3").list_multipart_uploads(Bucket=settings().export_bucket())
    return [upload["Key"] for upload in listed.get("Uploads", [])]


def stored(user: User) -> dict[str, list[Record]]:
    """Return all records of a subject in the tables, opened, by any key."""
    account_id = AccountId(user.account_id)
    keys = subject_keys.from_item(account_id, table.get(subject_keys.key(account_id)))
    classes = {record.declaration.kind: record for record in register.records()}
    found: dict[str, list[Record]] = defaultdict(list)
    for raw in cloud.all_items():
        item = table.items.plain(raw)
        kind = classes.get(item.get("kind", ""))
        if kind and account_id in (item["pk"].removeprefix("A#"), item.get("account_id")):
            rows = bundles.unpacked(kind, item)
            found[kind.declaration.kind] += (codec.opened(kind, row, keys) for row in rows)
    return found


@calls_of(None)
def damage(table_name: Table, pk: str, sk: str | None, **changes: Any) -> None:
    """Overwrite attributes of a stored item with invalid values; None removes one."""
    key = Key(table_name, pk, sk)
    put = {name: value for name, value in changes.items() if value is not None}
    drop = tuple(name for name, value in changes.items() if value is None)
    table.write(table.Change(key, put=put, drop=drop))
