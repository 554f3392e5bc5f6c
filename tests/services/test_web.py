from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from igh_geo.sources.services.web import (
    NotThereError,
    Patience,
    RefusedError,
    ServiceError,
    Web,
)

ANSWER = (200, {"Content-Type": "application/json"}, b'{"well": true}')


def failing(status: int, **headers: str) -> Any:
    return lambda: (status, {"Content-Type": "text/plain", **headers}, b"no")


def slow() -> Any:
    time.sleep(1.5)
    return ANSWER


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_fault_is_asked_again_until_it_has_passed(
    services: Any, web: Web, told: list[str], status: int
) -> None:
    services.faults = [failing(status), failing(status), lambda: ANSWER]
    assert web.get_json("https://api.pdok.nl/x").value == {"well": True}
    assert len(services.asked) == 3
    assert f"status {status}" in told[0]


@pytest.mark.parametrize("fault", ["cut off", "half"])
def test_truncated_answer_is_asked_again(services: Any, web: Web, fault: str) -> None:
    services.faults = [lambda: fault]
    services.features = {"buurten": []}
    answer = web.get_json(
        "https://api.pdok.nl/cbs/wijken-en-buurten-2024/ogc/v1/collections/buurten/items"
    )
    assert answer.value["features"] == []
    assert len(services.asked) == 2


def test_answer_that_takes_too_long_is_asked_again(services: Any) -> None:
    services.faults = [slow, lambda: ANSWER]
    web = Web(base=services.url, patience=Patience(timeout_s=0.3, first_wait_s=0.01))
    assert web.get_json("https://api.pdok.nl/x").value == {"well": True}


def test_service_that_keeps_failing_is_given_up_with_what_it_said(services: Any, web: Web) -> None:
    body = b'{"odata.error": {"message": {"value": "more than 10000 records"}}}'
    broken = (500, {"Content-Type": "application/json"}, body)
    services.faults = [lambda: broken] * 9
    with pytest.raises(ServiceError, match=r"failed 4 times.*more than 10000 records"):
        web.get_json("https://api.pdok.nl/x")
    assert len(services.asked) == 4


def test_retry_after_is_waited_for(services: Any, web: Web) -> None:
    services.faults = [failing(429, **{"Retry-After": "1"}), lambda: ANSWER]
    started = time.monotonic()
    web.get_json("https://api.pdok.nl/x")
    assert time.monotonic() - started >= 1.0


def test_service_that_asks_for_an_hour_is_not_waited_for(services: Any, web: Web) -> None:
    services.faults = [failing(503, **{"Retry-After": "3600"})]
    with pytest.raises(ServiceError, match="wait 3600 s"):
        web.get_json("https://api.pdok.nl/x")
    assert len(services.asked) == 1


def test_unreadable_retry_after_is_no_reason_to_stop(services: Any, web: Web) -> None:
    services.faults = [failing(429, **{"Retry-After": "soon"}), lambda: ANSWER]
    assert web.get_json("https://api.pdok.nl/x").value == {"well": True}


@pytest.mark.parametrize(
    ("status", "error"), [(404, NotThereError), (400, RefusedError), (403, ServiceError)]
)
def test_fault_that_does_not_pass_is_not_asked_again(
    services: Any, web: Web, status: int, error: type[Exception]
) -> None:
    services.faults = [failing(status)]
    with pytest.raises(error, match=str(status)):
        web.get_json("https://api.pdok.nl/x")
    assert len(services.asked) == 1


def test_proxy_that_wants_a_password_is_named(services: Any, web: Web) -> None:
    services.faults = [failing(407)]
    with pytest.raises(ServiceError, match="the proxy asks for a password"):
        web.get_json("https://api.pdok.nl/x")


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
def test_login_page_in_place_of_data_is_recognised(services: Any, web: Web, kind: str) -> None:
    page = (200, {"Content-Type": kind}, b"<!DOCTYPE html><form>Log in")
    services.faults = [lambda: page]
    with pytest.raises(ServiceError, match=r"(?s)answers with a web page.*wants a login"):
        web.get_json("https://api.pdok.nl/x")


def test_being_sent_to_another_host_is_refused(services: Any, web: Web) -> None:
    services.faults = [failing(302, Location="http://login.example/")]
    with pytest.raises(ServiceError, match=r"sends us on to login\.example"):
        web.get_json("https://api.pdok.nl/x")


def test_being_sent_on_within_the_host_is_followed(services: Any, web: Web) -> None:
    services.faults = [failing(301, Location="/y?a=1"), lambda: ANSWER]
    assert web.get_json("https://api.pdok.nl/x").value == {"well": True}
    assert services.asked[1] == ("/y", {"a": "1"})


def test_being_sent_around_in_a_circle_ends(services: Any, web: Web) -> None:
    services.faults = [failing(302, Location="/x")] * 9
    with pytest.raises(ServiceError, match="again and again"):
        web.get_json("https://api.pdok.nl/x")


def test_private_question_is_in_no_message(services: Any, told: list[str]) -> None:
    echo = b'{"message": "cannot parse Geheimstraat 1"}'
    for status in (400, 403, 404, 500):
        services.faults = [lambda s=status: (s, {"Content-Type": "application/json"}, echo)] * 4
        web = Web(
            base=services.url, patience=Patience(attempts=2, first_wait_s=0.0), tell=told.append
        )
        with pytest.raises(ServiceError) as caught:
            web.get_json("https://api.pdok.nl/x", {"q": "Geheimstraat 1"}, is_private=True)
        assert "Geheim" not in str(caught.value)
    assert "Geheim" not in "".join(told)


def test_service_that_is_not_there_is_told_without_a_traceback_of_libraries(
    told: list[str],
) -> None:
    web = Web(base="http://127.0.0.1:9", patience=Patience(attempts=2, first_wait_s=0.0))
    with pytest.raises(ServiceError, match="the connection failed or broke off"):
        web.get_json("https://api.pdok.nl/x")


def test_proxy_for_other_hosts_is_not_asked(
    services: Any, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    services.faults = [lambda: ANSWER]
    assert web.get_json("https://api.pdok.nl/x").value == {"well": True}


def test_proxy_of_the_system_is_used(services: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # The services stand in for the proxy: a proxy is asked for the whole address.
    monkeypatch.setenv("HTTP_PROXY", services.url)
    services.faults = [lambda: ANSWER]
    web = Web(base="http://mirror.invalid", patience=Patience(attempts=1))
    assert web.get_json("https://api.pdok.nl/x").value == {"well": True}


def test_proxy_that_is_down_is_named(services: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    web = Web(patience=Patience(attempts=1))
    with pytest.raises(ServiceError, match="the proxy cannot be reached or refuses"):
        web.get_json("https://api.pdok.invalid/x")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A root certificate of an organisation, on a server of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gemeente Voorbeeldstad")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("certificate")
    public, private = folder / "root.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return public, private


@pytest.fixture
def secure_url(certificate: tuple[Path, Path]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"well": true}')

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # A client that does not trust us breaks off; that is what it should do.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_certificate_that_nobody_trusts_is_refused_at_once(services: Any, secure_url: str) -> None:
    with pytest.raises(ServiceError, match="certificate of the service is trusted") as caught:
        Web().get_json(f"{secure_url}/x", {"q": "Geheimstraat 1"}, is_private=True)
    assert "REQUESTS_CA_BUNDLE" in str(caught.value)
    assert "Geheim" not in str(caught.value)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_root_certificate_of_the_organisation_is_trusted(
    services: Any,
    secure_url: str,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    monkeypatch.setenv(variable, str(certificate[0]))
    assert Web().get_json(f"{secure_url}/x").value == {"well": True}


def test_being_sent_on_without_encryption_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def get(url: str, **_options: Any) -> requests.Response:
        asked.append(url)
        reply = requests.Response()
        reply.status_code, reply.url = 302, url
        reply.headers["Location"] = url.replace("https:", "http:")
        return reply

    web = Web(patience=Patience(attempts=1))
    monkeypatch.setattr(web._session, "get", get)
    with pytest.raises(ServiceError, match=r"api\.pdok\.nl without encryption"):
        web.get_json("https://api.pdok.nl/x?q=1", is_private=True)
    assert asked == ["https://api.pdok.nl/x?q=1"]
