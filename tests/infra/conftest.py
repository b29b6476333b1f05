"""Fixtures: the package under test, built once by the first process that needs it."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from moto import mock_aws

from infra.build import Package, build
from infra.deployment.account import AwsAccount
from infra.local.chromium import Browser, browser
from tests.infra.fakes import REGION
from tests.infra.templates import Template, of_type


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def account() -> Iterator[AwsAccount]:
    """Return an empty account of moto."""
    with mock_aws():
        yield AwsAccount(REGION, access_key="testing", secret_key="testing")


@pytest.fixture(scope="session")
def package() -> Package:
    # The build is locked and named after its content, so parallel workers and `make run` share it.
    return build()


@pytest.fixture(scope="session")
def service(package: Package) -> Template:
    return _read(package, "service")


@pytest.fixture(scope="session")
def data(package: Package) -> Template:
    return _read(package, "data")


@pytest.fixture(scope="session")
def vault(package: Package) -> Template:
    return _read(package, "vault")


@pytest.fixture(scope="session")
def functions(service: Template) -> dict[str, Template]:
    """Return the properties of each function by its name, without the stage."""
    found = (r["Properties"] for r in of_type(service, "AWS::Serverless::Function").values())
    return {p["Environment"]["Variables"]["RU4M_FUNCTION"]: p for p in found}


@pytest.fixture(scope="session")
def unpacked(package: Package) -> Iterator[Path]:
    """Unpack the zip as Lambda does."""
    with _unpacked(package.code) as folder:
        yield folder


@pytest.fixture(scope="session")
def unpacked_images(package: Package) -> Iterator[Path]:
    """Unpack the zip of the function that decodes images."""
    with _unpacked(package.images) as folder:
        yield folder


@contextmanager
def _unpacked(packed: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)
        yield Path(folder)


def _read(package: Package, stack: str) -> Template:
    template: Template = json.loads(package.template(stack).read_text())
    return template
