"""Invariants of what is sent: whatever the capture, the cut and the fault, the bytes are the recorded ones."""

from hypothesis import given
from hypothesis import strategies as st

from streamcheck.capture.format import Capture, Chunk, End, Request, Response
from streamcheck.replaying.faults import FAULTS, LiveFault, faulted
from streamcheck.replaying.performance import SPLITS, Ending, Framing, performance_of
from streamcheck.replaying.repertoire import Repertoire
from tests.replay.support import CHUNKED, EVENTS, capture

_chunks = st.lists(st.one_of(st.binary(max_size=30), st.sampled_from(EVENTS)), max_size=12)
_times = st.one_of(st.none(), st.floats(-10, 1e6))


@given(_chunks, st.sampled_from([*SPLITS, 1, 3, 50]), st.floats(0, 100))
def test_replay_keeps_every_byte(chunks: list[bytes], split: str | int, speed: float) -> None:
    recorded = capture(b"d", *chunks)  # as no content coding begins; "x" may be zlib
    performance = performance_of(recorded, speed=speed, split=split)
    assert b"".join(piece.data for piece in performance.pieces) == recorded.body
    assert all(piece.data for piece in performance.pieces)


@given(
    st.lists(st.tuples(_times, st.binary(min_size=1, max_size=5)), max_size=8),
    _times,
    _times,
    st.sampled_from([0.0, 0.5, 1.0, 9.0]),
)
def test_replay_times_never_run_backwards(
    timed: list[tuple[float | None, bytes]], asked: float | None, ended: float | None, speed: float
) -> None:
    recorded = Capture(
        request=Request("POST", "https://x/", at=asked),
        response=Response(200, CHUNKED, "HTTP/1.1", at=asked),
        chunks=tuple(Chunk(at, data) for at, data in timed),
        end=End(at=ended),
    )
    performance = performance_of(recorded, speed=speed)
    times = [performance.head_at, *(piece.at for piece in performance.pieces), performance.ends_at]
    assert times == sorted(times)
    assert times[0] >= 0
    assert speed or times[-1] == 0


@given(_chunks, st.sampled_from(sorted(FAULTS)), st.integers(0, 400))
def test_replay_fault_falls_at_its_byte(chunks: list[bytes], name: str, at: int) -> None:
    sound = performance_of(capture(*chunks))
    faulty = faulted(sound, LiveFault(name, at))
    body = b"".join(piece.data for piece in sound.pieces)
    if at > len(body):
        assert faulty == sound
    else:
        assert b"".join(piece.data for piece in faulty.pieces) == body[:at]
        assert (faulty.ending is Ending.WHOLE) == (name == "truncate")
        assert all(piece.data for piece in faulty.pieces)


@given(st.text(max_size=40), st.text(max_size=40))
def test_replay_answers_or_refuses_any_request(method: str, target: str) -> None:
    repertoire = Repertoire([capture()])
    if repertoire.answer(method, target) is None:
        assert "there is POST /v1/chat/completions" in repertoire.refusal(method, target)


@given(st.one_of(st.text(max_size=60), st.sampled_from(["http://[", "https://u:p@h/a", "//x", "?", "http://h:port/"])))
def test_replay_takes_any_recorded_url(url: str) -> None:
    (title,) = Repertoire([capture(url=url)]).titles
    assert "p@" not in (title.origin or "")


def test_http_2_is_replayed_in_chunks_and_old_http_to_its_close() -> None:
    plain = (("content-type", "text/event-stream"),)
    assert performance_of(capture(headers=plain, http="HTTP/2")).framing is Framing.CHUNKED
    assert performance_of(capture(headers=plain, http="HTTP/1.0")).framing is Framing.CLOSE
    assert performance_of(capture(headers=(*plain, ("content-length", "3")))).framing is Framing.CHUNKED  # it says too little
