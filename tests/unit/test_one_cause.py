"""What one change sets right is told once."""

from dataclasses import replace
from itertools import pairwise

from verify.checking.assess import examine, finding
from verify.checking.diagnose import either
from verify.checking.grouped import one_each
from verify.checking.started import told
from verify.engines import Engine, load
from verify.expression.graph import Case
from verify.faults import CATALOGUE, SOURCE, module
from verify.generators.scenarios import SCENARIOS
from verify.mending.captured import KEPT
from verify.mending.mend import Mended, _shared_out, named_by, one_cause
from verify.mending.search import Step
from verify.mending.source import Sources
from verify.mending.syntax import Edit
from verify.verdict.outcome import Finding, Mend

SAME = Mend("--- a\n+++ b\n-x\n+y", 1, 1, confirmed=True)
OTHER = replace(SAME, diff="--- a\n+++ b\n-x\n+z")


def engine() -> Engine:
    """One whose pass begins with 3."""
    seed = "self.grad = 1.0\n        for"
    return load(module(SOURCE.replace(seed, seed.replace("1.0", "3.0"))))


def findings() -> list[Finding]:
    """Three, of which the second blames nobody."""
    found, made = [], engine()
    for text, blames in (("a + b", {"add"}), ("a * b", set()), ("a - b", {"sub"})):
        case = Case.parse(text, a=2.0, b=3.0)
        found.append(finding(made, examine(made, case), "forms", case))
        found[-1] = replace(found[-1], blames=frozenset(blames))
    return found


def test_findings_with_one_change_are_one() -> None:
    """The one that blames no operation is told, and that there are more."""
    first, second, third = findings()
    mended = [replace(first, mend=SAME), replace(second, mend=SAME), replace(third, mend=OTHER)]
    told = one_cause(mended, every=False)
    assert [f.case for f in told] == [second.case, third.case]
    assert told[0].diagnosis.explanation.endswith("this and one more counterexample right.")
    assert told[1] is mended[2]


def test_where_nothing_is_left_wrong_all_are_one() -> None:
    """Also those that no change was held against, as what is too large."""
    first, second, third = findings()
    told = one_cause([replace(first, mend=SAME), second, third], every=True)
    assert [f.case for f in told] == [first.case]


def test_a_limit_is_told_with_the_change_that_was_found_for_another_counterexample() -> None:
    """It blames no operation, and for large graphs no change is sought."""
    first, second, _ = findings()
    limit = replace(second, check="small gradients", place="gradient of x in products")
    told = one_cause([replace(first, mend=SAME), limit], every=True)
    assert [(f.check, f.mend) for f in told] == [("small gradients", SAME)]


def test_a_line_that_is_changed_again_later_is_shown_as_it_stands_in_the_end() -> None:
    """What was kept on the way was not confirmed: the copy that was checked holds the last."""
    texts = [{"e.py": f"def backward(self):\n    {line}\n"} for line in ("a()", "b()", "c()")]
    steps = []
    for before, after in pairwise(texts):
        start = before["e.py"].index("    ") + 4
        new = after["e.py"][start : start + 1]
        edit = Edit("e.py", start, start + 1, new, 1, "call", 2, first=1, last=2)
        steps.append(Step("", "graphs", edit, before, after, frozenset(), 1, 0, 1, 0.0))
    first, second, _ = findings()
    sources = Sources(engine().info, texts[0])
    kept = Mended((first, second), texts[-1], sources, tuple(steps))
    assert _shared_out(kept, [[steps[1]], [steps[0]]]) == [steps, steps]


def test_what_is_as_deep_as_gradients_go_is_no_second_mistake() -> None:
    """A sum is as many additions as it has operands; a shallow graph, or a name, has another."""
    first, *_ = findings()
    chain = Case.parse("a + a + a + a + a", a=1.0)
    limit = replace(first, check="depth", case=chain, place="gradient of a in a chain")
    deep = replace(first, case=Case.parse("c = a - b; sum([c, a, b])", a=1.0, b=2.0))
    named = replace(deep, diagnosis=replace(deep.diagnosis, fault="seed-missing"))
    shallow = replace(first, case=Case.parse("a * a", a=1.0), blames=frozenset())
    assert one_each([deep, limit], {}) == (limit,)
    for other in (shallow, named):
        assert len(one_each([other, limit], {})) == 2


def test_parameters_of_nodes_that_do_not_start_at_0_do_not_either() -> None:
    """Of a network it is said as well, and has the same cause."""
    first, second, third = findings()
    named = replace(first, diagnosis=told(1.0), blames=frozenset())
    reason = "have gradients before any backward pass"
    network = replace(second, place="parameters of MLP(1, [1])")
    same = replace(network, wrong=replace(network.wrong, reason=reason))
    assert one_each([named, same], {}) == (named,)
    assert len(one_each([third, same], {})) == len(one_each([named, network], {})) == 2


def test_what_was_written_anew_or_not_confirmed_proves_nothing() -> None:
    """A method written anew may set two mistakes right; a change that was refuted none."""
    first, second, _ = findings()
    for mend in (replace(SAME, rewritten=True), replace(SAME, confirmed=False), None):
        told = one_cause([replace(first, mend=mend), replace(second, mend=mend)], every=False)
        assert len(told) == 2


def test_what_outlives_a_pass_and_has_a_name_is_told_by_it() -> None:
    """Uses that go wrong without a name beside it have the same cause."""
    uses = [use.says for use in SCENARIOS if use.says]
    named, plain, _ = findings()
    fault = next(f for f in CATALOGUE.values() if "outlives the pass" in f.title)
    diagnosis = replace(named.diagnosis, fault=fault.id, title=fault.title)
    after = [
        replace(plain, scenario=uses[0], blames=None),
        replace(named, scenario=uses[1], diagnosis=diagnosis, blames=None),
    ]
    assert [f.diagnosis.title for f in one_each(after, {})] == [fault.title]
    assert len(one_each(after[:1], {})) == 1


def of(source: str, *cases: tuple[Case, str]) -> list[Finding]:
    """What is found at cases, each in a stage, of the small engine changed."""
    with load(module(source)) as engine:
        seen = [(examine(engine, case), case, check) for case, check in cases]
        return [finding(engine, at, check, case, needed=frozenset()) for at, case, check in seen]


def test_what_raises_on_a_wrong_value_follows() -> None:
    """1 * -1 is 0 where products are sums, and 0 ** -1 has no value; what is named stays."""
    source = SOURCE.replace("self.data * other.data", "self.data + other.data", 1)
    assert source != SOURCE
    wrong = Case.parse("a * b", a=2.0, b=3.0), "known"
    raises = Case.parse("(a * -1) ** -1", a=1.0), "known"
    rows = of(source, wrong, raises)
    assert rows[1].reading.raised is not None
    assert [f.case for f in one_each(rows, {})] == [wrong[0]]
    named = replace(rows[1], diagnosis=replace(rows[1].diagnosis, fault="pre-order"))
    assert len(one_each([rows[0], named], {})) == 2
    assert len(one_each([replace(rows[0], regions=("where a is 7",)), rows[1]], {})) == 2


def test_a_form_that_is_wrong_everywhere_is_not_wrong_far_out_too() -> None:
    """Only if value and gradient are both wrong there that are wrong far out."""
    wrong = Case.parse("2 - a", a=3.0), "forms"
    far = Case.parse("-1e308 - a", a=1e308), "edges"
    start = SOURCE.index("def __rsub__")
    line = SOURCE.index("return", start)
    source = SOURCE[:line] + "return self + (-other)" + SOURCE[SOURCE.index("\n", line) :]
    plainly, edge = (
        replace(f, diagnosis=replace(f.diagnosis, fault="")) for f in of(source, wrong, far)
    )
    assert [f.case for f in one_each([plainly, edge], {})] == [wrong[0]]
    right = replace(plainly, triage=replace(plainly.triage, gradient=True))
    assert len(one_each([right, edge], {})) == 2
    assert len(one_each([plainly, replace(edge, check="known")], {})) == 2


def test_the_name_that_two_findings_share_is_that_of_both() -> None:
    """Each of two findings may be one of two mistakes, and one mistake is among both."""
    shared, other, another = (CATALOGUE[n] for n in ("stops-at-zero", "stops-at-leaf", "pre-order"))
    first, second, third = findings()
    rows = [
        replace(first, diagnosis=either(other.diagnosis, (other, shared)), blames=None),
        replace(second, diagnosis=either(shared.diagnosis, (shared, another)), blames=None),
    ]
    assert [f.diagnosis.title for f in one_each(rows, {})] == [shared.title]
    assert len(one_each([rows[0], replace(third, diagnosis=another.diagnosis)], {})) == 2


def test_what_sets_a_finding_right_may_name_it() -> None:
    """Functions made in a loop: each operation is wrong, and none of their rules."""
    first, _, _ = findings()
    late = "functions made in a loop all use the last one: late binding"
    assert named_by(first, {KEPT}).title == late
    known = replace(first, diagnosis=replace(first.diagnosis, fault="late-binding-slope"))
    assert named_by(known, {KEPT}) == known.diagnosis
    assert named_by(first, {KEPT, "a sign"}) == first.diagnosis
