"""What an owner decides for the organization."""

from typing import Annotated, Any

from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, Field, StrictBool, StrictInt

from textbank.access import MemberRequest
from textbank.api.campaigns import HoursSaid, hours
from textbank.api.door import Bearer, NotUnderstood
from textbank.api.errors import REFUSALS
from textbank.api.shapes import Said, TextingHours
from textbank.assignments import deciding
from textbank.organizations import controlling
from textbank.organizations.models import Membership, Organization, Role

router = Router(auth=Bearer(Role.OWNER))

Reply = Annotated[str, Field(min_length=1, max_length=deciding.LONGEST_REPLY)]


class SettingsShape(BaseModel):
    name: str
    texting_hours: TextingHours
    most_at_once: int
    show_last_names: bool
    show_numbers: bool
    supervolunteers_reassign: bool
    opt_out_reply: str
    help_reply: str
    farewell: str
    intro_line: str


class SettingsSaid(Said):
    """Any of them; those that are not said stay as they are."""

    name: Annotated[str, Field(min_length=1, max_length=deciding.LONGEST_NAME)] = ""
    texting_hours: HoursSaid = HoursSaid()
    most_at_once: Annotated[StrictInt, Field(ge=1, le=controlling.MOST_AT_ONCE)] = 1
    show_last_names: StrictBool = False
    show_numbers: StrictBool = False
    supervolunteers_reassign: StrictBool = False
    opt_out_reply: Reply = ""
    help_reply: Reply = ""
    farewell: Reply = ""
    intro_line: Annotated[str, Field(max_length=deciding.LONGEST_REPLY)] = ""


# What a request calls the hours, which are a part of it.
PLACES = {
    "texting_starts": "texting_hours.start",
    "texting_ends": "texting_hours.end",
    "timezone": "texting_hours.timezone",
}


@router.get("/settings", response={200: SettingsShape, **REFUSALS})
def settings(request: MemberRequest) -> dict[str, Any]:
    """What the organization is called, when campaigns text unless they say otherwise, what its people see and may."""
    return shape(request.member)


@router.patch("/settings", response={200: SettingsShape, **REFUSALS})
def decide(request: MemberRequest, said: SettingsSaid) -> dict[str, Any]:
    """Changes those that are said. What they were stays in the record."""
    new = {**said.model_dump(exclude_unset=True, exclude={"texting_hours"}), **hours(said.texting_hours)}
    try:
        deciding.decide(request.member.organization, by=request.member, now=timezone.now(), **new)
    except deciding.BadSettings as no:
        raise NotUnderstood(**{PLACES.get(name, name): why for name, why in no.fields.items()}) from no
    return shape(request.member)


def shape(owner: Membership) -> dict[str, Any]:
    here = Organization.objects.select_related("settings").get(pk=owner.organization_id)
    kept = here.settings
    texting_hours = {
        "start": kept.texting_starts.isoformat("minutes"),
        "end": kept.texting_ends.isoformat("minutes"),
        "timezone": kept.timezone,
    }
    as_they_are = {name: getattr(kept, name) for name in SettingsShape.model_fields if name in deciding.SETTINGS}
    return {"name": here.name, "texting_hours": texting_hours, **as_they_are}
