"""Faults of order and identity: every byte is valid, and it is not one response in its right order.

In:   nothing.
Out:  ORDER.
Rule: as in cases_wire.py. The second response of a splice comes 70 to 130 s after the first, as in the public reports.
"""

__all__ = ("ORDER",)

from scripts.captures import streams_agents as agents
from scripts.captures import streams_chat as chat
from scripts.captures import streams_more as more
from scripts.captures import streams_named as events
from scripts.captures.cases import Case, damaged
from scripts.captures.faults import (
    Truth,
    changed,
    doubled,
    dropped,
    find,
    inserted,
    interleaved,
    restarted,
    spliced,
    swapped,
)
from scripts.captures.streams import CREATED, Stream, sse
from scripts.captures.words import ARGUMENTS, REASONING, TEXT, pieces

_WEATHER = ("get_weather", ARGUMENTS["weather"])
_READ = ("read_file", ARGUMENTS["read"])
_SPLICE = "Z.ai's spliced frame, known from seven public reports (January to May 2026); own words in the deltas"
_GAPS = (132, 93, 71, 70, 84)  # seconds between the two responses; the first four are those of the reports


def _pair(gap: int) -> tuple[Stream, Stream]:
    """The answer that died, and the one that the gateway appended: it begins again from the start."""
    first = chat.zai(REASONING["en"][:90], TEXT["en"][:60], model="glm-4.7")
    second = chat.zai("Now the harbour: " + REASONING["en"][:60], TEXT["en"][:90], model="glm-4.7", created=CREATED + gap)
    return first, second


def _splices() -> list[Case]:
    cuts = (
        ("in-key", 9, b'"delta":{"role', "inside a key"),
        ("in-role", 4, b'"role":"a', "inside the role's value"),
        ("in-object", 14, b'"object":"chat.c', "inside the object's name"),
        ("in-content", 26, b'"content":"', "at the beginning of the content"),
        ("after-id-key", 7, b'{"id":', "behind the first key"),
    )
    cases = []
    for gap, (name, at, marker, label) in zip(_GAPS, cuts, strict=True):
        first, second = _pair(gap)
        made = spliced(first, at, marker, second)
        cases.append(
            damaged(
                "corrupt", f"chat-zai-spliced-{name}", made, f"cut {label}", "corrupt", ("order/spliced-frame",), comment=_SPLICE
            )
        )
    claude = events.anthropic("", TEXT["de"]), events.anthropic("", TEXT["de"], seed="two")
    made = spliced(claude[0], 6, b'"delta":{"type":"text_del', claude[1])
    cases.append(
        damaged("corrupt", "anthropic-spliced", made, "Anthropic, cut inside a delta's type", "corrupt", ("order/spliced-frame",))
    )
    return cases


def _restarts() -> list[Case]:
    zai = _pair(96)
    claude = events.anthropic(REASONING["de"], TEXT["de"]), events.anthropic("", TEXT["de"], seed="two")
    answers = events.responses("", TEXT["el"][:60]), events.responses("", TEXT["el"][:60], seed="two", created=CREATED + 80)
    same = chat.openai(TEXT["fr"][:60])
    ag = agents.ag_ui("", TEXT["zh"])
    again = agents.ag_ui("", TEXT["zh"])
    code = ("order/restarted",)
    # The rest of an answer that another request on this connection did not read: its frame begins in the middle.
    left = chat.openai(TEXT["en"][:40], seed="before", created=CREATED - 40)
    rest = [left.pieces[-4][60:], *left.pieces[-3:]]
    desync = same.with_pieces([*rest, *same.pieces])
    place = Truth("keepalive-desync", "order/restarted", sum(map(len, rest)), len(rest) - 1)
    return [
        damaged(
            "corrupt",
            "chat-openai-keepalive-desync",
            (desync, place),
            "the body begins with the rest of another answer",
            "corrupt",
            ("order/restarted",),
        ),
        damaged(
            "corrupt",
            "chat-zai-restarted",
            restarted(zai[0], 22, zai[1]),
            "a second response at an event's border",
            "corrupt",
            code,
        ),
        damaged(
            "corrupt",
            "chat-openai-restarted-same-id",
            restarted(same, 9, same),
            "the same response from its beginning again",
            "corrupt",
            code,
        ),
        damaged("corrupt", "anthropic-restarted", restarted(claude[0], 9, claude[1]), "a second message_start", "corrupt", code),
        damaged(
            "corrupt", "responses-restarted", restarted(answers[0], 10, answers[1]), "a second response.created", "corrupt", code
        ),
        damaged("corrupt", "ag-ui-restarted", restarted(ag, 9, again), "a second RUN_STARTED inside the run", "corrupt", code),
    ]


def _mixed() -> list[Case]:
    mine = chat.openai(TEXT["de"][:70])
    foreign = chat.openai(TEXT["en"][:70], seed="foreign", created=CREATED + 2)
    several = interleaved(mine, 8, foreign.pieces[4:7])
    zai, other = _pair(3)
    code = ("order/interleaved",)
    return [
        damaged("corrupt", "chat-openai-interleaved", several, "three events of another request", "corrupt", code),
        damaged(
            "corrupt",
            "chat-zai-interleaved",
            interleaved(zai, 12, other.pieces[8:9]),
            "one event of another request",
            "corrupt",
            code,
        ),
    ]


def _numbers() -> list[Case]:
    answer = events.responses("", TEXT["ru"][:80])
    text = find(answer, b"output_text.delta", nth=3)
    usual = agents.opencode_bus("", "")
    durable = [
        sse(
            {
                "type": "session.next.text.delta",
                "durable": {"aggregateID": "ses_1", "seq": n},
                "properties": {"sessionID": "ses_1", "assistantMessageID": "m", "textID": "t", "delta": t},
            }
        )
        for n, t in enumerate(pieces(TEXT["en"][:90], 15))
    ]
    bus = usual.with_pieces([usual.pieces[0], *durable])
    long = pieces(TEXT["en"], 40)
    flush = chat.minimax("x").with_pieces(chat.minimax("".join(long)).pieces)
    mismatch = "order/done-mismatch"
    return [
        damaged(
            "corrupt",
            "responses-deltas-swapped",
            swapped(answer, text),
            "two deltas have changed places",
            "corrupt",
            ("order/sequence-gap", mismatch),
        ),
        damaged(
            "corrupt",
            "responses-delta-lost",
            dropped(answer, text),
            "a delta is missing: the numbers show it, and the sum",
            "corrupt",
            ("order/sequence-gap", mismatch),
        ),
        damaged(
            "corrupt",
            "responses-delta-twice",
            doubled(answer, text),
            "a delta comes twice, with its number",
            "corrupt",
            ("order/duplicate-event", mismatch),
        ),
        damaged(
            "corrupt",
            "opencode-bus-event-lost",
            dropped(bus, 3),
            "a durable event of the bus is missing",
            "corrupt",
            ("order/sequence-gap",),
        ),
        damaged(
            "corrupt",
            "chat-minimax-delta-twice",
            doubled(flush, 3),
            "a delta of 26 characters comes twice",
            "suspect",
            ("order/duplicate-event",),
        ),
    ]


def _finals() -> list[Case]:
    answer = events.responses("", TEXT["fr"][:80])
    done = find(answer, b"response.output_text.done")
    old, new = "garçon".encode(), b"garcon"
    altered = changed(answer, done, old, new, "snapshot-after-delta", "order/done-mismatch", whole_event=True)
    bus = agents.opencode_bus(REASONING["en"][:60], TEXT["en"][:80])
    lost = find(bus, b"message.part.delta", nth=9)
    made = dropped(bus, lost)[0]
    final = find(made, b'"end":', nth=0)
    place = Truth("engine-token-dropped", "order/done-mismatch", sum(map(len, made.pieces[:final])), final)
    code = ("order/done-mismatch",)
    return [
        damaged(
            "corrupt", "responses-done-mismatch", altered, "the final text differs from its deltas in one letter", "corrupt", code
        ),
        damaged(
            "corrupt",
            "opencode-bus-delta-lost",
            (made, place),
            "a delta of the reasoning is missing, the final text has it",
            "corrupt",
            code,
        ),
    ]


def _after() -> list[Case]:
    zai = chat.zai("", TEXT["ru"][:50])
    late = inserted(zai, len(zai.pieces), zai.pieces[5], "after-terminal", "order/after-terminal")
    claude = events.anthropic("", TEXT["de"][:60])
    delta = inserted(claude, len(claude.pieces), claude.pieces[4], "after-terminal", "order/after-terminal")
    ollama = more.ollama("", TEXT["ko"][:30])
    twice = inserted(ollama, len(ollama.pieces), ollama.pieces[-1], "duplicate-event", "order/duplicate-event")
    unopened = dropped(claude, 1)[0]
    first_delta = find(unopened, b"text_delta")
    place = Truth("delta-reordered", "order/block-balance", sum(map(len, unopened.pieces[:first_delta])), first_delta)
    answer = events.responses("", TEXT["el"][:60])
    last = len(answer.pieces) - 1
    renamed = changed(
        answer, last, b'"id":"resp_', b'"id":"resp_ff', "cross-request-mix", "order/identity-change", whole_event=True
    )
    return [
        damaged("corrupt", "chat-zai-text-after-done", late, "text after [DONE]", "corrupt", ("order/after-terminal",)),
        damaged(
            "corrupt",
            "anthropic-delta-after-stop",
            delta,
            "a delta after message_stop",
            "corrupt",
            ("order/after-terminal", "order/block-balance"),
        ),
        damaged("corrupt", "ollama-done-twice", twice, "done: true twice", "suspect", ("order/duplicate-event",)),
        damaged(
            "corrupt",
            "anthropic-block-unopened",
            (unopened, place),
            "the start of a block is missing",
            "suspect",
            ("order/block-balance",),
        ),
        damaged(
            "corrupt",
            "responses-id-changes",
            renamed,
            "the last event names another response",
            "suspect",
            ("order/identity-change",),
        ),
    ]


def _cumulative() -> list[Case]:
    words = pieces(TEXT["en"][:150], 15)
    events_ = [chat.openai("").pieces[0]]
    sample = chat.openai("QQQQQ")
    at = find(sample, b"QQQQQ")
    so_far = ""
    for word in words:
        so_far += word
        events_.append(sample.pieces[at].replace(b"QQQQQ", so_far.encode()))
    stream = sample.with_pieces([*events_, *sample.pieces[at + 1 :]])
    return [
        damaged(
            "corrupt",
            "chat-openai-cumulative",
            stream,
            "each delta repeats the text so far",
            "suspect",
            ("order/cumulative-deltas",),
            comment="fault class snapshot-after-delta, own words",
        ),
    ]


ORDER = [*_splices(), *_restarts(), *_mixed(), *_numbers(), *_finals(), *_after(), *_cumulative()]
