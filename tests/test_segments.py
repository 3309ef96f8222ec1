import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import textbank
from textbank.campaigns.segments import BASIC, EXTENSION, Segments, count

CASES = [
    ("", Segments("GSM-7", 0, 0, 160, ())),
    ("Hi Ana!", Segments("GSM-7", 7, 1, 153, ())),
    ("¿Cuándo votará? ñ", Segments("Unicode", 17, 1, 53, ("á",))),
    ("señor, ¡à", Segments("GSM-7", 9, 1, 151, ())),
    ("a" * 160, Segments("GSM-7", 160, 1, 0, ())),
    ("a" * 161, Segments("GSM-7", 161, 2, 145, ())),
    ("a" * 306, Segments("GSM-7", 306, 2, 0, ())),
    ("a" * 307, Segments("GSM-7", 307, 3, 152, ())),
    ("€", Segments("GSM-7", 2, 1, 158, ())),
    ("€" * 80, Segments("GSM-7", 160, 1, 0, ())),
    ("{[^~]}|\\\f\n\r", Segments("GSM-7", 20, 1, 140, ())),
    # 152 and an escape pair: the pair goes whole into the second segment, the first stays a unit short.
    ("a" * 152 + "€" + "a" * 151, Segments("GSM-7", 305, 2, 0, ())),
    ("a" * 152 + "€" + "a" * 152, Segments("GSM-7", 306, 3, 152, ())),
    ("It’s Tess", Segments("Unicode", 9, 1, 61, ("’",))),
    ("“Hi” – it’s “me”", Segments("Unicode", 16, 1, 54, ("“", "”", "–", "’"))),
    ("ё" * 70, Segments("Unicode", 70, 1, 0, ("ё",))),
    ("ё" * 71, Segments("Unicode", 71, 2, 63, ("ё",))),
    ("😀", Segments("Unicode", 2, 1, 68, ("😀",))),
    ("😀" * 35, Segments("Unicode", 70, 1, 0, ("😀",))),
    ("a" * 66 + "😀" + "a" * 65, Segments("Unicode", 133, 2, 0, ("😀",))),
    ("a" * 66 + "😀" + "a" * 66, Segments("Unicode", 134, 3, 66, ("😀",))),
    ("😀" * 66, Segments("Unicode", 132, 2, 1, ("😀",))),
    ("€😀", Segments("Unicode", 3, 1, 67, ("😀",))),
    ("👩‍🏫", Segments("Unicode", 5, 1, 65, ("👩", "\u200d", "🏫"))),
    ("a\u200bb", Segments("Unicode", 3, 1, 67, ("\u200b",))),
    ("a\u00a0b\t", Segments("Unicode", 4, 1, 66, ("\u00a0", "\t"))),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=range(len(CASES)))
def test_what_a_text_costs(text, expected):
    assert count(text) == expected


def test_the_alphabet_has_as_many_letters_as_the_standard_says():
    assert len(BASIC) == 127, "128 with the escape"
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


texts = st.text(st.sampled_from("a €{😀’ñ\n"), max_size=400)


@given(texts)
def test_left_is_what_still_fits(text):
    cost = count(text)
    one = "a"

    fuller = count(text + one * cost.left)
    fullest = count(text + one * (cost.left + 1))

    assert fuller.segments == max(cost.segments, 1)
    assert fuller.left == 0
    assert fullest.segments == fuller.segments + 1


@given(texts)
def test_segments_hold_what_they_carry(text):
    cost = count(text)
    alone, together = (160, 153) if cost.encoding == "GSM-7" else (70, 67)

    assert 0 <= cost.left <= alone
    assert cost.characters + cost.left <= max(alone, cost.segments * together)
    assert cost.characters + cost.left >= cost.segments * (together - 1)


def test_the_page_counts_as_we_do():
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here to run the page's counting")
    module = Path(textbank.__file__).parent / "web/static/js/segments.js"
    texts = [text for text, _ in CASES] + ["€😀a’" * n for n in range(60)] + ["a€{" * n for n in range(120)]
    script = """
        import { readFileSync } from "node:fs";
        const [path, texts] = JSON.parse(readFileSync(0, "utf8"));
        const source = readFileSync(path, "utf8");
        const { count } = await import("data:text/javascript," + encodeURIComponent(source));
        console.log(JSON.stringify(texts.map(count)));
    """

    answer = subprocess.run(
        [node, "--input-type=module", "-e", script],
        input=json.dumps([str(module), texts]),
        capture_output=True,
        text=True,
        check=True,
    )

    assert [{**cost, "culprits": tuple(cost["culprits"])} for cost in json.loads(answer.stdout)] == [
        count(text)._asdict() for text in texts
    ]
