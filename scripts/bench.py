"""What decoding and checking cost, beside the peers.

    scripts/bench [--events N] [--rounds N]

In:   streams made here: English, CJK and program text as chat completions chunks, English as Anthropic's named events; 20,000 events each.
Out:  microseconds per event (median of the rounds) and the median of the per-round ratios to the peer of that cell.
Rule: CPU time of this process, the contenders of a round one after the other, so that a busy machine hits them alike. Ratios are
      comparable between machines, microseconds are not.
"""

import argparse
import gc
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import httpx
import httpx_sse

import streamcheck as sc

ENGLISH = (
    "the of and to in is that it for was on are with as be at by this from or an have not they which one had all were when there"
)
CODE = "def|(self|,| value|):|\n|    |return| self|.|_items|[|key|]|\n\n|for| index|,| item| in| enumerate|(|rows|)|:|\n|        |if| not|"
CJK = "这是一个用来测量解码速度的句子里面有常见的汉字和标点符号我们把它切成很短的片段就像模型真正输出的那样每次一两个字"


def pieces(kind: str, count: int) -> list[str]:
    """Return `count` texts cut as tokenizers cut them."""
    rng = random.Random(7)
    if kind == "cjk":
        return [
            "".join(rng.choice(CJK) for _ in range(rng.choice((1, 1, 2, 2, 3)))) + rng.choice(("", "", "", "，", "。"))
            for _ in range(count)
        ]
    if kind == "code":
        tokens = CODE.split("|")
        return [rng.choice(tokens) + rng.choice(("", "", str(rng.randrange(1000)))) or " " for _ in range(count)]
    words = ENGLISH.split()
    return [" " + rng.choice(words) + rng.choice(("", "", "", rng.choice("abcdefgh"), ",", ".")) for _ in range(count)]


def named_events(count: int) -> list[bytes]:
    """Return the events of one Anthropic Messages stream, each about 140 bytes."""

    def event(value: dict[str, object]) -> bytes:
        return f"event: {value['type']}\ndata: {json.dumps(value, separators=(',', ':'))}\n\n".encode()

    message = {
        "id": "msg_01XkT2",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [],
        "usage": {"input_tokens": 9},
    }
    body = [event({"type": "message_start", "message": message})]
    body.append(event({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}))
    for text in pieces("english", count):
        body.append(event({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}))
    body.append(event({"type": "content_block_stop", "index": 0}))
    body.append(event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": count}}))
    return [*body, event({"type": "message_stop"})]


def events(kind: str, count: int) -> list[bytes]:
    """Return the events of one stream; those of chat completions have about 270 bytes each."""
    if kind == "named":
        return named_events(count)
    head = {
        "id": "chatcmpl-B7xKq2hTfWm9sLpZc4VdR8nYa1Eo",
        "object": "chat.completion.chunk",
        "created": 1769330101,
        "model": "glm-4.7-flash",
        "system_fingerprint": "fp_44709d6fcb",
    }

    def event(delta: dict[str, str], finish: str | None = None) -> bytes:
        doc = {**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}
        return b"data: " + json.dumps(doc, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"

    body = [event({"role": "assistant", "content": ""})]
    body += [event({"content": text}) for text in pieces(kind, count)]
    return [*body, event({}, "stop"), b"data: [DONE]\n\n"]


def chunked(stream: list[bytes], how: str) -> list[bytes]:
    body = b"".join(stream)
    if how == "event":
        return stream
    size = 64 * 1024 if how == "64k" else 7
    if how == "7b":
        body = b"".join(stream[: len(stream) // 5])
    return [body[i : i + size] for i in range(0, len(body), size)]


class _Replay(httpx.SyncByteStream):
    def __init__(self, chunks: list[bytes]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)


def peer_events(chunks: list[bytes]) -> Iterator[httpx_sse.ServerSentEvent]:
    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=_Replay(chunks))
    return httpx_sse.EventSource(response).iter_sse()


def peer_decode(chunks: list[bytes]) -> int:
    return sum(1 for event in peer_events(chunks) if event.data)


def peer_decode_and_parse(chunks: list[bytes]) -> int:
    count = 0
    for event in peer_events(chunks):
        count += 1
        if event.data != "[DONE]":
            json.loads(event.data)
    return count


def our_decode(chunks: list[bytes]) -> int:
    decoder = sc.SseDecoder()
    return sum(1 for chunk in chunks for event in decoder.feed(chunk) if event.data)


def our_check(chunks: list[bytes]) -> int:
    checker = sc.Checker()
    for chunk in chunks:
        checker.feed(chunk)
    report = checker.close()
    assert report.verdict == "clean", report
    return report.counts["events"]


def writer_microseconds(stream: list[bytes], rounds: int) -> float:
    """Return what CaptureWriter takes for one chunk, flushed to an unbuffered file, redaction included."""
    times = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, sc.CaptureWriter(f"{folder}/bench.capture.jsonl") as writer:
            start = time.process_time()
            for chunk in stream:
                writer.chunk(chunk, at=0.5)
            times.append(time.process_time() - start)
    return statistics.median(times) / len(stream) * 1e6


def cpu_seconds(run: Callable[[list[bytes]], int], chunks: list[bytes], expected: int) -> float:
    gc.collect()
    start = time.process_time()
    count = run(chunks)
    took = time.process_time() - start
    assert abs(count - expected) <= 1, (run.__name__, count, expected)
    return took


def compare(
    ours: Callable[[list[bytes]], int], peer: Callable[[list[bytes]], int], chunks: list[bytes], rounds: int
) -> tuple[float, float, float]:
    """Return our and the peer's microseconds per event, and the median of the per-round ratios."""
    count = b"".join(chunks).count(b"\n\n")
    times = [(cpu_seconds(ours, chunks, count), cpu_seconds(peer, chunks, count)) for _ in range(rounds)]
    mine, theirs = (statistics.median(t[i] for t in times) / count * 1e6 for i in (0, 1))
    return mine, theirs, statistics.median(a / b for a, b in times)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    cells = [("decode", our_decode, peer_decode, 0.6, hows) for hows in (("event", "64k", "7b"),)]
    cells += [("check", our_check, peer_decode_and_parse, 0.8, ("event", "64k"))]
    print(f"Python {sys.version.split()[0]}, {options.events} events, {options.rounds} rounds, CPU time, medians")
    print("| what | text | chunks | streamcheck us/event | peer us/event | ratio | aim |")
    print("|---|---|---|---|---|---|---|")
    figures = {}
    for what, ours, peer, aim, hows in cells:
        for kind in ("english", "cjk", "code", "named"):
            stream = events(kind, options.events)
            for how in hows:
                mine, theirs, ratio = compare(ours, peer, chunked(stream, how), options.rounds)
                figures[f"{what}/{kind}/{how}"] = round(ratio, 3)
                print(f"| {what} | {kind} | {how} | {mine:.2f} | {theirs:.2f} | {ratio:.2f} | {aim} |", flush=True)
    for kind in ("english", "cjk"):
        cost = writer_microseconds(events(kind, options.events), options.rounds)
        figures[f"capture/{kind}"] = round(cost, 2)
        print(f"capture writer, {kind}: {cost:.2f} us a chunk")
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
