import json

from streamcheck.codes import CODES
from tests.cli.support import run


def test_rules_lists_every_code() -> None:
    result = run("rules")
    assert result.exit_code == 0
    for code in CODES.values():
        assert f"  {code.name} " in result.stdout
        assert code.meaning in result.stdout


def test_rules_as_json() -> None:
    rules = json.loads(run("rules", "--format", "json").stdout)["rules"]
    assert [rule["code"] for rule in rules] == list(CODES)
    assert rules[0].keys() == {"code", "severity", "verdict", "meaning", "source"}


def test_rules_of_one_stage_or_code() -> None:
    rules = json.loads(run("rules", "--format", "json", "utf8").stdout)["rules"]
    assert {rule["code"] for rule in rules} == {"utf8/invalid"}
    assert run("rules", "utf8/invalid").stdout == run("rules", "utf8").stdout


def test_an_unknown_stage_names_the_nearest() -> None:
    result = run("rules", "txt")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean 'text'?" in result.stderr
