"""Make streamcheck/unicode_scripts.py out of Unicode's Scripts.txt.

In:   the path of Scripts.txt (Debian: `apt-get download unicode-data`, `dpkg -x unicode-data_*.deb DIR`,
      DIR/usr/share/unicode/Scripts.txt; or https://www.unicode.org/Public/UCD/latest/ucd/Scripts.txt).
Out:  the module, formatted; --check writes nothing and exits 1 when the module on disk differs.
Rule: neighbouring ranges of one script become one, nothing else changes; the version and the copyright line come from the file.
"""

__all__ = ("TARGET", "main", "module_text", "ranges_of")

import argparse
import re
import sys
import textwrap
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "streamcheck" / "unicode_scripts.py"

_LINE = re.compile(r"([0-9A-F]{4,6})(?:\.\.([0-9A-F]{4,6}))?\s*;\s*(\w+)")

_MODULE = '''"""The Unicode Script property: which script a character belongs to.

In:   a character.
Out:  script_of(): the property's long name, such as "Latin", "Han", "Common", "Inherited"; "Unknown" where there is none.
Rule: Unicode Standard Annex 24. The table below is Scripts.txt of Unicode @VERSION@ with neighbouring ranges joined; made by
      scripts/make_script_table.py, never edited by hand.
Cost: the table is read on the first question (1 ms); a question costs 0.4 us, so callers keep answers.
"""

__all__ = ("SCRIPTS", "UNICODE_VERSION", "script_of", "script_ranges")

from bisect import bisect_right
from functools import cache

# The table is a modified form of the data file Scripts-@VERSION@.txt (@DATE@):
#
@NOTICE@

UNICODE_VERSION = "@VERSION@"


def script_of(char: str) -> str:
    """Return the script of one character."""
    starts, ends, names = _table()
    code = ord(char)
    at = bisect_right(starts, code) - 1
    return names[at] if at >= 0 and code <= ends[at] else "Unknown"


@cache
def script_ranges() -> dict[str, tuple[tuple[int, int], ...]]:
    """Return the code points of every script as ranges [first, last], rising."""
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    for line in _RANGES.strip().split(";"):
        name, *items = line.split()
        pairs = (item.partition("-") for item in items)
        found[name] = tuple((int(first, 16), int(last or first, 16)) for first, _, last in pairs)
    return found


@cache
def _table() -> tuple[list[int], list[int], list[str]]:
    rows = sorted((first, last, name) for name, ranges in script_ranges().items() for first, last in ranges)
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


# One script a paragraph: its name, then its code points, hexadecimal.
_RANGES = """
@RANGES@
"""

SCRIPTS = tuple(line.split(None, 1)[0] for line in _RANGES.strip().split(";"))
'''

# Unicode, Inc. License Agreement - Data Files and Software, as published with the files of 2022.
_NOTICE = """
Permission is hereby granted, free of charge, to any person obtaining a copy of the Unicode data files and any associated
documentation (the "Data Files") or Unicode software and any associated documentation (the "Software") to deal in the Data
Files or Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, and/or sell copies of the Data Files or Software, and to permit persons to whom the Data Files or Software are
furnished to do so, provided that either (a) this copyright and permission notice appear with all copies of the Data Files or
Software, or (b) this copyright and permission notice appear in associated Documentation.

THE DATA FILES AND SOFTWARE ARE PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED
TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT OF THIRD PARTY RIGHTS. IN NO EVENT
SHALL THE COPYRIGHT HOLDER OR HOLDERS INCLUDED IN THIS NOTICE BE LIABLE FOR ANY CLAIM, OR ANY SPECIAL INDIRECT OR
CONSEQUENTIAL DAMAGES, OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF
CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THE DATA FILES
OR SOFTWARE.

Except as contained in this notice, the name of a copyright holder shall not be used in advertising or otherwise to promote
the sale, use or other dealings in these Data Files or Software without prior written authorization of the copyright holder.
"""


def ranges_of(text: str) -> dict[str, list[tuple[int, int]]]:
    """Return the joined ranges [first, last] of every script in the text of a Scripts.txt."""
    rows: list[tuple[int, int, str]] = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is not None:
            rows.append((int(match[1], 16), int(match[2] or match[1], 16), match[3]))
    found: dict[str, list[tuple[int, int]]] = {}
    for first, last, name in sorted(rows):
        ranges = found.setdefault(name, [])
        if ranges and ranges[-1][1] == first - 1:
            ranges[-1] = (ranges[-1][0], last)
        else:
            ranges.append((first, last))
    return dict(sorted(found.items()))


def _comment(text: str) -> str:
    paragraphs = [textwrap.wrap(p, 125) for p in text.strip().split("\n\n")]
    return "\n#\n".join("\n".join(f"# {line}" for line in lines) for lines in paragraphs)


def module_text(text: str) -> str:
    """Return the module for the text of a Scripts.txt."""
    head = text[:400]
    version = re.search(r"Scripts-([\d.]+)\.txt", head)
    date = re.search(r"Date: (\d{4})-(\d\d-\d\d)", head)
    if version is None or date is None:
        raise ValueError("this is not Scripts.txt: its first lines name no version and no date")
    paragraphs = []
    for name, ranges in ranges_of(text).items():
        items = [f"{first:X}" if first == last else f"{first:X}-{last:X}" for first, last in ranges]
        paragraphs.append("\n".join(textwrap.wrap(" ".join([name, *items]), 128, break_on_hyphens=False)))
    years = f"Copyright © 1991-{date[1]} Unicode, Inc. All rights reserved."
    notice = f"{years} Distributed under the Terms of Use in https://www.unicode.org/copyright.html.\n\n{_NOTICE.strip()}"
    fields = {
        "VERSION": version[1],
        "DATE": f"{date[1]}-{date[2]}",
        "NOTICE": _comment(notice),
        "RANGES": ";\n".join(paragraphs),
    }
    return re.sub(r"@([A-Z]+)@", lambda m: fields[m[1]], _MODULE)


def main() -> int:
    parser = argparse.ArgumentParser(description="Make streamcheck/unicode_scripts.py out of Unicode's Scripts.txt.")
    parser.add_argument("scripts_txt", type=Path, help="path of Scripts.txt (Debian: in the package unicode-data)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the module on disk differs")
    options = parser.parse_args()
    try:
        made = module_text(options.scripts_txt.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        print(f"{options.scripts_txt}: {error}", file=sys.stderr)
        return 2
    if options.check:
        same = TARGET.exists() and TARGET.read_text(encoding="utf-8") == made
        print(f"{TARGET}: {'as made from' if same else 'differs from what is made of'} {options.scripts_txt}")
        return 0 if same else 1
    TARGET.write_text(made, encoding="utf-8")
    print(f"{TARGET}: {len(made):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
