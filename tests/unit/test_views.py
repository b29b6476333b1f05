"""Tests how a view is built from an object whose attributes have the names of its fields."""

from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from chalicelib.accounts import store as accounts
from chalicelib.accounts.model import Account
from chalicelib.core import table
from chalicelib.core.http import View
from chalicelib.core.ids import AccountId, UserId
from chalicelib.privacy import codec
from chalicelib.privacy.personal import StillSealed
from tests.support.world.world import World


@dataclass(frozen=True)
class Leaf:
    name: str
    secret: str = "secret"


@dataclass(frozen=True)
class Tree:
    leaves: tuple[Leaf, ...]
    height: int
    secret: str = "secret"

    @property
    def is_high(self) -> bool:
        return self.height > 10


class LeafView(View):
    name: str
    color: str | None = None


class TreeView(View):
    leaves: tuple[LeafView, ...]
    height: int
    is_high: bool
    owner: str


def test_view_shows_attributes_and_parts_by_the_names_of_fields_only() -> None:
    view = TreeView.showing(Tree((Leaf("a"), Leaf("b")), 11), owner="us")
    assert view == TreeView(
        leaves=(LeafView(name="a"), LeafView(name="b")), height=11, is_high=True, owner="us"
    )
    assert "secret" not in view.model_dump_json()


def test_stated_field_replaces_the_attribute_of_the_same_name() -> None:
    assert TreeView.showing(Tree((), 11), owner="us", height=3).height == 3


def test_view_without_a_required_field_is_refused() -> None:
    with pytest.raises(ValidationError):
        TreeView.showing(Tree((), 11))


def test_sealed_field_of_a_glance_raises_instead_of_being_left_out(world: World) -> None:
    class AccountLine(View):
        user_id: UserId
        locale: str | None = None

    item = table.get(accounts.account_key(AccountId(world.a_user().account_id)))
    assert item
    with pytest.raises(StillSealed):
        AccountLine.showing(codec.glance(Account, item))
