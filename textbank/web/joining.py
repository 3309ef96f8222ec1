"""Coming in through an invite link."""

from django import forms
from django.contrib import messages
from django.contrib.auth import login, password_validation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from textbank.organizations import joining
from textbank.organizations.models import Invite, Membership, Role, User
from textbank.web.home import home_of


class NewcomerForm(forms.Form):
    first_name = forms.CharField(max_length=100, widget=forms.TextInput({"autocomplete": "given-name"}))
    last_name = forms.CharField(max_length=100, required=False, widget=forms.TextInput({"autocomplete": "family-name"}))
    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "username"}))
    password = forms.CharField(
        strip=False,
        max_length=200,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text="At least 8 characters, and not one that everybody uses.",
    )

    def clean_password(self) -> str:
        password_validation.validate_password(self.cleaned_data["password"])
        return str(self.cleaned_data["password"])


@never_cache
@sensitive_post_parameters("password")
def join(request: HttpRequest, code: str) -> HttpResponse:
    invite = Invite.objects.select_related("organization").filter(code=code).first()
    if invite is None:
        return render(request, "join/unknown.html", status=404)
    if request.user.is_authenticated:
        return join_with_account(request, invite, request.user)
    if not invite.open:
        return render(request, "join/closed.html", {"invite": invite}, status=410)
    return join_as_newcomer(request, invite)


def join_with_account(request: HttpRequest, invite: Invite, user: User) -> HttpResponse:
    there = invite.organization.memberships.filter(user=user).select_related("organization").first()
    if there:
        messages.info(request, f"You are in {invite.organization.name} already.")
        return redirect(home_of(there))
    if not invite.open:
        return render(request, "join/closed.html", {"invite": invite}, status=410)
    if request.method != "POST":
        return show(request, invite, "join/join.html")
    try:
        return welcome(request, joining.join(invite, user, now=timezone.now()))
    except joining.NotOpen:
        return render(request, "join/closed.html", {"invite": invite}, status=410)
    except joining.ForSomebodyElse:
        return show(request, invite, "join/not_yours.html", status=403)


def join_as_newcomer(request: HttpRequest, invite: Invite) -> HttpResponse:
    form = NewcomerForm(request.POST or None)
    if not form.is_valid():
        return show(request, invite, "join/newcomer.html", form)
    try:
        member = joining.sign_up(invite, **form.cleaned_data, now=timezone.now())
    except joining.NotOpen:
        return render(request, "join/closed.html", {"invite": invite}, status=410)
    except joining.ForSomebodyElse:
        form.add_error("email", "This invite was made for another e-mail address.")
    except joining.HasAccount:
        form.add_error("email", "This address cannot be used for a new account. If it is yours, sign in first.")
    else:
        login(request, member.user)
        return welcome(request, member)
    return show(request, invite, "join/newcomer.html", form)


def show(
    request: HttpRequest, invite: Invite, template: str, form: NewcomerForm | None = None, status: int = 200
) -> HttpResponse:
    context = {"invite": invite, "role": Role(invite.role).label.lower(), "form": form}
    return render(request, template, context, status=status)


def welcome(request: HttpRequest, member: Membership) -> HttpResponse:
    messages.success(request, f"Welcome to {member.organization.name}.")
    return redirect(home_of(member))
