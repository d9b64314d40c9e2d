import pytest

from tests.detectors.support import CLEAN, alarms, findings, severities

CODE = "text/channel-leak"


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("Let me look.\n<tool_call>read\n<arg_key>path</arg_key>\n<arg_value>a.py</arg_value>\n</tool_call>", "GLM"),
        ('[TOOL_CALLS] [{"name": "f", "arguments": {}}]', "Mistral"),
        (
            "Ok<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
            "DeepSeek",
        ),
        ("Ok<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{}<|tool_call_end|>", "Kimi"),
        ('<｜DSML｜invoke name="f">', "DeepSeek"),
        ('I will.\n<minimax:tool_call>\n<invoke name="f">\n</invoke>\n</minimax:tool_call>', "MiniMax"),
        ("assistantcommentary to=functions.read_file json{}", "Harmony"),
        ("analysisUser asks for a poem. Should answer.assistantfinalHere it is", "Harmony"),
        ("They want a file.assistantcommentary to=functions.read_file{}", "Harmony"),
    ],
)
@pytest.mark.parametrize("channel", ["content", "reasoning"])
def test_markup_that_no_prompt_asks_for_is_an_error(text: str, family: str, channel: str) -> None:
    found = findings(CODE, text, channel)
    assert found[0].severity == "error"
    assert found[0].evidence["family"] == family
    assert len(found) == 1


@pytest.mark.parametrize(
    "text",
    [
        'Sure.\n<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>',
        "Sure.\n<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>",
        'Sure.\n<function_calls>\n<invoke name="f">\n<parameter name="a">1</parameter>\n</invoke>\n</function_calls>',
    ],
)
def test_markup_that_a_prompt_may_have_asked_for_is_one_warning(text: str) -> None:
    assert severities(CODE, text) == ["warning"]


def test_a_close_tag_behind_text_parts_leaked_reasoning_from_the_answer() -> None:
    (found,) = findings(CODE, "First I add two and two.\n</think>\n\nIt is four.")
    assert (found.severity, found.start) == ("error", 25)


def test_a_close_tag_that_begins_the_content_is_a_warning() -> None:
    assert severities(CODE, "</think>\n\nIt is four.") == ["warning"]


def test_only_the_first_border_is_told() -> None:
    assert severities(CODE, "a</think>b</think>c</think>") == ["error"]


def test_inline_reasoning_that_opens_the_content_is_legal() -> None:
    assert not findings(CODE, "<think>\nTwo and two.\n</think>\nIt is four.")


def test_reasoning_that_opens_inside_the_answer_is_a_warning() -> None:
    assert severities(CODE, "It is four.\n<think>\nOr is it?\n</think>\nYes.") == ["warning"]


def test_think_tags_of_reasoning() -> None:
    assert severities(CODE, "<think>Two and two.", "reasoning") == ["note"]
    assert severities(CODE, "Two and two.\n<think>again", "reasoning") == ["warning"]


@pytest.mark.parametrize(
    "text",
    [
        "Write `<tool_call>` before and `</tool_call>` after it.",
        'Hermes models write "<tool_call>" there.',
        '```xml\n<tool_call>\n{"name": "f"}\n</tool_call>\n```\n',
        "The model wraps calls in <tool_call> and </tool_call> tags.",
        "Reasoning ends with the </think> tag.",
        "The special token </think> ends it.",
        "In the Harmony format, `assistantfinal` never occurs.",
        "Der Text nach `</think>` ist die Antwort.",
        "特殊标记</think>用来结束思考。",
        "It thinks again after </think>, or stops.",
        "There was one lone </think> in it.",
        "An analysis of the data. The assistant finally answered; assistants analyse.",
        "He is an assistant. Final answer: 4.",
        "the assistant: commentary on functions.py and to=all",
        "<invoke>x</invoke> and <parameter>y</parameter> and <function>z</function>",
        '<testsuite><parameter name="a" value="1"/></testsuite>',
        '<parameter name="a">1</parameter>',
    ],
)
def test_talk_and_other_xml_raise_no_alarm(text: str) -> None:
    assert not alarms(CODE, text)


def test_arguments_of_tools_are_not_looked_at() -> None:
    assert not findings(CODE, '{"text": "<tool_call>f</tool_call></think>"}', "tool:0")


@pytest.mark.parametrize("at", range(112, 132))
def test_a_call_is_told_once_wherever_the_block_ends(at: int) -> None:
    text = "y" * at + "\n<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n</tool_call>" + "z" * 300
    (found,) = findings(CODE, text)
    assert found.start == at + 1


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("channel", ["content", "reasoning"])
def test_clean_texts_raise_no_alarm(name: str, channel: str) -> None:
    assert not alarms(CODE, CLEAN[name], channel)
    assert not alarms(CODE, CLEAN[name] * 5, channel)
