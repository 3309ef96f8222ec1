import pytest
from hypothesis import given
from hypothesis import strategies as st

from textbank.contacts.folding import fold


@pytest.mark.parametrize(
    ("name", "searched"),
    [
        ("Ana GÓMEZ", "ana gomez"),
        ("Łukasz Ørsted", "lukasz orsted"),
        ("Zoë O’Neil", "zoe o'neil"),
        ("Weiß", "weiss"),
        ("İnci Işık", "inci isik"),
        ("𝐌𝐚𝐫𝐢𝐚", "maria"),
        ("李小龍", "李小龍"),
        ("", ""),
    ],
)
def test_a_name_is_found_as_people_type_it(name, searched):
    assert fold(name) == searched


@given(st.text())
def test_what_is_folded_stays_as_it_is(name):
    assert fold(fold(name)) == fold(name)
