"""Where webhooks may not go: every spelling of an address inside, and names that lead there."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from huoshui.core import clock
from huoshui.core.webhooks import guard
from huoshui.core.webhooks.guard import BadWebhookUrl, ForbiddenAddress, Policy
from huoshui.core.webhooks.model import Reply
from huoshui.core.webhooks.sending import Sender, Timing
from huoshui.interfaces.cli.receiving import Receiver

OPEN = Policy(https_only=False)
INSIDE = [
    "127.0.0.1", "127.1", "0", "0.0.0.0", "2130706433", "0x7f000001", "0177.0.0.1", "017700000001",
    "0x7f.1", "127.0.0.1.", "2130706433.", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "2852039166",
    "0xa9fea9fe", "100.100.100.200", "100.64.0.1", "168.63.129.16", "192.0.0.192", "198.18.0.1",
    "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]", "[fe80::1]", "[fc00::1]",
    "[fd00:ec2::254]", "[ff02::1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::1]",
    "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
    "[2001:db8::1]", "[fec0::1]", "192.88.99.1", "[0:0:0:0:0:ffff:10.0.0.1]", "[100::1]",
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "printer.local", "metadata.google.internal",
]  # fmt: skip
OUTSIDE = ["93.184.216.34", "8.8.8.8", "[2606:4700:4700::1111]", "[64:ff9b::808:808]",
           "[::ffff:8.8.8.8]", "example.com", "example.com.", "xn--fiqs8s.example"]  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
def test_no_spelling_of_an_address_inside_is_taken(host: str) -> None:
    with pytest.raises(ForbiddenAddress):
        guard.place(f"http://{host}/hook", OPEN)
    assert guard.place(f"http://{host}:9/", Policy(https_only=False, allow_private=True)).port == 9


@pytest.mark.parametrize("host", OUTSIDE)
def test_addresses_outside_are_taken(host: str) -> None:
    assert guard.place(f"https://{host}/a?b=c", Policy()).target == "/a?b=c"


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("ftp://example.com/", "scheme"), ("file:///etc/passwd", "scheme"), ("example.com", "scheme"),
        ("gopher://example.com/", "scheme"), ("//example.com/", "scheme"), ("", "form"),
        ("http://", "form"), ("http:///path", "form"), ("http://u:p@example.com/", "form"),
        ("http://example.com@127.0.0.1/", "form"), ("http://example.com/#x", "form"),
        ("http://example.com\\@127.0.0.1/", "form"), ("http://exa mple.com/", "form"),
        ("http://example.com/\r\nX: y", "form"), ("http://中国.cn/", "form"), ("http://[fe80::1%25eth0]/", "form"),
        ("http://example.com:99999/", "form"), ("http://[::1/", "form"), ("http://" + "a" * 64 + ".com/", "form"),
        ("http://example.com/" + "a" * 2048, "form"), ("http://example.com:22/", "port"),
        ("http://example.com:6379/", "port"), ("http://example.com:0/", "port"),
    ],
)  # fmt: skip
def test_a_url_of_another_form_is_refused_with_its_rule(url: str, rule: str) -> None:
    with pytest.raises(BadWebhookUrl) as caught:
        guard.place(url, OPEN)
    assert caught.value.facts["rule"] == rule and caught.value.errors[0].pointer == "/url"


def test_the_live_world_asks_for_https() -> None:
    with pytest.raises(BadWebhookUrl, match="https"):
        guard.place("http://example.com/", Policy())
    assert guard.place("https://example.com:8443/", Policy()).authority == "example.com:8443"


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_judged_alike_in_every_wrapping(number: int) -> None:
    plain = ip_address(number)
    wrapped = [(0xFFFF << 32) | number, (0x64FF9B << 96) | number, (0x2002 << 112) | number << 80]
    judged = [guard.outside(ip_address(n.to_bytes(16))) for n in wrapped]
    assert judged == [guard.outside(plain)] * 3
    assert guard.literal(str(number)) == guard.literal(hex(number)) == plain


@given(st.text(max_size=60))
def test_any_text_is_a_place_outside_or_refused(text: str) -> None:
    for url in (text, f"https://{text}/"):
        try:
            found = guard.place(url, Policy())
        except (BadWebhookUrl, ForbiddenAddress):
            continue
        assert found.host and found.port in guard.PORTS


class Names:
    """What names lead to, in place of the machine's resolver; changes with each look-up."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def getaddrinfo(self, host: str, port: int, *rest: int) -> list:
        self.asked += 1
        found = self.answers[min(self.asked, len(self.answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in found]


def send(url: str, policy: Policy, *, verify: ssl.SSLContext | None = None) -> Reply:
    async def once() -> Reply:
        sender = Sender(policy, Timing(connect_s=1, total_s=2))
        if verify:
            sender._client = httpx2.AsyncClient(verify=verify, trust_env=False)
        try:
            return await sender.post(url, {}, b"{}")
        finally:
            await sender.close()

    return asyncio.run(once())


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["::ffff:127.0.0.1"]],
)
def test_a_name_that_leads_inside_is_not_called(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(addresses)
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    assert send("http://hook.example.com/", OPEN).error == "forbidden_address"
    assert names.asked == 1


def test_the_address_that_was_judged_is_the_one_that_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that leads elsewhere at the second look-up is looked up once only."""
    receiver = Receiver().start()
    names = Names(["127.0.0.1"], ["192.0.2.1"])
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    try:
        url = f"http://hook.example.com:{receiver.port}/"
        answer = send(url, Policy(https_only=False, allow_private=True))
    finally:
        receiver.stop()
    assert answer.status == 200 and names.asked == 1


def _certificate(name: str, folder: Path) -> tuple[str, str]:
    """A certificate that a name has given itself, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = clock.system_now()
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(secret)
    return str(folder / "cert.pem"), str(folder / "key.pem")


def test_tls_checks_the_name_although_the_address_is_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cert, key = _certificate("hook.example.com", tmp_path)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(cert, key)
    receiver = Receiver()
    receiver._server.socket = served.wrap_socket(receiver._server.socket, server_side=True)
    receiver.start()
    monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.1"]).getaddrinfo)
    policy = Policy(https_only=True, allow_private=True)
    trusting = ssl.create_default_context(cafile=cert)
    try:
        urls = [f"https://{name}.example.com:{receiver.port}/" for name in ("hook", "other")]
        strange = send(urls[0], policy)
        known, other = (send(url, policy, verify=trusting) for url in urls)
    finally:
        receiver.stop()
    assert (strange.error, known.status, other.error) == ("tls", 200, "tls")


def test_a_redirect_to_an_address_inside_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    inside = Receiver().start()
    sent = _redirecting(inside.url)
    try:
        answer = send(sent.url, Policy(https_only=False, allow_private=True))
    finally:
        inside.stop()
        sent.stop()
    assert answer.status == 302 and not inside.seen


def _redirecting(to: str) -> Receiver:
    made = Receiver()
    request = made._server.RequestHandlerClass

    class Redirecting(request):  # type: ignore[misc, valid-type]
        def do_POST(self) -> None:
            self.send_response(302)
            self.send_header("location", to)
            self.send_header("content-length", "0")
            self.end_headers()

    made._server.RequestHandlerClass = Redirecting
    return made.start()


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, receiver = Receiver().start(), Receiver().start()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    try:
        assert send(receiver.url, Policy(https_only=False, allow_private=True)).status == 200
    finally:
        proxy.stop()
        receiver.stop()
    assert not proxy.seen


def _raw(answer: bytes, *, pause_s: float = 0.0) -> Reply:
    """Send to a server that says these bytes, over and over, `pause_s` apart."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            for _ in range(100_000):
                writer.write(answer)
                await writer.drain()
                await asyncio.sleep(pause_s)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def once() -> Reply:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        sender = Sender(
            Policy(https_only=False, allow_private=True), Timing(connect_s=1, total_s=1)
        )
        try:
            return await sender.post(f"http://127.0.0.1:{port}/", {}, b"{}")
        finally:
            await sender.close()
            server.close()

    return asyncio.run(once())


def test_an_answer_without_end_is_cut_off_and_kept_short() -> None:
    reply = _raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n" + b"a\0" * 9_000)
    assert reply.status == 200 and len(reply.body) == 2_000 and "\0" not in reply.body


def test_an_answer_that_trickles_has_one_time_out_in_all() -> None:
    reply = _raw(b"HTTP/1.1 200 OK\r\nx: ", pause_s=0.2)
    assert reply.status is None and reply.error in ("timeout", "broken_answer")
    assert reply.ms < 3_000
