"""The commands of docs/certificates.md, run as a reader runs them: in a shell, with openssl and curl."""

import re
import subprocess
from pathlib import Path

from infra.local.children import ROOT

GUIDE = (ROOT / "docs" / "certificates.md").read_text(encoding="utf-8")


def commands() -> str:
    """Return the commands of the guide, in their order, as a shell reads them."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", GUIDE, re.MULTILINE | re.DOTALL)
    return "\n".join(line.strip() for block in blocks for line in block.splitlines())


def follow(folder: Path, api: str, signed: bytes) -> tuple[int, list[str]]:
    """Follow the guide in a folder with a signed certificate; return the status and the lines."""
    (folder / "signed-certificate.json").write_bytes(signed)
    run = subprocess.run(
        ["sh", "-e", "-c", commands()],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "RU4M": api},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return run.returncode, run.stdout.splitlines()
