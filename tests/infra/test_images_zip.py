"""Tests the zip of the function that decodes images: it has Pillow, and little else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.build import Package
from tests.infra.templates import Template

MAX_BYTES = 15_000_000


@pytest.fixture(scope="module")
def names(package: Package) -> list[str]:
    with zipfile.ZipFile(package.images) as archive:
        return archive.namelist()


def test_zip_of_images_has_at_most_15_megabytes(package: Package) -> None:
    assert package.images.stat().st_size <= MAX_BYTES


def test_zip_of_images_has_no_module_of_other_concepts(names: list[str]) -> None:
    modules = {name for name in names if name.startswith("chalicelib/") and name.endswith(".py")}
    rooms = {name.split("/")[1] for name in modules if name.count("/") > 1}
    assert rooms == {"accounts", "core", "privacy", "rights"}
    of_rooms = {
        name.split("/")[2]
        for name in modules
        if name.startswith(("chalicelib/accounts/", "chalicelib/rights/"))
    }
    assert of_rooms == {"__init__.py", "avatars", "papers"}
    assert not [
        name for name in names if name.startswith(("app.py", "stream_chat", "aiohttp", "phonenumbers"))
    ]


@pytest.mark.promise("SEC-1")
def test_two_functions_have_a_decoder_of_images(package: Package, functions: dict[str, Template]) -> None:
    with zipfile.ZipFile(package.code) as archive:
        assert not [name for name in archive.namelist() if "PIL" in name or "pillow" in name]
    own = [name for name, one in functions.items() if "CodeKey" not in str(one["CodeUri"])]
    assert sorted(own) == ["clean_avatars", "clean_images"]
    package_of_images = {"Fn::Sub": "${Stage}/${Version}/images.zip"}
    assert [functions[name]["CodeUri"]["Key"] for name in own] == [package_of_images] * 2


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_formats_are_decoded_and_encoded_with_the_zip_alone(unpacked_images: Path, form: str) -> None:
    decode = (
        "import io, sys; sys.path.insert(0, sys.argv[1])\n"
        "from PIL import Image\n"
        "from chalicelib.core.images import ImageForm, encoded_anew\n"
        "source = io.BytesIO(); Image.new('RGB', (9, 9)).save(source, sys.argv[2])\n"
        "for form in ImageForm:\n"
        "    print(len(encoded_anew(source.getvalue(), form, max_pixels=81, longest_side=9)) > 20)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", decode, str(unpacked_images), form],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["True", "True"]
