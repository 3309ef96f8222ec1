"""From what a contact list says to a number that can be texted and the clock where its owner is."""

import re
from collections import Counter, defaultdict
from functools import cache, lru_cache
from typing import NamedTuple

import phonenumbers
import zipcodes
from phonenumbers import PhoneMetadata, PhoneNumber
from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

from textbank.campaigns.texting_hours import STATES

NORTH_AMERICA = 1

# How most contact lists write a number. Whatever else they write goes the long way, through phonenumbers.
ORDINARY = re.compile(r"\s*(?:\+?1[ .-]?)?\(?([2-9][0-9]{2})\)?[ .-]?([0-9]{3})[ .-]?([0-9]{4})\s*")

# The clocks that ZIP codes and North American numbers come down to, and the places whose clocks agree with one
# of them. Every contact has one of these: a query that asks where it is open now lists their hours keys.
CLOCKS = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "America/Adak",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "Pacific/Guam",
    "Pacific/Pago_Pago",
    "Pacific/Palau",
    "Pacific/Majuro",
    "America/St_Johns",
    "America/Halifax",
    "America/Toronto",
    "America/Winnipeg",
    "America/Regina",
    "America/Edmonton",
    "America/Vancouver",
    "America/Jamaica",
)
SAME_CLOCK = {
    "America/Detroit": "America/New_York",
    "America/Indiana/Indianapolis": "America/New_York",
    "America/Indiana/Marengo": "America/New_York",
    "America/Indiana/Petersburg": "America/New_York",
    "America/Indiana/Vevay": "America/New_York",
    "America/Indiana/Vincennes": "America/New_York",
    "America/Indiana/Winamac": "America/New_York",
    "America/Kentucky/Louisville": "America/New_York",
    "America/Kentucky/Monticello": "America/New_York",
    "America/Indiana/Knox": "America/Chicago",
    "America/Indiana/Tell_City": "America/Chicago",
    "America/Menominee": "America/Chicago",
    "America/North_Dakota/Beulah": "America/Chicago",
    "America/North_Dakota/Center": "America/Chicago",
    "America/North_Dakota/New_Salem": "America/Chicago",
    "America/Boise": "America/Denver",
    "America/Juneau": "America/Anchorage",
    "America/Metlakatla": "America/Anchorage",
    "America/Nome": "America/Anchorage",
    "America/Sitka": "America/Anchorage",
    "America/Yakutat": "America/Anchorage",
    "America/Anguilla": "America/Puerto_Rico",
    "America/Antigua": "America/Puerto_Rico",
    "America/Barbados": "America/Puerto_Rico",
    "America/Dominica": "America/Puerto_Rico",
    "America/Grenada": "America/Puerto_Rico",
    "America/Lower_Princes": "America/Puerto_Rico",
    "America/Montserrat": "America/Puerto_Rico",
    "America/Port_of_Spain": "America/Puerto_Rico",
    "America/Santo_Domingo": "America/Puerto_Rico",
    "America/St_Kitts": "America/Puerto_Rico",
    "America/St_Lucia": "America/Puerto_Rico",
    "America/St_Thomas": "America/Puerto_Rico",
    "America/St_Vincent": "America/Puerto_Rico",
    "America/Tortola": "America/Puerto_Rico",
    "America/Cayman": "America/Jamaica",
    "America/Fort_Nelson": "America/Phoenix",
    "America/Grand_Turk": "America/New_York",
    "America/Nassau": "America/New_York",
    "Atlantic/Bermuda": "America/Halifax",
    "Pacific/Chuuk": "Pacific/Guam",
    "Pacific/Saipan": "Pacific/Guam",
}

# Area codes younger than the ZIP code tables.
YOUNG_AREA_CODES = {
    "235": "MO",
    "274": "WI",
    "324": "FL",
    "327": "AR",
    "329": "NY",
    "353": "WI",
    "369": "CA",
    "645": "FL",
    "686": "VA",
    "728": "FL",
    "730": "IL",
    "738": "CA",
    "748": "CO",
    "821": "SC",
    "975": "MO",
}

# So many clocks that the number has no place: toll-free.
NOWHERE = 6


class Zone(NamedTuple):
    """Where a contact is: an IANA time zone, and an American state or territory in two letters or ""."""

    timezone: str
    state: str


def normalise(text: str, region: str = "US") -> str | None:
    """The number in E.164 ("+12025550123"), or None if it is no valid number.

    Valid is what phonenumbers' metadata says, for North America and, written with a plus, for anywhere. The
    invented 555-0100 to 555-0199 are valid in every area code that exists, which the demo relies on; an area
    code 555 does not exist.
    """
    if (ordinary := ORDINARY.fullmatch(text)) and region == "US":
        number = "".join(ordinary.groups())
        return f"+1{number}" if _north_american().fullmatch(number) else None
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def zone(zip_code: str, cell: str, default: str = "America/New_York") -> Zone:
    """Where the contact is: by ZIP code ("02139", "02139-4307"), else by the area code, else `default`.

    People move and keep their numbers, so the ZIP code is believed first. `cell` is in E.164. Where an area
    code spans several clocks, it is the clock of most of its ZIP codes, unless the exchange says more. The
    time zone is one of CLOCKS, if `default` is or agrees with one: numbers from abroad have the default.
    """
    if zip_code and (known := places()[0].get(zip_code[:5])):
        return known
    return _zone_of_number(cell[: TIMEZONE_LONGEST_PREFIX + 1], SAME_CLOCK.get(default, default))


def hours_key(zone: Zone) -> str:
    """The key under which texting hours know this zone; a state is in it if it has hours of its own."""
    return f"{zone.timezone}/{zone.state}" if zone.state in STATES else zone.timezone


@cache
def _north_american() -> re.Pattern[str]:
    """Every national number that is valid in some country with the code 1, by phonenumbers' metadata."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[NORTH_AMERICA]
    countries = (PhoneMetadata.metadata_for_region(region) for region in regions)
    return re.compile("|".join(_valid_in(country) for country in countries if country))


def _valid_in(metadata: PhoneMetadata) -> str:
    kinds = (
        metadata.fixed_line,
        metadata.mobile,
        metadata.toll_free,
        metadata.premium_rate,
        metadata.shared_cost,
        metadata.voip,
        metadata.personal_number,
        metadata.pager,
        metadata.uan,
        metadata.voicemail,
    )
    patterns = dict.fromkeys(k.national_number_pattern for k in kinds if k and k.national_number_pattern)
    general = metadata.general_desc.national_number_pattern if metadata.general_desc else ""
    return f"(?=(?:{general})$)(?:{'|'.join(patterns)})"


@cache
def places() -> tuple[dict[str, Zone], dict[str, Zone]]:
    """The zone of every ZIP code; and of every American area code, that of most ZIP codes which use it."""
    zips: dict[str, Zone] = {}
    seen: dict[str, Counter[Zone]] = defaultdict(Counter)
    # By first digit: asked for at once, the library would keep the whole table as a hundred megabytes of it.
    for row in (row for digit in "0123456789" for row in zipcodes.similar_to(digit)):  # type: ignore[no-untyped-call]
        where = _shared(row["timezone"], row["state"])
        if where.timezone:
            zips[row["zip_code"]] = where
        for area_code in row["area_codes"]:
            seen[area_code][where] += 1
    area_codes = {code: Zone("", state) for code, state in YOUNG_AREA_CODES.items()}
    area_codes |= {code: found.most_common(1)[0][0] for code, found in seen.items() if _is_american(code)}
    return zips, area_codes


@cache
def _shared(timezone: str, state: str) -> Zone:
    """One object for each zone. ZIP codes of the forces have a state (AE) and no place: theirs is empty."""
    clock = SAME_CLOCK.get(timezone, timezone)
    if clock not in CLOCKS:
        clock = "America/Anchorage" if state == "AK" else ""
    return Zone(clock, state if clock else "")


def _is_american(area_code: str) -> bool:
    """Border towns are listed with area codes of Canada too."""
    number = PhoneNumber(country_code=NORTH_AMERICA, national_number=int(f"{area_code}5550100"))
    return phonenumbers.region_code_for_number(number) not in {"CA", None}


@lru_cache(maxsize=2**16)
def _zone_of_number(prefix: str, default: str) -> Zone:
    clocks = _clocks_of_number(prefix)
    area_code = prefix[2:5] if prefix.startswith("+1") else ""
    usual = places()[1].get(area_code, Zone("", ""))
    for clock in (usual.timezone, default):
        if clock in clocks:
            return Zone(clock, usual.state)
    return Zone(clocks[0] if clocks else default, usual.state)


def _clocks_of_number(prefix: str) -> list[str]:
    digits = prefix[1:]
    for length in range(len(digits), 0, -1):
        if found := TIMEZONE_DATA.get(digits[:length]):
            clocks = dict.fromkeys(SAME_CLOCK.get(name, name) for name in found)
            known = [clock for clock in clocks if clock in CLOCKS]
            return known if len(known) < NOWHERE else []
    return []
