"""The reader gives what a Checker gives, however the body is cut."""

from collections.abc import Iterator

import anyio
from hypothesis import example, given
from hypothesis import strategies as st

import streamcheck as sc
from streamcheck.live.reader import open_stream
from tests.live.responses import URL, async_response, response
from tests.live.scripts import EVENTS
from tests.strategies import chat_streams, damaged_streams


@st.composite
def cut_streams(draw: st.DrawFn) -> list[bytes]:
    body = draw(chat_streams() | damaged_streams())
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=12)))
    return [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]


def fed(pieces: list[bytes]) -> tuple[list[sc.Delta], sc.Report]:
    """Return what a Checker gives for the whole body."""
    checker = sc.Checker(head=sc.ResponseHead(200, (), URL), name="one")
    deltas = [one for one in checker.feed(b"".join(pieces)) if isinstance(one, sc.Delta)]
    return deltas, checker.close()


def texts_of(message: sc.Message) -> Iterator[str]:
    for choice in message.choices:
        yield from (choice.reasoning, choice.content, choice.refusal, *(call.arguments for call in choice.tool_calls))


def agrees(deltas: list[sc.Delta], report: sc.Report, pieces: list[bytes]) -> None:
    expected, whole = fed(pieces)
    # What only the end completes comes too; a Checker has it in its message only.
    assert deltas[: len(expected)] == expected
    assert len(deltas) == report.counts["deltas"]
    said = sum(len(text) for m in report.segments or [report.message] for text in texts_of(m))
    assert sum(len(delta.text) for delta in deltas) == said
    assert (report.verdict, report.message, report.counts) == (whole.verdict, whole.message, whole.counts)


@given(cut_streams())
@example([b"".join(EVENTS[:2])[:-2]])  # the last event lacks its blank line
def test_reader_is_independent_of_chunking_sync(pieces: list[bytes]) -> None:
    with open_stream(response(pieces), name="one") as stream:
        deltas = list(stream)
    agrees(deltas, stream.report, pieces)


@given(cut_streams(), st.integers(1, 4))
@example([b"".join(EVENTS[:2])[:-2]], 1)
def test_reader_is_independent_of_chunking_async(pieces: list[bytes], buffer: int) -> None:
    async def read() -> None:
        async with open_stream(async_response(pieces), name="one", buffer=buffer) as stream:
            deltas = [delta async for delta in stream]
        agrees(deltas, stream.report, pieces)

    anyio.run(read)
