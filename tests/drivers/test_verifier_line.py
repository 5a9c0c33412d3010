"""The line to a platform: one deadline, one host, bounded answers, and no secret in any message."""

import contextlib
import datetime
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drivers import registry
from drivers.verifier import _dial
from drivers.verifier._address import secret
from drivers.verifier._line import ANSWER_BYTES, Line, Question, read_json
from edge.domain.errors import ConfigError, DeviceUnavailable
from edge.domain.model import Carrier
from edge.domain.ports import Inquiry, PlatformState
from tests.drivers.verifier_peers import Asked, Peer, Script, peer, respond
from tests.waiting import until

ASK = Question("POST", "/ask?token=hush", b'{"code":"x"}', {"content-type": "application/json"})
GREEN = b'{"c": "00"}'


def refused(server: Peer, *, timeout_s: float = 5.0, url: str = "", ca_file: str = "") -> DeviceUnavailable:
    """Ask, and return the error."""
    line = Line(url or server.url(), ca_file)
    try:
        with pytest.raises(DeviceUnavailable) as error:
            line.ask(ASK, timeout_s)
    finally:
        line.close()
    for hidden in ("hush", "/ask", "token"):
        assert hidden not in str(error.value)
    return error.value


def test_an_answer_is_read_and_the_connection_kept() -> None:
    with peer(respond(GREEN)) as server:
        line = Line(server.url())
        for _ in range(5):
            assert line.ask(ASK, 5.0) == {"c": "00"}
        line.close()
        assert server.connections == 1
        assert [asked.line for asked in server.asked] == ["POST /ask?token=hush HTTP/1.1"] * 5
        assert server.asked[0].body == b'{"code":"x"}'
        assert server.asked[0].headers["accept-encoding"] == "identity"


def test_a_connection_closed_while_idle_is_opened_again_and_said_of_nobody() -> None:
    with peer(respond(GREEN)) as server:
        line = Line(server.url())
        assert line.ask(ASK, 5.0)
        server.hang_up()
        assert line.ask(ASK, 5.0) == {"c": "00"}
        line.close()
        assert server.connections == 2


def test_a_server_that_hangs_up_on_the_question_itself_is_asked_once_more_and_no_oftener() -> None:
    def hang_up(line: socket.socket, _asked: Asked) -> None:
        line.shutdown(socket.SHUT_RDWR)

    with peer(respond(GREEN), hang_up) as server:
        line = Line(server.url())
        assert line.ask(ASK, 5.0)
        with pytest.raises(DeviceUnavailable) as error:
            line.ask(ASK, 5.0)
        line.close()
        assert error.value.code == "lost"
        assert len(server.asked) == 3


def _silent(line: socket.socket, _asked: Asked) -> None:
    """Say nothing, for longer than anybody waits."""


def _drip(head: bool) -> Script:
    def drip(line: socket.socket, _asked: Asked) -> None:
        raw = b"HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n"
        if not head:
            line.sendall(raw + b"\r\n")
        for letter in raw * 20 if head else b" " * 4000:
            line.sendall(bytes([letter]))
            time.sleep(0.02)

    return drip


@pytest.mark.parametrize(
    "script", [_silent, _drip(head=True), _drip(head=False)], ids=["silent", "head", "body"]
)
def test_the_deadline_holds_for_all_of_it_however_slowly_it_drips(script: Script) -> None:
    with peer(script) as server:
        started = time.monotonic()
        error = refused(server, timeout_s=0.3)
        assert time.monotonic() - started < 1.5
        assert error.code == "silent"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (respond(GREEN, "302 Found", "location: http://127.0.0.1:9/elsewhere"), "garbled"),
        (respond(GREEN, "307 Temporary Redirect", "location: /ask"), "garbled"),
        (respond(GREEN, "401 Unauthorized"), "denied"),
        (respond(GREEN, "403 Forbidden"), "denied"),
        (respond(GREEN, "404 Not Found"), "garbled"),
        (respond(GREEN, "429 Too Many Requests"), "busy"),
        (respond(GREEN, "500 Internal Server Error"), "busy"),
        (respond(GREEN, "503 Service Unavailable"), "busy"),
        (respond(GREEN, "201 Created"), "garbled"),
        (respond(b"", "204 No Content"), "garbled"),
        (respond(b"<html>log in</html>"), "garbled"),
        (respond(b""), "garbled"),
        (respond(b'{"c": "00", "c": "10"}'), "garbled"),
        (respond(b'{"c": NaN}'), "garbled"),
        (respond(b"[" * 50_000), "garbled"),
        (respond(b'{"c": ' + b"9" * 5000 + b"}"), "garbled"),
        (respond(b'"' + b"x" * ANSWER_BYTES + b'"'), "garbled"),
        (lambda line, _asked: line.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"), "garbled"),
        (respond(b"\x1f\x8b\x08" + b"\x00" * 20, "200 OK", "content-encoding: gzip"), "garbled"),
    ],
)
def test_every_other_answer_has_its_word(script: Script, code: str) -> None:
    with peer(script) as server:
        error = refused(server)
        assert error.code == code
        assert len(server.asked) == 1, "asked again, or went where it was sent"


def test_an_answer_that_does_not_end_is_cut_off_at_the_cap() -> None:
    sent = 0

    def flood(line: socket.socket, _asked: Asked) -> None:
        nonlocal sent
        line.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            line.sendall(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
            sent += 0x4000

    with peer(flood) as server:
        assert refused(server).code == "garbled"
        # What the kernel's buffers took besides is not read.
        assert sent < 64 * ANSWER_BYTES


def test_nobody_there_is_absent_and_a_closed_line_has_ended() -> None:
    with peer(respond(GREEN)) as server:
        url = server.url()
    with pytest.raises(DeviceUnavailable) as error:
        Line(url).ask(ASK, 2.0)
    assert error.value.code == "absent"
    line = Line(url)
    line.close()
    line.close()
    with pytest.raises(DeviceUnavailable) as error:
        line.ask(ASK, 2.0)
    assert error.value.code == "ended"


def test_closing_lets_a_waiting_question_go_within_a_second() -> None:
    with peer(_silent) as server:
        line = Line(server.url())
        codes: list[str] = []

        def ask() -> None:
            try:
                line.ask(ASK, 30.0)
            except DeviceUnavailable as error:
                codes.append(error.code)

        thread = threading.Thread(target=ask)
        thread.start()
        until(lambda: server.asked, 5, "the question")
        line.close()
        thread.join(1.0)
        assert codes == ["ended"]


# --- connecting -------------------------------------------------------------------------------------


@contextlib.contextmanager
def deaf() -> Iterator[int]:
    """A port whose connections never come about: its queue is full, and nobody takes from it."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            line = waiting.enter_context(socket.socket())
            line.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                line.connect(listener.getsockname())
        yield listener.getsockname()[1]


def named(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """Let every name stand for 127.0.0.1 at these ports."""
    infos = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in ports]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: infos)


def test_many_dead_addresses_of_one_name_take_one_deadline_together(monkeypatch: pytest.MonkeyPatch) -> None:
    with deaf() as port:
        named(monkeypatch, *[port] * 8, *range(port - 8, port))
        line = Line("http://platform.example/")
        started = time.monotonic()
        with pytest.raises(DeviceUnavailable) as error:
            line.ask(ASK, 0.4)
        line.close()
        assert time.monotonic() - started < 2.0
        assert error.value.code == "absent"


def test_one_dead_address_does_not_hide_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with deaf() as dead, peer(respond(GREEN)) as server:
        named(monkeypatch, dead, server.port)
        line = Line("http://platform.example/ask")
        assert line.ask(ASK, 1.0) == {"c": "00"}
        line.close()
        assert server.asked[0].headers["host"] == "platform.example"


def test_a_dead_address_costs_half_a_second_and_no_share_of_a_long_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with deaf() as dead, peer(respond(GREEN)) as server:
        named(monkeypatch, dead, server.port)
        line = Line("http://platform.example/ask")
        started = time.monotonic()
        assert line.ask(ASK, 60.0) == {"c": "00"}
        line.close()
        assert time.monotonic() - started < 10.0


def test_an_address_that_needs_longer_than_its_first_try_is_tried_again_after_the_others() -> None:
    waits: list[tuple[int, float]] = []

    def slow(port: int, wait_s: float) -> str:
        waits.append((port, wait_s))
        if port == 1 and wait_s > 1:
            return "connected"
        if port == 3:
            raise ConnectionRefusedError
        raise TimeoutError

    assert (
        _dial.first_reached([1, 2, 3], time.monotonic() + 90.0, slow, stopping=lambda: False) == "connected"
    )
    assert [port for port, _wait_s in waits] == [1, 2, 3, 1]
    assert [wait_s for _port, wait_s in waits[:3]] == [_dial.QUICK_S] * 3
    assert 30 < waits[3][1] < 46, "the rest is shared by those who may only be slow"


def ended_by_close(line: Line, is_waiting: Callable[[], object]) -> None:
    """Ask, close while it waits, and see it end at once."""
    codes: list[str] = []

    def ask() -> None:
        try:
            line.ask(ASK, 30.0)
        except DeviceUnavailable as error:
            codes.append(error.code)

    thread = threading.Thread(target=ask)
    thread.start()
    until(is_waiting, 5, "the wait")
    line.close()
    thread.join(3.0)
    assert codes == ["ended"]


def test_closing_ends_a_connection_that_does_not_come_about() -> None:
    with deaf() as port:
        line = Line(f"http://127.0.0.1:{port}/")
        ended_by_close(line, lambda: line._socket)


def test_closing_ends_a_handshake_nobody_answers() -> None:
    with peer(_silent) as server:
        line = Line(server.url(scheme="https"))
        ended_by_close(line, lambda: isinstance(line._socket, ssl.SSLSocket))


def test_a_handshake_nobody_answers_ends_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        line = Line(f"https://127.0.0.1:{mute.getsockname()[1]}/")
        started = time.monotonic()
        with pytest.raises(DeviceUnavailable) as error:
            line.ask(ASK, 0.3)
        line.close()
        assert error.value.code == "silent"
        assert time.monotonic() - started < 2.0


class NameServer:
    """Takes its time over a name, and counts how often it is asked."""

    def __init__(self) -> None:
        self.answer = threading.Event()
        self.asked = 0

    def __call__(self, *_arguments: object, **_options: object) -> list[Any]:
        self.asked += 1
        self.answer.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")


@pytest.fixture
def name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    server = NameServer()
    monkeypatch.setattr(socket, "getaddrinfo", server)
    yield server
    server.answer.set()
    until(lambda: not _dial._Lookup._out, 5, "the end of the look-up")


def test_a_name_server_that_hangs_holds_nobody_beyond_the_deadline_and_is_asked_once(
    name_server: NameServer,
) -> None:
    for _ in range(3):
        line = Line("http://platform.example/")
        started = time.monotonic()
        with pytest.raises(DeviceUnavailable) as error:
            line.ask(ASK, 0.2)
        line.close()
        assert error.value.code == "absent"
        assert time.monotonic() - started < 2.0
    assert name_server.asked == 1


def test_closing_does_not_wait_for_a_name_server(name_server: NameServer) -> None:
    line = Line("http://platform.example/")
    ended_by_close(line, lambda: name_server.asked)


def test_a_name_nobody_knows_is_absent(name_server: NameServer) -> None:
    name_server.answer.set()
    for host in ("platform.example", f"{'x' * 70}.example"):
        with pytest.raises(DeviceUnavailable) as error:
            Line(f"http://{host}/").ask(ASK, 2.0)
        assert error.value.code == "absent"


@pytest.fixture
def authority(tmp_path: Path) -> tuple[ssl.SSLContext, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test platform")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "cert.pem").write_bytes(pem)
    (tmp_path / "both.pem").write_bytes(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    return context, str(tmp_path / "cert.pem")


def test_only_a_certificate_that_is_trusted_is_spoken_to(authority: tuple[ssl.SSLContext, str]) -> None:
    context, ca_file = authority
    with peer(respond(GREEN), context=context) as server:
        assert refused(server, url=server.url(scheme="https")).code == "denied"
        assert server.asked == []
        line = Line(server.url(scheme="https"), ca_file)
        assert line.ask(ASK, 5.0) == {"c": "00"}
        line.close()
        # The name has to be the certificate's, not only the signature.
        local = server.url(scheme="https").replace("127.0.0.1", "localhost")
        assert refused(server, url=local, ca_file=ca_file).code in ("denied", "absent")
        assert len(server.asked) == 1


def test_a_trickle_over_tls_ends_at_the_deadline_too(authority: tuple[ssl.SSLContext, str]) -> None:
    context, ca_file = authority
    with peer(_drip(head=False), context=context) as server:
        started = time.monotonic()
        assert (
            refused(server, timeout_s=0.4, url=server.url(scheme="https"), ca_file=ca_file).code == "silent"
        )
        assert time.monotonic() - started < 1.5


def test_a_secret_is_one_line_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("  s3cret-ä \n", "utf-8")
    assert secret(str(path)) == "s3cret-ä"
    assert secret("") == ""
    for raw in (b"", b"a\nb", b"\xff", b"x" * 5000):
        path.write_bytes(raw)
        with pytest.raises(DeviceUnavailable) as error:
            secret(str(path))
        assert error.value.code == "denied"
        assert "x" * 20 not in str(error.value)
    path.write_text("s3cret-ä", "utf-8")
    with pytest.raises(DeviceUnavailable, match="ASCII"):
        secret(str(path), header=True)
    with pytest.raises(DeviceUnavailable, match="FileNotFoundError"):
        secret(str(tmp_path / "gone"))


def test_strict_json_is_what_is_read() -> None:
    assert read_json('{"a": ["ä", 1, null]}'.encode()) == {"a": ["ä", 1, None]}
    for raw in (b'{"a":1,"a":1}', b"Infinity", b"{'a':1}", b"\xff", b""):
        with pytest.raises(DeviceUnavailable):
            read_json(raw)


# --- what a configuration may say ------------------------------------------------------------------

HTTP: dict[str, Any] = {
    "driver": "http",
    "url": "https://p.example/v",
    "health_at": "/c",
    "health": {"00": "green"},
}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"url": "http://p.example/v"}, "url: http shows codes"),
        ({"url": "ftp://p.example/v"}, "url: write an address"),
        ({"url": "https://a:b@p.example/v"}, "url: no user or password"),
        ({"health_at": "c"}, "health_at: write a JSON pointer"),
        ({"health": {"00": "grene"}}, "health: 00 = 'grene': no such name"),
        ({"health": {}}, "health: health_at and health go together"),
        ({"health": ["00"]}, "health: expected a table of texts"),
        ({"health": {"00": 1}}, "health: expected a table of texts"),
        ({"ok_at": "/code"}, "ok: ok_at and ok go together"),
        ({"health_at": "", "health": {}}, "health_at: at least one of"),
        ({"body": "code"}, "body: write a JSON object"),
        ({"body": "[1]"}, "body: write a JSON object"),
        ({"headers": ["authorization: Bearer abc"]}, "headers: authorization: keep it in secret_file"),
        ({"headers": ["x-api-key: abc"]}, "headers: x-api-key: keep it in secret_file"),
        ({"headers": ["nonsense"]}, 'headers: write each as "name: value"'),
        ({"headers": ["x: {secret}"]}, "secret_file: goes together with {secret}"),
        ({"secret_file": "/etc/s"}, "secret_file: goes together with {secret}"),
        ({"method": "GET"}, "url: a GET asks by its address"),
        ({"url": "https://p.example/v?token=abc"}, "url: token: keep it in secret_file"),
        ({"url": "https://p.example/v?c={code}&Access_Token=abc"}, "url: Access_Token: keep it in"),
        ({"url": "https://p.example/v?appKey=abc"}, "url: appKey: keep it in secret_file"),
        ({"url": "https://p.example/v?pwd=ab{code}c"}, "url: pwd: keep it in secret_file"),
        ({"url": "https://{code}.example/v"}, "url: the host itself"),
        (
            {"body": '{"c": "{code}", "auth": {"secretKey": "abc"}}'},
            "body: secretKey: keep it in secret_file",
        ),
        ({"body": '{"c": "{code}", "passwords": 1, "password": 1234}'}, "body: password: keep it in"),
        ({"body": '{"sign": ["abc"]}'}, "body: sign: keep it in secret_file"),
        ({"headers": ["x-gate: 三号门"]}, 'headers: write each as "name: value", in ASCII'),
        ({"headers": ["x gate: 3"]}, "headers: 'x gate' cannot be a header's name"),
        ({"headers": ["Content-Length: 3"]}, "headers: 'Content-Length' cannot be"),
    ],
)
def test_a_table_that_cannot_work_is_refused_with_its_key_in_both_languages(
    change: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ConfigError) as error:
        registry.load("verifier", {**HTTP, **change})
    [line] = error.value.faults
    assert line.startswith(fault)
    assert " / " in line
    assert any("\u4e00" <= letter <= "\u9fff" for letter in line)


def test_what_only_looks_like_a_secret_and_what_is_filled_in_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("hush", "utf-8")
    held = {"secret_file": str(tmp_path / "token")}
    for change in (
        {"url": "https://p.example/v?sign_type=MD5&token_type=bearer&keyword=x"},
        {"url": "https://p.example/v?token={secret}", **held},
        {"url": "https://p.example/v?appKey=gate3", "headers": ["authorization: {secret}"], **held},
        {"url": "https://p.example/v?key={code}&token="},
        {"body": '{"appKey": "gate3", "appSecret": "{secret}", "signed": true}', **held},
    ):
        assert registry.load("verifier", {**HTTP, **change})


@pytest.mark.parametrize(
    "table",
    [
        {"driver": "alibaba_iot", "iot_id": "i"},
        {"driver": "angaoke", "app_id": "a", "secret_file": "/s"},
        {"driver": "ant", "access_key": "a", "secret_file": "/s", "serial_no": "s", "corp_name": "c"},
        {"driver": "yunma", "device": "d", "health_at": "/c", "health": {"1": "green"}},
        {"driver": "wecom"},
        {"driver": "http", "health_at": "/c", "health": {"1": "green"}},
    ],
    ids=lambda table: table["driver"],
)
@pytest.mark.parametrize("url", ["https://p.example/v?token=abc", "https://user:pass@p.example/v"])
def test_no_driver_takes_a_secret_in_its_address(table: dict[str, Any], url: str) -> None:
    with pytest.raises(ConfigError) as error:
        registry.load("verifier", {**table, "url": url})
    [line] = error.value.faults
    assert line.startswith("url: ")
    assert "secret_file" in line.split(" / ")[0]
    assert "secret_file" in line.split(" / ")[1]
    assert "abc" not in line
    assert "pass@" not in line


def test_plain_http_is_for_this_machine_or_on_purpose() -> None:
    for change in (
        {"url": "http://127.0.0.1:8/v"},
        {"url": "http://[::1]:8/v"},
        {"url": "http://p.example/v", "plain": True},
    ):
        assert registry.load("verifier", {**HTTP, **change})


def test_a_code_can_become_no_part_of_the_request(tmp_path: Path) -> None:
    """Whatever a code holds stands where the code stands, in the address, a header and the body."""
    (tmp_path / "token").write_text("hush", "utf-8")
    table = {
        **HTTP,
        "headers": ["x-auth: {secret}", "x-device: gate-1", "x-code: {code}"],
        "secret_file": str(tmp_path / "token"),
        "body": '{"q": {"code": "{code}", "kind": 1}, "list": ["{code}"]}',
    }
    evil = '张x","admin":true,{secret}&a=b/../\r\nx-evil: 1{code}#?'
    with peer(respond(GREEN)) as server:
        driver = registry.load("verifier", {**table, "url": server.url("/v?c={code}&t=1")})
        port = driver.connect()
        answer = port.resolve(Inquiry(Carrier.CHINA_HEALTH, evil.encode()), 5.0)
        port.close()
        assert answer.state is PlatformState.FOUND
        [asked] = server.asked
        assert json.loads(asked.body) == {"q": {"code": evil, "kind": 1}, "list": [evil]}
        assert "x-evil" not in asked.headers
        assert asked.headers["x-auth"] == "hush"
        assert asked.headers["x-code"] == quote(evil, safe="")
        assert asked.path.startswith("/v?c=%E5%BC%A0x%22%2C%22admin")
        assert "hush" not in asked.path
        assert asked.path.endswith("&t=1")


def test_a_form_and_a_get_ask_the_same() -> None:
    with peer(respond(GREEN)) as server:
        for change in (
            {"form": True, "url": server.url()},
            {"method": "GET", "url": server.url("/v/{code}")},
        ):
            port = registry.load("verifier", {**HTTP, **change}).connect()
            assert port.resolve(Inquiry(Carrier.CHINA_HEALTH, b"a b&c=d"), 5.0).state is PlatformState.FOUND
            port.close()
        form, get = server.asked
        assert form.body == b"code=a+b%26c%3Dd"
        assert form.headers["content-type"] == "application/x-www-form-urlencoded"
        assert (get.line, get.body) == ("GET /v/a%20b%26c%3Dd HTTP/1.1", b"")


def test_a_code_that_is_no_text_is_not_sent() -> None:
    with peer(respond(GREEN)) as server:
        port = registry.load("verifier", {**HTTP, "url": server.url()}).connect()
        with pytest.raises(DeviceUnavailable) as error:
            port.resolve(Inquiry(Carrier.CHINA_HEALTH, b"\xff\xfe"), 5.0)
        port.close()
        assert error.value.code == "garbled"
        assert server.asked == []
