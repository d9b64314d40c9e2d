"""Watch: one line around a client that is there already.

In:   an httpx or httpx2 client, an OpenAI or Anthropic client, or a transport.
Out:  the same client, its streams unchanged; callbacks; captures.
Rule: a tap goes into the client's own transports, where they are: its proxies, its defaults and its event hooks stay what they were, and
      requests that never get an answer are seen too, which a response hook is never told of.
"""

__all__ = ("Watch",)

from collections.abc import Callable
from typing import Any, TypeVar

from streamcheck.checker import Checker
from streamcheck.errors import UsageError, near_names
from streamcheck.findings import Finding
from streamcheck.live.callbacks import Callbacks
from streamcheck.live.libraries import client_of, library_of, transport_slots, transport_type
from streamcheck.live.recorder import RecordTo, recording_target
from streamcheck.live.tap import Settings
from streamcheck.live.transports import WatchedTransport
from streamcheck.textchecks import warm_up
from streamcheck.verdicts import Report, Verdict

_Client = TypeVar("_Client")
_Transport = TypeVar("_Transport")
_ACTIONS = ("observe", "raise", "stop")


class Watch:
    """Watches every answer that comes through the clients and transports it is given.

        watch = Watch(on_report=print, record_to="captures/")
        client = watch.attach(openai.OpenAI())

    on_finding, on_report: called with each Finding as it is known, and with the Report of each response; async ones with async clients.
                 What they raise is logged, and the stream goes on.
    record_to:   a folder, a CaptureFolder with caps of its own, or a callable: file name -> path, binary file, or None for no capture.
    hop:         what the captures call this place.
    on_verdict:  "observe": nothing is changed. "raise": StreamRejected, with the report, as soon as the verdict is `reject_from` or graver,
                 before the text that shows it is handed on. "stop": the stream ends there as if it were over. Both close the
                 connection, so that no more tokens are paid for.
    reject_from: the least grave verdict to act on.
    first_delta_within, stall_after: deadlines in seconds, see silences.py. "raise" and "stop" act when one passes; with a sync client that can
                 be late by the time between two keep-alive comments. Before there is a response, "stop" raises too.
    dialect, context, scorer: as for Checker.
    Raises UsageError for what cannot be meant.
    """

    def __init__(
        self,
        *,
        on_report: Callable[[Report], Any] | None = None,
        on_finding: Callable[[Finding], Any] | None = None,
        record_to: RecordTo | None = None,
        hop: str = "wire",
        on_verdict: str = "observe",
        reject_from: Verdict | str = Verdict.DEGENERATE,
        first_delta_within: float | None = None,
        stall_after: float | None = None,
        dialect: str = "auto",
        context: str = "",
        scorer: Callable[[str], float] | None = None,
    ) -> None:
        if on_verdict not in _ACTIONS:
            raise UsageError(f"unknown on_verdict {on_verdict!r}{near_names(on_verdict, _ACTIONS)}")
        if reject_from not in list(Verdict) or reject_from == Verdict.CLEAN:
            raise UsageError(f"reject_from cannot be {reject_from!r}{near_names(str(reject_from), [*Verdict][1:])}")
        self._settings = Settings(
            Callbacks(on_finding, on_report),
            recording_target(record_to),
            hop,
            on_verdict,
            Verdict(reject_from),
            first_delta_within,
            stall_after,
            dialect,
            context,
            scorer,
        )
        Checker(  # what it refuses is refused now
            dialect,
            context=context,
            scorer=scorer,
            first_delta_within=first_delta_within,
            stall_after=stall_after,
        )
        warm_up()

    def attach(self, client: _Client) -> _Client:
        """Return `client`, watched from now on; attaching it twice changes nothing.

        Raises UsageError for other kinds of clients, and for async callbacks with a sync client.
        """
        inner, library = client_of(client)
        if isinstance(inner, library.Client):
            self._settings.callbacks.refuse_async()
        for transport, put in transport_slots(inner):
            put(self.wrap(transport))
        return client

    def wrap(self, transport: _Transport) -> _Transport:
        """Return a transport that does what `transport` does, watched.

        Raises UsageError for what is no transport of httpx or httpx2, and for async callbacks with a sync one.
        """
        library = library_of(transport, "BaseTransport", "AsyncBaseTransport")
        if library is None:
            raise UsageError(
                f"wrap() takes a transport of httpx or httpx2, not {type(transport).__name__}; attach() takes clients"
            )
        if isinstance(transport, WatchedTransport) and transport.settings is self._settings:
            return transport
        if not isinstance(transport, library.AsyncBaseTransport):
            self._settings.callbacks.refuse_async()
        watched: _Transport = transport_type(WatchedTransport, library)(transport, library, self._settings)
        return watched
