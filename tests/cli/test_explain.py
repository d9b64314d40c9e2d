import json

from tests.cli.support import REFUSED, run


def test_explain_says_what_it_means_and_what_to_do() -> None:
    result = run("explain", REFUSED.decode())
    assert result.exit_code == 0
    rows = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert rows["class"] == "quota-exhausted, code 1310"
    assert rows["retry"].startswith("after the reset")
    assert rows["reset"].startswith("2026-03-06 06:19:54 UTC (")
    assert rows["rule"] == "zai:1310"


def test_explain_as_json() -> None:
    document = json.loads(run("explain", "--format", "json", REFUSED.decode()).stdout)
    assert document["format"] == 1
    assert document["provider_error"]["class"] == "quota-exhausted"


def test_explain_reads_stdin_and_takes_a_status() -> None:
    result = run("explain", "-", "--status", "401", stdin=b"nope")
    assert result.exit_code == 0
    assert result.stdout.startswith("class     auth")


def test_what_no_rule_reads_as_an_error_is_exit_1() -> None:
    result = run("explain", "all is well")
    assert result.exit_code == 1
    assert result.stdout.startswith("class     none")
    assert json.loads(run("explain", "--format", "json", "all is well").stdout)["provider_error"] is None


def test_nothing_to_explain_is_exit_2() -> None:
    result = run("explain", " ")
    assert (result.exit_code, result.stdout) == (2, "")
    assert run("explain", "-", stdin=b"\n").exit_code == 2


def test_hostile_errors_are_shown_escaped() -> None:
    text = json.dumps({"error": {"code": "1310", "message": "limit \x1b[2J \u202e"}})
    result = run("explain", text)
    assert r"limit \x1b[2J \u202e" in result.stdout
    assert not {"\x1b", "\u202e"} & set(result.stdout)
