"""`make upgrade`: tries on a local cloud that this checkout can be deployed over a base, and set back.

It deploys the base, plays its tour, deploys this checkout while clients send requests, plays its tour, rolls
back to the base, and deploys this checkout again. Each version reads all that is stored after each of these
steps, and serves the copies and certificates of both (`version`). It prints a line with the
seconds of each step, and ends with status 1 if a version cannot read what the other one wrote, or a request
failed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Annotated, Any

import requests
import typer
from rich.console import Console

from infra.build import build
from infra.deployment.account import AwsAccount
from infra.deployment.rollback import roll_back
from infra.local.children import install_handlers
from infra.local.cloud import STAGE
from infra.local.emulator import REGION, ROOT_KEY, ROOT_SECRET, running_emulator
from infra.local.tour.phone import Phone
from infra.local.traffic import traffic_of
from infra.local.upgrade import checkouts
from infra.local.upgrade.checkouts import HEAD, Checkout, StepFailed
from infra.stream_emulator import Emulator, child_emulator

_CHANGES = 5  # of the clients, before and after a deployment


@dataclass
class Upgrade:
    """The cloud on which both versions run, and what was found.

    `findings` end the run with status 1. `notes` are items of kinds that a version does not have yet.
    """

    account: AwsAccount
    stream: Emulator
    report: Callable[[str], None]
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _kinds: dict[str, list[str]] = field(default_factory=dict)
    _people: list[dict[str, Any]] = field(default_factory=list)
    _api_url: str = ""
    _clients: list[Phone] = field(default_factory=list)

    def play(self, base: Checkout) -> None:
        """Run all steps.

        Raises:
            StepFailed: a step could not be run.
        """
        first = self._step(f"deploy {base.name}", lambda: base.run("deploy", self._addresses))
        if first["version"] == build().version:
            self.report(f"          this checkout has the package of {base.name}: there is no upgrade to try")
            return
        self._api_url = first["api_url"]  # the same for all versions
        self._step(f"play the tour of {base.name}", lambda: base.run("tour", self._addresses))
        self._meet(base)
        self._read(base)
        self._under_traffic("deploy this checkout", lambda: HEAD.run("deploy", self._addresses))
        self._read(HEAD)
        self._step("play the tour of this checkout", lambda: HEAD.run("next_tour", self._addresses))
        self._meet(HEAD)
        self._under_traffic("roll back", lambda: roll_back(self.account, STAGE, None, lambda _: None))
        self._read(base)
        self._under_traffic("deploy this checkout again", lambda: HEAD.run("deploy", self._addresses))
        last = self._read(HEAD)
        unseen = {*last["kinds"]} - {name.partition(" ")[2] for name in last["read"]}
        self.notes.append(f"nothing was stored of these kinds: {', '.join(sorted(unseen))}")

    @property
    def _addresses(self) -> dict[str, Any]:
        return {"aws": self.account.endpoint, "stream": vars(self.stream), "api_url": self._api_url}

    def _step(self, name: str, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - the result of the step
        started = time.monotonic()
        result = work()
        self.report(f"{time.monotonic() - started:6.1f} s  {name}")
        return result

    def _meet(self, version: Checkout) -> None:
        """Let users of a version sign up, with a copy and a certificate; they stay."""
        asked = self._addresses | {"number": len(self._people)}
        made = self._step(
            f"make a copy and a certificate with {version.name}", lambda: version.run("people", asked)
        )
        self._people.append(made)
        self._clients = self._clients or [
            Phone(self._api_url, inbox=lambda _: [], **one) for one in made["clients"]
        ]

    def _look(self, version: Checkout) -> list[str]:
        """Fetch all copies and certificates from a version that runs; return what is not as it was."""
        findings: list[str] = []
        for people in self._people:
            seen = version.run("look", self._addresses | {"people": people})
            people["reader"] = seen["reader"]
            findings += seen["findings"]
        return findings

    def _under_traffic(self, name: str, work: Callable[[], Any]) -> None:
        """Change the version while clients send requests; a request that fails or is lost is a finding."""

        def change() -> None:
            with traffic_of(self._clients) as traffic:
                traffic.wait_for(_CHANGES)
                work()
                traffic.wait_for(_CHANGES)
            total = sum(traffic.answers.values())
            self.notes.append(f"{name}: {total} requests were answered, {traffic.put_off} put off")
            self.findings += [f"{name}: {number} x {what}" for what, number in traffic.failures.items()]

        try:
            self._step(f"{name} under traffic", change)
        except requests.RequestException as lost:
            self.findings.append(f"{name}: a request was lost ({type(lost).__name__})")

    def _read(self, version: Checkout) -> dict[str, Any]:
        """Read everything with the code of a version, which runs."""
        found: dict[str, Any] = self._step(
            f"read with {version.name}", lambda: version.run("read", self._addresses)
        )
        self.report(f"          {sum(found['read'].values())} of {len(found['read'])} kinds are readable")
        self._kinds[version.name] = found["kinds"]
        others = {kind for name, kinds in self._kinds.items() if name != version.name for kind in kinds}
        foreign = foreign_items(found, others)
        foreign += [f"{number} x {name}" for name, number in found["ignored"].items()]
        seen = [f"{number} x {name}" for name, number in found["unreadable"].items()]
        if version is HEAD:
            seen += [f"{line}, which it does not declare any more" for line in foreign]
        else:
            self.notes += [f"{version.name} ignores {line}, which it does not declare" for line in foreign]
        self.findings += [f"{version.name}: {line}" for line in seen]
        looks = self._step("look at all copies and certificates", lambda: self._look(version))
        self.findings += [f"{version.name}: {line}" for line in looks]
        return found


def foreign_items(found: Mapping[str, Any], declared_elsewhere: Collection[str]) -> list[str]:
    """Return the items of a reading whose kind only the other version declares.

    Kinds that neither declares are counters and turns, which no model describes.
    """
    unknown: dict[str, int] = found["unknown"]
    return [
        f"{number} x {name}"
        for name, number in unknown.items()
        if name.partition(" ")[2] in declared_elsewhere
    ]


def main(
    base: Annotated[str, typer.Option(help="the commit to begin with; the last release if left out")] = "",
) -> None:
    """Try the upgrade; exit with status 1 if something was found."""
    install_handlers()
    console = Console(soft_wrap=True, markup=False, highlight=False)
    started = time.monotonic()
    build()  # so that a base with the same pins gets the dependencies from here
    with ExitStack() as block:
        version = block.enter_context(checkouts.checked_out(base or checkouts.base_commit()))
        aws = block.enter_context(running_emulator())
        stream = block.enter_context(child_emulator(api_key="local-stream-key", grants="stock"))
        upgrade = Upgrade(AwsAccount(REGION, aws, ROOT_KEY, ROOT_SECRET), stream, console.print)
        try:
            upgrade.play(version)
        except StepFailed as failed:
            upgrade.findings.append(str(failed))
    for line in upgrade.notes:
        console.print(f"note: {line}")
    for line in upgrade.findings:
        console.print(f"NOT IN ORDER: {line}")
    console.print(f"{time.monotonic() - started:.0f} s, {len(upgrade.findings)} findings")
    sys.exit(1 if upgrade.findings else 0)


if __name__ == "__main__":
    typer.run(main)
