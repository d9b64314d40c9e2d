"""Sound answers that look odd: whatever a detector of degeneration thinks of them, they are what was asked for.

In:   nothing.
Out:  ODDITIES.
Rule: each text of texts_sound.py stands in the reasoning and in the content of one stream, as models write a draft before the answer; the
      dialects take turns. What is written into a file stands in the arguments of a tool call. A false alarm is a known failure that names
      the detector; the text stays.
"""

__all__ = ("ODDITIES",)

import json
from collections.abc import Callable

from scripts.captures import streams_chat as chat
from scripts.captures import streams_more as more
from scripts.captures import streams_named as events
from scripts.captures.cases import Case, clean
from scripts.captures.streams import Stream
from scripts.captures.texts_sound import SOUND

_BURST = 64  # characters of a delta: half a block of the detectors, and small files
_DIALECTS: tuple[tuple[str, Callable[[str], Stream]], ...] = (
    ("chat-zai", lambda text: chat.zai(text, text, burst=_BURST)),
    ("anthropic", lambda text: events.anthropic(text, text, burst=_BURST)),
    ("gemini", lambda text: more.gemini(text, text, burst=_BURST)),
)
_FALSE_ALARMS: dict[str, str] = {}  # name in SOUND -> which detector alarms, and on what
_WRITTEN = {  # name in SOUND -> path
    "code-without-fence": "ring/ring.go",
    "csv": "data/march.csv",
    "song": "songs/carry-me-home.txt",
}


def _spoken() -> list[Case]:
    made = []
    for number, (name, (label, text)) in enumerate(SOUND.items()):
        dialect, stream = _DIALECTS[number % len(_DIALECTS)]
        made.append(clean(f"{dialect}-{name}", stream(text), label, known_failure=_FALSE_ALARMS.get(name)))
    return made


def _written() -> list[Case]:
    made = []
    for number, (name, path) in enumerate(_WRITTEN.items()):
        label, text = SOUND[name]
        arguments = json.dumps({"path": path, "text": text}, ensure_ascii=False)
        call = ("write_file", arguments)
        stream = events.anthropic("", "I will write it.", call) if number % 2 else chat.zai("", "I will write it.", call)
        made.append(clean(f"{'anthropic' if number % 2 else 'chat-zai'}-tool-{name}", stream, f"{label}, as a tool's argument"))
    return made


ODDITIES = [*_spoken(), *_written()]
