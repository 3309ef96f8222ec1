import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textbank.contacts.reading import Rejected, Row, Unreadable, csv_safe, read

NOT_PLAIN = "This file is not plain text: save the list as CSV (UTF-8) and upload that."
HEADINGS = "First Name,Last Name,Cell,Zip,External ID,Polling Place\n"
ANA = "Ana,Gómez,(202) 555-0123,02139,V1,Elm School\n"


def rows(text: str | bytes, **said) -> list[Row | Rejected]:
    return list(read([text.encode() if isinstance(text, str) else text], **said))


def refusal(content: str | bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        rows(content)
    sentence = refused.value.sentence
    assert sentence.endswith("."), "every refusal is a sentence"
    return sentence


def rejected(line: str) -> str:
    (row,) = rows(HEADINGS + line)
    assert isinstance(row, Rejected)
    return row.reason


def test_a_list_becomes_contacts():
    list_of = read([(HEADINGS + ANA).encode()])

    assert list_of.headings == ["First Name", "Last Name", "Cell", "Zip", "External ID", "Polling Place"]
    assert list_of.custom == ["Polling Place"]
    assert list(list_of) == [
        Row(
            line=2,
            first_name="Ana",
            last_name="Gómez",
            cell="+12025550123",
            zip="02139",
            external_id="V1",
            timezone="America/New_York",
            state="MA",
            custom={"Polling Place": "Elm School"},
        )
    ]


@pytest.mark.parametrize(
    ("first", "last", "cell", "zip_code"),
    [
        ("firstName", "lastName", "cell", "zip"),
        ("FIRSTNAME", "LASTNAME", "CELL", "ZIP"),
        ("first_name", "last_name", "cell_phone", "zip_code"),
        ("First", "Last", "Mobile", "ZIP Code"),
        ("fname", "lname", "Phone #", "Postal Code"),
        ("Given Name", "Surname", "Mobile Phone Number", "postcode"),
        ("Nombre", "Apellido", "Celular", "Código Postal"),
        ("nombre", "apellidos", "Teléfono", "C.P."),
    ],
)
def test_headings_are_known_by_many_spellings_in_any_order(first, last, cell, zip_code):
    text = f"{zip_code},{cell},{last},{first}\n02139,2025550123,Gómez,Ana\n"

    (row,) = rows(text)

    assert (row.first_name, row.last_name, row.cell, row.zip) == ("Ana", "Gómez", "+12025550123", "02139")
    assert row.custom == {}


def test_of_several_phone_columns_the_cell_is_it_and_the_others_are_kept():
    (row,) = rows("Phone,Home Phone,Cell\n2125550123,3125550123,2025550123\n")

    assert row.cell == "+12025550123"
    assert row.custom == {"Phone": "2125550123", "Home Phone": "3125550123"}


def test_a_person_can_say_what_a_heading_stands_for():
    text = "Rufname,Handy,Phone\nAna,2025550123,2125550123\n"

    (row,) = rows(text, columns={"handy": "cell", "Rufname": "first_name"})

    assert (row.first_name, row.cell, row.custom) == ("Ana", "+12025550123", {"Phone": "2125550123"})


def test_a_heading_has_no_braces_of_its_own():
    (row,) = rows("{Cell},{Polling {Place}\n2025550123,Elm School\n")

    assert (row.cell, row.custom) == ("+12025550123", {"Polling Place": "Elm School"})


def test_a_person_can_keep_a_column_as_it_is():
    (row,) = rows("Cell,Zip\n2025550123,90210\n", columns={"Zip": ""})

    assert (row.zip, row.custom) == ("", {"Zip": "90210"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_line_ends_and_separators(encoding, end, separator):
    text = (HEADINGS + ANA).replace(",", separator).replace("\n", end)

    (row,) = rows(text.encode(encoding))

    assert (row.line, row.last_name, row.custom) == (2, "Gómez", {"Polling Place": "Elm School"})


def test_an_old_encoding_that_shows_only_late():
    plain = "Ana,Gomez,2025550123,,,\n" * 20_000
    text = (HEADINGS + plain + "Zoë,Peña – “Z”,2025550124,,,\n").encode("cp1252")

    *_, last = rows(text)

    assert (last.line, last.first_name, last.last_name) == (20_002, "Zoë", "Peña – “Z”")


@given(st.integers(1, 40))
def test_pieces_may_end_anywhere(size):
    content = (HEADINGS + ANA + '"Zoë\nMaria",Peña,2025550124,,,😀\r\n').encode()

    read_rows = list(read(content[at : at + size] for at in range(0, len(content), size)))

    assert read_rows == rows(content)
    assert [row.custom["Polling Place"] for row in read_rows] == ["Elm School", "😀"]


def test_the_file_is_never_held():
    taken = 0

    def endless():
        nonlocal taken
        yield HEADINGS.encode()
        while True:
            taken += 1
            yield ANA.encode() * 10_000

    contacts = iter(read(endless()))
    for _ in range(50_000):
        next(contacts)

    assert taken < 10


def test_a_separator_inside_a_quoted_heading_is_none():
    (row,) = rows('Cell;"Last, First, Middle"\n2025550123;"Gómez, Ana"\n')

    assert row.custom == {"Last, First, Middle": "Gómez, Ana"}


def test_excels_own_line_about_the_separator_is_no_heading():
    (row,) = rows("sep=;\r\nCell;Name\r\n2025550123;Ana, the elder\r\n")

    assert (row.line, row.custom) == (3, {"Name": "Ana, the elder"})


def test_lines_are_counted_as_an_editor_counts_them():
    ana = '"Ana\nMaria",Gómez,2025550123,,,\n'
    text = "\n" + HEADINGS + ana + "\n  , ,,,,\nTess,,none,,,\nTheo,,2025550124,,,\n"

    ana, tess, theo = rows(text)

    assert (ana.line, ana.first_name) == (3, "Ana Maria")
    assert (tess.line, tess.reason) == (7, "Not a valid phone number: none")
    assert theo.line == 8


def test_rows_may_be_shorter_than_the_headings_but_not_longer():
    assert [row.cell for row in rows(HEADINGS + "Ana,Gómez,2025550123\n")] == ["+12025550123"]
    assert [row.cell for row in rows(HEADINGS + "Ana,Gómez,2025550123,,,,,,\n")] == ["+12025550123"]
    assert rejected("Ana,Gómez,2025550123,,,Elm School,Oak\n") == "More fields than headings"


def test_columns_without_a_heading_are_passed_over_when_they_are_empty():
    text = "Cell,,Name,,\n2025550123,,Ana,,\n2025550124,lost,Tess,,\n"

    ana, tess = rows(text)

    assert ana.custom == {"Name": "Ana"}
    assert tess == Rejected(3, "A field without a heading", "2025550124,lost,Tess")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Ana,Gómez,,02139,,\n", "No phone number"),
        ("Ana,Gómez,   ,02139,,\n", "No phone number"),
        ("Ana,Gómez,555,,,\n", "Not a valid phone number: 555"),
        ("Ana,Gómez,call me,,,\n", "Not a valid phone number: call me"),
        ("Ana,Gómez,2.02556E+09,,,\n", "A spreadsheet has shortened this phone number: 2.02556E+09"),
        ("Ana,Gómez,+44 20 7946 0000,,,\n", "Not a North American number: +44 20 7946 0000"),
        (f"Ana,Gómez,{'5' * 300},,,\n", f"Not a valid phone number: {'5' * 60}…"),
        (f"{'A' * 201},Gómez,2025550123,,,\n", "A name of more than 200 characters"),
        (f"Ana,{'G' * 201},2025550123,,,\n", "A name of more than 200 characters"),
        (f"Ana,Gómez,2025550123,,{'V' * 201},\n", "An id of more than 200 characters"),
        (f"Ana,Gómez,2025550123,{'1' * 21},,\n", "A ZIP code of more than 20 characters"),
        ('"Ana" the first,Gómez,2025550123,,,\n', "The quotation marks do not match"),
    ],
)
def test_a_row_that_makes_no_contact_says_why(line, reason):
    assert rejected(line) == reason


def test_a_rejected_row_can_be_mended_and_loaded_again():
    header, line = "Cell;Note\n", '555;"said ""call; later"""\n'

    (row,) = rows(header + line)

    assert row.text == line.strip()
    assert next(csv.reader([row.text], delimiter=";")) == ["555", 'said "call; later"']


def test_what_cannot_be_read_does_not_spoil_its_neighbours():
    tess, bad, theo = rows(HEADINGS + 'Tess,,2025550123,,,\n"Ana"x,,2025550124,,,\nTheo,,2025550125,,,\n')

    assert (tess.first_name, bad.line, theo.first_name, theo.line) == ("Tess", 3, "Theo", 4)


def test_names_of_two_hundred_letters_emoji_and_any_direction_are_names():
    name = "A" * 200

    (row,) = rows(HEADINGS + f"{name},محمد 👩‍🏫,2025550123,,,\n")

    assert (row.first_name, row.last_name) == (name, "محمد 👩‍🏫")


def test_a_formula_is_kept_as_it_was_typed():
    (row,) = rows(HEADINGS + "=cmd(),@SUM(A1),2025550123,,,+1+1\n")

    assert (row.first_name, row.last_name, row.custom["Polling Place"]) == ("=cmd()", "@SUM(A1)", "+1+1")


@pytest.mark.parametrize("cell", ["2025550123.0", "12025550123.0", " 202-555-0123 ", "+1 202 555 0123"])
def test_numbers_are_read_as_programs_write_them(cell):
    assert [row.cell for row in rows(HEADINGS + f"Ana,,{cell},,,\n")] == ["+12025550123"]


@pytest.mark.parametrize(
    ("typed", "zip_code"),
    [
        ("02139", "02139"),
        ("2139", "02139"),
        ("501", "00501"),
        ("2139.0", "02139"),
        ("02139-4307", "02139"),
        ("021394307", "02139"),
        ("21394307", "02139"),
        ("02139-", "02139"),
        ("M5V 2T6", "M5V 2T6"),
        ("n/a", "n/a"),
        ("", ""),
    ],
)
def test_zip_codes_get_their_zeros_back(typed, zip_code):
    (row,) = rows(HEADINGS + f"Ana,,2125550123,{typed},,\n")

    assert row.zip == zip_code


def test_a_contact_is_where_the_zip_code_is_else_where_the_number_is_else_where_we_say():
    text = HEADINGS + "Ana,,2125550123,33101,,\nTess,,6025550123,,,\nTheo,,8005550123,,,\n"

    places = [(row.timezone, row.state) for row in rows(text, default_timezone="America/Chicago")]

    assert places == [("America/New_York", "FL"), ("America/Phoenix", "AZ"), ("America/Chicago", "")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b" \r\n\n", "This file is empty."),
        (b",,,\n,,\n", "This file is empty."),
        (b"\xef\xbb\xbf", "This file is empty."),
        (HEADINGS, "This list has headings but no contacts."),
        (HEADINGS + "\n,,,\n", "This list has headings but no contacts."),
        (
            "Name,Zip\nAna,02139\n",
            "No column is a phone number. The headings are “Name”, “Zip”: call one of them “Cell”.",
        ),
        (ANA, "The first line must be headings, such as First name, Last name, Cell: here it is a contact."),
        ("Cell,Note,note\n", "The heading “Note” is there twice: give each column a name of its own."),
        (
            "Cell,First Name,first_name\n",
            "The heading “First Name” is there twice: give each column a name of its own.",
        ),
        (
            "Cell,Texter First Name\n",
            "The heading “Texter First Name” is the name of a blank of ours: give that column another name.",
        ),
        (",".join(["Cell", *map(str, range(200))]), "This list has 201 columns; at most 200 can be read."),
        (b"\x89PNG\r\n\x1a\n\0\0", "This is a picture: a contact list is a CSV file."),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "This is a picture: a contact list is a CSV file."),
        (b"\0\0\0\x18ftypheic", "This is a picture or a film: a contact list is a CSV file."),
        (b"PK\x03\x04\x14\0[Content_Types].xml", "This is an Excel workbook: save it as CSV and upload that."),
        (b"PK\x03\x04\x14\0contacts.csv", "This is a ZIP archive: unpack it and upload the CSV file in it."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This is an Excel workbook: save it as CSV and upload that."),
        (b"%PDF-1.7", "This is a PDF document: a contact list is a CSV file."),
        (HEADINGS + "A\0a,,2025550123,,,\n", NOT_PLAIN),
        (HEADINGS.encode("utf-16-le"), NOT_PLAIN),
        ((HEADINGS + "A\0a").encode("utf-16"), NOT_PLAIN),
        ('"Cell"x,Name\n', "The quotation marks in the line of headings do not match."),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_sentence(content, sentence):
    assert refusal(content) == sentence


def test_many_headings_are_not_all_repeated():
    sentence = refusal(",".join(f"Column {n}" for n in range(40)) + "\n")

    assert sentence.count("“Column") == 10
    assert "and 30 more" in sentence


def test_a_million_columns_are_refused():
    assert "1,000,000" in refusal("Cell" + "," * 3_000_000)
    assert "columns" in refusal(",".join(["Cell", *map(str, range(100_000))]) + "\n")


def test_an_endless_field_is_refused():
    assert "10,000 characters" in refusal(HEADINGS + f"Ana,,2025550123,,,{'x' * 10_001}\n")
    assert "line of more than" in refusal(HEADINGS + "x" * 2_000_000)


def test_a_quotation_mark_that_is_never_closed_is_refused_and_eats_no_contacts():
    few = HEADINGS + '"Ana,,2025550123,,,\n' + "Tess,,2025550124,,,\n" * 10
    many = HEADINGS + '"Ana,,2025550123,,,\n' + "Tess,,2025550124,,,\n" * 20_000

    assert "never closed" in refusal(few)
    assert "never closed" in refusal(many)


@pytest.mark.parametrize("value", ["=cmd()", "+1+1", "-2-3", "@SUM(A1)", "\t=1", " =1", "＝cmd()", "|x", "-"])
def test_a_formula_is_escaped_in_an_export(value):
    assert csv_safe(value) == f"'{value}"


@pytest.mark.parametrize("value", ["", "Ana", "+12025550123", "-5", "3.5", "a=b", "1-2", "ana@riverton.org", "'x"])
def test_what_is_no_formula_is_exported_as_it_is(value):
    assert csv_safe(value) == value


fields = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(fields, fields), min_size=1, max_size=20))
def test_what_is_written_is_read(people):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["First Name", "Cell", "Note"])
    writer.writerows([first, "2025550123", note] for first, note in people)

    read_rows = rows(text.getvalue())

    assert [(row.first_name, row.custom["Note"]) for row in read_rows] == [
        (" ".join(first.split()), note.strip()) for first, note in people
    ]


@given(st.sampled_from([b"", HEADINGS.encode()]), st.binary(max_size=300))
def test_any_bytes_are_rows_or_a_refusal(start, content):
    found = []
    with suppress(Unreadable):
        found = rows(start + content)

    assert all(isinstance(row, Row | Rejected) for row in found)
