"""Another process that follows the captures while they grow, and judges them.

In:   names of captures that begin and end, over a pipe; the captures, from the disk.
Out:  calls of a Teller, in that process; at the end how often each verdict came.
Rule: the relay never waits for the judge: the disk is the queue, the pipe only carries names. When the judge dies, that is said once.
      The judge ignores Ctrl-C; it ends when its pipe is closed and all that has been recorded is judged.
"""

__all__ = ("NOT_JUDGED", "Judge", "JudgeOptions", "Judged", "Teller")

import json
import multiprocessing
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Protocol

from streamcheck.capture.follow import CaptureFollower
from streamcheck.capture.format import Capture, End
from streamcheck.checker import Checker
from streamcheck.errors import StreamcheckError
from streamcheck.findings import Finding, Severity
from streamcheck.messages import Delta
from streamcheck.verdicts import Report
from streamcheck.wire.head import ResponseHead

NOT_JUDGED = "not judged"  # among the counts of verdicts

_LOOK_EVERY = 0.1  # seconds between two looks at captures that do not grow. guess: what a person calls at once
_MAX_UNSENT = 10_000  # names that wait for room in the pipe; more than that are not judged
_SAMPLE = "The first check of a process loads tables of words and letters; these sentences pay for it. " * 16


@dataclass(frozen=True, slots=True)
class JudgeOptions:
    """What every response is judged by. folder: where the captures are."""

    folder: str
    dialect: str = "auto"
    first_delta_within: float | None = None
    stall_after: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A response that has ended. name: of the capture's file; reason, error: how the recording ended."""

    name: str
    report: Report
    status: int | None
    reason: str
    error: str | None


class Teller(Protocol):
    """Who is told, in the judge's process."""

    def found(self, name: str, finding: Finding) -> None:
        """A response that still runs shows something that is not right; once for each code."""

    def judged(self, judged: Judged) -> None:
        """A response has ended."""

    def failed(self, name: str, reason: str) -> None:
        """A capture could not be judged."""


# ---------------------------------------------------------------------- the relay's side
class Judge:
    """The judge as the relay sees it: a Watcher of its recordings."""

    def __init__(self, options: JudgeOptions, new_teller: Callable[[], Teller], say: Callable[[str], None]) -> None:
        """new_teller: makes the teller in the judge's process; it must be a name that can be imported, or a partial of one."""
        self._say = say
        self._unsent: deque[bytes] = deque()
        self._alive = True
        context = multiprocessing.get_context("spawn")
        theirs, self._orders = context.Pipe(duplex=False)
        self._verdicts, answers = context.Pipe(duplex=False)
        self._process = context.Process(
            target=_judge, args=(theirs, answers, options, new_teller), name="streamcheck judge", daemon=True
        )
        # Ctrl-C reaches all processes of a terminal; this one would die of it before it could say that it ignores it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        answers.close()
        os.set_blocking(self._orders.fileno(), False)

    def opened(self, path: str, started: float) -> None:
        self._order("opened", path, started)

    def ended(self, path: str) -> None:
        self._order("ended", path, 0.0)

    def _order(self, kind: str, path: str, started: float) -> None:
        if not self._alive:
            return
        # The name alone: a pipe takes short messages whole or not at all.
        self._unsent.append(json.dumps([kind, os.path.basename(path), started]).encode())
        try:
            while self._unsent:
                self._orders.send_bytes(self._unsent[0])
                self._unsent.popleft()
        except BlockingIOError:  # it is busy: the next order takes these along
            if len(self._unsent) > _MAX_UNSENT:
                self._lose("it does not keep up")
        except OSError:
            self._lose("its process died")

    def _lose(self, reason: str) -> None:
        self._alive = False
        self._unsent.clear()
        self._say(f"nothing more is judged, {reason}; the recording goes on")

    def finish(self) -> Counter[str] | None:
        """Wait until everything is judged; return how often each verdict came, None when the judge died."""
        counts: Counter[str] | None = None
        try:
            os.set_blocking(self._orders.fileno(), True)
            while self._unsent:
                self._orders.send_bytes(self._unsent.popleft())
        except OSError:
            pass
        try:
            self._orders.close()
            counts = Counter(json.loads(self._verdicts.recv_bytes()))
        except (EOFError, OSError):
            if self._alive:
                self._lose("its process died")
        finally:
            self.close(kill=counts is None)
        return counts

    def close(self, *, kill: bool = True) -> None:
        """End the process. kill: whatever it is doing."""
        if kill:
            self._process.kill()
        self._process.join()
        self._orders.close()
        self._verdicts.close()


# ---------------------------------------------------------------------- the judge's side
def _judge(orders: Connection, verdicts: Connection, options: JudgeOptions, new_teller: Callable[[], Teller]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)  # whoever waits for a stream goes first
    running = _Running(options, new_teller())
    _load_tables()
    more_to_come = True
    while more_to_come or running.responses:
        idle = not running.look()
        if more_to_come:
            more_to_come = running.take(orders, wait=_LOOK_EVERY if idle else 0.0)
    verdicts.send_bytes(json.dumps(running.counts).encode())


class _Running:
    """The responses that are being recorded. counts: the verdicts on those that ended."""

    def __init__(self, options: JudgeOptions, teller: Teller) -> None:
        self.responses: dict[str, _Response] = {}
        self.counts: Counter[str] = Counter()
        self._options = options
        self._teller = teller

    def take(self, orders: Connection, *, wait: float) -> bool:
        """Take the orders that are there, waiting so many seconds for a first one; return whether more can come."""
        while orders.poll(wait):
            wait = 0.0
            try:
                kind, name, started = json.loads(orders.recv_bytes())
            except EOFError:
                for response in self.responses.values():
                    response.ended = True
                return False
            if kind == "ended":
                if name in self.responses:
                    self.responses[name].ended = True
                continue
            try:
                self.responses[name] = _Response(name, started, self._options, self._teller)
            except OSError as error:
                self._fail(name, error)
        return True

    def look(self) -> bool:
        """Look at every capture once; return whether any of them had something new."""
        found = False
        for name, response in list(self.responses.items()):
            try:
                found = response.look() or found
                if response.over:
                    judged = response.judged()
                    self.counts[judged.report.verdict.value] += 1
                    self._teller.judged(judged)
            except Exception as error:  # one capture that cannot be read, or a defect of ours, leaves the others
                self._fail(name, error)
                response.over = True
            if response.over:
                response.close()
                del self.responses[name]
        return found

    def _fail(self, name: str, error: Exception) -> None:
        self.counts[NOT_JUDGED] += 1
        said = error.strerror if isinstance(error, OSError) else str(error) if isinstance(error, StreamcheckError) else None
        self._teller.failed(name, said or type(error).__name__)


def _load_tables() -> None:
    checker = Checker()
    checker.feed_delta(Delta(0, "content", _SAMPLE, 0))
    checker.close()


class _Response:
    """One response while it is recorded. ended: nothing more will be written; over: and everything has been read."""

    def __init__(self, name: str, started: float, options: JudgeOptions, teller: Teller) -> None:
        self.ended = False
        self.over = False
        self._name = name
        self._started = started
        self._options = options
        self._teller = teller
        self._follower = CaptureFollower(os.path.join(options.folder, name))
        self._sent = 0.0  # when the request had been sent, seconds since `started`
        self._url: str | None = None
        self._status: int | None = None
        self._end = End()
        self._checker: Checker | None = None  # the response's head decides how it is made
        self._waiting: Checker | None = None  # knows the deadlines until there is a head
        self._told: set[str] = set()

    def look(self) -> bool:
        """Take in a piece of what is new and return whether there was anything. Raises CaptureError, OSError."""
        now = time.monotonic()
        piece = self._follower.read()
        if piece is not None:
            self._take(piece)
        elif self.ended:
            self.over = True
        else:
            self._wait(now - self._started - self._sent)
        return piece is not None

    def _take(self, piece: Capture) -> None:
        if piece.request is not None:
            self._sent = piece.request.at or 0.0
            self._url = piece.request.url
            self._waiting = self._new_checker(ResponseHead())
        if piece.response is not None:
            self._status = piece.response.status
            self._checker = self._new_checker(ResponseHead(self._status, piece.response.headers, self._url))
        for chunk in piece.chunks:
            self._tell(self._the_checker().feed(chunk.data, at=self._since_sent(chunk.at)))
        if piece.end is not None:
            self._end = piece.end
            self.over = True

    def _new_checker(self, head: ResponseHead) -> Checker:
        options = self._options
        return Checker(
            options.dialect,
            head=head,
            name=self._name,
            first_delta_within=options.first_delta_within,
            stall_after=options.stall_after,
            unsent=self._sent,
        )

    def _the_checker(self) -> Checker:
        if self._checker is None:
            self._checker = self._new_checker(ResponseHead(url=self._url))
        return self._checker

    def _since_sent(self, at: float | None) -> float | None:
        return at if at is None or not self._sent else round(at - self._sent, 6)

    def _wait(self, at: float) -> None:
        checker = self._checker or self._waiting
        if checker is not None and checker.deadline is not None and at >= checker.deadline:
            self._tell(checker.tick(at))

    def _tell(self, found: list[Delta | Finding]) -> None:
        for finding in found:
            if isinstance(finding, Finding) and finding.severity is not Severity.NOTE and finding.code not in self._told:
                self._told.add(finding.code)
                self._teller.found(self._name, finding)

    def judged(self) -> Judged:
        report = self._the_checker().close(self._end.cause, at=self._since_sent(self._end.at))
        return Judged(self._name, report, self._status, self._end.reason, self._end.error)

    def close(self) -> None:
        self._follower.close()
