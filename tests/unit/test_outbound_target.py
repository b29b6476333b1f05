"""Addresses that a subject may name, and the machines that they may resolve to."""

from ipaddress import ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.core.outbound import BadTarget, Target, TargetFault
from chalicelib.core.outbound.line import is_public
from chalicelib.core.outbound.target import LONGEST


@pytest.mark.promise("RGT-8")
@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("https://take.example.com/in/box", "take.example.com", "/in/box"),
        ("https://take.example.com", "take.example.com", "/"),
        ("https://take.example.com:443/", "take.example.com", "/"),
        ("HTTPS://Take.EXAMPLE.com/In", "take.example.com", "/In"),
        ("https://ж.жя/%D0%BF", "xn--f1a.xn--f1a4c", "/%D0%BF"),
        ("https://bücher.example", "xn--bcher-kva.example", "/"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", "/"),
        ("https://take。example。com/", "take.example.com", "/"),
        ("https://4u.example/a;b=c,d/~e/@f:g/(h)!*'$&+", "4u.example", "/a;b=c,d/~e/@f:g/(h)!*'$&+"),
        ("https://take.example/a/../b//c/%2e%2E/", "take.example", "/a/../b//c/%2e%2E/"),
    ],
)
def test_public_https_address_is_accepted_with_its_path_unchanged(text: str, host: str, path: str) -> None:
    assert vars(Target.parse(text)) == {"host": host, "path": path}


REFUSED = [
    ("http://take.example/", TargetFault.NOT_HTTPS),
    ("ftp://take.example/", TargetFault.NOT_HTTPS),
    (" https://take.example/", TargetFault.NOT_HTTPS),
    ("//take.example/", TargetFault.MALFORMED),
    ("", TargetFault.MALFORMED),
    ("take.example", TargetFault.MALFORMED),
    ("https:/take.example", TargetFault.MALFORMED),
    ("https:take.example", TargetFault.MALFORMED),
    ("file:///etc/passwd", TargetFault.NOT_HTTPS),
    ("https://take.example:8443/", TargetFault.PORT),
    ("https://take.example:80/", TargetFault.PORT),
    ("https://take.example:/", TargetFault.PORT),
    ("https://take.example:0443/", TargetFault.PORT),
    ("https://take.example:443:443/", TargetFault.PORT),
    ("https://take.example:٤٤٣/", TargetFault.PORT),
    ("https://::1/", TargetFault.PORT),
    ("https://mila@take.example/", TargetFault.USER_INFO),
    ("https://mila:secret@take.example/", TargetFault.USER_INFO),
    ("https://@take.example/", TargetFault.USER_INFO),
    (r"https://take.example\@127.0.0.1/", TargetFault.USER_INFO),
    ("https://take.example/#part", TargetFault.FRAGMENT),
    ("https://take.example#", TargetFault.FRAGMENT),
    ("https://take.example/?token=1", TargetFault.QUERY),
    ("https://take.example?", TargetFault.QUERY),
    ("https://[::1]/", TargetFault.NUMBER),
    ("https://[::]/", TargetFault.NUMBER),
    ("https://[::ffff:169.254.169.254]:443/", TargetFault.NUMBER),
    ("https://[2a00:1450:4001::1]/", TargetFault.NUMBER),
    ("https://127.0.0.1/", TargetFault.NUMBER),
    ("https://8.8.8.8/", TargetFault.NUMBER),
    ("https://169.254.169.254/latest/meta-data/", TargetFault.NUMBER),
    ("https://2130706433/", TargetFault.NUMBER),
    ("https://0177.0.0.1/", TargetFault.NUMBER),
    ("https://0x7f.1/", TargetFault.NUMBER),
    ("https://0x7f000001/", TargetFault.NUMBER),
    ("https://0X7F000001/", TargetFault.NUMBER),
    ("https://127.1/", TargetFault.NUMBER),
    ("https://1.2.3.0x/", TargetFault.NUMBER),
    ("https://take.example.0x7f/", TargetFault.NUMBER),
    ("https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", TargetFault.NUMBER),
    ("https://①②⑦.⓪.⓪.①/", TargetFault.NUMBER),
    ("https://127。0。0。1/", TargetFault.NUMBER),
    ("https:///path", TargetFault.NOT_PUBLIC),
    ("https://localhost/", TargetFault.NOT_PUBLIC),
    ("https://ⓛocalhost/", TargetFault.NOT_PUBLIC),
    ("https://take.localhost/", TargetFault.NOT_PUBLIC),
    ("https://printer.local/", TargetFault.NOT_PUBLIC),
    ("https://printer.LOCAL/", TargetFault.NOT_PUBLIC),
    ("https://ip-10-0-0-1.eu-central-1.compute.internal/", TargetFault.NOT_PUBLIC),
    ("https://1.0.0.127.in-addr.arpa/", TargetFault.NOT_PUBLIC),
    ("https://nas.home.arpa/", TargetFault.NOT_PUBLIC),
    ("https://nas.lan/", TargetFault.NOT_PUBLIC),
    ("https://hidden.onion/", TargetFault.NOT_PUBLIC),
    ("https://intranet/", TargetFault.NOT_PUBLIC),
    ("https://com/", TargetFault.NOT_PUBLIC),
    ("https://take.example./", TargetFault.NOT_PUBLIC),
    ("https://.take.example/", TargetFault.NOT_PUBLIC),
    ("https://take..example/", TargetFault.NOT_PUBLIC),
    ("https://-take.example/", TargetFault.NOT_PUBLIC),
    ("https://ta ke.example/", TargetFault.NOT_PUBLIC),
    ("https://take.example\n/", TargetFault.NOT_PUBLIC),
    ("https://ta%6be.example/", TargetFault.NOT_PUBLIC),
    (r"https://take.example\evil/", TargetFault.NOT_PUBLIC),
    ("https://*.example/", TargetFault.NOT_PUBLIC),
    ("https://take.e/", TargetFault.NOT_PUBLIC),
    ("https://take.a1/", TargetFault.NOT_PUBLIC),
    ("https://" + "a" * 64 + ".example/", TargetFault.NOT_PUBLIC),
    ("https://" + "a." * 124 + "example/", TargetFault.NOT_PUBLIC),
    ("https://take.example/a b", TargetFault.MALFORMED),
    ("https://take.example/a\r\nHost: evil.example", TargetFault.MALFORMED),
    ("https://take.example/a\tb", TargetFault.MALFORMED),
    ("https://take.example/a\\b", TargetFault.MALFORMED),
    ("https://take.example/ä", TargetFault.MALFORMED),
    ("https://take.example/%zz", TargetFault.MALFORMED),
    ("https://take.example/\x00", TargetFault.MALFORMED),
    ("https://take.example/\ud800", TargetFault.MALFORMED),
    ("https://take.example/" + "a" * LONGEST, TargetFault.TOO_LONG),
]


@pytest.mark.promise("RGT-8")
@pytest.mark.parametrize(("text", "fault"), REFUSED, ids=lambda part: repr(part)[:60])
def test_address_that_is_not_permitted_is_refused_with_its_fault(text: str, fault: TargetFault) -> None:
    with pytest.raises(BadTarget) as refused:
        Target.parse(text)
    assert refused.value.fault is fault


@pytest.mark.promise("SEC-1")
@given(st.sampled_from(REFUSED))
def test_refusal_quotes_nothing_of_the_address(refusal: tuple[str, TargetFault]) -> None:
    text, fault = refusal
    with pytest.raises(BadTarget) as refused:
        Target.parse(text)
    assert str(refused.value) == fault.value
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.promise("SEC-1")
def test_representation_of_a_target_hides_its_address() -> None:
    shown = f"{Target.parse('https://secret.example/token')!r} {Target.parse('https://secret.example/token')}"
    assert "secret" not in shown
    assert "token" not in shown


@pytest.mark.promise("RGT-8")
@given(st.text(max_size=60).map("https://".__add__) | st.text(max_size=60))
@example("https://xn--/")
@example("https://xn--a.example/")
def test_any_input_becomes_a_target_in_plain_ascii_or_is_refused(text: str) -> None:
    try:
        target = Target.parse(text)
    except BadTarget:
        return
    assert target.host.isascii()
    assert "." in target.host
    assert target.path.startswith("/")
    assert target.path.isascii()
    assert target.path.isprintable()
    assert " " not in target.path
    assert Target.parse(f"https://{target.host}{target.path}") == target


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2a00:1450:4001:82b::200e", "2606:2800:21f:cb07::1", "2620:fe::9"]
)
def test_public_machine_is_permitted(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.promise("SEC-1")
@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254"),  # noqa: S104 - refused
        *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
        *("100.64.0.1", "100.127.255.255"),  # carriers' own
        *("169.254.169.254", "169.254.170.2", "169.254.0.1"),  # metadata, credentials of containers
        *("192.0.0.8", "192.0.0.170", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1"),
        *("192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1"),
        *("fc00::1", "fd00::1", "fd00:ec2::254"),  # the last: metadata
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8"),  # mapped
        *("::127.0.0.1", "::10.0.0.1"),  # compatible
        *("2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:808:808::1"),  # 6to4
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1"),  # NAT64
        *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "2001:20::1"),  # Teredo, ORCHID
        *("2001:db8::1", "3fff::1", "100::1", "5f00::1", "4000::1", "8000::1"),
    ],
)
def test_machine_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_refused_address_embedded_in_another_is_refused_in_every_spelling(inner: object) -> None:
    number = int(ip_address(str(inner)))
    for outer in (number, 0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        assert not is_public(ip_address(outer.to_bytes(16, "big")))
