"""Records as CSV: read back exactly, and no cell is a formula to any spreadsheet."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.rights.export.spreadsheet import COMPUTED, GUARD, cell, rows

TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from([f"{c}1+1" for c in COMPUTED])
OTHERS = st.integers() | st.booleans() | st.lists(TEXT) | st.dictionaries(TEXT, st.integers() | TEXT)


def written(*records: dict[str, Any], fields: tuple[str, ...] = ("text", "other")) -> str:
    return "".join(rows(fields, [json.dumps(record) for record in records]))


def read(content: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.removeprefix("\ufeff"), newline=""), strict=True))


@pytest.mark.promise("RGT-8")
@given(st.lists(st.fixed_dictionaries({}, optional={"text": TEXT, "other": OTHERS})))
def test_whatever_a_record_holds_is_read_back_exactly(records: list[dict[str, Any]]) -> None:
    names, *found = read(written(*records))
    assert names == ["text", "other"]
    back = [
        ({"text": text.removeprefix(GUARD)} if text else {}) | ({"other": json.loads(other)} if other else {})
        for text, other in found
    ]
    assert back == records


@pytest.mark.promise("SEC-1")
@given(TEXT | OTHERS)
def test_no_cell_is_a_formula(value: Any) -> None:
    shown = cell(value)
    assert isinstance(value, int) or not shown.startswith(tuple(set(COMPUTED) - {GUARD}))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])  # noqa: RUF001
def test_a_text_that_a_spreadsheet_would_compute_is_guarded(start: str) -> None:
    assert cell(f"{start}1+1") == f"'{start}1+1"


def test_what_is_empty_is_not_what_is_absent() -> None:
    assert read(written({"text": ""}, {}))[1:] == [["'", ""], ["", ""]]


def test_a_number_stays_a_number() -> None:
    assert (cell(-1009), cell(False)) == ("-1009", "false")


def test_it_opens_in_a_spreadsheet_with_its_letters() -> None:
    content = written({"text": 'Ćosić, "Mila"\nBelgrade', "other": {"a": "č"}})
    assert content.encode().startswith(b"\xef\xbb\xbftext,other\r\n")
    assert content.endswith('"Ćosić, ""Mila""\nBelgrade","{""a"":""č""}"\r\n')
