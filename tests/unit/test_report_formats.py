"""Reports: every key, every number, and nothing that an engine wrote reaches the terminal raw."""

import dataclasses
import json
import math
import os
import re
import subprocess
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

import verify
from micrograd.engine import Value
from tests.short import in_short
from verify.engines import EngineError, EngineInfo
from verify.expression.reading import Enclosure, Raised
from verify.report import facts
from verify.report import json as json_report
from verify.report.layout import table
from verify.report.plain import LONGEST, UNSEEN, plain, shell
from verify.report.source import words
from verify.report.text import overview, report, verdict_lines
from verify.verdict.outcome import Accounts, Control, Diagnosis, Mend, Outcome

pytestmark = pytest.mark.xdist_group("formats")

ROOT = Path(__file__).parents[2]
KEYS = {
    "schema", "engine", "verdict", "counts", "operations", "findings", "control", "isolation",
    "seed", "versions", "seconds",
}  # fmt: skip
FINDING_KEYS = {
    "check", "graph", "python", "inputs", "where", "got", "want", "bound", "readings", "diagnosis",
}  # fmt: skip
EVIL = "\x1b[31m[bold red]x[/]\x07\u202e\ud800\r\x9b2J"


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """The outcome of a check of the flawed notebook."""
    with in_short():
        return verify.check(str(ROOT / "examples/lecture_flawed.ipynb"), examples=8, seed=3)


def altered(outcome: Outcome, **fields: Any) -> Outcome:
    """The outcome with one finding, changed, whose program was not run."""
    finding = dataclasses.replace(outcome.findings[0], **{"program": None, **fields})
    return dataclasses.replace(outcome, findings=(finding,))


def told(outcome: Outcome, width: int = 80) -> str:
    """The text of a report."""
    return "\n".join(line.plain for line in report(outcome, width))


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_json_has_every_key(outcome: Outcome) -> None:
    """Every key of the schema is there, for the check and for each finding; it is strict JSON."""
    data = json.loads(json_report.dumps(json_report.report(outcome)))
    assert data["schema"] == "verify.report/1"
    assert set(data) >= KEYS
    assert set(data["engine"]) >= {"path", "class", "python", "adapter"}
    assert set(data["counts"]) >= {"judged", "wrong", "imprecise", "undecided", "skipped"}
    for finding in data["findings"]:
        assert set(finding) >= FINDING_KEYS
        assert set(finding["diagnosis"]) >= {"fault", "title", "explanation", "line", "formula"}
    assert set(data["control"]) == {"planted", "caught"}


def test_json_says_what_the_outcome_says(outcome: Outcome) -> None:
    """Every figure of the outcome is in the report, unchanged."""
    data = json_report.report(outcome)
    accounts, control = outcome.accounts, outcome.control
    assert (data["seed"], data["examples"]) == (outcome.seed, outcome.examples) == (3, 8)
    assert (data["verdict"], data["exit_code"]) == (outcome.verdict, int(outcome.exit_code))
    assert data["control"] == {"planted": control.planted, "caught": control.caught}
    assert data["operations"] == dict(outcome.operations)
    assert data["counts"]["judged"] == accounts.judged
    assert data["counts"]["wrong"] == accounts.verdicts["wrong"] > 0
    assert data["counts"]["reasons"]["undecided"] == dict(accounts.undecided)
    assert data["isolation"] == outcome.engine.isolation
    assert data["versions"] == dict(outcome.versions)
    assert data["seconds"] == pytest.approx(outcome.seconds, abs=1e-3)


def test_json_finding_is_the_finding(outcome: Outcome) -> None:
    """Graph and inputs come back as the case, numbers as the numbers."""
    finding = outcome.findings[0]
    data = json.loads(json_report.dumps(json_report.report(outcome)))["findings"][0]
    case = verify.Case.of(verify.Graph.from_json(data["graph"]), data["inputs"])
    assert case == finding.case
    truth = finding.wrong.truth
    assert truth is not None
    assert (data["got"], data["want"], data["bound"]) == (
        finding.wrong.got, truth.middle, truth.bound,
    )  # fmt: skip
    assert data["readings"] == dict(finding.readings)


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_json_names_what_it_cannot_hold(outcome: Outcome, number: float) -> None:
    """``inf`` and ``nan`` are text in JSON, which has no such numbers."""
    wrong = dataclasses.replace(outcome.findings[0].wrong, got=number)
    data = json_report.report(altered(outcome, wrong=wrong))
    assert json.loads(json_report.dumps(data))["findings"][0]["got"] == str(number)


def test_each_mistake_is_named_in_the_last_line(outcome: Outcome) -> None:
    """Of two mistakes the verdict names both; of five, the first three, and how many more."""
    (found,) = outcome.findings[:1]
    titles = ["one", "two", "three", "four", "five"]
    findings = tuple([
        dataclasses.replace(found, diagnosis=dataclasses.replace(found.diagnosis, title=title))
        for title in titles
    ])
    said = [facts.summary(dataclasses.replace(outcome, findings=findings[:n])) for n in (2, 5)]
    assert said == ["2 mistakes: one; two", "5 mistakes: one; two; three; 2 more"]


def test_several_reports_are_one_object(outcome: Outcome) -> None:
    """One outcome is a report; several are a list of reports in one object."""
    assert json_report.reports([outcome])["schema"] == "verify.report/1"
    several = json_report.reports([outcome, outcome])
    assert (several["schema"], len(several["reports"])) == ("verify.reports/1", 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no name 'x' in 'y' (/tmp/verify-0f/y.py)", "no name 'x' in 'y' (y.py)"),
        ("[Errno 2] No such file: '/root/a b/c.csv'", "[Errno 2] No such file: 'a b/c.csv'"),
        ("a / b, 1/2, d/da, https://docs.python.org/3/x", None),
        ("relative/path.py and ./here/x.py", None),
    ],
)
def test_no_folder_of_this_machine_is_told(text: str, expected: str | None) -> None:
    """An absolute path in an engine's message is told by its last part."""
    assert facts.placeless(text) == (text if expected is None else expected)


def test_what_the_user_named_is_told_as_it_was_named() -> None:
    """Also where that is an absolute path."""
    error = EngineError("import", "/home/me/x.py: No module named 'q' in /usr/lib/q", None)
    error.engine = "/home/me/x.py"
    assert facts.refusal(error).startswith("/home/me/x.py: No module named 'q' in q.")


@pytest.mark.parametrize("kind", facts.REMEDIES)
def test_a_refusal_has_a_remedy(kind: str) -> None:
    """What cannot be used says what, where, and what to do about it."""
    info = EngineInfo("student.py", "student.py", "", "")
    error = EngineError(kind, "it is not right", line=7)
    refused = json_report.unusable(info, error, seed=3, examples=4, seconds=0.5)
    assert refused.exit_code == 2
    text = told(refused, 400)
    assert "line 7: it is not right. " in text
    assert facts.REMEDIES[kind] in text


@given(st.text(st.characters(codec=None), max_size=2 * LONGEST))
def test_plain_text_steers_nothing(text: str) -> None:
    """It is one line without control, format or surrogate characters and odd blanks, and cut."""
    safe = plain(text)
    assert all(c == " " or unicodedata.category(c)[0] not in "CZ" for c in safe)
    assert len(safe.splitlines()) <= 1
    safe.encode("utf-8")
    if len(text) <= LONGEST and all(unicodedata.category(c)[0] in "LNPS" for c in text):
        assert safe == text or UNSEEN.intersection(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nCORRECT  b.py", "a\\nCORRECT  b.py"),
        ("a\r\x1b[2J", "a\\r\\x1b[2J"),
        ("Val\u200bue", "Val\\u200bue"),
        ("\u202egnorw", "\\u202egnorw"),
        ("Val\u3164ue\ufe0f", "Val\\u3164ue\\ufe0f"),
        ("größe", "größe"),
        ("e" + 9 * "\u0301", "e" + 4 * "\u0301" + 5 * "\\u0301"),
    ],
)
def test_what_is_not_seen_is_shown(text: str, expected: str) -> None:
    """Line breaks, escapes, directions, characters without a shape; letters stay as they are."""
    assert plain(text) == expected


@pytest.mark.parametrize("word", ["a b.py", "it's", "x\ny", "\x1b[2J", "größe", "\udcff\u200b"])
def test_a_command_to_paste_names_the_same_file(word: str) -> None:
    """A shell reads the word as it was; a person reads one harmless line."""
    line = shell(["printf", "%s", word])
    assert plain(line, 1000) == line
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=True)
    assert done.stdout == os.fsencode(word)


def evil(outcome: Outcome) -> Outcome:
    """The outcome of an engine that writes escapes wherever it can."""
    info = dataclasses.replace(
        outcome.engine,
        spec=EVIL,
        path=EVIL,
        class_name=EVIL,
        python=EVIL,
        isolation=EVIL,
        adapter={"value": EVIL, "leaf": EVIL, "backward": EVIL, "gradient": EVIL, "tanh": EVIL},
        notes=(EVIL,) * 7,
    )
    accounts = Accounts(
        undecided=Counter({EVIL: 1}), skipped=Counter({EVIL: 1}), conventions={"relu": EVIL}
    )
    finding = outcome.findings[0]
    raised = dataclasses.replace(finding.reading, raised=Raised(EVIL, EVIL, "backward"))
    faulty = dataclasses.replace(finding.reading, faults={("gradient", 0): EVIL})
    wrong = dataclasses.replace(finding.wrong, reason=EVIL)
    diagnosis = Diagnosis(EVIL, EVIL, EVIL, 3, EVIL)
    findings = [
        dataclasses.replace(
            finding,
            reading=reading,
            wrong=wrong,
            diagnosis=dataclasses.replace(diagnosis, fault=str(i)),
            readings={**finding.readings, "torch": EVIL},
        )
        for i, reading in enumerate((raised, faulty, finding.reading, finding.reading, raised))
    ]
    return dataclasses.replace(
        outcome, engine=info, accounts=accounts, findings=tuple(findings), reason=EVIL
    )


def test_an_engine_cannot_steer_the_terminal(outcome: Outcome) -> None:
    """Escapes, markup, overrides, surrogates in any text of an engine are shown, not obeyed."""
    hostile = evil(outcome)
    inconclusive = dataclasses.replace(hostile, findings=(), verdict="inconclusive")
    for each in (hostile, inconclusive):
        lines = [*report(each, 80), *report(each, 80, verbose=True)]
        lines += [*verdict_lines(each, 80), *overview([each], 80)]
        for line in lines:
            assert isinstance(line, Text)
            assert all(unicodedata.category(c)[0] != "C" for c in line.plain), repr(line.plain)
        assert "[bold red]" in "".join(line.plain for line in lines)
        json_report.dumps(json_report.report(each)).encode("ascii")


def test_json_text_is_harmless(outcome: Outcome) -> None:
    """The JSON report may be printed by others: it holds no control character either."""

    def texts(data: Any) -> list[str]:
        match data:
            case str():
                return [data]
            case dict():
                return [text for pair in data.items() for one in pair for text in texts(one)]
            case list():
                return [text for one in data for text in texts(one)]
        return []

    for text in texts(json_report.report(evil(outcome))):
        assert all(c == "\n" or unicodedata.category(c)[0] != "C" for c in text), repr(text)


def test_an_unstable_engine_is_told_with_all_its_answers(outcome: Outcome) -> None:
    """Where an engine answers differently from run to run, each answer is shown once."""
    unstable = altered(outcome, answers=(27.0, 33.0, 27.0, None))
    assert "27.0 or 33.0 or nothing, from run to run" in told(unstable)
    (finding,) = json_report.report(unstable)["findings"]
    assert finding["answers"] == [27.0, 33.0, 27.0, None]


def test_a_scenario_is_told(outcome: Outcome) -> None:
    """What was done besides one backward pass stands beside the number, and in the program."""
    again = altered(outcome, scenario="a second backward pass")
    assert "gradient of a, after a second backward pass" in told(again)
    (finding,) = json_report.report(again)["findings"]
    assert finding["scenario"] == "a second backward pass"
    assert "# a second backward pass" in finding["python"].splitlines()


def test_a_message_cannot_add_a_line_to_the_program(outcome: Outcome) -> None:
    """What an engine says stands in a comment of the program, and stays there."""
    reading = outcome.findings[0].reading
    lies = "float\nimport os\rimport sys\u2028import re"
    faulty = dataclasses.replace(reading, faults={("gradient", 0): lies})
    info = dataclasses.replace(outcome.engine, adapter={**outcome.engine.adapter, "tanh": lies})
    hostile = dataclasses.replace(altered(outcome, reading=faulty), engine=info)
    (finding,) = json_report.report(hostile)["findings"]
    lines = finding["python"].splitlines()
    assert [line for line in lines if line.startswith("import")] == []
    assert len(lines) == 6


def test_endless_text_is_cut(outcome: Outcome) -> None:
    """A message of a megabyte does not bury the report."""
    reading = dataclasses.replace(
        outcome.findings[0].reading, raised=Raised("ValueError", "x" * 1_000_000)
    )
    assert len(told(altered(outcome, reading=reading))) < 10_000


def test_a_long_program_is_cut(outcome: Outcome) -> None:
    """A counterexample of a thousand nodes is shown by its ends; JSON has all of it."""
    graph = verify.Graph.parse("\n".join(["a += 1"] * 500))
    case = verify.Case(graph, (2.0,))
    wrong = dataclasses.replace(outcome.findings[0].wrong, node=0)
    long = altered(outcome, case=case, wrong=wrong)
    text = told(long)
    assert len(text) < 10_000
    assert "more lines; --json has all of them" in text
    assert json_report.report(long)["findings"][0]["python"].count("+=") == 500


def test_findings_of_one_mistake_are_told_once(outcome: Outcome) -> None:
    """The first finding of a diagnosis has everything; others of it take a few lines each."""
    finding = outcome.findings[0]
    many = dataclasses.replace(outcome, findings=(finding,) * 5)
    assert told(many).count(finding.diagnosis.explanation[:40]) == 1
    assert told(many).count(finding.case.graph.expression()) == 5


@pytest.mark.parametrize(
    ("enclosure", "expected"),
    [
        (Enclosure(1.5), "1.5"),
        (Enclosure(0.5, 0.5, note="kink"), "between 0 and 1"),
        (Enclosure(math.inf, note="overflow"), "no finite number (overflow)"),
        (Enclosure(math.nan, math.inf, note="domain"), "no finite number (domain)"),
        (Enclosure(math.nan), "no finite number"),
    ],
)
def test_what_was_due_in_words(outcome: Outcome, enclosure: Enclosure, expected: str) -> None:
    """The truth as a number, a range at a kink, or the reason why there is none."""
    wrong = dataclasses.replace(outcome.findings[0].wrong, truth=enclosure)
    finding = dataclasses.replace(outcome.findings[0], wrong=wrong)
    assert facts.want(finding) == expected


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (facts.ORACLES, "4 of 4 oracles: interval, symbolic, difference, torch"),
        (facts.ORACLES[:3], "torch: not installed, 3 of 4 oracles"),
    ],
)
def test_oracles_in_words(present: tuple[str, ...], expected: str) -> None:
    """How many oracles took part, and which is absent."""
    assert facts.oracles(present) == expected


def test_a_control_that_was_missed_is_our_failure(outcome: Outcome) -> None:
    """A planted mistake that was not caught is code 4, and the sentence says whose fault it is."""
    missed = dataclasses.replace(outcome, findings=(), control=Control(10, 9))
    assert missed.exit_code == 4
    assert "harness itself failed: it caught 9 of 10" in facts.summary(missed)


@given(
    st.lists(st.lists(st.text("ab ", max_size=30), min_size=2, max_size=2), min_size=1),
    st.integers(30, 90),
)
def test_tables_fit(rows: list[list[str]], width: int) -> None:
    """A table is as wide as it may be, its last column wrapped, without blanks at line ends."""
    cells = [(Text(a.strip()[:8]), Text(b.strip())) for a, b in rows]
    for line in table(cells, width):
        assert len(line.plain) <= width
        assert line.plain == line.plain.rstrip()


@pytest.mark.slow
@pytest.mark.usefixtures("in_short")
def test_the_verdict_is_first_and_last() -> None:
    """Read from the top or from the bottom: the verdict, and what was checked."""
    lines = told(verify.check(Value, examples=4)).splitlines()
    assert lines[0].startswith("CORRECT  Value  class Value, Python 3.")
    assert lines[-2].startswith("CORRECT  Value (Python 3.") or lines[-1].startswith("CORRECT")


def test_the_finding_comes_before_the_account(outcome: Outcome) -> None:
    """What is wrong, then a line of what was judged; all of that only when it is asked for."""
    brief = told(outcome)
    order = ["WRONG", outcome.findings[0].diagnosis.title, "\njudged  ", "\nWRONG  "]
    assert [brief.index(words) for words in order] == sorted(brief.index(w) for w in order)
    assert "isolation: " in brief
    full = "\n".join(line.plain for line in report(outcome, 80, verbose=True))
    for row in ("missing", "undecided", "conventions", "control", "oracles", "isolation", "again"):
        shown = row == "oracles" and len(outcome.oracles) < len(facts.ORACLES)  # one is left out
        assert (f"\n{row}  " in brief, f"\n{row}  " in full) == (shown, True)


def test_a_pass_that_uses_up_other_graphs_is_not_passed_over(outcome: Outcome) -> None:
    """A second loss of the same leaves gets nothing from its pass: that stands in the account."""
    kept = {"graphs": "a backward pass uses up all graphs that were built before it"}
    assert not re.search("(?m)^graphs ", told(outcome))
    counted = dataclasses.replace(outcome.accounts, conventions=kept)
    found = told(dataclasses.replace(outcome, accounts=counted), 200)
    assert re.search(f"(?m)^graphs +{kept['graphs']}$", found)


def test_a_second_class_is_not_passed_over(outcome: Outcome) -> None:
    """That another engine in the file was not judged is said in every form of the report."""
    note = "class Tensor, an engine too (--class Tensor), was not judged"
    info = dataclasses.replace(outcome.engine, notes=("something else", note))
    found = dataclasses.replace(outcome, engine=info)
    for text in (told(found), " ".join(line.plain for line in verdict_lines(found, 10_000))):
        assert (note in text.replace("\n      ", ""), "something else" in text) == (True, False)


def test_no_line_of_a_report_is_too_wide(outcome: Outcome) -> None:
    """Long lines of programs go on in the next, long lines of the source end with dots."""
    finding = outcome.findings[0]
    assert finding.rule is not None
    long = "x = " + " + ".join(["somebody"] * 30)
    wide = altered(
        outcome,
        rule=dataclasses.replace(finding.rule, text=long, before=long, width=200),
        mend=Mend(f"--- a\n+++ b\n@@ -1 +1 @@\n-{long}\n+{long}\n", 1, 1),
        program=f"{long}\nprint(x)  # {long}",
    )
    for verbose in (False, True):
        lines = [line.plain for line in report(wide, 80, "verify check", verbose=verbose)]
        assert [line for line in lines if len(line) > 80 or line != line.rstrip()] == []
    assert "+ somebody" in told(wide)


def test_no_answer_of_an_unstable_engine_is_too_wide(outcome: Outcome) -> None:
    """Three answers with all their digits and a count are no column of a table."""
    many = altered(outcome, answers=tuple([3.0000000016252013 + i / 1e14 for i in range(200)]))
    lines = [line.plain for line in report(many, 80, "verify check")]
    assert "from run to run, wrong" in " ".join(" ".join(lines).split())
    assert [line for line in lines if len(line) > 80] == []


def test_smallest_first(outcome: Outcome) -> None:
    """Findings are told smallest first."""
    sizes = [len(finding.case.graph.operations) for finding in outcome.findings]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("not judged: the network does not say what its parameters are",
         "not judged: the network does not say what its parameters are"),
        ("", "none was asked: none was found"),
    ],
)  # fmt: skip
def test_a_network_that_is_there_is_not_said_to_be_missing(
    outcome: Outcome, words: str, said: str
) -> None:
    """It could not be used, and the reason is told in its place."""
    accounts = Accounts(skipped=Counter({"no network": 3}))
    accounts.conventions["networks"] = words
    assert facts.networks(dataclasses.replace(outcome, accounts=accounts)) == said


def test_of_a_wrong_network_it_is_not_said_that_none_was_judged(outcome: Outcome) -> None:
    """That a smaller one lists no parameters is no other matter; nor were layers all there is."""
    accounts = Accounts(skipped=Counter({"no network": 3}), cases=Counter({"networks": 1}))
    wrong = dataclasses.replace(outcome.findings[0], check="networks")
    told = dataclasses.replace(outcome, accounts=accounts, findings=(wrong,))
    for said in ("not judged: the network does not say what its parameters are",
                 "MLP(1, [1]): one layer, tanh"):  # fmt: skip
        accounts.conventions["networks"] = said
        assert not facts.networks(told)
        assert facts.networks(dataclasses.replace(told, findings=()))


@pytest.mark.parametrize(
    ("words", "said"), [("not judged: MLP(1, [1]) raises", "not judged: MLP(1, [1]) raises"),
                        ("MLP(5, 3, 4, 3): tanh layers", ""), ("", ""),
                        ("Layer(1, 1): one layer, tanh",
                         "layers were judged one by one: no network of several was found")],
)  # fmt: skip
def test_a_network_that_could_not_be_used_is_told_beside_a_neuron_that_could(
    outcome: Outcome, words: str, said: str
) -> None:
    """That a neuron was judged says nothing of the network that is made of it."""
    accounts = Accounts(skipped=Counter({"no network": 3}), cases=Counter({"networks": 1}))
    accounts.conventions["networks"] = words
    assert facts.networks(dataclasses.replace(outcome, accounts=accounts)) == said


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({}, "With this line everything passes."),
        ({"rest": True, "lines": 2}, "With this change this mistake is gone."),
        ({"rest": True, "again": True}, "This change mends what it touches; "),
        ({"rest": True, "cases": 3}, "This change mends 1 of 3 cases that fail; more is wrong."),
    ],
)
def test_no_more_is_said_of_a_change_than_is_known(known: dict[str, Any], said: str) -> None:
    """What else is wrong, and where the same mistake is left, was seen in the changed copy."""
    assert words(Mend(**{"diff": "", "mends": 1, "cases": 1, **known})).startswith(said)
