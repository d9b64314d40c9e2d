"""What watching a live stream costs, and what it delays.

In:   the loopback server of bench_server.py, in a process of its own.
Out:  tables: CPU of the OpenAI SDK per event without and with a Watch; delay of a chunk from the server's write to the reader's hands,
      direct, watched, and through `streamcheck record`; the proxy under many streams at once.
Rule: contenders take turns in each round; CPU time is this process's own, and for the proxy that of its own process. Ratios and
      differences of one run count, absolute times do not.
"""

__all__ = ("print_proxy", "print_watch")

import asyncio
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any, NamedTuple

import httpx2
import openai

import streamcheck as sc
from scripts.bench_server import served

_SENT = re.compile(rb'"sent_ns":(\d+)')
Row = Callable[..., None]


# ------------------------------------------------------------------------------------------------------------- the SDK's CPU
def sdk_seconds(client: openai.OpenAI) -> tuple[float, int]:
    """Return the CPU seconds that one streamed answer takes, and its events."""
    start = time.process_time()
    stream = client.chat.completions.create(model="bench-1", messages=[{"role": "user", "content": "go"}], stream=True)
    count = sum(1 for _ in stream)
    return time.process_time() - start, count


def print_watch(rounds: int, table: Row, row: Row) -> dict[str, float]:
    """Print what a Watch adds to the OpenAI SDK, without and with a capture being written."""
    figures = {}
    with served() as port, tempfile.TemporaryDirectory() as folder:
        table("watching the OpenAI SDK", "text", "SDK us/event", "added us/event", "share of the SDK", "aim")
        for kind in ("english", "cjk", "code"):
            base = f"http://127.0.0.1:{port}/fast/{kind}"
            plain, watched, recorded = (openai.OpenAI(api_key="unused", base_url=base) for _ in range(3))
            sc.Watch().attach(watched)
            sc.Watch(record_to=folder).attach(recorded)
            times = [[sdk_seconds(client) for client in (plain, watched, recorded)] for _ in range(rounds + 1)][1:]
            events = times[0][0][1]
            sdk = statistics.median(each[0][0] for each in times) / events * 1e6
            for name, place in (("check", 1), ("check and capture", 2)):
                added = statistics.median(each[place][0] - each[0][0] for each in times) / events * 1e6
                share = statistics.median(each[place][0] / each[0][0] - 1 for each in times)
                figures[f"watch/{name}/{kind}"] = round(share, 3)
                row(name, kind, f"{sdk:.1f}", f"{added:.1f}", f"{share:.3f}", "0.05" if place == 1 else "")
            for client in (plain, watched, recorded):
                client.close()
    figures |= print_delays(table, row)
    return figures


# ------------------------------------------------------------------------------------------------------------- delay
def delays_ms(client: httpx2.Client, port: int, hz: float, seconds: float) -> list[float]:
    """Return how long each event was on its way, in milliseconds."""
    found = []
    with client.stream("POST", f"http://127.0.0.1:{port}/paced/{hz:g}/{seconds:g}") as response:
        for chunk in response.iter_raw():
            now = time.monotonic_ns()
            found += [(now - int(sent)) / 1e6 for sent in _SENT.findall(chunk)]
    return found


def print_delays(table: Row, row: Row) -> dict[str, float]:
    with served() as port, tempfile.TemporaryDirectory() as folder, proxy_before(port, folder, "--no-check") as relay:
        plain, watched = httpx2.Client(trust_env=False), httpx2.Client(trust_env=False)
        sc.Watch(record_to=f"{folder}/watched").attach(watched)
        ways = {"direct": (plain, port), "watched, recorded": (watched, port), "through the proxy": (plain, relay.port)}
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(5):  # in turns: a busy second hits them alike
            for name, (client, at) in ways.items():
                found[name] += delays_ms(client, at, hz=100, seconds=2)
        plain.close()
        watched.close()
    table("delay of a chunk, 100 a second", "median ms", "p99 ms", "median added", "p99 added", "aim")
    figures = {}
    for name, each in found.items():
        median, p99 = statistics.median(each), percentile(each, 0.99)
        more = (median - statistics.median(found["direct"]), p99 - percentile(found["direct"], 0.99))
        figures[f"delay/{name}/p99"] = round(more[1], 3)
        row(name, f"{median:.3f}", f"{p99:.3f}", f"{more[0]:.3f}", f"{more[1]:.3f}", "" if name == "direct" else "0.2")
    return figures


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


# ------------------------------------------------------------------------------------------------------------- the proxy
class Relay(NamedTuple):
    """A running `streamcheck record`."""

    port: int
    pid: int

    @property
    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100  # clock ticks; 100 a second on Linux

    @property
    def megabytes(self) -> float:
        """Resident memory of the proxy and of its own processes, at its highest."""
        pids = [self.pid, *(int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split())]
        peaks = [re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()) for pid in pids]
        return sum(int(peak[1]) for peak in peaks if peak) / 1024


@contextmanager
def proxy_before(port: int, folder: str, *options: str) -> Iterator[Relay]:
    """Give a recording proxy in front of the server."""
    command = [sys.executable, "-m", "streamcheck", "record", "--upstream", f"http://127.0.0.1:{port}", "--listen", "127.0.0.1:0"]
    with Popen([*command, "--out", f"{folder}/proxied", *options], stderr=PIPE, stdout=DEVNULL, text=True) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
                if found:
                    yield Relay(int(found[1]), process.pid)
                    break
        finally:
            process.terminate()
            process.stderr.read()


async def read_one(port: int, path: str) -> tuple[int, int]:
    """Return (bytes of the whole response, events that say when they were sent) of one stream."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
    size = events = 0
    rest = b""
    while not rest.endswith(b"0\r\n\r\n"):
        block = await reader.read(65536)
        if not block:
            break
        size += len(block)
        events += len(_SENT.findall(rest[-40:] + block)) - len(_SENT.findall(rest[-40:]))
        rest = (rest + block)[-400:]
    writer.close()
    return size, events


async def read_many(port: int, streams: int, path: str) -> list[tuple[int, int]]:
    return await asyncio.gather(*(read_one(port, path) for _ in range(streams)))


def print_proxy(table: Row, row: Row) -> dict[str, Any]:
    """Print what the recording proxy costs and holds, with few and with many streams, without and with the check."""
    figures: dict[str, Any] = {}
    table("recording proxy", "streams", "chunks/s each", "events lost", "CPU us/chunk of the relay", "peak MB, all its processes")
    for name, options in (("no check", ("--no-check",)), ("check", ())):
        for streams, hz in ((4, 250), (200, 100)):
            with served() as port, tempfile.TemporaryDirectory() as folder, proxy_before(port, folder, *options) as relay:
                before, seconds = relay.cpu_seconds, 5
                got = asyncio.run(read_many(relay.port, streams, f"/paced/{hz}/{seconds}"))
                cpu = relay.cpu_seconds - before
                lost = streams * hz * seconds - sum(events for _, events in got)
                cost = cpu / (streams * hz * seconds) * 1e6
                figures[f"proxy/{name}/{streams}"] = {"lost": lost, "us": round(cost, 1), "MB": round(relay.megabytes)}
                row(name, str(streams), str(hz), str(lost), f"{cost:.1f}", f"{relay.megabytes:.0f}")
    return figures
