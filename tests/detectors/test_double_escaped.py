import pytest

from tests.detectors.support import CLEAN, alarms, findings, severities

CODE = "text/double-escaped"
STORY = (
    "The ship left the harbour before dawn.\\n\\nNobody on the quay had expected that, and the old keeper of the light shook his head.\\n"
    'He said \\"never again\\" to the gulls and went back to his stove, where the tea had gone cold.\\n\\nIn the afternoon it rained.'
)


def test_literal_line_breaks_and_quotes_without_real_ones_are_a_warning() -> None:
    (found,) = findings(CODE, STORY)
    assert found.severity == "warning"
    assert found.evidence["literal_breaks"] >= 3
    assert found.start < found.end <= len(STORY)


def test_a_passage_that_breaks_lines_otherwise_than_its_channel_is_a_warning() -> None:
    before = (
        "A first paragraph with real line ends, as the whole answer has them.\nAnd another line of it, long enough to be sure of it.\n"
        * 4
    )
    passage = "Then it goes on like this, sentence by sentence.\\nAnd nobody sees a line end any more at all.\\nNot here.\\nNot there either.\\nNowhere."
    assert severities(
        CODE,
        before + passage + " The rest of it is plain again, and long enough to make the passage one of two hundred characters.",
    ) == ["warning"]


@pytest.mark.parametrize(
    "text",
    [
        "\\u041f\\u0440\\u0438\\u0432\\u0435\\u0442, \\u043c\\u0438\\u0440!",
        "The answer: \\u4f60\\u597d\\u4e16\\u754c and so on.",
        "It&#39;s what they don&#39;t know, and she&#39;s right.",
        "Type &amp;lt;b&amp;gt;bold&amp;lt;/b&amp;gt; there.",
    ],
)
def test_escapes_that_spell_something_are_a_warning(text: str) -> None:
    assert severities(CODE, text) == ["warning"]


def test_the_evidence_decodes_the_letters() -> None:
    (found,) = findings(CODE, "\\u041f\\u0440\\u0438\\u0432\\u0435\\u0442")
    assert found.evidence["decoded"] == "Привет"


@pytest.mark.parametrize(
    "text",
    [
        "Put \\n between the lines, \\t before them, and \\\\ for a backslash.",
        "The pattern [^\\n]+\\n\\n matches a paragraph; \\nX too.",
        "C:\\new\\nodes, C:\\Names\\n1 and D:\\n2\\n3 are folders.",
        r"$\nu \neq \nabla$ and \newcommand{\n}{N} and \noindent",
        "`line one\\nLine two\\nLine three\\nLine four`",
        '```json\n{"a": "One\\nTwo\\nThree\\nFour"}\n```\n',
        '{"a": "One\\nTwo\\nThree\\nFour", "b": "\\u041f\\u0440\\u0438\\u0432\\u0435\\u0442"}',
        'She wrote "One\\nTwo\\nThree\\nFour" on the board.',
        "The escape \\u041f\\u0440\\u0438 stands for three letters.",
        "Write &amp;amp; once.",
        "<p>It&#39;s, don&#39;t, she&#39;s</p>",
        "Two only:\\nOne and\\nTwo.",
        "printf(\"One\\nTwo\\nThree\\n\"); return 0;",
    ],
)  # fmt: skip
def test_talk_about_escapes_and_code_raise_no_alarm(text: str) -> None:
    assert not alarms(CODE, text)


def test_literal_line_breaks_alone_are_a_note() -> None:
    text = (
        "Here they are:\\n\\n🏋️ Man doing push-ups\\n🚲 Bicycle\\n🎯 Target\\n🏆 Trophy\\n\\nI hope these help you on every single day of your journey!"
        * 2
    )
    assert severities(CODE, text) == ["note"]


def test_arguments_of_tools_are_not_looked_at() -> None:
    assert not findings(CODE, STORY, "tool:0")


@pytest.mark.parametrize("name", CLEAN)
def test_clean_texts_raise_no_alarm(name: str) -> None:
    assert not alarms(CODE, CLEAN[name])
    assert not alarms(CODE, CLEAN[name] * 5)
