"""The files of a release: the packages, their components as CycloneDX, their licences, the hashes of all."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import zipfile
from importlib.metadata import Distribution, distribution, version
from pathlib import Path

from infra.build import ROOT, Package
from infra.environments import environment
from infra.packaging.requirements import runtime_pins
from infra.release.cut import ReleaseRefused

_REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_LICENCE = re.compile("(licen[cs]e|copying|notice)", re.IGNORECASE)
# The texts of components that ship none, each with where its terms come from.
_WRITTEN = Path(__file__).with_name("licences")


def write(folder: Path, package: Package, project: str) -> str:
    """Write the files of a release whose pyproject.toml is `project`; return the SHA-256 of the shared zip.

    Raises:
        ReleaseRefused: the tool that writes the components failed, or a component has no text of a licence.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for archive in (package.code, package.images):
        shutil.copyfile(archive, folder / archive.name)
    components = packaged(package)
    (folder / "licences.txt").write_text("\n\n".join(map(_licence, components)))
    _write_bom(folder / "sbom.json", components, project)
    digests = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}
    lines = (f"{digest}  {path.name}\n" for path, digest in digests.items())
    (folder / "SHA256SUMS").write_text("".join(lines))
    return digests[folder / "app.zip"]


def packaged(package: Package) -> list[Distribution]:
    """The installed distributions of which a zip has a module, by name.

    A requirement of which the build leaves out all modules is none; Chalice, of which it takes one, is.
    """
    names: set[str] = set()
    for path in (package.code, package.images):
        with zipfile.ZipFile(path) as archive:
            names |= {
                name.removesuffix("c") if name.endswith(".pyc") else name for name in archive.namelist()
            }
    chalice = f"chalice=={version('chalice')}"
    pins = [*runtime_pins(ROOT), *runtime_pins(ROOT, "requirements-images"), chalice]
    found = (distribution(pin.partition("==")[0]) for pin in sorted(pins))
    return [
        one for one in found if any(str(f) in names for f in one.files or () if f.suffix in {".py", ".so"})
    ]


def _licence(component: Distribution) -> str:
    """The licence of a component: its name as far as its metadata have one, and its texts."""
    metadata = component.metadata
    texts = [file.read_text() for file in component.files or () if _LICENCE.match(file.name)]
    written = _WRITTEN / f"{component.name}.txt"
    if not texts and written.exists():
        texts = [written.read_text()]
    if not texts:
        raise ReleaseRefused(f"{component.name} has no text of its licence")
    name = metadata["License-Expression"] or metadata["License"] or "see below"
    return "\n\n".join((f"==== {component.name} {component.version}: {name}", *texts))


def _write_bom(target: Path, components: list[Distribution], project: str) -> None:
    pins = "".join(f"{one.name}=={one.version}\n" for one in components)
    described = target.with_name("pyproject.toml")
    described.write_text(project)
    options = ["--pyproject", str(described), "--output-reproducible", "--of", "JSON", "-o", str(target), "-"]
    tool = environment("release", _REQUIREMENTS) / "bin" / "cyclonedx-py"
    done = subprocess.run(
        [str(tool), "requirements", *options], input=pins, capture_output=True, text=True, check=False
    )
    described.unlink()
    if done.returncode:
        raise ReleaseRefused(f"cyclonedx-py failed: {done.stderr[-500:]}")
