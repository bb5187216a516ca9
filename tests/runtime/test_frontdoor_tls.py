"""Tests of deploy/nginx/tls.conf: the front door with a certificate."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from prometheus_client import REGISTRY

from deploy.local.frontdoor import told_of_http2
from deploy.local.settings import Settings, Tls
from shared.config import tls_address
from shared.surroundings import Surroundings
from tests.runtime.doors import Door, asking, echoing, opened


def self_signed(folder: Path) -> Tls:
    """Return a certificate for this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "linli.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    made = Tls(folder / "door.crt", folder / "door.key")
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    made.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, pem, plain))
    return made


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, tls: Tls) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("tls")
    with opened(folder, Settings(tls=tls)) as door, echoing(door.system, "grid"):
        yield door


def _client(tls: Tls, version: ssl.TLSVersion, ciphers: str = "DEFAULT") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(tls.certificate))
    # also what is too old by default, so that it is the server who refuses
    context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


def _shake_hands(door: Door, context: ssl.SSLContext) -> tuple[str | None, str | None]:
    with door.connect() as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as safe:
        return safe.version(), safe.selected_alpn_protocol()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_of_today_is_spoken_with_http_2(door: Door, tls: Tls, version: ssl.TLSVersion) -> None:
    spoken = _shake_hands(door, _client(tls, version))
    assert spoken == (version.name.replace("_", "."), "h2")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_tls_of_yesterday_is_refused(door: Door, tls: Tls) -> None:
    context = _client(tls, ssl.TLSVersion.TLSv1_1)
    with pytest.raises(ssl.SSLError, match="ALERT_PROTOCOL_VERSION"):
        _shake_hands(door, context)


@pytest.mark.parametrize("ciphers", ["AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "AES256-GCM-SHA384"])
def test_ciphers_without_forward_secrecy_or_authentication_are_refused(
    door: Door, tls: Tls, ciphers: str
) -> None:
    with pytest.raises(ssl.SSLError, match="ALERT_HANDSHAKE_FAILURE"):
        _shake_hands(door, _client(tls, ssl.TLSVersion.TLSv1_2, ciphers))


@pytest.mark.parametrize("path", ["/healthz", "/nowhere", "/api/v1/grid/x", "/api/v1/grid/../x"])
def test_browsers_are_told_to_insist_on_tls(door: Door, tls: Tls, path: str) -> None:
    assert door.address.startswith("https://127.0.0.1:")
    answer = requests.get(door.address + path, verify=str(tls.certificate), timeout=10)
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_service_is_told_that_the_request_came_by_tls(door: Door, tls: Tls) -> None:
    url = f"{door.address}/api/v1/grid/x"
    arrived = requests.get(url, verify=str(tls.certificate), timeout=10).json()
    assert arrived["headers"]["x-forwarded-proto"] == "https"


def test_who_speaks_without_tls_is_refused(door: Door) -> None:
    ((status, said),) = door.raw(asking("/api/v1/grid/x"))
    assert status == 400
    assert '"type":"urn:linli:problem:bad-request"' in said


def test_the_end_of_the_certificate_is_measured_where_the_provisioner_is_told_to(
    door: Door, tls: Tls
) -> None:
    told = door.system.applications.provision_environment()
    Surroundings({}, tls_address(told)).look()
    certificate = x509.load_pem_x509_certificate(tls.certificate.read_bytes())
    name, labels = "linli_certificate_expiry_timestamp_seconds", {}
    labels["address"] = told["LINLI_WATCHED_TLS"]
    shown = REGISTRY.get_sample_value(name, labels)
    assert shown == certificate.not_valid_after_utc.timestamp()


def test_this_machine_itself_needs_no_certificate(door: Door) -> None:
    own = door.system.layout.own_address()
    answer = requests.get(f"{own}/api/v1/grid/x", timeout=10)
    assert answer.json()["headers"]["x-forwarded-proto"] == "http"
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("nginx version: nginx/1.22.1\n--with-http_v2_module", (" http2", "")),
        ("nginx version: nginx/1.25.1\n--with-http_v2_module", ("", "http2 on;")),
        ("nginx version: nginx/1.30.0 (Debian)\n--with-http_v2_module", ("", "http2 on;")),
        ("nginx version: nginx/1.22.1\n--with-http_ssl_module", ("", "")),
    ],
)
def test_each_nginx_is_told_of_http_2_in_its_own_way(said: str, told: tuple[str, str]) -> None:
    assert told_of_http2(said) == told
