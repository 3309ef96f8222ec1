"""The tags of an organization: how many conversations wear each, and how one is made, changed and deleted."""

from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from textbank.access import MemberRequest, door
from textbank.assignments import tags
from textbank.assignments.tags import Changed, TitleTaken
from textbank.conversations.filters import CAMPAIGN_STATES, TRUTHS, Filter
from textbank.conversations.models import State
from textbank.organizations.models import Colour, Role, Tag
from textbank.reports.receipts import counted
from textbank.reports.wearing import wearing, worn
from textbank.web.people import steps

PAGE = 100

KINDS = {
    "assignable": (
        "Assignable",
        "A label and no more. Who has the conversation keeps it, and from the pool it is given out as any other.",
    ),
    "escalation": (
        "Escalation",
        "It leaves its texter’s hands, nobody can ask for it, and it waits in Escalated Convos to be resolved.",
    ),
}


class TagForm(forms.Form):
    """Everything about a tag."""

    title = forms.CharField(max_length=100, help_text="Texters see it on the button that puts it on.")
    colour = forms.ChoiceField(choices=Colour.choices, widget=forms.RadioSelect)
    kind = forms.ChoiceField(
        choices=[(kind, words) for kind, (words, _) in KINDS.items()],
        widget=forms.RadioSelect,
        label="What it does with a conversation",
    )

    @property
    def said(self) -> dict[str, Any]:
        """What is asked for, as the rule takes it."""
        said = self.cleaned_data
        return {**{name: said[name] for name in ("title", "colour")}, "assignable": said["kind"] == "assignable"}


class Row(NamedTuple):
    tag: Tag
    worn: int
    door: str


@require_GET
@door(Role.ADMIN)
def listed(request: MemberRequest) -> HttpResponse:
    organization = request.member.organization
    page = Paginator(organization.tags.order_by(Lower("title"), "pk"), PAGE).get_page(request.GET.get("page"))
    counts = worn(page)
    rows = [Row(tag, counts[tag.pk], wearers(request, tag)) for tag in page]
    context = {"rows": rows, "page": page, "kinds": KINDS, **steps(request, page)}
    return render(request, "tags/tags.html", context)


def wearers(request: MemberRequest, tag: Tag) -> str:
    """The address of everybody who wears it, wherever they are: as many as are counted."""
    which = Filter.parse({"tag": tag.pk, "campaign_state": list(CAMPAIGN_STATES), "opted_out": list(TRUTHS)})
    return f"{reverse('message_review', args=[request.member.organization.slug])}?{which.as_query()}"


@door(Role.ADMIN)
def new(request: MemberRequest) -> HttpResponse:
    form = TagForm(request.POST or None, initial={"colour": Colour.GREY, "kind": "assignable"})
    if form.is_valid():
        try:
            tag = tags.make(**form.said, by=request.member)
            return done(request, f"“{tag.title}” is there for everybody to put on.")
        except TitleTaken as no:
            form.add_error("title", str(no))
    return render(request, "tags/tag.html", {"form": form, "kinds": KINDS}, status=422 if form.is_bound else 200)


@door(Role.ADMIN)
def edit(request: MemberRequest, pk: int) -> HttpResponse:
    """Another title or colour at once; another kind is asked about first, if somebody wears it."""
    tag = one_of(request, pk)
    known = {"title": tag.title, "colour": tag.colour, "kind": "assignable" if tag.assignable else "escalation"}
    form, those = TagForm(request.POST or None, initial=known), wearing(tag)
    context = {"form": form, "tag": tag, "kinds": KINDS, "wearing": those, "wearers": wearers(request, tag)}
    if form.is_valid():
        if "kind" in form.changed_data and those.worn and "sure" not in request.POST:
            return render(request, "tags/kind.html", context)
        try:
            return done(request, said(tags.change(tag, by=request.member, now=timezone.now(), **form.said)))
        except TitleTaken as no:
            form.add_error("title", str(no))
    return render(request, "tags/tag.html", context, status=422 if form.is_bound else 200)


def said(changed: Changed) -> str:
    act = changed.handoff
    if act is None:
        return f"“{changed.tag.title}” is saved."
    if act.state == State.RUNNING:
        return f"“{changed.tag.title}” is saved. {counted(changed.worn, 'conversation')} are being escalated."
    left = f"{counted(act.moved, 'conversation')} left {'its texter’s' if act.moved == 1 else 'their texters’'} hands"
    return f"“{changed.tag.title}” is saved. {left if act.moved else 'No texter had one that wears it'}."


@door(Role.ADMIN)
def delete(request: MemberRequest, pk: int) -> HttpResponse:
    """Asked for: how many wear it, and what becomes of them. Confirmed: it comes off them, and is gone."""
    tag = one_of(request, pk)
    if request.method == "POST":
        count = tags.delete(tag, by=request.member, now=timezone.now())
        return done(request, f"“{tag.title}” is deleted. {counted(count, 'conversation')} wore it.")
    in_a_dialog = bool(request.headers.get("HX-Request"))
    context = {"tag": tag, "wearing": wearing(tag), "wearers": wearers(request, tag)}
    return render(request, f"tags/{'delete_dialog' if in_a_dialog else 'delete'}.html", context)


def one_of(request: MemberRequest, pk: int) -> Tag:
    return get_object_or_404(request.member.organization.tags, pk=pk)


def done(request: MemberRequest, what: str) -> HttpResponse:
    messages.success(request, what)
    return redirect("tags", request.member.organization.slug)
