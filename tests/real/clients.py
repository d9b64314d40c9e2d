"""Every way to read a streamed answer that an application has, and everything that it sees when it does.

In:   a client of httpx, httpx2, openai or anthropic, plain or watched; the URL of a case.
Out:  an Outcome: values in the order in which they came, the exception that ended them, the response as it stands afterwards.
Rule: an Outcome holds only what an application can see and what two runs have in common: no object addresses, no times. What is
      known only to the chance of the socket (where a body without chunk framing was cut) is joined.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx
import httpx2
import httpx_sse
import openai

import streamcheck as sc
from tests.real.cases import APART, CASES, Case

_TIMEOUT = 20.0  # seconds; only a defect waits for it
_BORDERS_KEPT = 32 * 1024  # bytes: a shorter body fits into the socket's buffers, so its chunks arrive one by one
_ADDRESS = re.compile(r"\b(0x)?[0-9a-f]{12}\b")  # of an object in memory; anyio names its cancel scopes so
_SAID = [{"role": "user", "content": "When does the ferry leave? 船？"}]


@dataclass(frozen=True)
class Outcome:
    """What an application got.

    saw:      values in the order in which they came, an SDK's objects as (class name, plain values).
    error:    the chain of exceptions that ended it, outermost first.
    response: how it stands afterwards, as pairs.
    """

    saw: tuple[object, ...]
    error: tuple[str, ...]
    response: tuple[tuple[str, object], ...]

    @property
    def models(self) -> list[tuple[str, Any]]:
        """The SDK's objects that were seen."""
        return [value for value in self.saw if isinstance(value, tuple)]

    @property
    def downloaded(self) -> int | None:
        """Bytes of the body that the client's library counted; None where there was no response."""
        counted = dict(self.response).get("num_bytes_downloaded")
        return counted if isinstance(counted, int) else None


class Seen:
    """What one ask has seen so far."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.values: list[object] = []
        self.response: Any = None

    def add(self, *values: object) -> None:
        self.values.extend(values)

    def model(self, value: Any) -> None:
        """Keep an SDK's object as plain values."""
        dump = getattr(value, "model_dump", None)
        self.values.append((type(value).__name__, dump(warnings=False) if dump else value))

    def chunks(self, chunks: list[bytes]) -> None:
        """Keep the chunks, or what they join to where their borders are the socket's."""
        sure = self.case.framing == "chunked" and len(self.case.body) < _BORDERS_KEPT
        self.values.extend(chunks if sure else [b"".join(chunks)])

    def outcome(self, error: BaseException | None) -> Outcome:
        response = getattr(error, "response", None) or self.response
        if error is not None and hasattr(error, "body"):
            self.add(("body", error.body))
        return Outcome(tuple(self.values), tuple(_chain(error)), tuple(_standing(response)))


def _chain(error: BaseException | None) -> list[str]:
    names: list[str] = []
    while error is not None:
        names.append(f"{type(error).__module__}.{type(error).__qualname__}: {_ADDRESS.sub('...', str(error))}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return names


def _standing(response: Any) -> list[tuple[str, object]]:
    if response is None:
        return []
    return [
        ("type", f"{type(response).__module__}.{type(response).__qualname__}"),
        ("status", response.status_code),
        ("reason", response.reason_phrase),
        ("http", response.http_version),
        ("headers", tuple(response.headers.raw)),
        ("encoding", response.encoding),
        ("url", str(response.url)),
        ("request", str(response.request.url)),
        ("history", len(response.history)),
        ("extensions", tuple(sorted(response.extensions))),
        ("is_closed", response.is_closed),
        ("is_stream_consumed", response.is_stream_consumed),
        ("num_bytes_downloaded", response.num_bytes_downloaded),
        ("elapsed", hasattr(response, "_elapsed")),
    ]


# ---------------------------------------------------------------------- openai
def _chat(client: Any, url: str) -> tuple[Any, dict[str, Any]]:
    return client.with_options(base_url=f"{url}/v1").chat.completions, {"model": "small-1", "messages": _SAID}


def _chat_stream(client: Any, url: str, seen: Seen) -> None:
    chat, asked = _chat(client, url)
    with chat.create(**asked, stream=True) as stream:
        seen.response = stream.response
        for event in stream:
            seen.model(event)


def _chat_helper(client: Any, url: str, seen: Seen) -> None:
    chat, asked = _chat(client, url)
    with chat.stream(**asked) as stream:
        seen.response = stream._response
        for event in stream:
            seen.model(event)
        seen.model(stream.get_final_completion())


def _chat_whole(client: Any, url: str, seen: Seen) -> None:
    chat, asked = _chat(client, url)
    answer = chat.with_raw_response.create(**asked)
    seen.response = answer.http_response
    seen.model(answer.parse())


def _chat_lines(client: Any, url: str, seen: Seen) -> None:
    chat, asked = _chat(client, url)
    with chat.with_streaming_response.create(**asked, stream=True) as answer:
        seen.response = answer.http_response
        for line in answer.iter_lines():
            seen.add(line)


async def _achat_stream(client: Any, url: str, seen: Seen) -> None:
    chat, asked = _chat(client, url)
    async with await chat.create(**asked, stream=True) as stream:
        seen.response = stream.response
        async for event in stream:
            seen.model(event)


async def _achat_helper(client: Any, url: str, seen: Seen) -> None:
    chat, asked = _chat(client, url)
    async with chat.stream(**asked) as stream:
        seen.response = stream._response
        async for event in stream:
            seen.model(event)
        seen.model(await stream.get_final_completion())


async def _achat_whole(client: Any, url: str, seen: Seen) -> None:
    chat, asked = _chat(client, url)
    answer = await chat.with_raw_response.create(**asked)
    seen.response = answer.http_response
    seen.model(answer.parse())


def _responses_stream(client: Any, url: str, seen: Seen) -> None:
    responses = client.with_options(base_url=f"{url}/v1").responses
    with responses.create(model="small-1", input="When?", stream=True) as stream:
        seen.response = stream.response
        for event in stream:
            seen.model(event)


async def _aresponses_helper(client: Any, url: str, seen: Seen) -> None:
    responses = client.with_options(base_url=f"{url}/v1").responses
    async with responses.stream(model="small-1", input="When?") as stream:
        seen.response = stream._response
        async for event in stream:
            seen.model(event)
        seen.model(await stream.get_final_response())


# ---------------------------------------------------------------------- anthropic
def _messages(client: Any, url: str) -> tuple[Any, dict[str, Any]]:
    return client.with_options(base_url=url).messages, {"model": "small-1", "messages": _SAID, "max_tokens": 99}


def _messages_stream(client: Any, url: str, seen: Seen) -> None:
    messages, asked = _messages(client, url)
    with messages.create(**asked, stream=True) as stream:
        seen.response = stream.response
        for event in stream:
            seen.model(event)


def _messages_helper(client: Any, url: str, seen: Seen) -> None:
    messages, asked = _messages(client, url)
    with messages.stream(**asked) as stream:
        seen.response = stream.response
        for event in stream:
            seen.model(event)
        seen.model(stream.get_final_message())


def _messages_whole(client: Any, url: str, seen: Seen) -> None:
    messages, asked = _messages(client, url)
    answer = messages.with_raw_response.create(**asked)
    seen.response = answer.http_response
    seen.model(answer.parse())


async def _amessages_stream(client: Any, url: str, seen: Seen) -> None:
    messages, asked = _messages(client, url)
    async with await messages.create(**asked, stream=True) as stream:
        seen.response = stream.response
        async for event in stream:
            seen.model(event)


async def _amessages_helper(client: Any, url: str, seen: Seen) -> None:
    messages, asked = _messages(client, url)
    async with messages.stream(**asked) as stream:
        seen.response = stream.response
        async for text in stream.text_stream:
            seen.add(text)
        seen.model(await stream.get_final_message())


async def _amessages_whole(client: Any, url: str, seen: Seen) -> None:
    messages, asked = _messages(client, url)
    answer = await messages.with_raw_response.create(**asked)
    seen.response = answer.http_response
    seen.model(await answer.parse())


# ---------------------------------------------------------------------- httpx and httpx2
def _asked(url: str, seen: Seen) -> tuple[str, str, dict[str, Any]]:
    return "POST", url + seen.case.path, {"json": {"model": "small-1", "messages": _SAID, "stream": True}}


def _iter_raw(client: Any, url: str, seen: Seen) -> None:
    _iterate(client, url, seen, "iter_raw")


def _iter_bytes(client: Any, url: str, seen: Seen) -> None:
    _iterate(client, url, seen, "iter_bytes")


def _iterate(client: Any, url: str, seen: Seen, method: str) -> None:
    verb, address, asked = _asked(url, seen)
    chunks: list[bytes] = []
    with client.stream(verb, address, **asked) as response:
        seen.response = response
        try:
            chunks.extend(getattr(response, method)())
        finally:
            seen.chunks(chunks)


def _iter_lines(client: Any, url: str, seen: Seen) -> None:
    verb, address, asked = _asked(url, seen)
    with client.stream(verb, address, **asked) as response:
        seen.response = response
        for line in response.iter_lines():
            seen.add(line)


def _read(client: Any, url: str, seen: Seen) -> None:
    verb, address, asked = _asked(url, seen)
    with client.stream(verb, address, **asked) as response:
        seen.response = response
        seen.add(response.read(), response.text)


def _post(client: Any, url: str, seen: Seen) -> None:
    _, address, asked = _asked(url, seen)
    seen.response = client.post(address, **asked)
    seen.add(seen.response.content)
    seen.response.raise_for_status()


async def _aiter_raw(client: Any, url: str, seen: Seen) -> None:
    await _aiterate(client, url, seen, "aiter_raw")


async def _aiter_bytes(client: Any, url: str, seen: Seen) -> None:
    await _aiterate(client, url, seen, "aiter_bytes")


async def _aiterate(client: Any, url: str, seen: Seen, method: str) -> None:
    verb, address, asked = _asked(url, seen)
    chunks: list[bytes] = []
    async with client.stream(verb, address, **asked) as response:
        seen.response = response
        try:
            async for chunk in getattr(response, method)():
                chunks.append(chunk)
        finally:
            seen.chunks(chunks)


async def _aiter_lines(client: Any, url: str, seen: Seen) -> None:
    verb, address, asked = _asked(url, seen)
    async with client.stream(verb, address, **asked) as response:
        seen.response = response
        async for line in response.aiter_lines():
            seen.add(line)


async def _aread(client: Any, url: str, seen: Seen) -> None:
    verb, address, asked = _asked(url, seen)
    async with client.stream(verb, address, **asked) as response:
        seen.response = response
        seen.add(await response.aread(), response.text)


async def _apost(client: Any, url: str, seen: Seen) -> None:
    _, address, asked = _asked(url, seen)
    seen.response = await client.post(address, **asked)
    seen.add(seen.response.content)
    seen.response.raise_for_status()


# ---------------------------------------------------------------------- httpx-sse, and httpx2's own
def _spelled(event: Any) -> tuple[object, ...]:
    return event.event, event.data, event.id, event.retry


def _connect_sse(client: Any, url: str, seen: Seen) -> None:
    verb, address, asked = _asked(url, seen)
    with httpx_sse.connect_sse(client, verb, address, **asked) as source:
        seen.response = source.response
        for event in source.iter_sse():
            seen.add(_spelled(event))


async def _aconnect_sse(client: Any, url: str, seen: Seen) -> None:
    verb, address, asked = _asked(url, seen)
    async with httpx_sse.aconnect_sse(client, verb, address, **asked) as source:
        seen.response = source.response
        async for event in source.aiter_sse():
            seen.add(_spelled(event))


def _client_sse(client: Any, url: str, seen: Seen) -> None:
    verb, address, asked = _asked(url, seen)
    with client.sse(address, method=verb, **asked) as source:
        seen.response = source.response
        for event in source:
            seen.add(_spelled(event))


async def _aclient_sse(client: Any, url: str, seen: Seen) -> None:
    verb, address, asked = _asked(url, seen)
    async with client.sse(address, method=verb, **asked) as source:
        seen.response = source.response
        async for event in source:
            seen.add(_spelled(event))


# ---------------------------------------------------------------------- all of them
Ask = Callable[[Any, str, Seen], None] | Callable[[Any, str, Seen], Awaitable[None]]


@dataclass(frozen=True)
class Reader:
    """One way to read an answer.

    client: what make_client() calls the client. dialects: of the cases that it can ask for.
    stops:  "at the end" of the body; "at the marker" that ends the dialect's stream; or at the marker "and drains": what comes for a
            moment after it is read and thrown away.
    """

    client: str
    name: str
    ask: Ask
    dialects: tuple[str, ...]
    stops: str = "at the end"

    @property
    def cases(self) -> tuple[Case, ...]:
        """The cases that this reader is asked for wherever all of them are.

        The readers of one client differ above the watch only: the first takes every case, each of the others its quarter of them.
        """
        of_dialect = [case for case in CASES.values() if case.dialect in self.dialects and case.name not in APART]
        kin = [reader for reader in READERS if reader._kind == self._kind]
        place = kin.index(self)
        return tuple(of_dialect if place == 0 else of_dialect[place % 4 :: 4])

    @property
    def _kind(self) -> tuple[str, tuple[str, ...]]:
        return self.client.replace("-legacy", ""), self.dialects

    def __str__(self) -> str:
        return f"{self.client}:{self.name}"


_ANY = ("chat", "messages", "responses")
READERS: tuple[Reader, ...] = (
    # The OpenAI SDK stops at [DONE]; its async form reads on for a moment so that the connection can be used again.
    Reader("openai", "stream", _chat_stream, ("chat",), "at the marker"),
    Reader("openai", "helper", _chat_helper, ("chat",), "at the marker"),
    Reader("openai", "whole", _chat_whole, ("chat",)),
    Reader("openai", "lines", _chat_lines, ("chat",)),
    Reader("openai", "responses", _responses_stream, ("responses",)),
    Reader("openai-legacy", "stream", _chat_stream, ("chat",), "at the marker"),
    Reader("openai-async", "stream", _achat_stream, ("chat",), "and drains"),
    Reader("openai-async", "helper", _achat_helper, ("chat",), "and drains"),
    Reader("openai-async", "whole", _achat_whole, ("chat",)),
    Reader("openai-async", "responses", _aresponses_helper, ("responses",)),
    Reader("openai-legacy-async", "stream", _achat_stream, ("chat",), "and drains"),
    Reader("anthropic", "stream", _messages_stream, ("messages",)),
    Reader("anthropic", "helper", _messages_helper, ("messages",)),
    Reader("anthropic", "whole", _messages_whole, ("messages",)),
    Reader("anthropic-async", "stream", _amessages_stream, ("messages",)),
    Reader("anthropic-async", "helper", _amessages_helper, ("messages",)),
    Reader("anthropic-async", "whole", _amessages_whole, ("messages",)),
    Reader("httpx", "iter_raw", _iter_raw, _ANY),
    Reader("httpx", "iter_bytes", _iter_bytes, _ANY),
    Reader("httpx", "iter_lines", _iter_lines, _ANY),
    Reader("httpx", "read", _read, _ANY),
    Reader("httpx", "post", _post, _ANY),
    Reader("httpx", "connect_sse", _connect_sse, _ANY),
    Reader("httpx-async", "aiter_raw", _aiter_raw, _ANY),
    Reader("httpx-async", "aiter_bytes", _aiter_bytes, _ANY),
    Reader("httpx-async", "aiter_lines", _aiter_lines, _ANY),
    Reader("httpx-async", "aread", _aread, _ANY),
    Reader("httpx-async", "apost", _apost, _ANY),
    Reader("httpx-async", "aconnect_sse", _aconnect_sse, _ANY),
    Reader("httpx2", "iter_raw", _iter_raw, _ANY),
    Reader("httpx2", "iter_bytes", _iter_bytes, _ANY),
    Reader("httpx2", "iter_lines", _iter_lines, _ANY),
    Reader("httpx2", "read", _read, _ANY),
    Reader("httpx2", "post", _post, _ANY),
    Reader("httpx2", "sse", _client_sse, _ANY),
    Reader("httpx2-async", "aiter_raw", _aiter_raw, _ANY),
    Reader("httpx2-async", "aiter_bytes", _aiter_bytes, _ANY),
    Reader("httpx2-async", "aiter_lines", _aiter_lines, _ANY),
    Reader("httpx2-async", "aread", _aread, _ANY),
    Reader("httpx2-async", "apost", _apost, _ANY),
    Reader("httpx2-async", "asse", _aclient_sse, _ANY),
)

# Client -> (the library that carries it, whether it is async, how to put it around a library's client).
_SDK: dict[str, Callable[..., Any]] = {
    "openai": openai.OpenAI,
    "openai-legacy": openai.OpenAI,
    "openai-async": openai.AsyncOpenAI,
    "openai-legacy-async": openai.AsyncOpenAI,
    "anthropic": anthropic.Anthropic,
    "anthropic-async": anthropic.AsyncAnthropic,
}
_OWN_CLIENT: dict[str, Callable[..., Any]] = {
    "openai": openai.DefaultHttpxClient,
    "openai-legacy": httpx.Client,
    "openai-async": openai.DefaultAsyncHttpxClient,
    "openai-legacy-async": httpx.AsyncClient,
    "anthropic": anthropic.DefaultHttpxClient,
    "anthropic-async": anthropic.DefaultAsyncHttpxClient,
    "httpx": httpx.Client,
    "httpx-async": httpx.AsyncClient,
    "httpx2": httpx2.Client,
    "httpx2-async": httpx2.AsyncClient,
}
CLIENTS = tuple(_OWN_CLIENT)


def transport_of(client: str) -> Any:
    """Return a new transport of the library that the client stands on."""
    library: Any = httpx if client.startswith("httpx-") or client == "httpx" or "legacy" in client else httpx2
    return library.AsyncHTTPTransport() if client.endswith("async") else library.HTTPTransport()


def make_client(client: str, watch: sc.Watch | None = None, how: str = "attach", *, timeout: float = _TIMEOUT) -> Any:
    """Return a new client; with a watch, either attached to it or wrapped around its transport."""
    options: dict[str, Any] = {"timeout": timeout}
    if watch is not None and how == "wrap":
        options["transport"] = watch.wrap(transport_of(client))
    around = _SDK.get(client)
    if around is None:
        made = _OWN_CLIENT[client](**options)
    else:
        # Without a transport of ours the SDK makes its own client, as it does for everybody.
        own = {"http_client": _OWN_CLIENT[client](**options)} if "transport" in options or "legacy" in client else {}
        made = around(api_key="key-of-the-test", base_url="http://127.0.0.1:9", timeout=timeout, max_retries=0, **own)
    return watch.attach(made) if watch is not None and how == "attach" else made
