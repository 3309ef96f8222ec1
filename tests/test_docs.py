"""The docs say everything there is: each setting and each command has its line."""

import re
from pathlib import Path

import pytest

from textbank.cli import parser

ROOT = Path(__file__).parent.parent
DOCS = "\n".join(page.read_text() for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
SETTINGS = sorted(set(re.findall(r'env(?:_\w+)?\(\s*"(\w+)"', (ROOT / "textbank/settings.py").read_text())))


@pytest.mark.parametrize("setting", SETTINGS)
def test_each_setting_is_in_the_docs(setting):
    assert f"`{setting}`" in DOCS


def test_each_command_is_in_the_docs():
    commands = next(action for action in parser()._actions if action.choices).choices

    assert [command for command in commands if f"textbank {command}" not in DOCS and f"bin/{command}" not in DOCS] == []


def test_every_link_in_the_docs_leads_somewhere():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    links = [(page, target) for page in pages for target in re.findall(r"\]\(([^)#]+)\)", page.read_text())]

    assert [
        f"{page.relative_to(ROOT)}: {target}"
        for page, target in links
        if "://" not in target and not (page.parent / target).exists()
    ] == []
