"""Reads each expression of DynamoDB once; moto parses an expression anew for every call, up to three times.

These replace parts of moto, as in `costs`. tests/unit/test_moto_costs.py compares the outcomes.
"""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any

from moto.dynamodb.comparisons import AttributeValue, ConditionExpressionParser, OpDefault
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.utilities import bytesize
from moto.dynamodb.parsing.ast_nodes import DepthFirstTraverser, Node  # type: ignore[attr-defined]
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]
from moto.dynamodb.parsing.validators import ActionCountValidator, OverlappingPathsValidator

_MAX_BYTES = 405_000  # as in moto's LimitedSizeDict

_plain_make = UpdateExpressionParser.make
_plain_parse = ConditionExpressionParser.parse
_plain_make_operand = ConditionExpressionParser._make_operand
_plain_hook = DepthFirstTraverser.pre_processing_of_child

_NODES = (Node,)  # an abstract class, so `isinstance` is slow

# They look at a whole expression, so it is enough to call them at its root.
_OF_THE_WHOLE = (ActionCountValidator, OverlappingPathsValidator)


@lru_cache(maxsize=4096)
def _make(expression: str) -> Any:
    """Parse an update expression; moto's validators work on a copy of the tree."""
    tree = _plain_make(expression)
    _note_kinds(tree)
    return tree


def _note_kinds(node: Any) -> frozenset[type]:
    """Note at each node which types of nodes are in its tree, itself included."""
    kinds = {node.__class__}
    for child in node.children or ():
        if _handled(child.__class__, _NODES):
            kinds |= _note_kinds(child)
    node.kinds = found = frozenset(kinds)
    return found


def _deepcopy(thing: Any) -> Any:
    return _copied_tree(thing) if isinstance(thing, Node) else copy.deepcopy(thing)


def _copied_tree(node: Any, parent: Any = None) -> Any:
    """Copy a tree as `make` returns it: its leaves are texts and numbers."""
    copied = object.__new__(type(node))
    copied.__dict__.update(node.__dict__, parent=parent)
    if node.children is not None:
        copied.children = [
            _copied_tree(child, copied) if _handled(child.__class__, _NODES) else child
            for child in node.children
        ]
    return copied


def _traverse_node_recursively(self: Any, node: Any, child_id: int = -1) -> Any:
    """Visit the nodes in moto's order, but only trees with a node that the visitor handles."""
    handlers = self._processing_map()
    kinds = tuple(handlers)
    if isinstance(self, _OF_THE_WHOLE):
        return handlers[_handled(node.__class__, kinds)](node)
    hook = self.pre_processing_of_child
    if type(self).pre_processing_of_child is _plain_hook:
        hook = None

    def visit(node: Any, child_id: int) -> Any:
        parent = node.parent
        for i, child in enumerate(node.children or ()):
            if hook:
                hook(node, i)
            if _handled(child.__class__, _NODES) and _has_handled(child.kinds, kinds):
                visit(child, i)
        if kind := _handled(node.__class__, kinds):
            node = handlers[kind](node)
            node.parent = parent
            if parent:
                parent.children[child_id] = node
                _note_replacement(node)
        return node

    return visit(node, child_id) if _has_handled(node.kinds, kinds) else node


def _note_replacement(node: Any) -> None:
    """Note the types of a node that a visitor put into the tree, at it and above it."""
    kinds = node.__dict__.get("kinds") or _note_kinds(node)
    above = node.parent
    while above is not None and not kinds <= above.kinds:
        above.kinds |= kinds
        above = above.parent


@lru_cache(maxsize=4096)
def _has_handled(found: frozenset[type], kinds: tuple[type, ...]) -> bool:
    return any(_handled(kind, kinds) for kind in found)


@lru_cache(maxsize=4096)
def _handled(kind: type, kinds: tuple[type, ...]) -> type | None:
    """The first of some types that this type is one of."""
    return next((base for base in kinds if issubclass(kind, base)), None)


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
    "moto.dynamodb.parsing.validators.deepcopy": _deepcopy,
    "moto.dynamodb.parsing.ast_nodes.DepthFirstTraverser.traverse_node_recursively": (
        _traverse_node_recursively
    ),
    "moto.dynamodb.models.dynamo_type.Item.__init__": _initialise_item,
    "moto.dynamodb.comparisons.ConditionExpressionParser.parse": _parse,
    "moto.dynamodb.comparisons.ConditionExpressionParser._make_operand": _make_operand,
}
