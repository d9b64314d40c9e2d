"""What is taken out before it reaches the disk, and what stays. All keys here are shapes, put together so that no scanner trips."""

import json
from pathlib import Path
from typing import Any

import pytest

from streamcheck.capture.format import is_zstd
from streamcheck.capture.reader import CaptureReader
from streamcheck.capture.redact import (
    StreamRedactor,
    find_secrets,
    redact_bytes,
    redact_capture,
    redact_headers,
    redact_text,
    redact_url,
    secret_findings,
)
from streamcheck.capture.writer import CaptureWriter
from streamcheck.errors import CaptureError, UsageError

R = "aB3dE5gH7jK9mN1pQ2sT4vW6xY8zC0fL" * 4
HEX = "0123456789abcdef" * 2
PEM = "-----BEGIN RSA PRIVATE {}-----{}MIIE" + R[:60] + "{}" + R[:64] + "{}-----END RSA PRIVATE {}-----"
KEYS = {
    "sk": "sk-" + R[:48],
    "sk, anthropic": "sk-" + "ant-api03-" + R[:93] + "-_AA",
    "sk, openrouter": "sk-" + "or-v1-" + HEX * 2,
    "sk, hex only": "sk-" + HEX,
    "zai": HEX + "." + R[:16],
    "google": "AI" + "za" + R[:35],
    "github": "ghp" + "_" + R[:36],
    "github, oauth": "gho" + "_" + R[:36],
    "github-pat": "github_" + "pat_" + R[:22] + "_" + R[:59],
    "slack": "xox" + "b-1234567890-1234567890-" + R[:24],
    "aws": "AK" + "IA" + "ABCDEFGH23456789",
    "huggingface": "h" + "f_" + R[:34],
    "groq": "gs" + "k_" + R[:52],
    "replicate": "r" + "8_" + R[:37],
    "perplexity": "pp" + "lx-" + R[:48],
    "bearer": "Bearer " + R[:20] + "._~" + R[:9],
    "jwt": "ey" + "J" + R[:33] + ".ey" + "J" + R[:90] + "." + R[:43],
    "private-key": PEM.format("KEY", "\n", "\n", "\n", "KEY"),
    "private-key, in JSON": PEM.format("KEY", r"\n", r"\n", r"\n", "KEY"),
}
ORDINARY = {
    "request id of Z.ai": "20260114043705b7f7de19603a48fd",
    "response id of OpenAI": "chatcmpl-BQ2v1u3w4x5y6z7A8B9C0D1E2F3G",
    "request id of Anthropic": "req_011CSHoEeqs5C35K2UUqR7Fy",
    "md5 with a file's ending": "d41d8cd98f00b204e9800998ecf8427e.tar",
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "git trailer": "commit ea3fd72aa0f8f4b1d8f4c4c3f6b5e4d3c2b1a090.",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "thought signature": "EqQBCkYIBBgCKkDfGcYh8q3m0Lk9vZ2x7Wb5Nn4Rr6Tt8Yy1Uu3Ii5Oo7Pp9Aa+/==",
    "Bedrock payload": '{"bytes":"eyJ0eXBlIjoibWVzc2FnZV9zdGFydCIsIm1lc3NhZ2UiOnsiaWQiOiJ4In19"}',
    "slug": "task-1234567890abcdef1234567890",
    "CSS class": "sk-estimator-doc-link-fitted-element",
    "placeholder": "Authorization: Bearer YOUR_API_KEY_GOES_HERE",
    "prose": "-----BEGIN PRIVATE KEY----- marks the beginning of a private key file in the pem format",
    "identifier": "hf_hub_download_and_cache_the_model_files",
    "short": "sk-1234",
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_found_by_its_shape(name: str) -> None:
    text = f"the key is {KEYS[name]} as you see"
    [secret] = find_secrets(text)
    assert secret.rule == name.partition(",")[0]
    assert text[secret.start : secret.end].strip() in KEYS[name]


@pytest.mark.parametrize("name", KEYS)
def test_nothing_of_a_key_stays_but_its_kind(name: str) -> None:
    body = f'data: {{"text":"\\n{KEYS[name]}"}}\n\n'.encode()
    clean = redact_bytes(body)
    assert len(clean) == len(body)
    assert R[:12].encode() not in clean
    assert HEX[:12].encode() not in clean
    assert b"ABCDEFGH" not in clean


@pytest.mark.parametrize("name", KEYS)
def test_redacting_twice_changes_nothing_more(name: str) -> None:
    clean = redact_text(f"{KEYS[name]} {KEYS[name]}")
    assert redact_text(clean) == clean
    assert find_secrets(clean) == []


@pytest.mark.parametrize("name", KEYS)
def test_json_around_a_key_stays_json(name: str) -> None:
    line = json.dumps({"before": "ä", "key": f"\n{KEYS[name]}\t", "after": 1})
    value = json.loads(redact_text(line))
    assert value["before"] == "ä"
    assert len(value["key"]) == len(KEYS[name]) + 2


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_text_stays(name: str) -> None:
    assert redact_text(f' {ORDINARY[name]}"') == f' {ORDINARY[name]}"'


@pytest.mark.parametrize("before", ["\\n", "\\t", "\\u000a", '"', "=", "\n", "/", "key_", ""])
def test_a_key_begins_where_no_word_goes_on(before: str) -> None:
    assert len(find_secrets(f"{before}{KEYS['github']}")) == 1


@pytest.mark.parametrize("before", ["a", "7", "Z"])
def test_no_key_begins_inside_a_word(before: str) -> None:
    assert find_secrets(f"{before}{KEYS['github']}") == []


def test_ranges_are_code_points_in_text_and_bytes_in_bytes() -> None:
    text = "ключ " + KEYS["sk"]
    assert find_secrets(text)[0].start == 5
    assert find_secrets(text.encode())[0].start == 9


# ---------------------------------------------------------------------- chunk by chunk
@pytest.mark.parametrize("name", KEYS)
def test_byte_by_byte_gives_what_the_whole_gives(name: str) -> None:
    body = f'data: "{KEYS[name]}"\n\nmore {KEYS[name]}'.encode()
    redactor = StreamRedactor()
    out = b"".join(redactor.feed(body[i : i + 1]) for i in range(len(body))) + redactor.close()
    assert out == redact_bytes(body)
    assert redactor.replaced == 2


@pytest.mark.parametrize("data", [b"data: {}\n\n", b"the end.", b"task", "你好".encode(), b'{"a":"eyJ0eXBl"}'])
def test_what_cannot_become_a_key_is_not_held_back(data: bytes) -> None:
    assert StreamRedactor().feed(data + b"!") == data + b"!"


def test_only_the_shortest_suffix_that_may_become_a_key_is_held_back() -> None:
    redactor = StreamRedactor()
    assert redactor.feed(b"data: the risk-sk-") == b"data: the risk-"
    assert redactor.feed(b"no") == b""
    assert redactor.feed(b" way\n") == b"sk-no way\n"


def test_an_endless_word_is_not_held_back() -> None:
    redactor = StreamRedactor()
    given = sum(len(redactor.feed(b"sk-" + b"a" * 997)) for _ in range(100))
    assert given > 90_000


# ---------------------------------------------------------------------- headers and URLs
def test_headers_stay_by_name_and_only_known_ones_by_value() -> None:
    headers = [
        ("Content-Type", "text/event-stream"),
        ("X-RateLimit-Remaining", "7"),
        ("Authorization", "Bearer x"),
        ("Set-Cookie", "a"),
        ("x-new", "1"),
    ]
    assert [value for _, value in redact_headers(headers)] == ["text/event-stream", "7", "REDACTED", "REDACTED", "REDACTED"]
    assert [name for name, _ in redact_headers(headers)] == [name for name, _ in headers]


@pytest.mark.parametrize(
    "name", ["openai-organization", "openai-project", "anthropic-organization-id", "x-api-key", "x-goog-api-key", "cookie"]
)
def test_names_of_accounts_and_keys_are_not_on_the_allow_list(name: str) -> None:
    assert redact_headers([(name, "v")]) == [(name, "REDACTED")]


def test_a_key_in_an_allowed_header_is_replaced() -> None:
    [(_, value)] = redact_headers([("user-agent", f"agent/1 ({KEYS['sk']})")])
    assert R[:12] not in value


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://h.example/v1?alt=sse", "https://h.example/v1?alt=sse"),
        ("https://h.example/v1?alt=sse&key=s3cret", "https://h.example/v1?alt=sse&key=REDACTED"),
        (
            "https://h.example/v1?X-Amz-Signature=ab&a=1#access_token=x",
            "https://h.example/v1?X-Amz-Signature=REDACTED&a=1#access_token=REDACTED",
        ),
        ("https://h.example/?api%5Fkey=x", "https://h.example/?api%5Fkey=REDACTED"),
        ("https://me:s3cret@h.example/", "https://REDACTED@h.example/"),
        ("https://h.example/a@b", "https://h.example/a@b"),
        ("not a url", "not a url"),
    ],
)
def test_secrets_in_a_url(url: str, clean: str) -> None:
    assert redact_url(url) == clean
    assert redact_url(clean) == clean


# ---------------------------------------------------------------------- files
def unredacted(path: Path, *chunks: bytes) -> Path:
    with CaptureWriter(path, redact=False) as writer:
        writer.request("POST", f"https://h.example/?key={KEYS['google']}", {"x-api-key": "s3cret"}, {"k": KEYS["sk"]})
        writer.response(200, {"set-cookie": "s3cret"})
        for i, chunk in enumerate(chunks):
            writer.chunk(chunk, at=i + 0.5)
        writer.record("odd", {"k": KEYS["groq"]}, at=8)
    return path


def test_a_capture_is_redacted_and_everything_else_stays(tmp_path: Path) -> None:
    source = unredacted(
        tmp_path / "a.capture.jsonl", b"data: " + KEYS["sk"].encode()[:9], KEYS["sk"].encode()[9:] + b"\n\n", b"plain \xff\n"
    )
    target = tmp_path / "b.capture.jsonl"
    assert redact_capture(source, target) == 6
    text = target.read_text()
    assert R[:12] not in text
    assert "s3cret" not in text
    before, after = CaptureReader(source).read(), CaptureReader(target).read()
    assert [(c.at, len(c.data)) for c in before.chunks] == [(c.at, len(c.data)) for c in after.chunks]
    assert after.chunks[2].data == b"plain \xff\n"
    assert after.findings == ()
    assert after.end is not None
    assert after.end.redacted == 1
    assert [r.kind for r in after.extra] == ["odd"]
    assert after.redacted == ("headers", "url", "key-shapes")


def test_lines_without_secrets_stay_byte_for_byte(tmp_path: Path) -> None:
    source = tmp_path / "a.capture.jsonl"
    source.write_bytes(b'{ "streamcheck_capture": 1 }\n[ 0.50, "text", "\\u0061\\n" ]\n\n[ 1 , "odd", {"b":1, "a":2} ]\n')
    assert redact_capture(source, tmp_path / "b.capture.jsonl") == 0
    assert (tmp_path / "b.capture.jsonl").read_bytes().split(b"\n")[1:] == source.read_bytes().split(b"\n")[1:]


def test_redacting_a_capture_twice_changes_nothing_more(tmp_path: Path) -> None:
    source = unredacted(tmp_path / "a.capture.jsonl", KEYS["jwt"].encode())
    redact_capture(source, tmp_path / "b.capture.jsonl")
    assert redact_capture(tmp_path / "b.capture.jsonl", tmp_path / "c.capture.jsonl") == 0
    assert (tmp_path / "c.capture.jsonl").read_bytes() == (tmp_path / "b.capture.jsonl").read_bytes()


def test_a_key_over_the_deltas_of_a_text_hop_is_redacted(tmp_path: Path) -> None:
    source = tmp_path / "a.capture.jsonl"
    with CaptureWriter(source, redact=False) as writer:
        for piece in ("key: ", KEYS["sk"][:7], KEYS["sk"][7:], " ok"):
            writer.delta(piece)
    redact_capture(source, tmp_path / "b.capture.jsonl")
    texts = [d.text for d in CaptureReader(tmp_path / "b.capture.jsonl").read().deltas]
    assert R[4:12] not in "".join(texts)
    assert [len(text) for text in texts] == [5, 7, len(KEYS["sk"]) - 7, 3]


def test_an_end_record_that_was_wrong_stays_wrong(tmp_path: Path) -> None:
    source = tmp_path / "a.capture.jsonl"
    record: list[Any] = [1, "end", {"reason": "eof", "bytes": 1, "sha256": "00"}]
    source.write_text(f'{{"streamcheck_capture":1}}\n{json.dumps([0, "text", KEYS["sk"]])}\n{json.dumps(record)}\n')
    redact_capture(source, tmp_path / "b.capture.jsonl")
    assert [f.evidence["reason"] for f in CaptureReader(tmp_path / "b.capture.jsonl").read().findings] == ["end record disagrees"]


def test_the_cut_last_line_is_redacted_too(tmp_path: Path) -> None:
    source = tmp_path / "a.capture.jsonl"
    source.write_text(f'{{"streamcheck_capture":1}}\n[0,"text","{KEYS["sk"]}')
    redact_capture(source, tmp_path / "b.capture.jsonl")
    assert R[:12] not in (tmp_path / "b.capture.jsonl").read_text()


def test_a_plain_body_is_redacted(tmp_path: Path) -> None:
    (tmp_path / "a.sse").write_bytes(b"data: \xff" + KEYS["sk"].encode() + b"\n\n")
    assert redact_capture(tmp_path / "a.sse", tmp_path / "b.sse") == 1
    assert (tmp_path / "b.sse").read_bytes() == redact_bytes((tmp_path / "a.sse").read_bytes())


def test_a_target_in_zst_is_compressed(tmp_path: Path) -> None:
    source = unredacted(tmp_path / "a.capture.jsonl", b"x\n")
    redact_capture(source, tmp_path / "b.capture.jsonl.zst")
    assert is_zstd((tmp_path / "b.capture.jsonl.zst").read_bytes())
    assert CaptureReader(tmp_path / "b.capture.jsonl.zst").read().body == b"x\n"


def test_the_source_is_not_overwritten_unless_told(tmp_path: Path) -> None:
    source = unredacted(tmp_path / "a.capture.jsonl", KEYS["sk"].encode())
    evidence = source.read_bytes()
    with pytest.raises(UsageError, match="the source itself"):
        redact_capture(source, source)
    assert source.read_bytes() == evidence
    redact_capture(source, source, overwrite=True)
    assert R[:12] not in source.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["a.capture.jsonl"]


def test_a_damaged_capture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.capture.jsonl").write_text('{"streamcheck_capture":1}\n[0,"text",7]\n[1,"text",""]\n')
    with pytest.raises(CaptureError, match="expected a string"):
        redact_capture(tmp_path / "a.capture.jsonl", tmp_path / "b.capture.jsonl")
    assert not (tmp_path / "b.capture.jsonl").exists()


# ---------------------------------------------------------------------- what check says
def test_secrets_that_a_capture_still_holds_are_found_with_their_place(tmp_path: Path) -> None:
    source = unredacted(tmp_path / "a.capture.jsonl", b"data: " + KEYS["sk"].encode())
    findings = secret_findings(CaptureReader(source).read())
    assert {(f.code, f.severity.value) for f in findings} == {("capture/secret", "warning")}
    assert [f.evidence["in"] for f in findings] == ["request", "response", "request", "request", "body"]
    assert findings[-1].span == (6, 6 + len(KEYS["sk"]))
    assert all(R[:12] not in str(f) and "s3cret" not in str(f) for f in findings)


def test_a_redacted_capture_has_no_secret_findings(tmp_path: Path) -> None:
    source = unredacted(tmp_path / "a.capture.jsonl", *(key.encode() + b"\n" for key in KEYS.values()))
    redact_capture(source, tmp_path / "b.capture.jsonl")
    assert secret_findings(CaptureReader(tmp_path / "b.capture.jsonl").read()) == []


def test_a_key_is_caught_where_a_chunk_leaves_what_it_shares_with_those_before() -> None:
    key = "sk-" + "a1B2c3D4e5F6g7H8" * 3
    chunks = [f'data: {{"content": "s{text}"}}\n\n'.encode() for text in ("ome", "uch", "oon", key[1:], "ame")]
    redactor = StreamRedactor()
    out = b""
    for chunk in chunks:
        out += chunk if redactor.passes(chunk) else redactor.feed(chunk)
    out += redactor.close()
    assert (len(out), key.encode() in out, redactor.replaced) == (sum(map(len, chunks)), False, 1)
