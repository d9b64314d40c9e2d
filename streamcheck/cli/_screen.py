"""Lines on a terminal, with colour where it is wanted.

In:   Line values of streamcheck.report; what the user said of colour; the environment.
Out:  text on stdout, or on stderr where stdout is for something else.
Rule: colour only on a terminal; off with NO_COLOR (not empty) or TERM=dumb; FORCE_COLOR (not empty) turns it on; --color beats them
      all. Words are wrapped only for a terminal, so that lines stay whole in a pipe.
"""

__all__ = ("Screen", "wants_color")

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TextIO

from streamcheck.report.lines import Line, plain

if TYPE_CHECKING:
    from rich.console import Console

_MAX_WIDTH = 120  # columns; longer sentences are hard to read

_STYLES = {
    "clean": "green",
    "refused": "yellow",
    "suspect": "yellow",
    "degenerate": "bold magenta",
    "incomplete": "bold red",
    "corrupt": "bold red",
    "note": "dim",
    "warning": "yellow",
    "error": "bold red",
    "label": "cyan",
    "source": "bold",
    "code": "bold",
    "dim": "dim",
    "mark": "bold",
    "onset": "bold magenta",
    "gone": "magenta",
    "excerpt": "italic",
    "good": "green",
    "bad": "bold red",
}


def wants_color(choice: str, *, terminal: bool, environ: Mapping[str, str]) -> bool:
    """Return whether to colour. choice: "auto", "always" or "never"."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return terminal and environ.get("TERM") != "dumb"


class Screen:
    """Standard output, or another stream. width: columns to wrap at, None when it is no terminal."""

    def __init__(self, color: str = "auto", *, stream: TextIO | None = None) -> None:
        self._stream: TextIO = stream or sys.stdout
        terminal = self._stream.isatty()
        self.terminal = terminal
        self.width = min(shutil.get_terminal_size().columns, _MAX_WIDTH) if terminal else None
        self._color = wants_color(color, terminal=terminal, environ=os.environ)
        self._console: Console | None = None

    @property
    def ascii_only(self) -> bool:
        """True when the output's encoding has no box drawing."""
        try:
            "│⟦⟧─".encode(self._stream.encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            return True
        return False

    def show(self, lines: Iterable[Line]) -> None:
        """Print lines."""
        rows = list(lines)
        if not self._color:
            self.write(plain(rows))
            return
        from rich.text import Text

        if self._console is None:
            self._console = self._new_console()
        for row in rows:
            text = Text()
            for piece in row:
                text.append(piece.text, _STYLES.get(piece.style, ""))
            text.rstrip()
            self._console.print(text, soft_wrap=True)

    def write(self, text: str) -> None:
        """Print text as it is. Not click.echo(): that takes an ASCII terminal for a mistake and writes UTF-8."""
        self._stream.write(text)
        self._stream.flush()

    def _new_console(self) -> "Console":
        from rich.console import Console

        # Everything is decided here: rich would look at the environment once more.
        return Console(
            file=self._stream,
            force_terminal=True,
            color_system="standard",
            no_color=False,
            markup=False,
            highlight=False,
            emoji=False,
            legacy_windows=False,
            _environ={},
        )
