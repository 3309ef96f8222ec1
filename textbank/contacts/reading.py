"""A contact list as people have it, read into clean rows: CSV of any spelling, order, separator and encoding."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from textbank.campaigns.blanks import NAMES, key
from textbank.contacts.zones import normalise, zone

MAX_COLUMNS = 200
MAX_FIELD = 10_000
MAX_LINE = 1_000_000
MAX_NAME = 200
MAX_ZIP = 20
SHOWN = 60

NEVER_CLOSED = 'Probably a quotation mark (") is opened somewhere and never closed.'

# What a file is by its first bytes, when it is not a list: (bytes, where they are, what to say).
OTHER_FILES = (
    (b"PK\x03\x04", 0, "This is a ZIP archive: unpack it and upload the CSV file in it."),
    (b"\xd0\xcf\x11\xe0", 0, "This is an Excel workbook: save it as CSV and upload that."),
    (b"%PDF", 0, "This is a PDF document: a contact list is a CSV file."),
    (b"\x89PNG", 0, "This is a picture: a contact list is a CSV file."),
    (b"\xff\xd8\xff", 0, "This is a picture: a contact list is a CSV file."),
    (b"GIF8", 0, "This is a picture: a contact list is a CSV file."),
    (b"WEBP", 8, "This is a picture: a contact list is a CSV file."),
    (b"ftyp", 4, "This is a picture or a film: a contact list is a CSV file."),
    (b"\x1f\x8b", 0, "This is a packed file: unpack it and upload the CSV file in it."),
    (b"{\\rtf", 0, "This is a text document: save the list as CSV and upload that."),
    (b"<!DOCTYPE", 0, "This is a web page: a contact list is a CSV file."),
    (b"<html", 0, "This is a web page: a contact list is a CSV file."),
)
WORKBOOKS = (b"[Content_Types].xml", b"xl/", b"opendocument.spreadsheet")

# Headings as they are met, without case, spaces and accents. Where a list has several, the first here is it
# ("Cell" before "Phone"), and the others stay custom fields.
SPELLINGS = {
    "cell": (
        *("cell", "cellphone", "cellnumber", "cellphonenumber", "mobile", "mobilephone", "mobilenumber"),
        *("mobilephonenumber", "celular", "telefonocelular", "numerocelular", "numerodecelular", "movil"),
        *("telefonomovil", "sms", "smsnumber", "textnumber", "phone", "phonenumber", "preferredphone"),
        *("primaryphone", "primaryphonenumber", "phone1", "contactphone", "telephone", "telephonenumber"),
        *("tel", "telefono", "numerodetelefono", "numero", "number"),
    ),
    "first_name": (
        *("firstname", "first", "fname", "givenname", "given", "forename", "preferredname"),
        *("nombre", "primernombre", "nombres"),
    ),
    "last_name": (
        *("lastname", "last", "lname", "surname", "familyname", "family"),
        *("apellido", "apellidos", "primerapellido"),
    ),
    "zip": (
        *("zip", "zipcode", "zip5", "postalcode", "postcode", "postal", "mailingzip", "homezip"),
        *("codigopostal", "cp"),
    ),
    "external_id": (
        *("externalid", "vanid", "voterfilevanid", "myvcvanid", "mycampaignid", "voterid", "statevoterid"),
        *("memberid", "contactid", "personid", "id", "identificador"),
    ),
}


class Row(NamedTuple):
    """One contact: `cell` in E.164, `timezone` IANA, the rest as the list says without the spaces around it."""

    line: int
    first_name: str
    last_name: str
    cell: str
    zip: str
    external_id: str
    timezone: str
    state: str
    custom: dict[str, str]


class Rejected(NamedTuple):
    """A row that makes no contact: the line it starts on, why in plain words, and the row itself."""

    line: int
    reason: str
    text: str


class Unreadable(Exception):
    """The file as a whole cannot be used; `sentence` says why, and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def read(
    chunks: Iterable[bytes],
    *,
    columns: Mapping[str, str] | None = None,
    default_timezone: str = "America/New_York",
) -> "Reader":
    """The contacts in a CSV file that comes in pieces and is never held as a whole.

    `columns` says what a heading stands for where its spelling does not: {"Handy": "cell"}, with the fields of
    SPELLINGS; "" keeps it a custom field. `default_timezone` is for whom neither ZIP code nor number places.
    Raises Unreadable at once for a file that is no contact list; while iterating for what only shows later:
    then the rows that came before are worth nothing either.
    """
    return Reader(chunks, columns or {}, default_timezone)


class Reader:
    """Iterates once over Row and Rejected. `headings` are as typed; `custom` those that are custom fields."""

    def __init__(self, chunks: Iterable[bytes], columns: Mapping[str, str], default_timezone: str) -> None:
        lines = _lines(chunks)
        self._skipped, heading_line, separator = _heading_line(lines)
        self._rows = csv.reader(chain([heading_line], lines), delimiter=separator, strict=True)
        self._separator = separator
        self._default_timezone = default_timezone
        row = self._next_row()
        if not isinstance(row, list):
            raise Unreadable("The quotation marks in the line of headings do not match.")
        self.headings = _headings(row)
        known = _columns(self.headings, columns)
        self._places = [known.get(field, -1) for field in SPELLINGS]
        self._nameless = [place for place, heading in enumerate(self.headings) if not heading]
        self._custom = [
            (heading, place) for place, heading in enumerate(self.headings) if heading and place not in known.values()
        ]
        self.custom = [heading for heading, _ in self._custom]
        _refuse_ours(self.custom)

    def __iter__(self) -> Iterator[Row | Rejected]:
        rows = 0
        for line, row in self._numbered_rows():
            read = self._contact(line, row) if isinstance(row, list) else Rejected(line, row, "")
            if read is not None:
                rows += 1
                yield read
        if not rows:
            raise Unreadable("This list has headings but no contacts.")

    def _numbered_rows(self) -> Iterator[tuple[int, list[str] | str]]:
        """Rows with the line they start on: a quoted field may go on over several lines."""
        line = self._skipped + self._rows.line_num + 1
        while (row := self._next_row()) is not None:
            if row:
                yield line, row
            line = self._skipped + self._rows.line_num + 1

    def _next_row(self) -> list[str] | str | None:
        """The next row; or a sentence, if it cannot be read; None at the end."""
        try:
            return next(self._rows, None)
        except csv.Error as error:
            if "unexpected end" in str(error) or "larger than" in str(error):
                raise Unreadable(NEVER_CLOSED) from error
            return "The quotation marks do not match"

    def _contact(self, line: int, row: list[str]) -> Row | Rejected | None:
        if len(max(row, key=len)) > MAX_FIELD:
            raise Unreadable(f"A field on line {line} has more than {MAX_FIELD:,} characters. {NEVER_CLOSED}")
        width = len(self.headings)
        if len(row) != width:
            if any(map(str.strip, row[width:])):
                return self._rejected(line, "More fields than headings", row)
            row = row[:width] + [""] * (width - len(row))
        if any(row[place].strip() for place in self._nameless):
            return self._rejected(line, "A field without a heading", row)
        fields = [*row, ""]  # the last is the place of a column that the list does not have
        typed, first_name, last_name, zip_code, external_id = [fields[place] for place in self._places]
        if not typed.strip():
            return self._rejected(line, "No phone number", row) if any(map(str.strip, row)) else None
        cell = _cell(typed)
        if cell is None or not cell.startswith("+1"):
            return self._rejected(line, _why_no_cell(typed.strip(), cell), row)
        zip_code = _zip(zip_code)
        where = zone(zip_code, cell, self._default_timezone)
        contact = Row(
            line,
            " ".join(first_name.split()),
            " ".join(last_name.split()),
            cell,
            zip_code,
            external_id.strip(),
            where.timezone,
            where.state,
            {heading: row[place].strip() for heading, place in self._custom},
        )
        too_long = _too_long(contact)
        return self._rejected(line, too_long, row) if too_long else contact

    def _rejected(self, line: int, reason: str, row: list[str]) -> Rejected:
        text = io.StringIO()
        csv.writer(text, delimiter=self._separator, lineterminator="").writerow(row)
        return Rejected(line, reason, text.getvalue())


def csv_safe(value: str) -> str:
    """A value for a cell of an export: a spreadsheet must not take it for a formula.

    What a person typed as =cmd() or @SUM gets an apostrophe, which spreadsheets hide; plain numbers stay.
    """
    return f"'{value}" if FORMULA.match(value) and not NUMBER.fullmatch(value) else value


FORMULA = re.compile(r"\s*[=+\-@＝＋－＠\t\r\n|]")
NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*")


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines of the file as text, with their ends, as they are needed."""
    file = io.BufferedReader(_Pieces(chunks), buffer_size=2**18)
    start = file.peek(1)
    if not start.strip():
        raise Unreadable("This file is empty.")
    for magic, place, sentence in OTHER_FILES:
        if start.startswith(magic, place):
            is_workbook = magic.startswith(b"PK") and any(mark in start for mark in WORKBOOKS)
            raise Unreadable("This is an Excel workbook: save it as CSV and upload that." if is_workbook else sentence)
    is_utf_16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = io.TextIOWrapper(
        file,
        encoding="utf-16" if is_utf_16 else "utf-8-sig",
        errors="replace" if is_utf_16 else WINDOWS,
        newline="",
    )
    return _checked(iter(partial(text.readline, MAX_LINE), ""))


def _checked(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if "\0" in line:
            raise Unreadable("This file is not plain text: save the list as CSV (UTF-8) and upload that.")
        if len(line) >= MAX_LINE:
            raise Unreadable(f"This file has a line of more than {MAX_LINE:,} characters: it is not a contact list.")
        yield line


class _Pieces(io.RawIOBase):
    """The chunks as a file: what io's decoding and splitting into lines, which are in C, can read from."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        filled = 0
        while filled < len(buffer):
            if not self._rest:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._rest = memoryview(chunk)
            piece = self._rest[: len(buffer) - filled]
            buffer[filled : filled + len(piece)] = piece
            self._rest = self._rest[len(piece) :]
            filled += len(piece)
        return filled


# A list that is not UTF-8 is from an older Windows program. Its bytes are told apart one by one, because the
# first of them may come when a million rows have been read.
WINDOWS = "textbank-windows-1252"


def _as_windows_1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(WINDOWS, _as_windows_1252)


def _heading_line(lines: Iterator[str]) -> tuple[int, str, str]:
    """How many lines come before the headings; their line; and what separates them."""
    told = None
    for number, line in enumerate(lines):
        if found := re.fullmatch(r"sep=(.)\s*", line):  # Excel writes this before the headings
            told = found[1]
        elif line.strip(" \t\r\n,;"):
            bare = re.sub(r'"[^"]*"', "", line)
            return number, line, told or max(",;\t", key=bare.count)
    raise Unreadable("This file is empty.")


def _headings(row: list[str]) -> list[str]:
    # A blank is named by its heading, in braces: it can have none of its own.
    headings = [" ".join(re.sub(r"[{}]", " ", heading).split()) for heading in row]
    while headings and not headings[-1]:
        headings.pop()
    if len(headings) > MAX_COLUMNS:
        raise Unreadable(f"This list has {len(headings):,} columns; at most {MAX_COLUMNS} can be read.")
    for heading in headings:
        if len(heading) > MAX_NAME:
            raise Unreadable(f"A heading is longer than {MAX_NAME} characters: “{heading[:SHOWN]}…”.")
    twice = [name for name, count in Counter(key(h) for h in headings if h).items() if count > 1]
    if twice:
        heading = next(h for h in headings if key(h) == twice[0])
        raise Unreadable(f"The heading “{heading}” is there twice: give each column a name of its own.")
    return headings


def _columns(headings: list[str], told: Mapping[str, str]) -> dict[str, int]:
    """Which column each field is in: as told, else by how its heading is spelt."""
    told_by_key = {key(heading): field for heading, field in told.items()}
    places = {key(heading): place for place, heading in enumerate(headings) if heading}
    known = {field: places[name] for name, field in told_by_key.items() if name in places and field}
    for field, spellings in SPELLINGS.items():
        guess = next((s for s in spellings if s in places and s not in told_by_key), None)
        if guess is not None and field not in known:
            known[field] = places[guess]
    if "cell" not in known:
        raise Unreadable(_no_phone_column(headings))
    return known


def _refuse_ours(custom: list[str]) -> None:
    """A custom field that is called like one of our own blanks would never be put in."""
    ours = {key(name) for name in NAMES}
    if taken := [heading for heading in custom if key(heading) in ours]:
        raise Unreadable(f"The heading “{taken[0]}” is the name of a blank of ours: give that column another name.")


def _no_phone_column(headings: list[str]) -> str:
    if any(normalise(heading) for heading in headings):
        return "The first line must be headings, such as First name, Last name, Cell: here it is a contact."
    shown = [f"“{h[:SHOWN]}”" for h in headings if h]
    seen = ", ".join(shown[:10]) + (f" and {len(shown) - 10} more" if len(shown) > 10 else "")
    return f"No column is a phone number. The headings are {seen}: call one of them “Cell”."


def _cell(typed: str) -> str | None:
    # Programs that take numbers for quantities write 2025550123.0.
    return normalise(typed) or (normalise(typed.strip()[:-2]) if typed.strip().endswith(".0") else None)


def _why_no_cell(typed: str, cell: str | None) -> str:
    shown = typed if len(typed) <= SHOWN else f"{typed[:SHOWN]}…"
    if cell is not None:
        return f"Not a North American number: {shown}"
    if re.fullmatch(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+", typed):
        return f"A spreadsheet has shortened this phone number: {shown}"
    return f"Not a valid phone number: {shown}"


def _zip(typed: str) -> str:
    """Five digits, with the zeros that spreadsheets take from the front; a postal code from elsewhere as it is."""
    typed = typed.strip()
    if len(typed) == 5 or not typed:
        return typed
    american = re.fullmatch(r"([0-9]{3,5})(?:-?[0-9]{4}|-|\.0)?", typed)
    return american[1].zfill(5) if american else typed


def _too_long(contact: Row) -> str | None:
    if len(contact.first_name) > MAX_NAME or len(contact.last_name) > MAX_NAME:
        return f"A name of more than {MAX_NAME} characters"
    if len(contact.external_id) > MAX_NAME:
        return f"An id of more than {MAX_NAME} characters"
    if len(contact.zip) > MAX_ZIP:
        return f"A ZIP code of more than {MAX_ZIP} characters"
    return None
