"""`python -m infra.guards.site`: scans the site on a local cloud of its own with wapiti (`make scan`).

wapiti follows links, sends forms, and tries what an attacker would: injections, redirects, uploads, cookies,
headers. It fails at a finding without an exception in site_exceptions.toml, and the reverse.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from infra.environments import environment
from infra.guards.findings import Finding, GuardFailed, accepted_rules, unaccepted, unused
from infra.local.cloud import local_cloud

_HERE = Path(__file__)
_REQUIREMENTS = _HERE.with_name("site_requirements.txt")
_EXCEPTIONS = _HERE.with_name("site_exceptions.toml")
_MODULES = (
    "cookieflags", "crlf", "csp", "csrf", "exec", "file", "http_headers", "methods", "permanentxss",
    "redirect", "sql", "ssrf", "upload", "xss", "xxe",
)  # fmt: skip
_SECONDS = 600  # for all attacks


def scan(url: str) -> list[Finding]:
    """Scan what is reached from an address, by links and forms.

    Raises:
        GuardFailed: wapiti wrote no report, or reached no page.
    """
    program = str(environment("site-guard", _REQUIREMENTS) / "bin" / "wapiti")
    with tempfile.TemporaryDirectory() as home:
        report = Path(home) / "report.json"
        command = [
            program, "--url", url, "--scope", "folder", "--module", ",".join(_MODULES), "--depth", "3",
            "--max-scan-time", str(_SECONDS), "--flush-session", "--no-bugreport", "--store-session", home,
            "--format", "json", "--output", str(report), "--detailed-report", "1",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not report.exists():
            raise GuardFailed((done.stderr or done.stdout)[-2000:])
        found = json.loads(report.read_text(encoding="utf-8"))
    if found["infos"]["crawled_pages_nbr"] < 2:
        raise GuardFailed("wapiti reached no page")
    return sorted({*_findings(found)})


def _findings(report: dict[str, dict[str, list[dict[str, str]]]]) -> Iterator[Finding]:
    for chapter in ("vulnerabilities", "anomalies"):
        for rule, found in report[chapter].items():
            for one in found:
                yield Finding("wapiti", rule, one["path"].rpartition("/api")[2], one["info"])


def main() -> None:
    """Print the findings that no exception covers; exit with status 1 if there is one."""
    console = Console(soft_wrap=True, markup=False, highlight=False)
    with local_cloud() as cloud:
        found = scan(f"{cloud.state.api_url}/privacy")
    rules = accepted_rules(_EXCEPTIONS)
    new, old = unaccepted(found, rules), unused(found, rules)
    for one in new:
        console.print(f"{one.rule} {one.resource}: {one.text}")
    for name in old:
        console.print(f"{name}: this exception finds nothing any more; delete it")
    console.print(f"{len(found)} findings, {len(found) - len(new)} of them accepted")
    sys.exit(1 if new or old else 0)


if __name__ == "__main__":
    main()
