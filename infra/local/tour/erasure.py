"""The chapter about erasure: Mila deletes her account and verifies the certificate."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from chalicelib.core import clock, figures
from chalicelib.core.table_names import Table
from infra.deployment.account import AwsAccount
from infra.local.children import LOCAL, ROOT
from infra.local.cloud import LocalCloud
from infra.local.tour.narration import Tour
from infra.local.tour.people import avatar_in_chat
from infra.local.tour.phone import Phone
from infra.local.tour.receipt import ReceiptLink
from infra.local.waiting import until
from infra.ops.internal_api import InternalApi

# So long that the first erasure waits until Mila cancels it. On the local cloud the default is not to wait.
GRACE = {figures.variable(figures.ErasureWaits, "grace_hours"): "24"}
# docs/certificates.md, whose commands are run as a reader runs them: in a shell, with openssl and curl.
GUIDE = (ROOT / "docs" / "certificates.md").read_text(encoding="utf-8")
# Keys of items that may show ids of a deleted account: the request and its evidence; and for some days, used
# codes and deliveries of mails, which cannot be found from the account.
KEPT = (
    f"{Table.RIGHTS} R#",
    f"{Table.LEDGER} rights#",
    f"{Table.LEDGER} tombstone#",
    f"{Table.CHALLENGES} challenge#",
    f"{Table.CHALLENGES} delivery#",
    f"{Table.CHALLENGES} warning#",
)


def erase_account(tour: Tour) -> None:
    """Mila asks to delete her account, cancels that, asks again, and verifies the certificate."""
    mila, cloud = tour.phones["Mila"], tour.cloud
    mila.sign_up()
    user_id, account_id, address = mila.user_id, mila.account_id, _address(mila)
    avatar = str(mila.call("GET", "/v1/profile").body["avatar_url"])
    tour.check("the tables have records of her", bool(_places(cloud, account_id)))
    invoice, held = f"RU-2026-{tour.number + 1:07}", len(cloud.items(Table.HELD))
    _record_invoice(tour, mila, invoice)
    tour.say(f"an operator records her invoice {invoice}")
    with cloud.configured("erase_accounts", GRACE):
        _ask_and_cancel(tour, mila, address)
    mila.sign_up()
    same = (mila.session["scope"], mila.user_id, _address(mila)) == ("full", user_id, address)
    tour.check("she signs in to her account, which is as before", same)

    # The copy that she fetched would delay the deletion for fifteen minutes, in which its link works.
    link = _ask(tour, mila, address, waive_grace=True)
    tour.check("the erasure is completed", link.wait_for_answer() == "completed")
    link.wait_for_step("forget", "done")
    tour.check("it cannot be cancelled any more", link.cancel().problem == "too_late")
    _verify_certificate(tour, link)
    _check_invoice(tour, link, [account_id, user_id, invoice], held)
    button = "!!document.querySelector('button:enabled')"
    tour.photograph(link.page, button, LOCAL / "certificate" / "phone.png")

    ids = [*_places(cloud, account_id), *_places(cloud, user_id)]
    others = [place for place in ids if not place.startswith(KEPT)]
    tour.check("only the request, its evidence, and records that expire have her random ids", others == [])
    left = [one for one in cloud.copies() if tour.copy_id in one]
    tour.check("S3 has no copy of her data", left == [])
    tour.check("S3 has no file of her avatar", not any(account_id in one for one in cloud.avatars()))
    tour.check("and its address answers 404", mila.look_at(avatar).status_code == 404)
    tour.check("Jovan's client of Stream does not show it", avatar_in_chat(tour) is None)
    tour.check("Stream has neither her profile nor her messages", _is_gone_at_stream(cloud, user_id))
    again = mila.sign_up("Mila")
    new = again.body["new_account"] and mila.user_id != user_id and mila.account_id != account_id
    tour.check("her number gets a new account with new ids", new)


def _record_invoice(tour: Tour, phone: Phone, number: str) -> None:
    """Record an invoice of today for a user."""
    today = clock.day_of(clock.now()).isoformat()
    invoice = {
        "user_id": phone.user_id,
        "invoice_number": number,
        "issued_on": today,
        "amount_minor": 990,
        "currency": "EUR",
        "service_from": today,
        "service_to": today,
        "provider_reference": "pi_tour",
    }
    an_operator(tour.cloud, f"tour-operator-{tour.number}").call("POST", "/invoices", invoice)


def an_operator(cloud: LocalCloud, name: str) -> InternalApi:
    """Return the internal API, signed with the keys of a new IAM user with the policy of operators."""
    iam = cloud.account.client("iam")
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=cloud.deployment.outputs["OperatorPolicyArn"])
    key = iam.create_access_key(UserName=name)["AccessKey"]
    account = AwsAccount(
        cloud.account.region, cloud.account.endpoint, key["AccessKeyId"], key["SecretAccessKey"]
    )
    return InternalApi(account, lambda: cloud.state.api_url)


def _ask_and_cancel(tour: Tour, mila: Phone, address: str) -> None:
    link = _ask(tour, mila, address)
    link.wait_for_step("grace", "in_progress")
    tour.check("her session has ended", mila.call("GET", "/v1/profile").problem == "session_ended")
    mila.sign_up()
    tour.say(f"she can cancel until [italic]{mila.session['erasure']['ends_at']}[/]")
    frozen = mila.call("GET", "/v1/profile").problem == "account_frozen"
    tour.check("her account is frozen: a new session can only exercise her rights", frozen)
    tour.check("the link cancels the erasure", link.cancel().body["status"] == "cancelled")
    link.wait_for_step("confirm_cancellation", "done")


def _ask(tour: Tour, phone: Phone, address: str, **more: bool) -> ReceiptLink:
    """Ask for an erasure in the app; return the link in the mail that confirms it."""
    read = len(tour.cloud.mails_to(address))
    phone.step_up()
    phone.call("POST", "/v1/rights-requests", {"right": "erasure", **more})
    mail = until(lambda: tour.cloud.mails_to(address)[read:], "the mail", 30)[0]
    tour.say(f"[dim]mail to {address}:[/] [italic]“{mail.subject}”[/]")
    return ReceiptLink.received(phone, mail.text)


def _verify_certificate(tour: Tour, link: ReceiptLink) -> None:
    """Run the commands of docs/certificates.md."""
    folder = LOCAL / "certificate"
    folder.mkdir(exist_ok=True)
    status, lines = follow_guide(folder, link.phone.api_url, link.certificate())
    certificate = json.loads((folder / "certificate.json").read_bytes())
    for one in certificate["deleted"]:
        tour.say(f"[dim]deleted:[/] {one['counted']} {one['count']} {one['records']}, {one['place']}")
    tour.say(f"openssl: [italic]{lines[0]}[/], in [bold]{folder}[/]")
    tour.check("openssl verifies the certificate with the published key", status == 0)


def _check_invoice(tour: Tour, link: ReceiptLink, secrets: list[str], before: int) -> None:
    """Check that the invoice is kept as the answer states, and that no table shows whose it is."""
    (kept,) = link.read()["decision"]["kept"]
    tour.say(f"[dim]kept:[/] {kept['what']}, until {kept['ends_at'][:10]}, by {kept['law']}")
    held = [json.dumps(item, default=str) for item in tour.cloud.items(Table.HELD)]
    shown = [value for item in held for value in secrets if value in item]
    kept_apart = len(held) == before + 1 and not shown
    tour.check("the invoice is kept under a new id and another key, without her ids", kept_apart)


def _address(phone: Phone) -> str:
    return str(phone.call("GET", "/v1/profile").body["email"])


def _places(cloud: LocalCloud, value: str) -> list[str]:
    """Return table and key of each item that shows a value in clear."""
    return [
        f"{table} {item['pk']['S']}"
        for table in Table
        for item in cloud.items(table)
        if value in json.dumps(item, default=str)
    ]


def _is_gone_at_stream(cloud: LocalCloud, user_id: str) -> bool:
    """Whether Stream has only the mark that the id was used, and no message of the user."""
    state = cloud.stream.state()
    user, channels = state["users"][user_id], state["channels"].values()
    authors = {message["user"]["id"] for channel in channels for message in channel["messages"]}
    return "deleted_at" in user and not {"name", "image"} & user.keys() and user_id not in authors


def _commands() -> str:
    """Return the commands of the guide, in their order, as a shell reads them."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```$", GUIDE, re.MULTILINE | re.DOTALL)
    return "\n".join(line.strip() for block in blocks for line in block.splitlines())


def follow_guide(folder: Path, api: str, signed: bytes) -> tuple[int, list[str]]:
    """Follow the guide in a folder with a signed certificate; return the status and the lines."""
    (folder / "signed-certificate.json").write_bytes(signed)
    run = subprocess.run(
        ["sh", "-e", "-c", _commands()],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "RU4M": api},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return run.returncode, run.stdout.splitlines()
