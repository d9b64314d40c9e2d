"""httpx-sse's EventSource, each event through json.loads().

In:   a Reading.
Out:  what the application would have been given.
Rule: it decodes by the response's charset and replaces what is not UTF-8; other content types are refused.
"""

__all__ = ("READER",)

from streamcheck.reference_readers import Reader, Reading
from streamcheck.reference_readers._replayed import response_of, say_json


def _read(reading: Reading) -> None:
    import httpx_sse

    for event in httpx_sse.EventSource(response_of(reading.capture, "httpx")).iter_sse():
        if not say_json(reading, event.data, event=event.event):
            return


READER = Reader("httpx-sse", "httpx_sse.EventSource, each event through json.loads()", _read, package="httpx_sse")
