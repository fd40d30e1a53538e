"""A sign says what is there, and nothing of honest work."""

from pathlib import Path

from verify.grading.signs import signs


def test_what_was_handed_in_is_no_other_package(tmp_path: Path) -> None:
    """A homework laid out as its lecture's package imports itself; one file cannot."""
    package = tmp_path / "ada" / "micrograd"
    package.mkdir(parents=True)
    (package / "engine.py").write_text("class Value: pass\n")
    (package / "nn.py").write_text("from micrograd.engine import Value\n")
    assert signs(str(package)) == []
    assert signs(str(package.parent)) == []
    (package / "nn.py").write_text("import torch\n")
    assert [sign.kind for sign in signs(str(package))] == ["delegates"]
    alone = tmp_path / "micrograd.py"
    alone.write_text("from micrograd.engine import Value\n")
    assert [sign.kind for sign in signs(str(alone))] == ["delegates"]


def test_a_folder_without_code_is_no_package(tmp_path: Path) -> None:
    """Nobody hides what is imported behind an empty folder of its name."""
    (tmp_path / "torch").mkdir()
    (tmp_path / "engine.py").write_text("import torch\n")
    assert [sign.kind for sign in signs(str(tmp_path))] == ["delegates"]
