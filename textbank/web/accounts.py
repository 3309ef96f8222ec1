"""Signing in is allauth's; its words are ours, and only somebody who holds an invite gets an account."""

from itertools import groupby
from typing import Any

from allauth.account import views
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ChangePasswordForm, LoginForm, ResetPasswordForm, ResetPasswordKeyForm
from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from textbank.organizations.models import Membership

DEMO_PASSWORD = "textbank"  # noqa: S105


class Adapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "This e-mail address and this password do not belong together.",
        "too_many_login_attempts": "Too many wrong passwords for this e-mail address. Wait five minutes, "
        "or choose a new password below.",
        "enter_current_password": "This is not your present password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        # A link in a mail names the installation as it calls itself, never as a request claims it is called.
        uid, _, rest = key.partition("-")
        return settings.PUBLIC_URL + reverse("account_reset_password_from_key", args=[uid, rest])

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return "/"


class Words:
    """A form that shows labels and help of ours, and no placeholders."""

    words: dict[str, tuple[str, str]]
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # One field to type a new password in: the reset link is there for who mistypes it.
        self.fields.pop("password2", None)
        for name, field in self.fields.items():
            field.label, field.help_text = self.words[name]
            field.widget.attrs.pop("placeholder", None)


NEW_PASSWORD = ("New password", "At least 8 characters, and not one that everybody uses.")


class SignInForm(Words, LoginForm):
    words = {"login": ("E-mail", ""), "password": ("Password", "")}


class ForgottenForm(Words, ResetPasswordForm):
    words = {"email": ("E-mail", "")}


class NewPasswordForm(Words, ResetPasswordKeyForm):
    words = {"password1": NEW_PASSWORD}


class OtherPasswordForm(Words, ChangePasswordForm):
    words = {"oldpassword": ("Present password", ""), "password1": NEW_PASSWORD}


class SignIn(views.LoginView):
    form_class = SignInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        demo = {"demo": demo_people(), "demo_password": DEMO_PASSWORD} if settings.DEMO else {}
        return {**super().get_context_data(**kwargs), **demo}


class ForgottenPassword(views.PasswordResetView):
    form_class = ForgottenForm


class NewPassword(views.PasswordResetFromKeyView):
    form_class = NewPasswordForm


class ChangePassword(views.PasswordChangeView):
    form_class = OtherPasswordForm


def demo_people() -> list[tuple[str, list[tuple[str, list[Membership]]]]]:
    """Everybody the demo made, by organization and role, highest first: [("Riverton", [("Owner", [olga])])]."""
    # Who joins the demo by a link has another password, and another kind of address.
    people = (
        Membership.objects.active()
        .filter(user__email__endswith=".test")
        .select_related("organization", "user")
        .order_by("organization", "-role", "user__first_name")
    )
    return [
        (name, [(role, list(them)) for role, them in groupby(those, key=lambda member: member.role_name)])
        for name, those in groupby(people, key=lambda member: member.organization.name)
    ]
