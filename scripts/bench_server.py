"""The provider that scripts/bench measures live streams against: a loopback server in a process of its own.

In:   POST /fast/KIND: one recorded-looking response, an event a chunk, as fast as it is read.
      POST /paced/HZ/SECONDS: events at that pace; each says when it was written, in nanoseconds of the machine's monotonic clock.
Out:  chunked HTTP/1.1 over asyncio sockets; connections are kept alive. The port is printed as the first line.
Rule: what it costs is not counted: contenders are compared in their own processes, with the same server.
"""

__all__ = ("served",)

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.bench_texts import documents, responses

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_IDENT = '"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"bench-1"'


@contextmanager
def served() -> Iterator[int]:
    """Give the port of a server that runs as long as the context."""
    command = [sys.executable, "-P", "-m", "scripts.bench_server"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def framed(event: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(event), event)


def event_of(delta: str, finish: str = "null") -> bytes:
    choice = f'{{"index":0,"delta":{delta},"finish_reason":{finish}}}'
    return f'data: {{{_IDENT},"choices":[{choice}]}}\n\n'.encode()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            await reader.readexactly(int(lengths[0]) if lengths else 0)
            match head.split(b" ")[1].decode().strip("/").split("/")[:3]:
                case ["fast", kind, *_]:
                    await send_fast(writer, kind)
                case ["paced", hz, seconds]:
                    await send_paced(writer, float(hz), float(seconds))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def send_fast(writer: asyncio.StreamWriter, kind: str) -> None:
    writer.write(_HEAD)
    for event in responses(kind, 4000)[0].events:
        writer.write(framed(event))
        await writer.drain()
        await asyncio.sleep(0)
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def send_paced(writer: asyncio.StreamWriter, hz: float, seconds: float) -> None:
    writer.write(_HEAD + framed(event_of('{"role":"assistant","content":""}')))
    words = documents("english")[0].split()
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number in range(int(hz * seconds)):
        await asyncio.sleep(max(0.0, start + number / hz - loop.time()))
        text = json.dumps(words[number % len(words)] + " ")
        writer.write(framed(event_of(f'{{"content":{text},"sent_ns":{time.monotonic_ns()}}}')))
        await writer.drain()
    writer.write(framed(event_of("{}", '"stop"')) + framed(b"data: [DONE]\n\n") + b"0\r\n\r\n")
    await writer.drain()


async def main() -> None:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
