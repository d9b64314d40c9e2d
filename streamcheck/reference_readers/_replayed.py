"""A capture as the libraries want it.

In:   a capture.
Out:  a response, or an SDK's own kind of HTTP client, that gives the recorded chunks.
Rule: nothing is retried and nothing waits.
"""

__all__ = ("http_client_of", "response_of", "say_json")

import json
from typing import Any

from streamcheck.capture.format import Capture
from streamcheck.reference_readers import Reading
from streamcheck.replaying.in_process import replay


def response_of(capture: Capture, library: str) -> Any:
    """Return a response of `library`, unread. Raises the library's error for a status of 400 or more, as every recipe does."""
    response = replay(capture, client=library).response()
    response.raise_for_status()
    return response


def http_client_of(capture: Capture, default: Any) -> Any:
    """Return `default`, an SDK's class of HTTP clients, over the capture. It may stand on httpx or on httpx2."""
    bases = {base.__module__.partition(".")[0] for base in default.__mro__}
    return default(transport=replay(capture, client="httpx2" if "httpx2" in bases else "httpx"))


def say_json(reading: Reading, data: str, *, event: str = "message") -> bool:
    """Say an event as most applications read it: json.loads() up to [DONE]. Return False at [DONE]. Raises ValueError."""
    if data.strip() == "[DONE]":
        return False
    reading.say(json.loads(data), event=event)
    return True
