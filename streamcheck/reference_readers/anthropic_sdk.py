"""The Anthropic SDK: messages, streamed.

In:   a Reading.
Out:  the events that it gives to the application.
Rule: its own client and parser, over the capture in place of the network; nothing is retried.
"""

__all__ = ("READER",)

from typing import Any

from streamcheck.reference_readers import Reader, Reading
from streamcheck.reference_readers._replayed import http_client_of

_MESSAGES: Any = [{"role": "user", "content": ""}]


def _read(reading: Reading) -> None:
    import anthropic

    with anthropic.Anthropic(
        api_key="none",
        base_url="http://replay.invalid",
        max_retries=0,
        http_client=http_client_of(reading.capture, anthropic.DefaultHttpxClient),
    ) as client:
        for event in client.messages.create(model="none", max_tokens=1, messages=_MESSAGES, stream=True):
            reading.say(event.model_dump(exclude_unset=True, warnings=False), event=event.type)


READER = Reader("anthropic", "the Anthropic SDK, stream=True", _read, package="anthropic", reads=("anthropic-messages",))
