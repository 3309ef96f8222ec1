"""Assignment Control: what the general pool and each team hand out, and what holds for all of them, saved in place."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache

from textbank.access import MemberRequest, door
from textbank.assignments.pool import KINDS
from textbank.conversations.models import Status
from textbank.organizations import controlling, teams
from textbank.organizations.controlling import RULES, BadControl
from textbank.organizations.models import Approval, Gives, Membership, Organization, Role, Settings, Tag, Team
from textbank.organizations.teams import BadTeam
from textbank.reports.pools import Stock, stock
from textbank.web.teams import InPool, in_pool

# What a row is called where it is posted: the general pool, a team by its number, a rule by its column.
GENERAL, TEAM = "general", "team-"

GIVES = [(Gives.BOTH, "Both"), (Gives.REPLIES, "Replies"), (Gives.FIRST_MESSAGES, "First messages")]


class RowForm(forms.Form):
    """One row. What it said when the page was opened comes back with it: only what was changed is saved, so that two
    people who change the same row at the same time lose nothing."""

    def __init__(self, key: str, said: QueryDict | None, known: dict[str, Any]) -> None:
        super().__init__(said, initial=known, prefix=key, auto_id="%s")
        self.key = key
        for field in self.fields.values():
            field.show_hidden_initial = True

    @property
    def said(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data}

    @property
    def drawn(self) -> dict[str, SafeString]:
        """Each field as it stands in another cell than the form it belongs to."""
        mine: dict[str, str | bool] = {"form": f"{self.key}-form"}
        return {
            one.name: mark_safe(one.as_widget(attrs=mine) + one.as_hidden(attrs=mine, only_initial=True))  # noqa: S308
            for one in self
        }

    def save(self, by: Membership) -> None:
        """Raises BadControl, BadTeam."""
        raise NotImplementedError


def switch(label: str, help_text: str = "") -> forms.BooleanField:
    widget = forms.CheckboxInput(attrs={"role": "switch"})
    return forms.BooleanField(required=False, label=label, help_text=help_text, widget=widget)


def number(label: str, least: int, most: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, widget=forms.NumberInput(attrs={"min": least, "max": most}), **more)


class GeneralForm(RowForm):
    is_on = switch("On")
    gives = forms.ChoiceField(label="What it gives", choices=GIVES)
    most_at_once = number("Most at once", 1, controlling.MOST_AT_ONCE)

    def __init__(self, settings: Settings, said: QueryDict | None) -> None:
        known = {"is_on": settings.general_on, "gives": settings.general_gives, "most_at_once": settings.most_at_once}
        super().__init__(GENERAL, said, known)

    def save(self, by: Membership) -> None:
        columns = {"is_on": "general_on", "gives": "general_gives"}
        said = {columns.get(name, name): value for name, value in self.said.items()}
        controlling.control(by.organization, by=by, **said)


class TeamRowForm(RowForm):
    is_on = switch("On")
    gives = forms.ChoiceField(label="What it gives", choices=GIVES)
    most_at_once = number("Most at once", 1, controlling.MOST_AT_ONCE, required=False)
    priority = number("Priority", 0, teams.LAST)
    escalation_tags = forms.TypedMultipleChoiceField(
        label="Escalation tags", required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, team: Team, tags: list[Tag], settings: Settings, said: QueryDict | None) -> None:
        known = {name: getattr(team, name) for name in ("is_on", "gives", "most_at_once", "priority")}
        known["escalation_tags"] = [tag.pk for tag in team.escalation_tags.all()]
        super().__init__(f"{TEAM}{team.pk}", said, known)
        self.team, self.tags = team, {tag.pk: tag for tag in tags}
        self.fields["escalation_tags"].choices = [(tag.pk, tag.title) for tag in tags]  # type: ignore[attr-defined]
        self.fields["most_at_once"].widget.attrs["placeholder"] = f"{settings.most_at_once:,}"

    def save(self, by: Membership) -> None:
        said = self.said
        if "escalation_tags" in said:
            said["escalation_tags"] = [self.tags[pk] for pk in said["escalation_tags"]]
        teams.change(self.team, by=by, **said)


class RuleForm(RowForm):
    """One of what holds for every pool."""

    overflow = switch(
        "Overflow",
        "A request that one pool could not fill goes on with the next. Without it, one campaign of one pool fills it.",
    )
    finish_replies_first = switch(
        "Finish replies first", "Who has replies to answer is given no first messages until they are answered."
    )
    backlog_gate = number(
        "Backlog gate",
        1,
        controlling.LONGEST_GATE,
        required=False,
        help_text="Nobody is given first messages while so many replies wait in their pools. Empty: no gate.",
    )
    newcomers_approval = forms.TypedChoiceField(
        label="Newcomers",
        choices=Approval.choices,
        coerce=int,
        help_text="The approval level of whoever joins. On People it can be changed for each person.",
    )
    do_not_assign_words = forms.CharField(
        label="Words for “do not assign”",
        max_length=controlling.LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2, "data-autosize": True, "maxlength": controlling.LONGEST_WORDS}),
        help_text="What whoever may not ask for texts reads instead.",
    )

    def __init__(self, name: str, settings: Settings, said: QueryDict | None) -> None:
        super().__init__(name, said, {name: getattr(settings, name)})
        self.fields = {name: self.fields[name]}

    @property
    def field(self) -> forms.BoundField:
        return self[self.key]

    @property
    def is_switch(self) -> bool:
        return isinstance(self.fields[self.key], forms.BooleanField)

    def save(self, by: Membership) -> None:
        controlling.control(by.organization, by=by, **self.said)


@dataclass(frozen=True)
class Given:
    """So many of a kind it gives now, of so many that are in it."""

    now: int
    noun: str
    there: InPool
    escalated: int

    @property
    def exactly(self) -> bool:
        """Whether all that is in it, and nothing else, is given now."""
        return self.now == self.there.waiting and not self.escalated


class PoolRow(NamedTuple):
    """The row of a pool: what it is set to, and what it gives now."""

    form: RowForm
    team: Team | None
    gives: list[Given]
    stock: Stock


NOUNS = {Status.NEEDS_RESPONSE: ("reply", "replies"), Status.NEEDS_FIRST_MESSAGE: ("first message", "first messages")}


@never_cache
@door(Role.ADMIN)
def control(request: MemberRequest) -> HttpResponse:
    if request.method == "POST":
        return saved(request)
    page = Page(request)
    part = request.GET.get("part") == "pools"
    return render(request, "control/pools.html" if part else "control/control.html", page.context())


def saved(request: MemberRequest) -> HttpResponse:
    """Saves the rows that were sent, each for itself; what is wrong with one stands in it."""
    before = Page(request)
    bound = {key: before.form(key, request.POST) for key in request.POST.getlist("rows")}
    wrong = {key: form for key, form in bound.items() if not kept(form, request.member)}
    after = Page(request, wrong)
    if request.headers.get("HX-Request"):
        answer = render(request, "control/rows.html", after.context(list(bound)), status=422 if wrong else 200)
        if not wrong:
            answer["HX-Trigger"] = json.dumps({"toast": {"text": "Saved."}})
        return answer
    if wrong:
        return render(request, "control/control.html", after.context(), status=422)
    messages.success(request, "Saved.")
    return redirect("assignment_control", request.member.organization.slug)


def kept(form: RowForm, by: Membership) -> bool:
    if not form.is_valid():
        return False
    try:
        form.save(by)
    except (BadControl, BadTeam) as no:
        for name, why in no.fields.items():
            form.add_error(name, why)
    return not form.errors


class Page:
    """The organization's rows as they are now; of those that were refused, what was typed."""

    def __init__(self, request: MemberRequest, wrong: dict[str, RowForm] | None = None) -> None:
        self.request, self.wrong = request, wrong or {}
        # Read again: what was just saved is not yet in what was read with the request.
        self.organization = Organization.objects.select_related("settings").get(pk=request.member.organization_id)
        self.settings = self.organization.settings
        self.tags = list(self.organization.tags.filter(assignable=False).order_by("title"))
        there = self.organization.teams.prefetch_related("escalation_tags").order_by("priority", "title", "pk")
        self.teams = {f"{TEAM}{team.pk}": team for team in there}

    def form(self, key: str, said: QueryDict | None = None) -> RowForm:
        """Raises Http404 for a row that is not here."""
        if key == GENERAL:
            return GeneralForm(self.settings, said)
        if key in self.teams:
            return TeamRowForm(self.teams[key], self.tags, self.settings, said)
        if key in RULES:
            return RuleForm(key, self.settings, said)
        raise Http404("There is no such row.")

    def shown(self, key: str) -> RowForm:
        return self.wrong.get(key) or self.form(key)

    def context(self, keys: list[str] | None = None) -> dict[str, Any]:
        """Of these rows, or of all."""
        pools = [key for key in (GENERAL, *self.teams) if keys is None or key in keys]
        rules = [name for name in RULES if keys is None or name in keys]
        return {
            "pools": self.pools(pools) if pools else [],
            "rules": [self.shown(name) for name in rules],
            "any_tag": bool(self.tags),
        }

    def pools(self, keys: list[str]) -> list[PoolRow]:
        there = [self.teams[key] for key in keys if key != GENERAL]
        general, *others = stock(self.organization, there, timezone.now())
        return [self.row(key, general if key == GENERAL else others.pop(0)) for key in keys]

    def row(self, key: str, one: Stock) -> PoolRow:
        gives = [
            Given(
                one.now[status],
                NOUNS[status][one.now[status] != 1],
                in_pool(self.request, one, status),
                min(one.escalated[status], one.now[status]),
            )
            for status in KINDS[one.pool.gives]
        ]
        return PoolRow(self.shown(key), one.pool.team, gives, one)
