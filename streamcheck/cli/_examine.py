"""One file or stream checked, whatever happens.

In:   a path, in this process or in a worker; or a binary stream that is read while it comes.
Out:  Examined values.
Rule: nothing raises but KeyboardInterrupt: a file that cannot be read is a problem in words, and the next one is checked.
"""

__all__ = ("Examined", "examine", "examine_all", "examine_live")

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from types import FrameType
from typing import TYPE_CHECKING, BinaryIO, Self

from streamcheck.checker import Checker, check
from streamcheck.cli._command import Options
from streamcheck.errors import StreamcheckError
from streamcheck.findings import Finding
from streamcheck.verdicts import Report

if TYPE_CHECKING:
    from streamcheck.capture.format import Capture

_READ = 64 * 1024  # bytes asked for at once; a read returns what is there
_HEAD = 256  # bytes that tell a capture
_CAPTURE_NAMES = (".capture.jsonl", ".capture.jsonl.zst")


@dataclass(frozen=True, slots=True)
class Examined:
    """report: None when there is a problem. about: a sentence on the recording. interrupted: it is of what came so far."""

    report: Report | None
    about: str | None = None
    problem: str | None = None
    interrupted: bool = False


def examine(path: str, options: Options) -> Examined:
    """Return the report of a file, or why there is none."""
    from streamcheck.capture.reader import CaptureReader, is_capture

    asked = options.keywords()
    try:
        if not os.path.isfile(path):  # a pipe or a device can be read once only
            with open(path, "rb") as stream:
                return Examined(check(stream.read(), name=path, **asked))
        with open(path, "rb") as file:
            head = file.read(_HEAD)
        if path.endswith(_CAPTURE_NAMES) or is_capture(head):
            capture = CaptureReader(path).read()
            return Examined(check(capture, name=path, **asked), about=_about(capture))
        return Examined(check(path, **asked))
    except StreamcheckError as error:
        return Examined(None, problem=str(error))
    except OSError as error:
        return Examined(None, problem=f"{path}: cannot be read: {error.strerror or error}")
    except Exception as error:
        if os.environ.get("STREAMCHECK_DEBUG"):
            raise
        what = f"{type(error).__name__}: {error}"[:300]
        problem = f"{path}: internal error: {what}; this is a defect of streamcheck, STREAMCHECK_DEBUG=1 shows where"
        return Examined(None, problem=problem)


def _about(capture: "Capture") -> str | None:
    request, response = capture.request, capture.response
    words = []
    if request is not None and request.url:
        words.append(f"{request.method or 'GET'} {request.url}")
    if response is not None and response.status is not None:
        words.append(f"HTTP status {response.status}")
    if capture.started:
        words.append(f"started {capture.started}")
    words.append(f"hop {capture.hop}")
    return ", ".join(words)


# ---------------------------------------------------------------------- many files
def examine_all(paths: Sequence[str], options: Options, jobs: int) -> Iterator[Examined]:
    """Yield what examine() gives for each path, in order. jobs: processes to use; 0 takes one for each core."""
    workers = min(jobs or os.cpu_count() or 1, len(paths))
    if workers <= 1:
        for path in paths:
            yield examine(path, options)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # Not "fork": a progress bar has a thread, and a copy of a process with threads can hang.
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(method), initializer=_ignore_interrupts)
    done = 0
    try:
        for examined in pool.map(examine, paths, repeat(options), chunksize=max(1, min(16, len(paths) // (workers * 4)))):
            done += 1
            yield examined
    except BrokenProcessPool:
        for path in paths[done:]:
            yield Examined(None, problem=f"{path}: not checked, a worker process died: try --jobs 1")
    except (KeyboardInterrupt, GeneratorExit):
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ignore_interrupts() -> None:
    """Ctrl-C reaches every process of the terminal; only the first of them answers it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


# ---------------------------------------------------------------------- a stream as it comes
def examine_live(
    stream: BinaryIO, *, name: str, options: Options, on_finding: Callable[[Finding], None] | None = None
) -> Examined:
    """Return the report of a stream that is read while it comes, or of a whole capture that comes in its place.

    on_finding: called for each finding as soon as it is known. Times count from the first byte: when the request was sent is not
    known here. Ctrl-C ends the reading; the report is then of what came so far.
    """
    from streamcheck.capture.reader import CaptureReader, is_capture

    checker = Checker(name=name, **options.keywords())
    held: list[tuple[float, bytes]] | None = []  # reads that may still turn out to be the head of a capture
    whole: list[bytes] = []  # a capture's file
    with _Interrupts() as interrupts:
        start: float | None = None
        while data := interrupts.read(stream):
            now = time.monotonic()
            start = now if start is None else start
            if whole:
                whole.append(data)
                continue
            if held is not None:
                held.append((now - start, data))
                head = b"".join(piece for _, piece in held)
                if is_capture(head[:_HEAD]):
                    whole.append(head)
                    continue
                if len(head) < _HEAD and b"\n" not in head.lstrip() and head.lstrip()[:1] in (b"", b"{"):
                    continue
                reads, held = held, None
            else:
                reads = [(now - start, data)]
            _feed(checker, reads, on_finding)
    if whole:
        try:
            capture = CaptureReader(b"".join(whole), name=name).read()
        except StreamcheckError as error:
            return Examined(None, problem=str(error), interrupted=interrupts.hit)
        return Examined(check(capture, name=name, **options.keywords()), about=_about(capture), interrupted=interrupts.hit)
    _feed(checker, held or [], on_finding)
    ended = None if start is None else time.monotonic() - start
    return Examined(checker.close("cancel" if interrupts.hit else "eof", at=ended), interrupted=interrupts.hit)


def _feed(checker: Checker, reads: list[tuple[float, bytes]], on_finding: Callable[[Finding], None] | None) -> None:
    for at, data in reads:
        for item in checker.feed(data, at=at):
            if on_finding is not None and isinstance(item, Finding):
                on_finding(item)


class _Interrupts:
    """Lets Ctrl-C end a read and nothing else: an event that is being taken in is taken in whole.

    hit: whether it came.
    """

    def __init__(self) -> None:
        self.hit = False
        self._reading = False
        self._before: object = None

    def __enter__(self) -> Self:
        try:
            self._before = signal.signal(signal.SIGINT, self._on_interrupt)
        except ValueError:  # not in the main thread: there, no signals arrive
            self._before = None
        return self

    def __exit__(self, *exc: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]  # what signal.signal() gave

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        self.hit = True
        if self._reading:
            raise KeyboardInterrupt

    def read(self, stream: BinaryIO) -> bytes:
        """Return what is there, waiting for something; b"" at the end and after Ctrl-C."""
        if self.hit:
            return b""
        self._reading = True
        try:
            read = getattr(stream, "read1", None)
            data: bytes = read(_READ) if read is not None else stream.read(_READ)
            self._reading = False
        except KeyboardInterrupt:
            return b""
        finally:
            self._reading = False
        return data
