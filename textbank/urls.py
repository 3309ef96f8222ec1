"""Every address, in the order of who knocks."""

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, path, re_path
from django.views.generic import RedirectView

from textbank import health, webhooks
from textbank.api.v1 import api
from textbank.web import (
    accounts,
    basics,
    campaign,
    campaigns,
    dashboard,
    first_messages,
    handoffs,
    home,
    joining,
    live_ticket,
    people,
    releases,
    replies,
    scripts,
    texter,
    uploads,
)

urlpatterns: list[URLPattern | URLResolver] = [
    # Monitors
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    # Carriers
    path("webhooks/<str:provider>/<int:service>/inbound", webhooks.inbound, name="inbound"),
    path("webhooks/<str:provider>/<int:service>/status", webhooks.status, name="status"),
    # Programs
    path("api/v1/", RedirectView.as_view(pattern_name="api:openapi-view")),
    path("api/v1/", api.urls),
    # Anybody
    path("", home.home, name="home"),
    path("join/<str:code>/", joining.join, name="join"),
    path("accounts/login/", accounts.SignIn.as_view(), name="account_login"),
    path("accounts/logout/", account.logout, name="account_logout"),
    path("accounts/inactive/", account.account_inactive, name="account_inactive"),
    path("accounts/password/change/", accounts.ChangePassword.as_view(), name="account_change_password"),
    path("accounts/password/reset/", accounts.ForgottenPassword.as_view(), name="account_reset_password"),
    path("accounts/password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        accounts.NewPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "accounts/password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # Every page that is open
    path("<slug:org>/live-ticket", live_ticket.live_ticket, name="live_ticket"),
    # Texters
    path("<slug:org>/", texter.home, name="texter"),
    path("<slug:org>/ask/", texter.ask, name="ask"),
    path("<slug:org>/first-messages/", first_messages.first_messages, name="first_messages"),
    path("<slug:org>/first-messages/cards", first_messages.cards_ahead, name="first_message_cards"),
    path("<slug:org>/replies/", replies.replies, name="replies"),
    path("<slug:org>/past/", texter.past, name="past"),
    path("<slug:org>/conversations/<int:pk>/", replies.conversation, name="conversation"),
    path("<slug:org>/conversations/<int:pk>/reply/", replies.reply, name="reply"),
    path("<slug:org>/conversations/<int:pk>/answer/", replies.answer, name="answer_question"),
    path("<slug:org>/conversations/<int:pk>/draft/", replies.draft, name="keep_draft"),
    path("<slug:org>/conversations/<int:pk>/tag/", replies.tag, name="tag_conversation"),
    path("<slug:org>/conversations/<int:pk>/escalate/", replies.escalate, name="escalate_conversation"),
    path("<slug:org>/conversations/<int:pk>/opt-out/", replies.opt_out, name="opt_out"),
    path("<slug:org>/conversations/<int:pk>/close/", replies.close, name="close_conversation"),
    path("<slug:org>/conversations/<int:pk>/reopen/", replies.reopen, name="reopen_conversation"),
    # Supervolunteers
    path("<slug:org>/admin/", dashboard.dashboard, name="dashboard"),
    path("<slug:org>/admin/campaigns/", campaigns.listed, name="campaigns"),
    path("<slug:org>/admin/campaigns/<int:pk>/", campaign.one, name="campaign"),
    # Admins
    path("<slug:org>/admin/campaigns/new/", basics.new, name="new_campaign"),
    path("<slug:org>/admin/campaigns/<int:pk>/edit/", basics.edit, name="edit_campaign"),
    path("<slug:org>/admin/campaigns/<int:pk>/contacts/", uploads.contacts, name="contacts"),
    path("<slug:org>/admin/campaigns/<int:pk>/contacts/<int:upload>/", uploads.report, name="upload"),
    path("<slug:org>/admin/campaigns/<int:pk>/contacts/<int:upload>/left-out.csv", uploads.left_out, name="left_out"),
    path("<slug:org>/admin/campaigns/<int:pk>/script/", scripts.script, name="script"),
    path("<slug:org>/admin/campaigns/<int:pk>/start/", campaigns.start, name="start_campaign"),
    path("<slug:org>/admin/campaigns/<int:pk>/pause/", campaigns.pause, name="pause_campaign"),
    path("<slug:org>/admin/campaigns/<int:pk>/resume/", campaigns.resume, name="resume_campaign"),
    path("<slug:org>/admin/campaigns/<int:pk>/archive/", campaigns.archive, name="archive_campaign"),
    path("<slug:org>/admin/campaigns/<int:pk>/unarchive/", campaigns.unarchive, name="unarchive_campaign"),
    path("<slug:org>/admin/campaigns/<int:pk>/autoassign/", campaigns.autoassign, name="autoassign"),
    path("<slug:org>/admin/campaigns/release-unhandled/", releases.unhandled, name="release_unhandled"),
    path("<slug:org>/admin/campaigns/<int:pk>/release-unsent/", releases.unsent, name="release_unsent"),
    path("<slug:org>/admin/campaigns/<int:pk>/release-unreplied/", releases.unreplied, name="release_unreplied"),
    path("<slug:org>/admin/handoffs/", handoffs.listed, name="handoffs"),
    path("<slug:org>/admin/handoffs/<int:pk>/", handoffs.one, name="handoff"),
    path("<slug:org>/admin/handoffs/<int:pk>/moves.csv", handoffs.export, name="export_handoff"),
    path("<slug:org>/admin/handoffs/<int:pk>/stop/", handoffs.stop, name="stop_handoff"),
    path("<slug:org>/admin/handoffs/<int:pk>/undo/", handoffs.undo, name="undo_handoff"),
    path("<slug:org>/admin/people/", people.listed, name="people"),
    path("<slug:org>/admin/people/invites/", people.invites, name="invites"),
    path("<slug:org>/admin/people/invites/<int:pk>/revoke/", people.revoke, name="revoke_invite"),
    path("<slug:org>/admin/people/<int:pk>/", people.person, name="person"),
    path("<slug:org>/admin/people/<int:pk>/role/", people.change_role, name="change_role"),
    path("<slug:org>/admin/people/<int:pk>/suspend/", people.suspend, name="suspend"),
    path("<slug:org>/admin/people/<int:pk>/unsuspend/", people.unsuspend, name="unsuspend"),
]
