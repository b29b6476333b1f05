"""All DynamoDB access of chosen secrets: one item per account and kind."""

from chalicelib.accounts.secrets.model import ChosenSecret, SecretKind
from chalicelib.core import table
from chalicelib.core.ids import AccountId
from chalicelib.core.needs import Need
from chalicelib.core.table import (
    Attr,
    Change,
    Conflict,
    Delete,
    Key,
    Table,
    next_version,
    partition_of,
    visible,
)
from chalicelib.core.transactions import Write
from chalicelib.privacy import codec
from chalicelib.privacy.subject_keys import SubjectKeys


class SecretMoved(Conflict):
    """Another request changed or tried the secret since it was read."""


class NoSuchSecret(Conflict):
    """The account has no such secret."""


def _key(account_id: AccountId, kind: SecretKind) -> Key:
    return Key(Table.ACCOUNTS, partition_of(account_id), f"secret#{kind}")


def _glance(kind: SecretKind) -> Need[ChosenSecret | None]:
    return codec.glance_of(ChosenSecret, lambda claims: _key(claims.account_id, kind))


def _open(kind: SecretKind) -> Need[ChosenSecret | None]:
    return codec.need_of(ChosenSecret, lambda claims: _key(claims.account_id, kind))


# Whether there is one and since when; and with its hash, which needs DATA_KEY too.
GLANCES = {kind: _glance(kind) for kind in SecretKind}
SECRETS = {kind: _open(kind) for kind in SecretKind}


def written(secret: ChosenSecret, keys: SubjectKeys) -> Write:
    """The write of a secret; raises SecretMoved unless the version before is stored."""
    place = _key(secret.account_id, secret.secret)
    return next_version(place, codec.to_item(secret, place, keys), SecretMoved)


def deletion(account_id: AccountId, kind: SecretKind) -> Delete:
    """The write that removes a secret; its conflict is NoSuchSecret."""
    return Delete(_key(account_id, kind), conflict=NoSuchSecret)


def count(before: ChosenSecret, after: ChosenSecret) -> None:
    """Write one more try, if no other request tried or changed the secret since.

    Raises:
        SecretMoved: one did.
    """
    same = Attr("version").eq(before.version) & Attr("tries").eq(before.tries)
    clear = codec.clear(after)
    put: dict[str, object] = {name: clear[name] for name in ("tries", "open_at") if name in clear}
    place = _key(before.account_id, before.secret)
    table.write(Change(place, put=put, only_if=visible() & same, conflict=SecretMoved))
