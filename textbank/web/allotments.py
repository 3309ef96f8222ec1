"""What the pools give a person, as it is said on a page: of one, and of several at once."""

from typing import Any

from django import forms
from django.http import QueryDict

from textbank.organizations import allotting
from textbank.organizations.models import Approval, Membership

APPROVAL_SAYS = {
    Approval.AUTO: "Is given what they ask for at once",
    Approval.REQUIRED: "What they ask for waits in Assignment Requests until somebody approves it",
    Approval.NONE: "Cannot ask: an admin hands texts on to them",
}


class AllotForm(forms.Form):
    """Of one person."""

    approval = forms.TypedChoiceField(
        label="Asking for texts", choices=Approval.choices, coerce=int, widget=forms.RadioSelect
    )
    sends_only = forms.BooleanField(
        required=False,
        label="Sends first messages only",
        help_text="Is offered no replies, and those to what they sent go back to the pool by themselves.",
    )
    cap = forms.IntegerField(
        required=False,
        label="Holds at most",
        help_text="So many open conversations the pools give them. Empty: no limit.",
        widget=forms.NumberInput(attrs={"min": 0, "max": allotting.MOST}),
    )

    @classmethod
    def of(cls, member: Membership, said: QueryDict | None = None) -> "AllotForm":
        return cls(said, initial={name: getattr(member, name) for name in allotting.COLUMNS})


class AllotAll(forms.Form):
    """Of several: what is left as it is need not be said."""

    approval = forms.TypedChoiceField(
        required=False, empty_value=None, coerce=int, choices=[("", "Approval: as it is"), *Approval.choices]
    )
    sends_only = forms.TypedChoiceField(
        required=False,
        empty_value=None,
        coerce=lambda word: word == "yes",
        choices=[("", "Replies: as they are"), ("no", "Replies too"), ("yes", "First messages only")],
    )
    hold = forms.ChoiceField(
        required=False, choices=[("", "Limit: as it is"), ("all", "No limit"), ("most", "Hold at most …")]
    )
    cap = forms.IntegerField(required=False)

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("hold") == "most" and said.get("cap") is None:
            raise forms.ValidationError("Say how many they may hold at most.")
        if not self.wishes:
            raise forms.ValidationError("Say what is to be changed.")
        return said

    @property
    def wishes(self) -> dict[str, Any]:
        said = self.cleaned_data
        cap = {"all": {"cap": None}, "most": {"cap": said.get("cap")}}.get(said.get("hold", ""), {})
        chosen = {name: said[name] for name in ("approval", "sends_only") if said.get(name) is not None}
        return {**chosen, **cap}
