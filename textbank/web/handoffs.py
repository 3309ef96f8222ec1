"""Hand-offs: every act by which conversations changed hands, what it did with each, how to stop it and take it back."""

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from django import forms
from django.contrib import messages
from django.core import validators
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from textbank.access import MemberRequest, door, handing_on_door
from textbank.assignments import carrying_out, undoing
from textbank.campaigns.models import Campaign
from textbank.conversations import saying
from textbank.conversations.filters import Filter, Strangers
from textbank.conversations.models import Action, Handoff, LeftAlone, Move, State
from textbank.organizations.models import Membership, Organization, Role
from textbank.reports import log, moves, receipts, requestable
from textbank.reports.answers import answering, named_in
from textbank.reports.pages import BadPlace, Page, ids, page
from textbank.web import flows

PAGE = 50


class Chosen(forms.Field):
    """Ids that were chosen in a box, each once."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[int]:
        ids = value or []
        if not all(pk.isascii() and pk.isdigit() and len(pk) < 19 for pk in ids):
            raise forms.ValidationError("That was not one of the choices.")
        return list(dict.fromkeys(map(int, ids)))


class Day(forms.DateField):
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    default_validators = [validators.MinValueValidator(log.EARLIEST), validators.MaxValueValidator(log.LATEST)]


class HandoffFilter(forms.Form):
    person = forms.CharField(required=False, max_length=200, strip=True)
    action = forms.ChoiceField(required=False, choices=[("", "Every action"), *Action.choices])
    state = forms.ChoiceField(required=False, choices=[("", "Every state"), *((one, one.label) for one in State)])
    campaign = Chosen(required=False)
    by = Chosen(required=False)
    reason = forms.CharField(required=False, max_length=200, strip=True)
    since = Day(required=False, label="Since")
    until = Day(required=False, label="Until")

    def of(self, organization: Organization) -> QuerySet[Handoff]:
        """Those it asks for; what makes no sense asks for none."""
        if not self.is_valid():
            return Handoff.objects.none()
        try:
            return log.found(organization, log.Asked(**self.cleaned_data))
        except Strangers:
            return Handoff.objects.none()

    @property
    def used(self) -> bool:
        return any(self.cleaned_data.values()) if self.is_valid() else True

    @property
    def more(self) -> bool:
        """Whether something is asked for that is not always shown."""
        return not self.is_valid() or any(self.cleaned_data[name] for name in MORE)

    def tokens(self, organization: Organization) -> dict[str, list[tuple[int, str]]]:
        """What was chosen, by its names."""
        said = self.cleaned_data if self.is_valid() else {}
        campaigns = Campaign.objects.filter(organization=organization, pk__in=said.get("campaign", []))
        members = organization.memberships.filter(pk__in=said.get("by", [])).select_related("user")
        return {
            "campaign": [(one.pk, one.title) for one in campaigns.order_by("title")],
            "by": [(one.pk, one.name) for one in members],
        }


MORE = ("campaign", "by", "reason", "since", "until")


class Row(NamedTuple):
    """A line of the log."""

    act: Handoff
    stays: int
    left_alone: list[str]
    givers: str
    receivers: str


@require_GET
@never_cache
@door(Role.ADMIN)
def listed(request: MemberRequest) -> HttpResponse:
    form = HandoffFilter(request.GET)
    if part(request) == "news":
        return since_then(request, form)
    shown = paged(request, form.of(request.member.organization), "newest", with_people)
    people = named_in(shown.rows)
    context = {
        "rows": [row(act, people) for act in shown.rows],
        "form": form,
        "chosen": form.tokens(request.member.organization),
        "next": address(request, after=shown.next) if shown.next else "",
        "previous": address(request, after=None) if request.GET.get("after") else "",
        "newest": address(request, after=None),
        "ask_again": address(request, part="news", shown=",".join(str(act.pk) for act in shown.rows)),
    }
    return render(request, "handoffs/handoffs.html", context)


def since_then(request: MemberRequest, form: HandoffFilter) -> HttpResponse:
    """The rows that an open list shows, as they are now, and how many hand-offs came after them."""
    shown = ids(request.GET.get("shown", ""))[:PAGE]
    organization = request.member.organization
    acts = list(with_people(Handoff.objects.filter(organization=organization, pk__in=shown)))
    people = named_in(acts)
    later = form.of(organization).filter(pk__gt=max(shown, default=0))
    context = {
        "rows": [row(act, people) for act in acts],
        "new": 0 if request.GET.get("after") else later.count(),
    }
    return render(request, "handoffs/since.html", context)


def with_people(rows: QuerySet[Handoff]) -> QuerySet[Handoff]:
    return rows.select_related("by__user", "undone_by")


def paged(request: HttpRequest, found: QuerySet[Any], order: str, dressed: Any) -> Page[Any]:
    """A page from the place the address names; a place that was never given out is the beginning."""
    try:
        return page(found, order, request.GET.get("after", ""), PAGE, dressed)
    except BadPlace:
        return page(found, order, "", PAGE, dressed)


def address(request: HttpRequest, **changed: str | None) -> str:
    """The same list with something else asked for."""
    asked = request.GET.copy()
    asked.pop("part", None)
    for name, value in changed.items():
        asked.pop(name, None)
        if value is not None:
            asked[name] = value
    return f"?{asked.urlencode()}"


def part(request: HttpRequest) -> str:
    return request.GET.get("part", "")


def row(act: Handoff, people: Mapping[int, Membership]) -> Row:
    into_the_pool = act.moved > sum(act.shares.values())
    return Row(
        act,
        act.matched - act.moved,
        receipts.in_words(act, people),
        hands(act.gives, people),
        hands({**act.shares, **({"": act.moved} if into_the_pool else {})}, people) if act.moved else "",
    )


def hands(figures: Mapping[str, int], people: Mapping[int, Membership]) -> str:
    """Whose they are, most first: “Tess Doe, Theo Doe and 3 more”."""
    most = sorted(figures, key=lambda pk: -figures[pk])
    names = [people[int(pk)].name if pk else "the pool" for pk in most[:2]]
    if len(most) > 2:
        return f"{', '.join(names)} and {len(most) - 2:,} more"
    return " and ".join(names)


@require_GET
@never_cache
@door(Role.ADMIN)
def one(request: MemberRequest, pk: int) -> HttpResponse:
    """The record: what was asked, what came of it, and each conversation."""
    act = one_of(request, pk)
    context = {**standing(act, request.member), **whole(act, request.member), **its_moves(request, act)}
    return render(request, f"handoffs/{'record' if part(request) == 'record' else 'handoff'}.html", context)


@require_GET
@never_cache
@handing_on_door
def how_far(request: MemberRequest, pk: int) -> HttpResponse:
    """How far it has come, asked again and again while it runs."""
    act = one_of(request, pk)
    answer = render(request, "handoffs/standing.html", {**standing(act, request.member), **linked(request)})
    return answer if act.state == State.RUNNING else trigger_client_event(answer, "handoff-ended")


def one_of(request: MemberRequest, pk: int) -> Handoff:
    found = Handoff.objects.filter(organization=request.member.organization)
    return get_object_or_404(found.select_related("by__user", "undone_by__by__user", "undoes", "campaign"), pk=pk)


def standing(act: Handoff, viewer: Membership) -> dict[str, Any]:
    """How far it has come, or what came of it, and whether the viewer may stop it or take it back."""
    theirs = act.within_reach_of(viewer)
    return {
        "act": act,
        "said": receipts.said(act),
        "left_alone": receipts.in_words(act),
        "running": act.state == State.RUNNING,
        "undone_by": getattr(act, "undone_by", None),
        "may_stop": theirs and not act.stop_asked,
        "may_undo": theirs and act.state != State.RUNNING and act.moved > 0 and not hasattr(act, "undone_by"),
    }


def whole(act: Handoff, viewer: Membership) -> dict[str, Any]:
    """The picture and the figures. While it runs, the picture would be counted anew every second: it comes last."""
    people = named_in([act])
    return {
        "picture": flows.drawn(moves.flows(act), people) if act.state != State.RUNNING else None,
        "givers": figures(act.gives, people),
        "receivers": figures(act.shares, people),
        "stays": receipts.left_alone(act),
        "answering": answering(act, people),
        "wanted": [people[pk] for pk in act.receivers],
        **which(act, viewer),
    }


def which(act: Handoff, viewer: Membership) -> dict[str, str]:
    """The filter in words, and the address of what matches it now."""
    if act.filter is None:
        return {}
    said = Filter.parse(act.filter)
    return {"sentence": saying.sentence(said, viewer), "query": said.as_query()}


def figures(counts: Mapping[str, int], people: Mapping[int, Membership]) -> list[tuple[str, int]]:
    return sorted(
        ((people[int(pk)].name if pk else "The pool", count) for pk, count in counts.items()),
        key=lambda figure: -figure[1],
    )


class MoveRow(NamedTuple):
    """What became of one conversation."""

    move: Move
    stays: str


def its_moves(request: HttpRequest, act: Handoff) -> dict[str, Any]:
    """A page of its moves: all, those that moved, or those left alone for one reason."""
    asked = request.GET.get("left", "")
    only = asked if asked in moves.PARTS else ""
    shown = paged(request, moves.listed(act, only), "oldest", moves.dressed)
    return {
        "moves": [MoveRow(move, why(move)) for move in shown.rows],
        "only": only,
        "next": address(request, after=shown.next) if shown.next else "",
        "previous": address(request, after=None) if request.GET.get("after") else "",
    }


def why(move: Move) -> str:
    return receipts.WHY[LeftAlone(move.left_alone)] if move.left_alone else ""


@require_GET
@door(Role.ADMIN)
def export(request: MemberRequest, pk: int) -> HttpResponse:
    act = one_of(request, pk)
    answer = StreamingHttpResponse(moves.as_csv(act), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="hand-off-{act.pk}.csv"'
    return cast(HttpResponse, answer)


@require_POST
@handing_on_door
def stop(request: MemberRequest, pk: int) -> HttpResponse:
    act = one_of(request, pk)
    try:
        carrying_out.stop(act, by=request.member)
    except carrying_out.NotRunning:
        act.refresh_from_db()
    act.stop_asked = True
    if not by_htmx(request):
        return to_record(request, act)
    return render(request, "handoffs/standing.html", {**standing(act, request.member), **linked(request)})


def linked(request: HttpRequest) -> dict[str, bool]:
    return {"with_link": "linked" in request.GET}


@never_cache
@handing_on_door
def undo(request: MemberRequest, pk: int) -> HttpResponse:
    """Asked for: how many would go back, and why the others stay. Confirmed: the undo, itself a hand-off."""
    act = one_of(request, pk)
    try:
        if request.method == "POST":
            return receipt(request, undoing.undo(act, by=request.member, now=timezone.now()))
        back = undoing.preview(act, by=request.member, now=timezone.now())
    except (undoing.StillRunning, undoing.AlreadyUndone) as no:
        return refused(request, act, str(no))
    context = {"act": act, "back": back, "stays": receipts.in_words(back), "by_htmx": by_htmx(request)}
    return render(request, f"handoffs/{'undo_dialog' if by_htmx(request) else 'undo'}.html", context)


def receipt(request: MemberRequest, act: Handoff, **more: Any) -> HttpResponse:
    """What a hand-off did: in the dialog that asked for it, or on its own page."""
    if not by_htmx(request):
        return to_record(request, act)
    gave_back = Action(act.action).to_the_pool and act.moved and act.state != State.RUNNING
    pool = requestable.in_words(act, timezone.now()) if gave_back else []
    context = {**standing(act, request.member), "with_link": True, "pool": pool, **more}
    answer = render(request, "handoffs/receipt.html", context)
    return trigger_client_event(answer, "handoff-ended")


def refused(request: MemberRequest, act: Handoff, why: str) -> HttpResponse:
    if by_htmx(request):
        return render(request, "handoffs/refused.html", {"act": act, "why": why}, status=409)
    messages.error(request, why)
    return to_record(request, act)


def to_record(request: MemberRequest, act: Handoff) -> HttpResponse:
    """On to the record; whoever may hand on and not see the records is told what happened."""
    if not request.member.may(Role.ADMIN):
        messages.success(request, receipts.said(act))
        return redirect("message_review", request.member.organization.slug)
    return redirect("handoff", request.member.organization.slug, act.pk)


def by_htmx(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))
