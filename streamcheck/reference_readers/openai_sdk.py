"""The OpenAI SDK: chat completions and responses, streamed.

In:   a Reading.
Out:  the chunks that it gives to the application.
Rule: its own client, base URL and parser, over the capture in place of the network; nothing is retried.
"""

__all__ = ("READER",)

from typing import Any

from streamcheck.reference_readers import Reader, Reading
from streamcheck.reference_readers._replayed import http_client_of

_MESSAGES: Any = [{"role": "user", "content": ""}]


def _read(reading: Reading) -> None:
    import openai

    with openai.OpenAI(
        api_key="none",
        base_url="http://replay.invalid/v1",
        max_retries=0,
        http_client=http_client_of(reading.capture, openai.DefaultHttpxClient),
    ) as client:
        if reading.dialect == "openai-responses":
            for event in client.responses.create(model="none", input="", stream=True):
                reading.say(event.model_dump(exclude_unset=True, warnings=False), event=event.type)
        else:
            for chunk in client.chat.completions.create(model="none", messages=_MESSAGES, stream=True):
                reading.say(chunk.model_dump(exclude_unset=True, warnings=False))


READER = Reader(
    "openai", "the OpenAI SDK, stream=True", _read, package="openai", reads=("openai-chat", "openai-responses", "mistral")
)
