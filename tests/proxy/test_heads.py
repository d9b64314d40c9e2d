"""What changes in a request's head, and what is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamcheck.errors import UsageError
from streamcheck.proxy.heads import Refused, Upstream, answer, head_length, rewritten, upstream_of

BASE = "http://127.0.0.1:8399"
API = upstream_of("https://api.example.com/api/v4/")


def changed(head: bytes, upstream: Upstream = API) -> bytes:
    return rewritten(head, upstream, BASE)


@pytest.mark.parametrize(
    ("url", "host", "port", "authority", "prefix"),
    [
        ("https://api.example.com", "api.example.com", 443, "api.example.com", ""),
        ("https://API.example.com:443/", "api.example.com", 443, "api.example.com", ""),
        ("http://127.0.0.1:9000/a/b/", "127.0.0.1", 9000, "127.0.0.1:9000", "/a/b"),
        ("https://[::1]:8443/x", "::1", 8443, "[::1]:8443", "/x"),
    ],
)
def test_an_upstream_is_read_from_its_url(url: str, host: str, port: int, authority: str, prefix: str) -> None:
    upstream = upstream_of(url)
    assert (upstream.host, upstream.port, upstream.authority, upstream.prefix) == (host, port, authority, prefix)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.com",
        "ftp://x",
        "https://",
        "https://h:99999",
        "https://h/?a=1",
        "https://h/#a",
        "https://h /",
        "https://h\n/",
        "https://me:private@h",
        "https://me:private@h/?q",
        "https://private@/",
        "https://" + "a" * 300,
    ],
)
def test_what_is_no_upstream_is_misuse_and_no_password_is_repeated(url: str) -> None:
    with pytest.raises(UsageError) as error:
        upstream_of(url)
    assert "private" not in str(error.value)


@pytest.mark.parametrize(
    ("target", "forwarded"),
    [
        (b"/chat?x=/y", b"/api/v4/chat?x=/y"),
        (b"/", b"/api/v4/"),
        (b"//x", b"/api/v4//x"),
        (b"https://api.example.com/api/v4/chat", b"/api/v4/chat"),
        (b"http://API.example.com?x", b"/?x"),
        (b"https://api.example.com:443", b"/"),
    ],
)
def test_the_upstreams_path_comes_before_the_clients(target: bytes, forwarded: bytes) -> None:
    assert changed(b"GET %b HTTP/1.1\r\n\r\n" % target) == b"GET %b HTTP/1.1\r\n\r\n" % forwarded


@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        (b"Host: x", b"Host: api.example.com"),
        (b"hOST:x:1", b"hOST:api.example.com"),
        (b"HOST:\t x \t", b"HOST:\t api.example.com"),
        (b"Host:\r\n x", b"Host:api.example.com"),
        (b"X-Host: x", b"X-Host: x"),
        (b"X: 1\r\n host: 2", b"X: 1\r\n host: 2"),
    ],
)
def test_only_the_value_of_host_changes(line: bytes, becomes: bytes) -> None:
    head = b"GET / HTTP/1.1\r\nA: 1\r\n%b\r\nB: 2\r\n\r\n"
    assert changed(head % line) == head.replace(b"GET /", b"GET /api/v4/") % becomes


def test_line_ends_stay_as_they_are() -> None:
    assert changed(b"\r\nGET / HTTP/1.0\nHost: x\n\n") == b"\r\nGET /api/v4/ HTTP/1.0\nHost: api.example.com\n\n"


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"CONNECT api.example.com:443 HTTP/1.1", 403),
        (b"GET http://example.com/ HTTP/1.1", 403),
        (b"GET https://api.example.com:444/ HTTP/1.1", 403),
        (b"GET https://key@api.example.com/ HTTP/1.1", 403),
        (b"GET http://api.example.com.evil.example/ HTTP/1.1", 403),
        (b"GET https://[broken/ HTTP/1.1", 400),
        (b"GET * HTTP/1.1", 400),
        (b"GET chat HTTP/1.1", 400),
        (b"GET /a b HTTP/1.1", 400),
        (b"GET /", 400),
        (b"GET / HTTP/2.0", 505),
    ],
)
def test_what_must_not_be_forwarded_is_refused(line: bytes, status: int) -> None:
    with pytest.raises(Refused) as refused:
        changed(line + b"\r\nHost: x\r\n\r\n")
    assert refused.value.status == status


def test_options_for_the_whole_server_pass() -> None:
    assert changed(b"OPTIONS * HTTP/1.1\r\n\r\n") == b"OPTIONS * HTTP/1.1\r\n\r\n"


def test_a_head_ends_at_its_first_blank_line_after_the_request_line() -> None:
    assert head_length(b"\r\n\r\nGET / HTTP/1.1\r\nA: b\r\n\r\nbody\r\n\r\n") == 28
    assert head_length(b"GET / HTTP/1.1\n\nbody") == 16
    assert head_length(b"\r\n\r\n") is None
    assert head_length(b"GET / HTTP/1.1\r\n") is None


names = st.text("abcXYZ-", min_size=1).filter(lambda name: name.lower() != "host").map(str.encode)
values = st.binary(max_size=12).map(lambda value: bytes(byte for byte in value if byte not in b"\r\n"))


@given(st.lists(st.tuples(names, values), max_size=6), st.sampled_from([b"\r\n", b"\n"]), st.text("/abc?&=%2F", max_size=9))
def test_every_other_byte_of_a_head_stays(headers: list[tuple[bytes, bytes]], newline: bytes, path: str) -> None:
    lines = [b"POST /%b HTTP/1.1" % path.encode(), *(name + b":" + value for name, value in headers), b"Host: x", b"", b""]
    head = newline.join(lines)
    expected = newline.join([lines[0].replace(b"/", b"/api/v4/", 1), *lines[1:-3], b"Host: api.example.com", b"", b""])
    assert changed(head) == expected


def test_an_answer_of_our_own_ends_the_connection_and_is_json() -> None:
    head, _, body = answer(502, 'says "no"').partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert b"\r\nContent-Length: %d\r\n" % len(body) in head
    assert head.endswith(b"\r\nConnection: close")
    assert json.loads(body)["error"]["message"] == 'says "no"'
