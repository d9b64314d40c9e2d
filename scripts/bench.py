"""What decoding and checking cost, beside the peers.

    scripts/bench [LAYER ...] [--events N] [--rounds N] [--detectors]

In:   streams of sound text (bench_texts.py): English, CJK, Russian and program text as chat completions chunks, English as Anthropic's
      named events; 20,000 events each, in as many responses as they take.
Out:  microseconds per event (median of the rounds) and the median of the per-round ratios to the peer of that cell; microseconds per
      character of the text checks alone.
Rule: layers: decode (bytes to events), certain (with JSON, assembly and the text checks that prove), whole (all there is), openai (the
      same beside the OpenAI SDK's typed objects), texts (the text checks over the bare texts), capture (writing one down),
      watch (what a Watch adds to the OpenAI SDK over loopback, and how long it delays a chunk), proxy (the recording proxy).
      A new decoder, Checker and Stream for each response; every verdict must be clean, every text whole.
      CPU time of this process, the contenders of a round one after the other, so that a busy machine hits them alike. Ratios are
      comparable between machines, microseconds are not.
"""

import argparse
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

import httpx
import httpx_sse
import openai
from openai.types.chat import ChatCompletionChunk

import streamcheck as sc
from scripts import bench_live
from scripts.bench_texts import KINDS, Response, chunked, responses
from streamcheck import textchecks
from streamcheck.detectors import BLOCK, Detector, detector_classes
from streamcheck.textchecks import TextChecks

Chunks = list[bytes]
Detectors = Sequence[type[Detector]]


# ------------------------------------------------------------------------------------------------------------- contenders
class _Replay(httpx.SyncByteStream):
    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)


def replayed(chunks: Chunks) -> httpx.Response:
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=_Replay(chunks))


def peer_decode(chunks: Chunks) -> int:
    return sum(1 for event in httpx_sse.EventSource(replayed(chunks)).iter_sse() if event.data)


def peer_parse(chunks: Chunks) -> int:
    count = 0
    for event in httpx_sse.EventSource(replayed(chunks)).iter_sse():
        count += 1
        if event.data != "[DONE]":
            json.loads(event.data)
    return count


@cache
def openai_client() -> openai.OpenAI:
    return openai.OpenAI(api_key="unused", base_url="http://127.0.0.1:9")  # asked to read, never to send


def peer_openai(chunks: Chunks) -> int:
    response: Any = replayed(chunks)  # version 3 names another package's Response, and asks the same of it
    return sum(1 for _ in openai.Stream(cast_to=ChatCompletionChunk, response=response, client=openai_client())) + 1  # [DONE]


def our_decode(chunks: Chunks) -> int:
    decoder = sc.SseDecoder()
    return sum(1 for chunk in chunks for event in decoder.feed(chunk) if event.data)


def our_check(chunks: Chunks) -> int:
    checker = sc.Checker()
    for chunk in chunks:
        checker.feed(chunk)
    report = checker.close()
    assert report.verdict == "clean", report
    return report.counts["events"]


def our_certain_check(chunks: Chunks) -> int:
    with only(certain_detectors()):
        return our_check(chunks)


# ------------------------------------------------------------------------------------------------------------- text checks
def module_of(detector: type[Detector]) -> str:
    return detector.__module__.rpartition(".")[2]


def certain_detectors() -> Detectors:
    """Return the detectors that prove: those that weigh evidence import Signal, as that is what they return."""
    return [d for d in detector_classes() if not hasattr(sys.modules[d.__module__], "Signal")]


@contextmanager
def only(detectors: Detectors) -> Iterator[None]:
    """Let new TextChecks have these detectors and no others."""
    with patch.object(textchecks, "detector_classes", lambda: detectors):
        yield


def check_texts(texts: Iterable[str]) -> None:
    for text in texts:
        checks = TextChecks("content")
        for at in range(0, len(text), BLOCK):
            checks.feed(text[at : at + BLOCK])
        checks.close()


def text_costs(texts: Sequence[str], sets: dict[str, Detectors], rounds: int) -> dict[str, float]:
    """Return microseconds per character of each set of detectors, all of them in each round."""
    times: dict[str, list[float]] = {name: [] for name in sets}
    for name, detectors in [*sets.items()] * (rounds + 1):
        with only(detectors):
            start = settled()
            check_texts(texts)
            times[name].append(time.process_time() - start)
    chars = sum(map(len, texts))
    return {name: statistics.median(took[1:]) / chars * 1e6 for name, took in times.items()}  # the first round loads tables


# ------------------------------------------------------------------------------------------------------------- measuring
def settled() -> float:
    """Return the CPU time, with no garbage left of what ran before."""
    gc.collect()
    return time.process_time()


def cpu_seconds(run: Callable[[Chunks], int], bodies: list[Chunks], expected: list[int]) -> float:
    start = settled()
    counts = [run(chunks) for chunks in bodies]
    took = time.process_time() - start
    assert counts == expected, (run.__name__, counts, expected)
    return took


class Costs(NamedTuple):
    """ours, theirs: microseconds per event. ratio: the median of the per-round ratios."""

    ours: float
    theirs: float
    ratio: float


def compare(
    ours: Callable[[Chunks], int], peer: Callable[[Chunks], int], streams: list[Response], how: str, rounds: int
) -> Costs:
    bodies, expected = [chunked(s, how) for s in streams], [len(s.events) for s in streams]
    times = [(cpu_seconds(ours, bodies, expected), cpu_seconds(peer, bodies, expected)) for _ in range(rounds + 1)]
    del times[0]  # loads tables, compiles expressions
    mine, theirs = (statistics.median(t[i] for t in times) / sum(expected) * 1e6 for i in (0, 1))
    return Costs(mine, theirs, statistics.median(a / b for a, b in times))


def writer_microseconds(streams: list[Response], rounds: int) -> float:
    """Return what CaptureWriter takes for one event a chunk, flushed to an unbuffered file, redaction included."""
    times = []
    events = [event for stream in streams for event in stream.events]
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, sc.CaptureWriter(f"{folder}/bench.capture.jsonl") as writer:
            start = settled()
            for event in events:
                writer.chunk(event, at=0.5)
            times.append(time.process_time() - start)
    return statistics.median(times) / len(events) * 1e6


# ------------------------------------------------------------------------------------------------------------- tables
class Layer(NamedTuple):
    """What is compared with whom. share: the part of the events that is enough, for what takes long."""

    ours: Callable[[Chunks], int]
    peer: Callable[[Chunks], int]
    named: str
    aim: float
    kinds: tuple[str, ...] = (*KINDS, "named")
    hows: tuple[str, ...] = ("event", "64k")
    share: float = 1.0


LAYERS = {
    "decode": Layer(our_decode, peer_decode, "httpx-sse", 0.6, hows=("event", "64k", "7b")),
    "certain": Layer(our_certain_check, peer_parse, "httpx-sse + json.loads", 0.8),
    "whole": Layer(our_check, peer_parse, "httpx-sse + json.loads", 1.0),
    "openai": Layer(our_check, peer_openai, "OpenAI SDK", 0.1, kinds=KINDS, share=0.2),
}


def table(*head: str) -> None:
    print("\n| " + " | ".join(head) + " |\n|" + "---|" * len(head))


def row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def print_layers(layers: list[str], events: int, rounds: int) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    if layers:
        table("what", "text", "chunks", "streamcheck us/event", "peer us/event", "ratio", "aim", "peer")
    for name in layers:
        layer = LAYERS[name]
        for kind in layer.kinds:
            for how in layer.hows:
                streams = responses(kind, int(events * (0.2 if how == "7b" else layer.share)))
                costs = compare(layer.ours, layer.peer, streams, how, rounds)
                figures[f"{name}/{kind}/{how}"] = round(costs.ratio, 3)
                row(
                    name, kind, how, f"{costs.ours:.2f}", f"{costs.theirs:.2f}", f"{costs.ratio:.3f}", f"{layer.aim}", layer.named
                )
    return figures


def print_texts(events: int, rounds: int, each: bool) -> dict[str, float]:
    """Print the cost of the text checks alone, and of each detector if asked. What detectors share is in the cost of each."""
    found = detector_classes()
    certain = certain_detectors()
    sets: dict[str, Detectors] = {"all": found, "certain": certain, "others": [d for d in found if d not in certain]}
    if each:
        sets |= {module_of(d): [d] for d in found} | {"none": []}
    texts = {kind: [r.text for r in responses(kind, events)] for kind in KINDS}
    costs = {kind: text_costs(texts[kind], sets, rounds) for kind in KINDS}
    table("text checks alone, us/character", *KINDS)
    for name in sets:
        row(name, *(f"{costs[kind][name]:.3f}" for kind in KINDS))
    return {f"texts/{name}/{kind}": round(costs[kind][name], 3) for name in sets for kind in KINDS}


def assert_whole(kinds: Iterable[str], events: int) -> None:
    """Stop if a text does not come out as it went in: then nothing that is measured here means anything."""
    for stream in (s for kind in kinds for s in responses(kind, events)):
        report = sc.check(stream.body)
        assert report.verdict == "clean", (stream.text[:80], report.findings)
        assert report.message.content == stream.text, stream.text[:80]


def main() -> int:
    names = [*LAYERS, "texts", "capture", "watch", "proxy"]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("layers", nargs="*", metavar="LAYER", help=f"all by default: {', '.join(names)}")
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--detectors", action="store_true", help="what each text check costs by itself")
    options = parser.parse_args()
    wanted = options.layers or names
    if unknown := set(wanted) - set(names):
        parser.error(f"no such layer: {', '.join(sorted(unknown))}")
    print(f"Python {sys.version.split()[0]}, {options.events} events, {options.rounds} rounds, CPU time, medians")
    assert_whole((*KINDS, "named"), options.events)
    figures = print_layers([name for name in LAYERS if name in wanted], options.events, options.rounds)
    if "texts" in wanted:
        figures |= print_texts(options.events, options.rounds, options.detectors)
    if "capture" in wanted:
        table("capture writer", "us/chunk")
        for kind in KINDS:
            cost = writer_microseconds(responses(kind, options.events), options.rounds)
            figures[f"capture/{kind}"] = round(cost, 2)
            row(kind, f"{cost:.2f}")
    if "watch" in wanted:
        figures |= bench_live.print_watch(options.rounds, table, row)
    if "proxy" in wanted:
        figures |= bench_live.print_proxy(table, row)
    print("\n" + json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
