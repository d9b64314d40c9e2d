"""The recipe on most pages: httpx's iter_lines(), `data:` cut off, json.loads().

In:   a Reading.
Out:  what the application would have been given.
Rule: iter_lines() has the line ends of str.splitlines(): a raw U+2028, U+2029 or U+0085 in the text tears its line.
"""

__all__ = ("READER",)

from streamcheck.reference_readers import Reader, Reading
from streamcheck.reference_readers._replayed import response_of, say_json


def _read(reading: Reading) -> None:
    event = "message"
    for line in response_of(reading.capture, "httpx").iter_lines():
        field, _, value = line.partition(":")
        if field == "event":
            event = value.strip()
        elif field == "data":
            if not say_json(reading, value.strip(), event=event):
                return
            event = "message"
        elif line.startswith("{"):  # a stream of JSON lines
            say_json(reading, line)


READER = Reader(
    "httpx-iter-lines",
    "httpx's iter_lines(), each data line through json.loads()",
    _read,
    package="httpx",
    framings=("sse", "ndjson"),
)
