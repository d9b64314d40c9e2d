"""Packets made here, TLS ones with real keys, read by the real tshark; without it, what is said."""

import ssl
import struct
from pathlib import Path

import pytest
import trustme

import streamcheck as sc
from streamcheck.capture.format import Chunk
from streamcheck.importers import import_file
from tests.importers.origin import BODY, EVENTS, HEAD, framed, needs_tshark

T0 = 1795285427.25
ASK = b"POST /v1/chat HTTP/1.1\r\nHost: h.example\r\nContent-Length: 2\r\n\r\n{}"
TURNS = [(0, ASK), (1, HEAD), *((1, framed(event, last=b"")) for event in EVENTS), (1, b"0\r\n\r\n")]


def pcap(turns: list[tuple[int, bytes]], port: int) -> bytes:
    """Return a packet file of one TCP connection. turns: (0 for the client, 1 for the server; what it sends), a quarter second apart."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    sequence = [100, 500]
    ports, hosts = [50000, port], [bytes((127, 0, 0, 1)), bytes((127, 0, 0, 2))]

    def packet(side: int, flags: int, content: bytes, at: float) -> bytes:
        other = 1 - side
        tcp = struct.pack(">HHIIBBHHH", ports[side], ports[other], sequence[side], sequence[other], 0x50, flags, 65535, 0, 0)
        size = 20 + len(tcp) + len(content)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, size, 1, 0, 64, 6, 0, hosts[side], hosts[other])
        frame = bytes(12) + b"\x08\x00" + ip + tcp + content
        sequence[side] += len(content) + (flags & 3 != 0)
        return struct.pack("<IIII", int(at), round(at % 1 * 1e6), len(frame), len(frame)) + frame

    out += packet(0, 2, b"", T0 - 1) + packet(1, 18, b"", T0 - 1) + packet(0, 16, b"", T0 - 1)
    for number, (side, content) in enumerate(turns):
        out += packet(side, 24, content, T0 + number / 4)
    return out


def encrypted(turns: list[tuple[int, bytes]], keylog: Path) -> list[tuple[int, bytes]]:
    """Return the turns as TLS records of a real handshake, whose keys go to `keylog`."""
    authority = trustme.CA()
    server_context, client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("h.example").configure_cert(server_context)
    authority.configure_trust(client_context)
    client_context.keylog_filename = str(keylog)
    wires = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(2)]
    sides = [
        client_context.wrap_bio(*wires[0], server_hostname="h.example"),
        server_context.wrap_bio(*wires[1], server_side=True),
    ]
    out: list[tuple[int, bytes]] = []

    def flush(side: int) -> None:
        sent = wires[side][1].read()
        if sent:
            out.append((side, sent))
            wires[1 - side][0].write(sent)

    shaken = [False, False]
    while not all(shaken):
        for side in (0, 1):
            try:
                sides[side].do_handshake()
                shaken[side] = True
            except ssl.SSLWantReadError:
                pass
            flush(side)
    for side, content in turns:
        sides[side].write(content)
        flush(side)
    return out


@needs_tshark
def test_packets_give_the_very_body_with_the_times_of_the_wire(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(pcap(TURNS, 8000))
    (one,) = import_file(tmp_path / "a.pcap")
    assert one.fidelity == ("exact", "chunk")
    assert [chunk.data for chunk in one.chunks] == EVENTS
    assert [round(chunk.at or 0.0, 3) for chunk in one.chunks] == [0.5 + i / 4 for i in range(len(EVENTS))]
    assert one.request is not None
    assert (one.request.method, one.request.body) == ("POST", b"{}")
    assert one.end is not None
    assert one.end.reason == "eof"


@needs_tshark
def test_several_responses_of_one_connection_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(pcap([*TURNS, (0, ASK), (1, b"HTTP/1.1 429 No\r\nContent-Length: 2\r\n\r\n{}")], 80))
    one, two = import_file(tmp_path / "a.pcap")
    assert b"".join(chunk.data for chunk in one.chunks) == BODY
    assert two.chunks == (Chunk(0.25, b"{}"),)
    assert two.response is not None
    assert two.response.status == 429


@needs_tshark
def test_a_response_that_broke_off_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(pcap(TURNS[:4], 80))
    (one,) = import_file(tmp_path / "a.pcap")
    assert [chunk.data for chunk in one.chunks] == EVENTS[:2]
    assert one.end is not None
    assert one.end.reason == "error"


@needs_tshark
def test_tls_is_read_with_its_key_log_and_refused_without(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(pcap(encrypted(TURNS, tmp_path / "keys.log"), 443))
    (one,) = import_file(tmp_path / "a.pcap", keylog=str(tmp_path / "keys.log"))
    assert b"".join(chunk.data for chunk in one.chunks) == BODY
    assert one.fidelity == ("exact", "chunk")
    with pytest.raises(sc.UsageError, match="--keylog"):
        import_file(tmp_path / "a.pcap")


@needs_tshark
def test_packets_that_are_no_packets_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(pcap(TURNS, 80)[:24] + b"junk" * 50)
    with pytest.raises((sc.CaptureError, sc.UsageError), match=r"tshark cannot read it|no HTTP"):
        import_file(tmp_path / "a.pcap")


def test_without_tshark_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.pcap").write_bytes(pcap(TURNS, 80))
    with pytest.raises(sc.UsageError, match="needs tshark"):
        import_file(tmp_path / "a.pcap")
    with pytest.raises(sc.UsageError, match="no such TLS key log"):
        import_file(tmp_path / "a.pcap", keylog=str(tmp_path / "none"))
