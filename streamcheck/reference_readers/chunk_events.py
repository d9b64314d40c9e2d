"""A hand-written parser that takes each chunk for whole events.

In:   a Reading.
Out:  what the application would have been given.
Rule: each chunk is decoded for itself with replacement and split at blank lines; what is no JSON is passed over in silence.
      It is right for as long as every flush of the server arrives as one read.
"""

__all__ = ("READER",)

from streamcheck.reference_readers import Reader, Reading
from streamcheck.reference_readers._replayed import response_of, say_json


def _read(reading: Reading) -> None:
    for chunk in response_of(reading.capture, "httpx").iter_bytes():
        for block in chunk.decode("utf-8", "replace").split("\n\n"):
            lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
            try:
                if "data" in lines and not say_json(reading, lines["data"], event=lines.get("event", "message")):
                    return
            except ValueError:
                continue


READER = Reader(
    "chunk-as-events", 'written by hand: each chunk decoded alone, split at "\\n\\n", errors passed over', _read, package="httpx"
)
