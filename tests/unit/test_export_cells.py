"""Tests CSV files: values are read back exactly, and no spreadsheet computes a cell."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rights.copy.spreadsheet import COMPUTED, GUARD, cell, rows

TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from([f"{c}1+1" for c in COMPUTED])
OTHERS = st.integers() | st.booleans() | st.lists(TEXT) | st.dictionaries(TEXT, st.integers() | TEXT)


def written(*records: dict[str, Any], fields: tuple[str, ...] = ("text", "other")) -> str:
    return "".join(rows(fields, [json.dumps(record) for record in records]))


def read(content: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline=""), strict=True))


@pytest.mark.promise("RGT-8")
@given(st.lists(st.fixed_dictionaries({}, optional={"text": TEXT, "other": OTHERS})))
def test_every_value_of_a_record_is_read_back_exactly(records: list[dict[str, Any]]) -> None:
    names, *found = read(written(*records))
    assert names == ["text", "other"]
    back = [
        ({"text": text.removeprefix(GUARD)} if text else {}) | ({"other": json.loads(other)} if other else {})
        for text, other in found
    ]
    assert back == records


@pytest.mark.promise("SEC-1")
@given(TEXT | OTHERS)
def test_cell_is_never_a_formula(value: Any) -> None:
    shown = cell(value)
    assert isinstance(value, int) or not shown.startswith(tuple(set(COMPUTED) - {GUARD}))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])  # noqa: RUF001
def test_text_that_a_spreadsheet_would_compute_gets_a_prefix(start: str) -> None:
    assert cell(f"{start}1+1") == f"'{start}1+1"


def test_empty_value_differs_from_an_absent_one() -> None:
    assert read(written({"text": ""}, {}))[1:] == [["'", ""], ["", ""]]


def test_number_stays_a_number() -> None:
    assert (cell(-1009), cell(False)) == ("-1009", "false")


def test_file_begins_with_a_byte_order_mark_for_spreadsheets() -> None:
    content = written({"text": 'Ćosić, "Mila"\nBelgrade', "other": {"a": "č"}})
    assert content.encode().startswith(b"\xef\xbb\xbftext,other\r\n")
    assert content.endswith('"Ćosić, ""Mila""\nBelgrade","{""a"":""č""}"\r\n')
