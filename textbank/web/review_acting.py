"""Message Actions: what becomes of the ticked conversations, or of all that match: shown first, then done."""

import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from textbank.access import MemberRequest, door, handing_on_door
from textbank.assignments import labelling, reassigning, resolving
from textbank.assignments.plans import BadPlan, Plan
from textbank.assignments.resolving import Resolved, resolvable
from textbank.conversations import closing
from textbank.conversations.filters import BadFilter, Filter, Strangers
from textbank.conversations.models import Action, Handoff, State
from textbank.conversations.snapshots import BadSnapshot, Snapshot
from textbank.organizations.models import Membership, Role, Tag
from textbank.reports import receipts, requestable
from textbank.reports.answers import against, answering, named_in
from textbank.reports.holding import held_by
from textbank.reports.receipts import counted
from textbank.reports.writing import beside
from textbank.web.handoffs import standing

MOST_TICKED = 20_000
LONGEST_NOTE = 1000
SHOWN_GIVERS, SHOWN_RECEIVERS = 8, 50


class Ids(forms.CharField):
    """Conversations by their ids, separated by commas."""

    def clean(self, value: Any) -> list[int]:
        words = [word for word in super().clean(value).split(",") if word]
        if not all(word.isascii() and word.isdigit() and len(word) < 19 for word in words):
            raise forms.ValidationError("Those are not conversations.")
        if len(words) > MOST_TICKED:
            raise forms.ValidationError(f"Tick at most {MOST_TICKED:,}; for more, let the filter say which.")
        return list(dict.fromkeys(map(int, words)))


class Wish(forms.Form):
    """What the Message Actions window asks for."""

    action = forms.ChoiceField(choices=[(Action.REASSIGN.value, "Reassign"), (Action.UNASSIGN.value, "Unassign")])
    which = forms.ChoiceField(choices=[("selected", "selected"), ("all", "all")], required=False)
    ticked = Ids(required=False)
    filter = forms.CharField(required=False, max_length=20_000)
    as_of = forms.CharField(required=False, max_length=20_000)
    expect = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    texters = forms.TypedMultipleChoiceField(required=False, coerce=int)
    limit = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    reason = forms.CharField(required=False, max_length=500)
    note = forms.CharField(required=False, max_length=LONGEST_NOTE)
    include_escalated = forms.BooleanField(required=False)
    include_drafting = forms.BooleanField(required=False)
    resolve = forms.BooleanField(required=False)
    client_id = forms.UUIDField(required=False)

    def __init__(self, said: QueryDict, by: Membership) -> None:
        super().__init__(said)
        self.by = by
        asked = [pk for pk in said.getlist("texters") if pk.isascii() and pk.isdigit() and len(pk) < 19]
        people = Membership.objects.filter(organization_id=by.organization_id).select_related("user")
        self.people = people.in_bulk([int(pk) for pk in asked])
        self.fields["texters"].choices = [(pk, who.name) for pk, who in self.people.items()]  # type: ignore[attr-defined]

    def plan(self, which: str) -> Plan:
        """Raises BadFilter, BadSnapshot; checking the plan raises the rest."""
        said = self.cleaned_data
        whole, giving = which == "all", said["action"] == Action.REASSIGN
        return Plan(
            action=Action(said["action"]),
            by=self.by,
            now=timezone.now(),
            filter=Filter.parse(QueryDict(said["filter"])) if whole else None,
            ticked=() if whole else tuple(said["ticked"]),
            texters=tuple(self.people[pk] for pk in said["texters"]) if giving else (),
            note=said["note"] if giving else "",
            expect=said["expect"] if whole else len(said["ticked"]),
            as_of=Snapshot.parse(said["as_of"]) if said["as_of"] else None,
            **{name: said[name] for name in ("include_escalated", "include_drafting", "limit", "reason", "client_id")},
        )


@require_POST
@handing_on_door
def plan(request: MemberRequest) -> HttpResponse:
    """What would happen, and the buttons that make it happen. `ask` in the request: the one that confirms “all”."""
    wish = Wish(request.POST, request.member)
    if not wish.is_valid():
        return refused(request, first_fault(wish), "review/outcome.html", outcome_of(wish))
    context = outcome_of(wish)
    try:
        if scope := context["scope"]:
            context |= previewed(wish, wish.plan(scope))
    except (BadPlan, BadFilter, BadSnapshot) as no:
        return refused(request, str(no), "review/outcome.html", context)
    except Strangers as no:
        raise Http404("What was chosen is not here.") from no
    return render(request, "review/outcome.html", context)


def outcome_of(wish: Wish) -> dict[str, Any]:
    """What the buttons say, whether or not there is something to show beside them."""
    said = wish.cleaned_data
    action, asking = said.get("action", ""), "ask" in wish.data
    ticked, matching = len(said.get("ticked") or ()), said.get("expect")
    wanted = not said.get("texters") and action == Action.REASSIGN
    return {
        "action": action,
        "verb": "Reassign" if action == Action.REASSIGN else "Unassign",
        "ticked": ticked,
        "matching": matching,
        "asking": asking and bool(matching) and not wanted,
        "scope": "" if wanted else "all" if matching and (asking or not ticked) else "selected" if ticked else "",
        "texters_wanted": wanted,
        "client_id": uuid.uuid4(),
    }


class Gets(NamedTuple):
    name: str
    cards: int
    now: str


def previewed(wish: Wish, wanted: Plan) -> dict[str, Any]:
    """The preview in figures and words: who gives, who gets, what is left alone and why, what speaks against it."""
    act = reassigning.preview(wanted)
    people = named_in([act])
    held = held_by(wish.cleaned_data["texters"][:SHOWN_RECEIVERS])
    shares = {pk: act.shares.get(str(pk), 0) for pk in wish.cleaned_data["texters"]}
    gives = sorted(act.gives.items(), key=lambda give: -give[1])
    left_alone = {left.reason for left in receipts.left_alone(act)}
    return {
        "act": act,
        "gets": [
            Gets(people[pk].name, count, f"has {held[pk].first_messages:,} to send, {held[pk].replies:,} to answer")
            for pk, count in list(shares.items())[:SHOWN_RECEIVERS]
        ]
        if act.action == Action.REASSIGN
        else [],
        "more_receivers": max(0, len(shares) - SHOWN_RECEIVERS),
        "most": max([*shares.values(), *act.gives.values(), 1]),
        "gives": [(people[int(pk)].name if pk else "The pool", count) for pk, count in gives[:SHOWN_GIVERS]],
        "more_givers": max(0, len(gives) - SHOWN_GIVERS),
        "stays": receipts.left_alone(act),
        "answering": answering(act, people),
        "staying": act.matched - act.moved,
        "resolving": resolvable(act) if wish.cleaned_data["resolve"] and wanted.to_the_pool else 0,
        "may_include_escalated": "escalated" in left_alone or wish.cleaned_data["include_escalated"],
        "may_include_drafting": "being_answered" in left_alone or wish.cleaned_data["include_drafting"],
        "warnings": [
            *against(act, people),
            *(
                f"{who.name} is just answering {count:,} of these from Message Review."
                for who, count in beside(wanted).items()
            ),
        ],
    }


@require_POST
@handing_on_door
def hand_on(request: MemberRequest) -> HttpResponse:
    """Does it, and says what happened."""
    wish = Wish(request.POST, request.member)
    if not wish.is_valid():
        return refused(request, first_fault(wish))
    try:
        act, resolved = carried_out(wish)
    except (BadPlan, BadFilter, BadSnapshot) as no:
        return refused(request, str(no))
    except Strangers as no:
        raise Http404("What was chosen is not here.") from no
    answer = render(request, "review/receipt.html", receipt(act, resolved, request.member))
    return trigger_client_event(answer, "acted", {"running": act.state == State.RUNNING})


def carried_out(wish: Wish) -> Resolved:
    """The hand-off; with it, where that is asked, the end of the escalations."""
    wanted = wish.plan(wish.cleaned_data["which"] or "selected")
    if wish.cleaned_data["resolve"] and wanted.to_the_pool:
        return resolving.unassign_and_resolve(wanted)
    return Resolved(reassigning.carry_out(wanted), 0)


def receipt(act: Handoff, resolved: int, viewer: Membership) -> dict[str, Any]:
    context = standing(act, viewer) | {"with_link": True}
    pool = [resolved_in_words(act, resolved)] if resolved else []
    if act.action == Action.UNASSIGN and act.moved and act.state != State.RUNNING:
        pool += requestable.in_words(act, timezone.now())
    return context | {"pool": pool}


def resolved_in_words(act: Handoff, resolved: int) -> str:
    there = max(0, resolved - act.moved)
    return f"{counted(resolved, 'conversation')} resolved{f', {there:,} of them in the pool already' if there else ''}."


def first_fault(form: forms.Form) -> str:
    return next(str(faults[0]) for faults in form.errors.values())


def refused(
    request: MemberRequest, why: str, template: str = "review/refused.html", context: dict[str, Any] | None = None
) -> HttpResponse:
    return render(request, template, {**(context or {}), "why": why}, status=422)


class Mark(forms.Form):
    """What is done with the ticked ones besides handing them on."""

    do = forms.ChoiceField(choices=[(name, name) for name in ("close", "reopen", "tag", "untag", "resolve")])
    ticked = Ids()
    tags = forms.ModelMultipleChoiceField(queryset=Tag.objects.none(), required=False)

    def __init__(self, said: QueryDict, by: Membership) -> None:
        super().__init__(said)
        self.fields["tags"].queryset = by.organization.tags.all()  # type: ignore[attr-defined]

    def clean(self) -> None:
        said = self.cleaned_data
        if len(said.get("ticked", ())) > closing.MOST:
            raise forms.ValidationError(f"At most {closing.MOST:,} at a time.")
        if said.get("do") in {"tag", "untag"} and not said.get("tags"):
            raise forms.ValidationError("Choose at least one tag.")


@require_POST
@door(Role.SUPERVOLUNTEER)
def mark(request: MemberRequest) -> HttpResponse:
    """Closes, reopens, tags, untags or resolves the ticked ones, and says how many."""
    form = Mark(request.POST, request.member)
    if not form.is_valid():
        return refused(request, first_fault(form))
    said, now = form.cleaned_data, timezone.now()
    ids, tags = said["ticked"], list(said["tags"])
    act, done, left = MARKS[said["do"]]
    if said["do"] in {"tag", "untag"}:
        count = act(ids, tags, by=request.member, now=now)
    else:
        count = act(ids, by=request.member, now=now)
    context = {"count": count, "said": f"{counted(count, 'conversation')} {done}." if count else "Nothing changed."}
    if others := len(ids) - count:
        context["notes"] = [f"{others:,} {left}"]
    return trigger_client_event(render(request, "review/marked.html", context), "acted", {})


# (what does it, what became of those it changed, why it left the others)
MARKS: dict[str, tuple[Callable[..., int], str, str]] = {
    "close": (closing.close_all, "closed", "closed before"),
    "reopen": (closing.reopen_all, "reopened", "open already, or opted out"),
    "tag": (labelling.label, "tagged", "had those tags before"),
    "untag": (labelling.unlabel, "untagged", "did not have those tags"),
    "resolve": (labelling.resolve, "resolved", "not escalated"),
}
