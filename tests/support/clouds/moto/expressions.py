"""Reads each expression of DynamoDB once; moto parses an expression anew for every call, up to three times.

These replace parts of moto, as in `costs`. tests/unit/test_moto_costs.py compares the outcomes.
"""

from __future__ import annotations

import copy
import re
from functools import lru_cache, partial
from types import SimpleNamespace
from typing import Any

from moto.dynamodb.comparisons import AttributeValue, ConditionExpressionParser, OpDefault
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.utilities import bytesize
from moto.dynamodb.parsing.ast_nodes import Node  # type: ignore[attr-defined]
from moto.dynamodb.parsing.executors import UpdateExpressionExecutor
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.parsing.validators import UpdateExpressionValidator

_MAX_BYTES = 405_000  # as in moto's LimitedSizeDict

_plain_make = UpdateExpressionParser.make
_plain_parse = ConditionExpressionParser.parse
_plain_make_operand = ConditionExpressionParser._make_operand
_plain_find_clauses = Node.find_clauses


@lru_cache(maxsize=4096)
def _make(expression: str) -> Any:
    """Parse an update expression; moto's validators work on a copy of the tree."""
    tree = _plain_make(expression)
    tree.expression, tree.found = expression, {}
    return tree


def _find_clauses(self: Any, clause_types: Any) -> Any:
    """Search a tree that `make` returned once; the copies of the validators change."""
    if (found := self.__dict__.get("found")) is None:
        return _plain_find_clauses(self, clause_types)
    kinds = tuple(clause_types)
    if kinds not in found:
        found[kinds] = _plain_find_clauses(self, clause_types)
    return [*found[kinds]]


def _deepcopy(thing: Any) -> Any:
    copied = copy.deepcopy(thing)
    copied.found = None
    return copied


_TERMS = {"SET": r"(#\w+) = (:\w+)", "ADD": r"(#\w+) (:\w+)", "REMOVE": r"(#\w+)()"}
_CLAUSE = re.compile(r" ?\b(SET|ADD|REMOVE) ((?:#\w+(?: =)?(?: :\w+)?(?:, )?)+)")


@lru_cache(maxsize=4096)
def _terms(expression: str) -> tuple[tuple[str, str, str], ...] | None:
    """The verbs, names and values of an expression in the form of core/table; None if it has another one."""
    clauses = _CLAUSE.findall(expression)
    if _CLAUSE.sub("", expression) or len({verb for verb, _ in clauses}) < len(clauses):
        return None
    terms = []
    for verb, listed in clauses:
        for term in listed.split(", "):
            if not (found := re.fullmatch(_TERMS[verb], term.strip())):
                return None
            terms.append((verb, found[1], found[2]))
    return tuple(terms)


class _WholeAttributes:
    """An update of whole attributes that moto's ten validators accept."""

    def __init__(self, puts: dict[str, DynamoType], drops: list[str]) -> None:
        self._puts = puts
        self._drops = drops

    def validate(self) -> _WholeAttributes:
        return self

    def normalize(self) -> None:
        """Moto sorts the actions; here no two are about the same attribute."""

    def apply(self, item: Item) -> None:
        dict.update(item.attrs, self._puts)
        for name in self._drops:
            item.attrs.pop(name, None)


def _validator(
    expression: Any,
    expression_attribute_names: Any,
    expression_attribute_values: Any,
    item: Item,
    table: Any,
) -> Any:
    """Return an update of whole attributes, or moto's validator if the update has or needs more."""
    names, values = expression_attribute_names, expression_attribute_values
    terms = _terms(expression.expression)
    update = _whole(terms, names or {}, values or {}, item, table) if terms else None
    return update or UpdateExpressionValidator(expression, names, values, item, table)


def _whole(
    terms: tuple[tuple[str, str, str], ...],
    names: dict[str, str],
    values: dict[str, Any],
    item: Item,
    table: Any,
) -> _WholeAttributes | None:
    """Return an update with these terms; None if a validator may refuse it."""
    attributes = [names.get(name, table.hash_key_attr) for _, name, _ in terms]
    if len({*attributes}) < len(terms) or not {*attributes}.isdisjoint(table.table_key_attrs):
        return None
    puts, drops = {}, []
    for (verb, _, given), attribute in zip(terms, attributes, strict=True):
        if verb == "REMOVE":
            drops.append(attribute)
        elif (value := _put(verb, values.get(given), item.attrs.get(attribute))) is not None:
            puts[attribute] = value
        else:
            return None
    if any(puts[name].value == "" for name in puts.keys() & table.attribute_keys):
        return None
    size = item.size() + sum(bytesize(name) + value.size() for name, value in puts.items())
    return _WholeAttributes(puts, drops) if size < _MAX_BYTES else None


def _put(verb: str, given: dict[str, Any] | None, before: DynamoType | None) -> DynamoType | None:
    value = DynamoType(given) if given else None
    if value is None or verb == "SET":
        return value
    if value.type != "N" or (before and before.type != "N"):
        return None
    return (before or DynamoType({"N": "0"})) + value


def _executor(update: Any, item: Item, names: dict[str, str]) -> Any:
    if isinstance(update, _WholeAttributes):
        return SimpleNamespace(execute=partial(update.apply, item))
    return UpdateExpressionExecutor(update, item, names)


class _Tree(ConditionExpressionParser):
    """Ends before moto turns the tree into operators, which hold the values of one call."""

    def _make_op_condition(self, node: Any) -> Any:
        return node


class _NamesOnly(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return name


@lru_cache(maxsize=4096)
def _parsed(expression: str, names: frozenset[tuple[str, str]] | None) -> tuple[Any, list[str], list[str]]:
    """The tree of a condition, with the names and values that it uses."""
    parser = _Tree(expression, None if names is None else dict(names), _NamesOnly())
    return _plain_parse(parser), parser.expr_attr_names_found, parser.expr_attr_values_found


def _parse(self: Any) -> Any:
    if not self.condition_expression:
        return OpDefault(None, None)  # type: ignore[arg-type]
    given = self.expression_attribute_names
    names = None if given is None else frozenset(given.items())
    tree, names_found, values_found = _parsed(self.condition_expression, names)
    self.expr_attr_names_found.extend(names_found)
    self.expr_attr_values_found.extend(values_found)
    return self._make_op_condition(tree)


def _make_operand(self: Any, node: Any) -> Any:
    """Take a value from this call, since the tree has none."""
    if node.kind == self.Kind.EXPRESSION_ATTRIBUTE_VALUE:
        return AttributeValue(self._lookup_expression_attribute_value(node.text))
    return _plain_make_operand(self, node)


def _initialise_item(
    self: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]
) -> None:
    """Add up the size of a new item; moto adds it up again for each attribute."""
    self.hash_key = hash_key
    self.range_key = range_key
    values = {name: DynamoType(value) for name, value in attrs.items()}
    if sum(bytesize(name) + value.size() for name, value in values.items()) > _MAX_BYTES:
        raise ItemSizeTooLarge
    self.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    dict.update(self.attrs, values)


REPLACED: dict[str, Any] = {
    "moto.dynamodb.parsing.expressions.UpdateExpressionParser.make": _make,
    "moto.dynamodb.parsing.ast_nodes.Node.find_clauses": _find_clauses,
    "moto.dynamodb.parsing.validators.deepcopy": _deepcopy,
    "moto.dynamodb.models.UpdateExpressionValidator": _validator,
    "moto.dynamodb.models.UpdateExpressionExecutor": _executor,
    "moto.dynamodb.models.dynamo_type.Item.__init__": _initialise_item,
    "moto.dynamodb.comparisons.ConditionExpressionParser.parse": _parse,
    "moto.dynamodb.comparisons.ConditionExpressionParser._make_operand": _make_operand,
}
