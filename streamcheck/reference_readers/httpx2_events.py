"""httpx2's own EventSource, each event through json.loads().

In:   a Reading.
Out:  what the application would have been given.
Rule: as httpx_sse_events.py, with a limit on the size of an event.
"""

__all__ = ("READER",)

from streamcheck.reference_readers import Reader, Reading
from streamcheck.reference_readers._replayed import response_of, say_json


def _read(reading: Reading) -> None:
    import httpx2

    for event in httpx2.EventSource(response_of(reading.capture, "httpx2")):
        if not say_json(reading, event.data, event=event.event):
            return


READER = Reader("httpx2-sse", "httpx2.EventSource, each event through json.loads()", _read, package="httpx2")
