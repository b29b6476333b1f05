"""Tests the spool: records are kept on disk between reading them and writing the files."""

import tempfile
from pathlib import Path

import pytest

from chalicelib.rights.copy import spool
from chalicelib.rights.copy.spool import Spools, TooMuch, spooled


def test_lines_are_read_by_kind_in_order_any_number_of_times() -> None:
    with spooled() as spools:
        for number in range(3):
            spools.add("event", f"{number} č\u2028")
        spools.add("profile", "one")
        assert next(iter(spools["event"].lines())) == "0 č\u2028"  # a reader that stops early
        assert [list(spools["event"].lines()) for _ in range(2)] == [[f"{n} č\u2028" for n in range(3)]] * 2
        assert (spools["event"].total, spools["event"].size) == (3, 3 * len("0 č\u2028\n".encode()))
        assert (list(spools["nothing"].lines()), spools["nothing"].total) == ([], 0)


@pytest.mark.promise("SEC-1")
def test_spooled_file_has_no_name_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with spooled() as spools:
        spools.add("profile", "Mila")
        list(spools["profile"].lines())
        assert list(tmp_path.iterdir()) == []


def test_spool_larger_than_the_disk_is_refused_before_the_disk_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spool, "MAX_BYTES", 100_000)

    def fill(spools: Spools) -> None:
        for number in range(1_000_000):
            spools.add("event", f"{number * 7919 % 1_000_003:x}" * 10)

    with spooled() as spools, pytest.raises(TooMuch):
        fill(spools)
    assert spools["event"].total < 100_000
