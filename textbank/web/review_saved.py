"""Saved filters on Message Review: saving the one that is shown, renaming, sharing and deleting them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import retarget, trigger_client_event

from textbank.access import MemberRequest, door
from textbank.conversations import saving, saying
from textbank.conversations.filters import ORDERS, BadFilter, Filter, Strangers
from textbank.conversations.models import SavedFilter
from textbank.conversations.saving import CannotSave, TitleTaken
from textbank.organizations.models import Membership, Role
from textbank.reports import saved_filters
from textbank.web.handoffs import by_htmx
from textbank.web.review import REVIEW, Asked, address, on_the_shelf

LONGEST = 20_000  # characters of any field; how long a name may be, the rule says


class Naming(forms.Form):
    """A name, and for whom; `filter` and `order` are what the page shows, empty before anything is chosen.

    `replace` is the name whose filter was offered to be replaced: another name typed since is another wish.
    """

    title = forms.CharField(required=False, max_length=LONGEST)
    shared = forms.BooleanField(required=False)
    replace = forms.CharField(required=False, max_length=LONGEST)
    filter = forms.CharField(required=False, max_length=LONGEST)
    order = forms.ChoiceField(required=False, choices=[(order, order) for order in ORDERS])

    @property
    def said(self) -> dict[str, Any]:
        """What can be read. What is missing for it the rules say, in words."""
        self.full_clean()
        return {**dict.fromkeys(self.fields, ""), **self.cleaned_data}

    @property
    def shown(self) -> Asked:
        """What the page shows. Raises BadFilter."""
        said = self.said
        return Asked(Filter.parse(QueryDict(said["filter"])), said["order"] or ORDERS[0])


@require_http_methods(["GET", "POST"])
@never_cache
@door(Role.SUPERVOLUNTEER)
def save(request: MemberRequest) -> HttpResponse:
    """Asks for a name, and saves what is shown under it. A name that is taken is said, and may be taken over."""
    form = Naming(request.POST or request.GET)
    context: dict[str, Any] = {"heading": "Save this filter"}
    try:
        context["words"] = saying.sentence(form.shown.which, request.member)
        if request.method != "POST":
            return asked(request, form, context)
        saved = save_as_said(form, request.member)
    except TitleTaken as no:
        (there,) = saved_filters.read([no.there], request.member)
        return asked(request, form, context | {"taken": no, "there": there}, status=422)
    except (CannotSave, BadFilter) as no:
        return asked(request, form, context | {"faults": no.fields}, status=422)
    except Strangers as no:
        raise Http404("What the filter names is not here.") from no
    return changed(request, f"Saved{' for everybody' if saved.shared else ''} as “{saved.title}”.")


def save_as_said(form: Naming, by: Membership) -> SavedFilter:
    said, shown = form.said, form.shown
    taken_over = said["replace"] != "" and said["replace"] == said["title"]
    return saving.save(said["title"], shown.which, shown.order, by=by, shared=bool(said["shared"]), replace=taken_over)


@require_http_methods(["GET", "POST"])
@never_cache
@door(Role.SUPERVOLUNTEER)
def change(request: MemberRequest, pk: int) -> HttpResponse:
    """Asks for another name and, of admins, for whom it is."""
    saved = one_of(request, pk)
    saving.check_changer(saved, request.member)
    (found,) = saved_filters.read([saved], request.member)
    heading = "Rename or share" if saving.may_share(request.member) else "Rename"
    context = {"heading": heading, "saved": saved, "words": found.words}
    if request.method != "POST":
        now = {**request.GET.dict(), "title": saved.title, "shared": saved.shared}
        return asked(request, Naming(now), context)
    form = Naming(request.POST)
    try:
        after = saving.change(saved, title=form.said["title"], shared=bool(form.said["shared"]), by=request.member)
    except (CannotSave, TitleTaken) as no:
        return asked(request, form, context | {"faults": no.fields}, status=422)
    except SavedFilter.DoesNotExist as no:
        raise Http404 from no
    return changed(request, became(after, saved))


def became(after: SavedFilter, before: SavedFilter) -> str:
    if after.shared == before.shared:
        return f"It is called “{after.title}” now."
    return f"“{after.title}” is for {'everybody' if after.shared else after.owner.name + ' alone'} now."


@require_POST
@door(Role.SUPERVOLUNTEER)
def delete(request: MemberRequest, pk: int) -> HttpResponse:
    saved = one_of(request, pk)
    try:
        saving.delete(saved, by=request.member)
    except SavedFilter.DoesNotExist as no:
        raise Http404 from no
    return changed(request, f"“{saved.title}” is deleted.")


def one_of(request: MemberRequest, pk: int) -> SavedFilter:
    found = SavedFilter.objects.visible_to(request.member).select_related("owner__user")
    return get_object_or_404(found, pk=pk)


def asked(request: MemberRequest, form: Naming, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The question, in the dialog or on a page of its own."""
    context |= {
        "form": form,
        "may_share": saving.may_share(request.member),
        "longest": saving.LONGEST_TITLE,
        "back": back(request, form),
    }
    template = "review/naming_dialog.html" if by_htmx(request) else "review/naming.html"
    return render(request, template, context, status=status)


def changed(request: MemberRequest, said: str) -> HttpResponse:
    """What is saved now, in its place on the page, and a word about what happened."""
    form = Naming(request.POST)
    if not by_htmx(request):
        messages.success(request, said)
        return redirect(back(request, form))
    response = render(request, "review/saved.html", on_the_shelf(request.member, shown_or_nothing(form)))
    # At once, so that a quick hand finds htmx there already.
    retarget(response, "#saved")["HX-Reswap"] = "outerHTML settle:0ms"
    trigger_client_event(response, "shut-dialog")
    trigger_client_event(response, "toast", {"text": said})
    return trigger_client_event(response, "saved-changed", after="settle")


def back(request: MemberRequest, form: Naming) -> str:
    """The address of what is shown."""
    here = reverse(REVIEW.address, args=[request.member.organization.slug])
    return address(here, shown_or_nothing(form))


def shown_or_nothing(form: Naming) -> Asked:
    try:
        return form.shown
    except BadFilter:
        return Asked(Filter())
