"""Tests the closed lists of words in the contract, and what the contract says about later releases."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic_core.core_schema import ErrorType

from chalicelib.core.contract_words import PYDANTIC_KINDS, ErrorCode, InnerLimit, LimitName, word_of
from infra.contract_parts import MEANINGS
from tests.support.world.contract import committed

ROOT = Path(__file__).parents[2]
_LISTS = {kind.__name__: kind for kind in (ErrorCode, LimitName, InnerLimit)}
_DECLARING = {"contract_words.py", "metrics.py"}


# Kinds of pydantic's errors without a pattern. A new kind fails the test until it gets one or stands here.
MALFORMED = (
    r"json_invalid|datetime_object_invalid|string_(unicode|pattern_mismatch|not_ascii)|\w+_parsing"
    r"|bytes_invalid_encoding|value_error|assertion_error|url_(syntax_violation|scheme)|uuid_version"
    r"|date_from_datetime_inexact|timezone_(naive|aware|offset)|recursion_(loop|depth_exceeded)|invalid_key"
    r"|iteration_error|set_item_not_hashable|frozen_(field|instance)|(missing_sentinel|ellipsis)_error"
    r"|no_such_attribute|get_attribute_error|default_factory_not_called"
)


@pytest.mark.parametrize("kind", get_args(ErrorType))
def test_each_kind_of_error_of_pydantic_has_one_word(kind: str) -> None:
    patterns = {**PYDANTIC_KINDS, ErrorCode.MALFORMED: MALFORMED}
    assert [word for word, pattern in patterns.items() if re.fullmatch(pattern, kind)] == [word_of(kind)]


def test_word_of_our_own_validators_stays_and_an_unknown_one_is_malformed() -> None:
    assert word_of("does_not_apply") is ErrorCode.DOES_NOT_APPLY
    assert word_of("a_kind_of_a_later_pydantic") is ErrorCode.MALFORMED


def test_code_uses_each_word_of_the_lists() -> None:
    files = [*(ROOT / "chalicelib").rglob("*.py"), *(ROOT / "infra" / "packaging").rglob("*.py")]
    used = {
        _LISTS[node.value.id][node.attr]
        for file in files
        if file.name not in _DECLARING
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in _LISTS
    }
    assert {*ErrorCode, *LimitName, *InnerLimit} - used <= {*PYDANTIC_KINDS, ErrorCode.MALFORMED}


@pytest.mark.parametrize("kind", [ErrorCode, LimitName])
def test_contract_lists_each_word_with_its_meaning(kind: type[ErrorCode] | type[LimitName]) -> None:
    listed = committed()["components"]["schemas"][kind.__name__]
    assert listed["enum"] == [*kind]
    assert {*MEANINGS[kind.__name__]} == {*kind}
    assert [word for word in kind if f"\n- `{word}`: " not in listed["description"]] == []
