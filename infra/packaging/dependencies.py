"""The dependencies in the zip: wheels for Lambda, slimmed and compiled.

Built once per set of pins and kept in build/, as an archive to which the application is appended. Third-party
modules are packaged only in compiled form: their sources took a fifth of the size, and a traceback names file
and line without them. Our own sources are included, so that a traceback shows the line.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

from infra.packaging.archive import write_archive

# Chalice packages for the runtime of the Python that runs it, so this does too.
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"

# python3.11 runs on Amazon Linux 2 (glibc 2.26), later ones on 2023 (2.34).
_NEWEST_GLIBC = 26 if sys.version_info < (3, 12) else 34


class Architecture(StrEnum):
    """The processor of the functions, by Lambda's name; wheels have names of their own."""

    X86_64 = "x86_64"
    ARM64 = "arm64"

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms whose wheels run there, the newest first."""
        machine = "aarch64" if self is Architecture.ARM64 else "x86_64"
        return tuple(f"manylinux_2_{minor}_{machine}" for minor in range(_NEWEST_GLIBC, 4, -1))


# The AWS services that the functions call. The models of the other 400 are removed.
AWS_SERVICES = ("dynamodb", "kms", "s3", "secretsmanager", "sesv2", "sns", "sqs")

# Files that no function reads. Import tests over the zip find mistakes.
_DROP = (
    # Metadata, tests, sources of extensions, documentation.
    "*.dist-info/licenses",
    "*.dist-info/*[!A]",
    # aiofile, caio, httpx2 and httpcore2 read their own metadata, and pydantic reads that of email_validator.
    "[!aceh]*.dist-info/METADATA",
    "*.data",
    "caio/src",
    "bin",
    "**/tests",
    "**/*.pyi",
    "**/*.pyx",
    "**/*.pxd",
    "**/*.pxi",
    "**/*.[ch]",
    "botocore/data/*/*/examples-1.json*",
    # `models` adds them again, reduced to what the sources call.
    "botocore/data/*/*/service-2.json.gz",
    "botocore/data/endpoints.json",
    # botocore evaluates these rules at each call, a tenth of a request. Without them it takes the address
    # from endpoints.json, once per client; DynamoDB has one address a region (ADR 55).
    "botocore/data/dynamodb/*/endpoint-rule-set-1.json.gz",
    "boto3/examples",
    "urllib3/contrib/emscripten",
    # Duplicates of files of certifi and the operating system.
    "botocore/cacert.pem",
    "dateutil/zoneinfo/*.gz",
    # Email addresses are parsed, and their domains are never looked up.
    "dns",
    "email_validator/deliverability.py",
    "email_validator/__main__.py",
    # Phone numbers are parsed, and their location is never determined.
    "phonenumbers/geodata",
    "phonenumbers/carrierdata",
    "phonenumbers/tzdata",
    # Deadlines are computed in a European time zone.
    "tzdata/zoneinfo/[!E_]*",
    "pydantic/v1",
    "pydantic/mypy.py",
    # Only Logger, Metrics and Batch of Powertools are used.
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/auth_alpha",
    "aws_lambda_powertools/utilities/circuit_breaker",
    "aws_lambda_powertools/utilities/data_masking",
    "aws_lambda_powertools/utilities/feature_flags",
    "aws_lambda_powertools/utilities/idempotency",
    "aws_lambda_powertools/utilities/kafka",
    "aws_lambda_powertools/utilities/parameters",
    "aws_lambda_powertools/utilities/streaming",
    "aws_lambda_powertools/utilities/validation",
    # Stream's SDK imports its asynchronous client, which we never use, so it needs no accelerators, no
    # resolver and no server.
    "aiohttp/**/*.so",
    "aiohttp/pytest_plugin.py",
    "aiohttp/test_utils.py",
    "aiohttp/web*.py",
    "aiohttp/worker.py",
    "frozenlist/*.so",
    "charset_normalizer/*.so",
    "multidict/*.so",
    "propcache/*.so",
    "yarl/*.so",
    # Images are decoded from JPEG, PNG and WebP; no text is drawn, and no profile is applied.
    "PIL/_avif*",
    "PIL/_imagingcms*",
    "PIL/_imagingft*",
    "PIL/_imagingtk*",
    "pillow.libs/libavif*",
    "pillow.libs/libfreetype*",
    "pillow.libs/libharfbuzz*",
    "pillow.libs/liblcms2*",
    "aiodns",
    "pycares",
    "cffi",
    "pycparser",
)


def dependency_archive(pins: list[str], architecture: Architecture, where: Path) -> Path:
    """Install, slim, compile and pack `pins`; returns the archive.

    Raises:
        RuntimeError: Lambda does not have this interpreter.
        subprocess.CalledProcessError: pip could not find a wheel for Lambda.
    """
    tree = where / "site"
    shutil.rmtree(tree, ignore_errors=True)
    listing = where / "requirements-runtime.txt"
    listing.write_text("\n".join(pins) + "\n")
    _install(listing, architecture, tree)
    slim(tree)
    compile_only(tree)
    return write_archive(where / "dependencies.zip", tree)


def _install(listing: Path, architecture: Architecture, tree: Path) -> None:
    platforms = [word for platform in architecture.platforms for word in ("--platform", platform)]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--no-compile", "--only-binary", ":all:", "--implementation", "cp", "--python-version", MINOR,
         *platforms, "--requirement", str(listing), "--target", str(tree)],
        check=True,
    )  # fmt: skip


def slim(tree: Path) -> None:
    """Remove files that no function reads."""
    for pattern in _DROP:
        for path in list(tree.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for service in (*tree.glob("botocore/data/*/"), *tree.glob("boto3/data/*/")):
        if service.is_dir() and service.name not in AWS_SERVICES:
            shutil.rmtree(service)


def precompile(tree: Path) -> None:
    """Compile every module and keep its source; for the errors see `compile_only`."""
    _compile(tree, [])


def compile_only(tree: Path) -> None:
    """Compile every module and drop its source.

    Raises:
        RuntimeError: a pre-release or another implementation, whose .pyc files Lambda's Python cannot read.
        subprocess.CalledProcessError: a module does not compile.
    """
    _compile(tree, ["-b"])  # beside the source: Python looks for a module without source only there
    for source in tree.rglob("*.py"):
        source.unlink()


def _compile(tree: Path, layout: list[str]) -> None:
    """Compile without checks against sources: an unpacked zip has no modification times."""
    if sys.implementation.name != "cpython" or sys.version_info.releaselevel != "final":
        raise RuntimeError(f"Lambda has no {sys.version}")
    # In a process of its own, so that its workers do not depend on how this process was started.
    options = ["-q", "-f", "-j", "0", "--invalidation-mode", "unchecked-hash", *layout]
    places = ["-s", str(tree), "-p", "/var/task", str(tree)]
    subprocess.run([sys.executable, "-m", "compileall", *options, *places], check=True)
