"""An upstream behind TLS."""

import socket
import ssl
from pathlib import Path

import pytest
import trustme

import streamcheck as sc
from tests.proxy.support import EVENTS, REQUEST, STREAM_HEAD, Peer, chunked, error_of, relaying, serving


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def server_side(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_tls_is_spoken_to_the_upstream(
    backend: str, tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = server_side(authority, "localhost")
    large = b"data: " + b"x" * 300_000 + b"\n\n"
    response = STREAM_HEAD + chunked(*EVENTS[:-2], large, *EVENTS[-2:])

    def wrap(connection: socket.socket) -> socket.socket:
        return context.wrap_socket(connection, server_side=True)

    def script(peer: Peer) -> None:
        assert b"Host: localhost:%d\r\n" % peer.socket.getsockname()[1] in peer.read_request()
        peer.send(response)

    with serving(script, wrap=wrap) as port, relaying(f"https://localhost:{port}", tmp_path, backend) as running:
        client = running.connect()
        client.send(REQUEST)
        assert client.read(len(response)) == response
        client.close()
        capture = running.capture()
    assert capture.request is not None
    assert capture.request.url == f"https://localhost:{port}/v1/chat"
    assert large in capture.body
    assert sc.check(capture).message.choices[0].content == "Hello there, this is a plain answer."


@pytest.mark.parametrize(("trusted", "name"), [(False, "localhost"), (True, "other.example")])
def test_a_certificate_that_proves_nothing_is_a_502(
    backend: str, tmp_path: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, trusted: bool, name: str
) -> None:
    if trusted:
        authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    context = server_side(authority, name)

    def wrap(connection: socket.socket) -> socket.socket:
        return context.wrap_socket(connection, server_side=True)

    def script(peer: Peer) -> None:
        assert peer.read_all() == b""

    with serving(script, wrap=wrap) as port, relaying(f"https://localhost:{port}", tmp_path, backend) as running:
        status, error = error_of(running.ask())
        end = running.capture().end
    assert status == 502
    assert "certificate" in error["message"]
    assert "SSL_CERT_FILE" in error["message"]
    assert end is not None
    assert (end.reason, end.error) == ("error", "SSLCertVerificationError")


def test_an_upstream_that_speaks_no_tls_is_a_502(backend: str, tmp_path: Path) -> None:
    def script(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.read_all()

    with serving(script) as port, relaying(f"https://localhost:{port}", tmp_path, backend) as running:
        status, _ = error_of(running.ask())
        end = running.capture().end
    assert status == 502
    assert end is not None
    assert (end.reason, end.error) == ("error", "SSLError")
