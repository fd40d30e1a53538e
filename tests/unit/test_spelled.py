"""Into a program to paste goes what calls the engine on its nodes, and nothing else."""

from __future__ import annotations

import pytest

from verify.engines import EngineInfo
from verify.report.spelled import harmless


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("value", "data"),
        ("gradient", "grad()"),
        ("gradient", "grad.data[0]"),
        ("leaf", "Value(x)"),
        ("leaf", "Value(x, (), '')"),
        ("leaf", "Value(np.array(x))"),
        ("leaf", "Value.leaf(x, requires_grad=True)"),
        ("backward", ".backward()"),
        ("backward", "output.grad = 1; .backward()"),
        ("backward", "gradients(output, [node])"),
        ("backward", "backward(output) returns them"),
        ("tanh", ".tanh()"),
        ("tanh", "Tanh()()"),
        ("add", "__add__"),
    ],
)
def test_an_engines_own_spelling_stays(key: str, text: str) -> None:
    """Whatever its class, attributes and functions are called."""
    assert harmless(EngineInfo("e.py", "e.py", "Value", "3.11", {key: text})).adapter == {key: text}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("value", "data; import os"),
        ("value", "data if exit() else x"),
        ("gradient", "grad\nimport os"),
        ("leaf", "__import__('os').system('id')"),
        ("leaf", "Value(x, open('/etc/passwd').read())"),
        ("leaf", "os.system('id')"),
        ("leaf", "Value(x, 'rm -rf /')"),
        ("leaf", "(lambda: Value)()(x)"),
        ("leaf", "Value(x).__class__.__subclasses__()"),
        ("backward", "import os; os.abort()"),
        ("backward", "exec(output)"),
        ("backward", ".backward()\nimport os"),
        ("backward", "[x for x in output]"),
        ("tanh", "exit()"),
        ("tanh", "os.abort()"),
        ("tanh", "breakpoint()"),
        ("leaf", "(" * 5000),
    ],
)
def test_anything_else_is_left_out(key: str, text: str) -> None:
    """Programs, names of Python's own, texts, attributes that lead elsewhere."""
    assert harmless(EngineInfo("e.py", "e.py", "Value", "3.11", {key: text})).adapter == {}


def test_a_class_has_a_name_or_none() -> None:
    """What is no identifier does not stand in ``from … import …``."""
    forged = EngineInfo("e.py", "e.py", "Value\nimport os", "3.11")
    assert harmless(forged).class_name == ""
