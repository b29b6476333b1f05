"""`python -m infra.build` (`make package`): the deployment package in build/.

    build/app.zip        code of every function, slimmed and precompiled
    build/images.zip     the same for `clean_images` and `clean_avatars`, with Pillow
    build/service.json   functions, API, jobs
    build/data.json      tables
    build/vault.json     keys and secrets

Nothing is built again if no input changed; equal inputs give equal bytes.

`--architecture arm64` builds for Lambda's ARM processors; `architecture` in the settings of a stage does so
for its deployments. One value decides the wheels in the zip and the architecture in the template, so they
cannot differ.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from infra.dashboards import dashboard_resources
from infra.packaging import dependencies, images, models
from infra.packaging.archive import fingerprint, write_archive
from infra.packaging.dependencies import Architecture
from infra.packaging.groups import clean_environment, routes_by_group
from infra.packaging.requirements import runtime_pins
from infra.packaging.split import split
from infra.template import Template, load, merged, service_parts
from infra.template.alarms import RUNBOOK, alarm_resources

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build"

# `chalice package` needs the name of a stage; the template is the same for all stages.
_ANY_STAGE = "production"
_FUNCTION = "AWS::Serverless::Function"


@dataclass(frozen=True)
class Package:
    """A built deployment package."""

    folder: Path
    version: str

    @property
    def code(self) -> Path:
        """Return the path of the zip that all functions share."""
        return self.folder / "app.zip"

    @property
    def images(self) -> Path:
        """Return the path of the zip of the one function that decodes images."""
        return self.folder / "images.zip"

    @property
    def functions(self) -> frozenset[str]:
        """The functions by their names in .chalice/config.json."""
        resources = json.loads(self.template("service").read_text())["Resources"].values()
        names = (r["Properties"]["FunctionName"]["Fn::Sub"] for r in resources if r["Type"] == _FUNCTION)
        return frozenset(name.removeprefix("ru4m-${Stage}-") for name in names)

    def template(self, stack: str) -> Path:
        """The template of `vault`, `data` or `service`."""
        return self.folder / f"{stack}.json"


def build(
    root: Path = ROOT, folder: Path | None = None, architecture: Architecture = Architecture.X86_64
) -> Package:
    """Build the package of the project at `root`, unless it is up to date."""
    out = folder or root / "build"
    out.mkdir(exist_ok=True)
    with _alone(out):
        version = _inputs(root, architecture)
        package, mark = Package(out, version[:12]), out / "version.txt"
        if not (mark.exists() and mark.read_text() == version):
            mark.unlink(missing_ok=True)
            _make(root, architecture, package)
            mark.write_text(version)
    return package


def _make(root: Path, architecture: Architecture, package: Package) -> None:
    with ThreadPoolExecutor() as pool:
        pins, decoder = runtime_pins(root), runtime_pins(root, "requirements-images")
        base = pool.submit(_dependencies, pins, architecture, package.folder, "dependencies")
        pillow = pool.submit(_dependencies, decoder, architecture, package.folder, "images")
        code = _code(root, architecture, package)
        write_archive(package.code, code, base=base.result())
        images.write_package(package.images, package.code, pillow.result())


def _code(root: Path, architecture: Architecture, package: Package) -> Path:
    """Write the templates, and return the folder with our own part of the zip."""
    stage = _stage(root, architecture, package.folder)
    generated = _chalice_package(stage)
    config, policies = _configuration(stage)
    service = split(generated, routes_by_group(stage), config, policies)
    service["Resources"] |= dashboard_resources(service)
    for name, template in (("vault", load("vault")), ("data", load("data")), ("service", service)):
        text = json.dumps(template, separators=(",", ":"), sort_keys=True)
        package.template(name).write_text(text + "\n")
    code = stage / "code"
    with zipfile.ZipFile(stage / "out" / "deployment.zip") as archive:
        archive.extractall(code)
    models.write_models(stage / "chalicelib", dependencies.AWS_SERVICES, code)
    dependencies.precompile(code)
    return code


def _inputs(root: Path, architecture: Architecture) -> str:
    """Return one hash of all inputs of the package."""
    runbook = str(RUNBOOK.relative_to(ROOT))  # the texts of the alarms
    tools = _files(ROOT, "infra/build.py", "infra/template", "infra/packaging", "infra/dashboards", runbook)
    sources = _files(
        root,
        "app.py",
        "requirements.in",
        "requirements.txt",
        "requirements-images.in",
        "requirements-images.txt",
        "chalicelib",
        ".chalice",
    )
    return fingerprint(root, sources, fingerprint(ROOT, tools), sys.version, architecture)


def _files(root: Path, *names: str) -> list[Path]:
    found = (p for name in names for p in [root / name, *(root / name).rglob("*")])
    return [p for p in found if p.is_file() and not {"__pycache__", "deployments"} & {*p.parts}]


def _stage(root: Path, architecture: Architecture, out: Path) -> Path:
    """Copy the sources to package, without caches and the developer's own files."""
    stage = out / "stage"
    shutil.rmtree(stage, ignore_errors=True)
    ignore = shutil.ignore_patterns("__pycache__", "deployments", "deployed")
    shutil.copytree(root / "chalicelib", stage / "chalicelib", ignore=ignore)
    shutil.copytree(root / ".chalice", stage / ".chalice", ignore=ignore)
    config = stage / ".chalice" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"lambda_architecture": architecture}))
    shutil.copyfile(root / "app.py", stage / "app.py")
    # Chalice copies its own run-time module; `_dependencies` adds everything else.
    (stage / "requirements.txt").write_text("")
    parts = merged(service_parts(), {"Resources": alarm_resources()})
    (stage / "merge.json").write_text(json.dumps(parts))
    return stage


def _chalice_package(stage: Path) -> Template:
    chalice = (sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())")
    run = subprocess.run(
        [*chalice, "package", "--stage", _ANY_STAGE, "--merge-template", "merge.json", "out"],
        cwd=stage,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise RuntimeError(f"chalice package failed:\n{run.stdout}{run.stderr}")
    generated: Template = json.loads((stage / "out" / "sam.json").read_text())
    return generated


def _configuration(stage: Path) -> tuple[dict[str, dict[str, Any]], dict[str, Template]]:
    """`lambda_functions` and the policy file of each."""
    chalice = stage / ".chalice"
    functions = json.loads((chalice / "config.json").read_text())["lambda_functions"]
    return functions, {
        name: json.loads((chalice / own["iam_policy_file"]).read_text()) for name, own in functions.items()
    }


def _dependencies(pins: list[str], architecture: Architecture, out: Path, name: str) -> Path:
    """The archive of dependencies with a name, built once per set of pins."""
    key = fingerprint(ROOT, [Path(dependencies.__file__)], sys.version, architecture, *pins)[:16]
    where = out / f"{name}-{key}"
    archive = where / "dependencies.zip"
    if not archive.exists():
        for old in out.glob(f"{name}-*"):
            shutil.rmtree(old)
        where.mkdir()
        dependencies.dependency_archive(pins, architecture, where)
    return archive


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Allow one build at a time per folder; a build that waited finds the package up to date."""
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(
    architecture: Annotated[
        Architecture, typer.Option(help="the processor of the functions")
    ] = Architecture.X86_64,
) -> None:
    """Build both packages and print their version and sizes."""
    package = build(architecture=architecture)
    sizes = (f"{one.name} {one.stat().st_size / 1e6:.1f} MB" for one in (package.code, package.images))
    Console().print(f"build/ [bold]{package.version}[/]  {'  '.join(sizes)}")


if __name__ == "__main__":
    typer.run(main)
