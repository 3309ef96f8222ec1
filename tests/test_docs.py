"""The docs say everything there is: each setting and each command has its line."""

import re
from pathlib import Path

import pytest

from textbank.cli import parser
from textbank.conversations.filters import CAMPAIGN_STATES, ESCALATED, NOT_MEMBERS, READERS, STATUSES, TRUTHS
from textbank.reports.log import Asked

ROOT = Path(__file__).parent.parent
DOCS = "\n".join(page.read_text() for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
SETTINGS = sorted(set(re.findall(r'env(?:_\w+)?\(\s*"(\w+)"', (ROOT / "textbank/settings.py").read_text())))


@pytest.mark.parametrize("setting", SETTINGS)
def test_each_setting_is_in_the_docs(setting):
    assert f"`{setting}`" in DOCS


def test_each_command_is_in_the_docs():
    assert [
        command for command in commands() if f"textbank {command}" not in DOCS and f"bin/{command}" not in DOCS
    ] == []


def commands():
    return next(action for action in parser()._actions if action.choices).choices


# The flags that the table of a page says, with the commands that take them.
ROW = re.compile(r"^\| ((?:`--[^`]+` ?)+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
HANDING_ON = ["reassign", "unassign", "release", "undo", "stop", "suspend"]
# What only says which conversations stands in words above the table.
WHICH = {"--conversation", "--saved", *(f"--{key.replace('_', '-')}" for key in READERS)}


def test_the_table_of_flags_is_what_the_commands_take():
    page = (ROOT / "docs/reference/commands.md").read_text()
    said = {
        (command, flag)
        for flags, of in ROW.findall(page)
        for command in (HANDING_ON if of == "all" else re.findall(r"`(\w+)`", of))
        for flag in re.findall(r"`(--[\w-]+)", flags)
    }

    taken = {
        (name, flag)
        for name in HANDING_ON
        for action in commands()[name]._actions
        for flag in action.option_strings
        if flag not in {"-h", "--help"} and (name not in {"reassign", "unassign"} or flag not in WHICH)
    }
    assert said == taken
    assert [flag for flag in WHICH if f"`{flag}" not in page] == []


def test_the_table_of_the_filter_says_every_key_and_every_word():
    page = (ROOT / "docs/reference/api.md").read_text()
    table = page.partition("### The filter")[2].partition("### ")[0]
    rows = [
        (set(re.findall(r"`(\w+)`", keys)), values)
        for keys, values in re.findall(r"^\| (`.+) \| (.+) \|$", table, re.MULTILINE)
    ]

    assert sorted(key for keys, _ in rows for key in keys) == sorted(READERS)
    words = {key: set(re.findall(r"`(\w+)`", values)) for keys, values in rows for key in keys}
    assert {key: found for key, found in words.items() if found} == {
        "campaign_state": set(CAMPAIGN_STATES),
        "status": set(STATUSES),
        "opted_out": set(TRUTHS),
        "escalated": set(ESCALATED),
        "texter": NOT_MEMBERS,
        "not_texter": NOT_MEMBERS,
    }


def test_the_log_s_filter_is_in_the_docs():
    page = (ROOT / "docs/reference/api.md").read_text().partition("### The log")[2].partition("### ")[0]

    assert [key for key in Asked._fields if f"`{key}`" not in page] == []


def test_every_link_in_the_docs_leads_somewhere():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    links = [(page, target) for page in pages for target in re.findall(r"\]\(([^)#]+)\)", page.read_text())]

    assert [
        f"{page.relative_to(ROOT)}: {target}"
        for page, target in links
        if "://" not in target and not (page.parent / target).exists()
    ] == []


def test_every_page_of_the_guide_and_each_of_its_pictures_is_somewhere_to_be_found():
    readme = (ROOT / "README.md").read_text()
    pages, pictures = (ROOT / "docs/guide").glob("*.md"), (ROOT / "docs/guide/pictures").glob("*.png")

    assert [page.name for page in pages if f"docs/guide/{page.name})" not in readme] == []
    assert [picture.name for picture in pictures if f"pictures/{picture.name})" not in DOCS] == []
