"""Tests the uploaded zip: small, complete, compiled and reproducible."""

from __future__ import annotations

import importlib.util
import marshal
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import CodeType

import pytest

from infra.build import ROOT, Package
from infra.packaging.archive import write_archive
from infra.packaging.dependencies import MINOR, Architecture
from infra.packaging.requirements import runtime_pins
from tests.infra.templates import Template

MAX_BYTES = 18_000_000

# First two bytes of a .pyc by version of Python; they never change after its first release.
MAGIC = {"3.11": 3495, "3.12": 3531, "3.13": 3571}
UNCHECKED_HASH = 0b01

# A package that is not listed is a dependency of a dependency, to be reviewed, or a stray file.
TOP_LEVEL = {
    "app", "chalice", "chalicelib",
    "aiofile", "aiohappyeyeballs", "aiohttp", "aiosignal", "annotated_types", "anyio", "attr", "attrs",
    "aws_lambda_powertools", "boto3", "botocore", "caio", "certifi", "charset_normalizer", "cryptography",
    "dateutil", "email_validator", "frozenlist", "glin_profanity", "idna", "jmespath", "jwt", "markupsafe",
    "multidict", "phonenumbers", "propcache", "pydantic", "pydantic_core", "requests", "rfc8785",
    "s3transfer", "six", "stream_chat", "typing_extensions", "typing_inspection", "tzdata", "urllib3", "yarl",
    "_argon2_cffi_bindings", "_cffi_backend", "argon2",
    "h11", "h2", "hpack", "httpcore2", "httpx2", "hyperframe", "truststore",
}  # fmt: skip


@pytest.fixture(scope="module")
def names(package: Package) -> list[str]:
    with zipfile.ZipFile(package.code) as archive:
        return archive.namelist()


def test_zip_has_at_most_18_megabytes(package: Package) -> None:
    assert package.code.stat().st_size <= MAX_BYTES


def test_zip_contains_the_expected_packages_only(names: list[str]) -> None:
    found = {name.split("/")[0].split(".")[0] for name in names if ".dist-info" not in name}
    assert found - {"__pycache__"} == TOP_LEVEL


def test_zip_contains_the_project_but_neither_tests_nor_tools(names: list[str]) -> None:
    ours = {p.relative_to(ROOT).as_posix() for p in (ROOT / "chalicelib").rglob("*.py")}
    assert ours | {"app.py"} <= {*names}
    assert not [n for n in names if n.startswith(("tests/", "infra/", ".chalice/", "bench/", "docs/"))]


# The machine in the header of an ELF file, which native modules are.
MACHINES = {b"\x3e\x00": "x86_64", b"\xb7\x00": "arm64"}


def test_native_modules_are_for_the_architecture_of_the_functions(
    package: Package, functions: dict[str, Template]
) -> None:
    (architecture,) = {one for function in functions.values() for one in function["Architectures"]}
    with zipfile.ZipFile(package.code) as archive:
        headers = {name: archive.read(name)[:20] for name in archive.namelist() if name.endswith(".so")}
    assert headers
    assert {MACHINES[header[18:20]] for header in headers.values()} == {architecture}


def test_architecture_names_wheels_as_pip_does() -> None:
    assert "manylinux_2_17_aarch64" in Architecture.ARM64.platforms
    assert "manylinux_2_17_x86_64" in Architecture.X86_64.platforms


def test_no_file_is_in_the_zip_twice(names: list[str]) -> None:
    assert len(names) == len({*names})


def test_command_line_of_chalice_is_not_shipped() -> None:
    shipped = {pin.split("==")[0] for pin in runtime_pins(ROOT)}
    assert not shipped & {"chalice", "click", "inquirer", "pip", "pyyaml", "setuptools", "wheel"}


def compiled(source: str) -> str:
    """Return the path where Python looks for the compiled form of a module with its source."""
    path = Path(source)
    return (path.parent / "__pycache__" / f"{path.stem}.cpython-{MINOR.replace('.', '')}.pyc").as_posix()


def test_functions_run_on_the_python_that_they_are_compiled_for(functions: dict[str, Template]) -> None:
    assert {properties["Runtime"] for properties in functions.values()} == {f"python{MINOR}"}


def test_every_module_is_compiled_and_not_checked_against_its_source(
    names: list[str], package: Package
) -> None:
    modules = {name for name in names if name.endswith(".pyc")}
    assert {compiled(name) for name in names if name.endswith(".py")} <= modules
    magic = MAGIC.get(MINOR) or int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")
    with zipfile.ZipFile(package.code) as archive:
        heads = {name: archive.open(name).read(8) for name in modules}
    assert {int.from_bytes(head[:2], "little") for head in heads.values()} == {magic}
    assert {int.from_bytes(head[4:8], "little") for head in heads.values()} == {UNCHECKED_HASH}


def test_only_the_project_and_files_copied_by_chalice_have_sources(names: list[str]) -> None:
    sources = {name.split("/")[0] for name in names if name.endswith(".py")}
    assert sources == {"app.py", "chalice", "chalicelib"}
    cached = {name.split("/")[0] for name in names if "__pycache__" in name}
    # Python uses such a file only beside its source.
    assert cached == {"__pycache__", "chalice", "chalicelib"}


def test_email_address_is_validated_with_the_zip_alone_and_without_dns(unpacked: Path) -> None:
    """email_validator uses the network only with the package that the zip leaves out."""
    parse = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from email_validator import validate_email\n"
        "print(validate_email('mila@Example.org', check_deliverability=False).normalized)\n"
        "import pydantic; pydantic.TypeAdapter(pydantic.EmailStr)\n"
        "print('dns' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", parse, str(unpacked)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["mila@example.org", "False"]


@pytest.mark.promise("RGT-10")
def test_clients_of_apple_and_google_are_made_with_the_zip_alone(unpacked: Path) -> None:
    make = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import h2\n"
        "from chalicelib.privacy.recipients import Recipient\n"
        "from chalicelib.push.providers import connection\n"
        "print([connection._client(to).is_closed for to in (Recipient.APPLE, Recipient.GOOGLE)])\n"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", make, str(unpacked)], capture_output=True, text=True, check=False
    )
    assert done.stdout == "[False, False]\n", done.stderr


def test_deadlines_are_in_belgrade_time_on_a_system_without_time_zones(unpacked: Path) -> None:
    count = (
        "import sys, zoneinfo; zoneinfo.reset_tzpath([]); sys.path.insert(0, sys.argv[1])\n"
        "from datetime import UTC, datetime\n"
        "from chalicelib.rights.request.deadline import Clock\n"
        "now = datetime(2026, 7, 1, tzinfo=UTC)\n"
        "print(Clock(now).due_at(now).isoformat())"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-I", "-c", count, str(unpacked)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "2026-07-31T21:59:59+00:00"  # the end of the day in Belgrade


def test_traceback_names_the_file_where_lambda_has_it(package: Package) -> None:
    with zipfile.ZipFile(package.code) as archive:
        code = marshal.loads(archive.read(compiled("app.py"))[16:])  # noqa: S302 - our own bytes
    assert isinstance(code, CodeType)
    assert code.co_filename == "/var/task/app.py"


def built_elsewhere(python: str, folder: Path) -> Path:
    """Build the project from a copy at another path, with another environment; return its zip."""
    for name in ("app.py", *(path.name for path in ROOT.glob("requirements*"))):
        shutil.copyfile(ROOT / name, folder / name)
    for name in ("chalicelib", ".chalice", "infra", "docs"):
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "deployments", "deployed")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    home = folder / "environment"
    subprocess.run([python, "-m", "venv", "--without-pip", str(home)], check=True)
    (site,) = home.glob("lib/*/site-packages")
    (site / "ours.pth").write_text(str(Path(pytest.__file__).parents[1]))
    subprocess.run(
        [home / "bin" / "python", "-m", "infra.build"], cwd=folder, check=True, capture_output=True
    )
    return folder / "build" / "app.zip"


@pytest.mark.proof
@pytest.mark.night
def test_build_at_another_path_gives_the_same_bytes(package: Package, tmp_path: Path) -> None:
    for built in package.folder.glob("dependencies-*"):  # the next test builds them anew
        shutil.copytree(built, tmp_path / "build" / built.name)
    elsewhere = built_elsewhere(sys.executable, tmp_path)
    assert elsewhere.read_bytes() == package.code.read_bytes()


OTHER = shutil.which(f"python{MINOR}", path="/usr/bin:/usr/local/bin:/opt/bin")


@pytest.mark.proof
@pytest.mark.night
@pytest.mark.skipif(not OTHER, reason=f"this machine has one Python {MINOR}")
def test_build_by_another_python_differs_at_most_in_positions(package: Package, tmp_path: Path) -> None:
    """The compiler of another patch release may give an instruction another position, and no more."""
    elsewhere = built_elsewhere(str(OTHER), tmp_path)
    with zipfile.ZipFile(package.code) as ours, zipfile.ZipFile(elsewhere) as theirs:
        assert ours.namelist() == theirs.namelist()
        other = [name for name in ours.namelist() if ours.read(name) != theirs.read(name)]
        assert len(other) < 10
        for name in other:
            first, second = (marshal.loads(one.read(name)[16:]) for one in (ours, theirs))  # noqa: S302 - ours
            assert without_positions(first) == without_positions(second)


def without_positions(code: CodeType) -> CodeType:
    """The code without the line and column of each instruction."""
    inner = (without_positions(one) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_linetable=b"", co_consts=tuple(inner))


def test_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    trees = []
    for order in (("b.py", "a.py"), ("a.py", "b.py")):
        tree = tmp_path / order[0]
        tree.mkdir()
        for name in order:
            (tree / name).write_text(name)
        trees.append(write_archive(tmp_path / f"{order[0]}.zip", tree).read_bytes())
    assert trees[0] == trees[1]
