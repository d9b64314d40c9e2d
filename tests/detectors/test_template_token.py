import pytest

from tests.detectors.support import CLEAN, alarms, findings, severities

CODE = "text/template-token"

CONTROL_TOKENS = [
    ("[gMASK]", "GLM"),
    ("<sop>", "GLM"),
    ("<|user|>", "GLM"),
    ("<|observation|>", "GLM"),
    ("<|im_start|>", "Qwen"),
    ("<|im_end|>", "Qwen"),
    ("<|endoftext|>", "Qwen"),
    ("<|fim_middle|>", "Qwen"),
    ("<|eot_id|>", "Llama"),
    ("<|start_header_id|>", "Llama"),
    ("<|python_tag|>", "Llama"),
    ("<|im_middle|>", "Kimi"),
    ("<|channel|>", "Harmony"),
    ("<|message|>", "Harmony"),
    ("<|return|>", "Harmony"),
    ("[AVAILABLE_TOOLS]", "Mistral"),
    ("[control_234]", "reserved"),
    ("]~b]", "MiniMax"),
    ("<start_of_turn>", "Gemma"),
    ("<end_of_turn>", "Gemma"),
    ("<unused42>", "reserved"),
    ("<fim_prefix>", "StarCoder"),
    ("<|END_OF_TURN_TOKEN|>", "Cohere"),
    ("<｜begin▁of▁sentence｜>", "DeepSeek"),
    ("<｜end▁of▁sentence｜>", "DeepSeek"),
    ("<｜User｜>", "DeepSeek"),
    ("[|assistant|]", "EXAONE"),
]
IN_TEXT = "The river is long and quiet.{} It flows to the sea past many towns."


@pytest.mark.parametrize(("token", "family"), CONTROL_TOKENS)
def test_a_control_token_in_running_text_is_an_error_with_its_family(token: str, family: str) -> None:
    for channel in ("content", "reasoning"):
        (found,) = findings(CODE, IN_TEXT.format(token), channel)
        assert (found.severity, found.start, found.end) == ("error", 28, 28 + len(token))
        assert (found.evidence["token"], found.evidence["family"]) == (token, family)


@pytest.mark.parametrize(("token", "family"), CONTROL_TOKENS)
@pytest.mark.parametrize(
    "frame",
    [
        " `{}` ",
        ' "{}" ',
        " “{}” ",
        " ({}) ",
        " **{}** ",
        "\n```\nx {} y\n```\n",
        " the special token {} ",
        " its chat template uses {} ",
    ],
)
def test_a_control_token_that_is_spoken_of_is_a_note(token: str, family: str, frame: str) -> None:
    assert severities(CODE, IN_TEXT.format(frame.format(token))) == ["note"]


@pytest.mark.parametrize(
    "token", ["</arg_value>", "</arg_key>", "</tool_call>", "</tool_response>", "</function_calls>", "<arg_key>"]
)
def test_debris_of_tool_grammar_is_an_error(token: str) -> None:
    assert severities(CODE, IN_TEXT.format(token)) == ["error"]
    assert severities(CODE, IN_TEXT.format(token), "reasoning") == ["error"]


def test_debris_says_that_it_is_dangling() -> None:
    (found,) = findings(CODE, IN_TEXT.format("</arg_value>"))
    assert found.evidence["state"] == "dangling"
    assert "dangling" in found.message


def test_debris_inside_a_json_string_is_an_error() -> None:
    assert severities(CODE, '{\n  "name": "tool_12</arg_value>", "arguments": "{}" }') == ["error"]


def test_a_whole_tool_call_is_for_the_other_check_to_tell() -> None:
    assert not findings(CODE, "<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n</tool_call>")


@pytest.mark.parametrize("at", range(110, 132))
def test_a_token_is_found_once_wherever_the_block_ends(at: int) -> None:
    text = "y" * at + "<|im_end|>" + "z" * 300
    assert [(f.start, f.end) for f in findings(CODE, text)] == [(at, at + 10)]


def test_tokens_that_are_cut_by_deltas_are_found() -> None:
    assert findings(CODE, IN_TEXT.format("<|im_end|>"), size=1) == findings(CODE, IN_TEXT.format("<|im_end|>"))


def test_a_turn_that_runs_on_is_one_finding() -> None:
    (found,) = findings(CODE, "Paris.<|im_end|>\n<|im_start|>user\nAnd Rome?")
    assert found.severity == "error"
    assert found.evidence["tokens"] == ["<|im_end|>", "<|im_start|>"]


def test_endless_tokens_make_findings_that_are_bounded_in_size() -> None:
    found = findings(CODE, "<|im_start|>user\n" * 500)
    assert found[0].start == 0
    assert all(len(f.evidence["tokens"]) <= 6 and len(f.evidence["near"]) < 400 for f in found)


def test_reasoning_in_content_that_opens_it_is_a_note() -> None:
    assert severities(CODE, "\n<think>\nLet me see.\n</think>\nThe answer is four.") == ["note"]
    assert severities(CODE, "<think>\n\n</think>\n\n你好") == ["note"]


def test_a_close_tag_inside_reasoning_is_an_error_and_at_its_end_a_note() -> None:
    assert severities(CODE, "I see.</think>The answer is four.", "reasoning") == ["error"]
    assert severities(CODE, "I see.\n</think>\n", "reasoning") == ["note"]


def test_the_second_close_tag_in_content_is_debris() -> None:
    assert severities(CODE, "One.</think>Two.</think>Three.") == ["error"]


@pytest.mark.parametrize(
    "text",
    ["▁The▁river▁is▁long", "The riverĠisĠlongĠandĠquiet", "abc<0xE4><0xBD><0xA0>def"],
)
def test_a_tokenizers_own_spelling_is_an_error(text: str) -> None:
    assert severities(CODE, text) == ["error"]


@pytest.mark.parametrize(
    "text",
    [
        "Price <s>20 €</s> now 15 €",
        "<s> alone",
        "Fill the [MASK] and [MASK] and [MASK] in.",
        "[PAD] here",
        "your <pad> and <unk>",
        "<|begin_of_box|>42<|end_of_box|>",
    ],
)
def test_weak_tokens_are_notes(text: str) -> None:
    assert set(severities(CODE, text)) == {"note"}


@pytest.mark.parametrize(
    ("text", "worst"),
    [
        ("That is all.</s>", "warning"),
        ("Yes. [INST] And now?", "warning"),
        ("Yes. [/INST] No. [INST] And now?", "error"),
        ("<pad><pad><pad><pad><pad><pad>", "error"),
        ("The <PRE> and then <SUF> and so", "error"),
        ("Say <|reserved|> now", "warning"),
    ],
)
def test_weak_tokens_that_corroborate_each_other_are_more(text: str, worst: str) -> None:
    assert worst in severities(CODE, text)


@pytest.mark.parametrize(
    ("arguments", "severity"),
    [
        ('{"path": "a.py"}</arg_value>', "error"),
        ('{"path": "a.py"}<|im_end|>', "error"),
        ('{"path": "a.py</arg_value>"}', "error"),
        ('{"path": "a.py<|im_end|>"}', "warning"),
        ('{"text": "x = \\"<|im_end|>\\"\\nprint(x)"}', "note"),
        ('{"text": "if tag == \\"</arg_value>\\":\\n    pass"}', "note"),
    ],
)
def test_tokens_in_arguments_are_judged_by_their_place_in_the_json(arguments: str, severity: str) -> None:
    assert severities(CODE, arguments, "tool:0") == [severity]


def test_a_list_of_tokens_is_a_discussion() -> None:
    assert set(severities(CODE, "It prints <|im_start|>, <|im_end|> and <|endoftext|> at odd places.")) == {"note"}


def test_an_example_after_a_discussion_is_a_note() -> None:
    text = "The chat template looks like this:\n\n" + "".join(
        f"<|im_start|>user\nQuestion number {i} of this example?<|im_end|>\n" for i in range(8)
    )
    assert not alarms(CODE, text)


def test_an_open_fence_does_not_hide_for_ever() -> None:
    filler = "words that are plain prose and have no sign of any code in them at all, one after the other, on and on\n"
    near = "```\n" + filler * 3 + "x <|im_end|> y\n"
    far = "```\n" + filler * 60 + "x <|im_end|> y\n"
    assert severities(CODE, near) == ["note"]
    assert severities(CODE, far) == ["error"]


def test_a_long_code_block_stays_code() -> None:
    line = "    value = table[index]  # keep\n    if value:\n        return {key: value}\n"
    assert severities(CODE, "```python\n" + line * 120 + "    end = x <|im_end|> y\n```\n") == ["note"]


@pytest.mark.parametrize("name", CLEAN)
@pytest.mark.parametrize("channel", ["content", "reasoning", "tool:0"])
def test_clean_texts_raise_no_alarm(name: str, channel: str) -> None:
    assert not alarms(CODE, CLEAN[name], channel)
    assert not alarms(CODE, CLEAN[name] * 5, channel)
