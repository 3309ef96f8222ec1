"""One click, one text: a send looks again at everything, under the conversation's lock, and then queues the message."""

import datetime as dt
import uuid
from typing import NamedTuple

from django.db import IntegrityError, transaction

from textbank import news, prepared
from textbank.campaigns import blanks
from textbank.campaigns.models import Campaign, Step
from textbank.campaigns.texting_hours import open_now, opens_at
from textbank.contacts.models import Contact
from textbank.conversations.models import Conversation, Direction, Kind, Message, MessageStatus, Status
from textbank.messaging.models import MessagingService
from textbank.organizations.models import Membership, Role
from textbank.prepared import Columns

LONGEST = 1600  # characters; carriers cut or refuse what is longer


class Refused(Exception):
    """Nothing was sent, the draft is kept, and this is why. `code` is the API's word for it."""

    code = "refused"


class NotYours(Refused):
    code = "not_yours"


class OptedOut(Refused):
    code = "opted_out"


class CampaignArchived(Refused):
    code = "campaign_archived"


class CampaignPaused(Refused):
    code = "campaign_paused"


class NotStarted(Refused):
    code = "not_started"


class NewReplyUnseen(Refused):
    code = "new_reply_unseen"


class AlreadySent(Refused):
    code = "already_sent"


class ClickUsedElsewhere(Refused):
    code = "client_id_used"


class Unsendable(Refused):
    """The words themselves will not do."""

    code = "invalid_text"


class OutsideTextingHours(Refused):
    code = "outside_texting_hours"

    def __init__(self, opens: dt.datetime | None) -> None:
        super().__init__("It is outside texting hours where the contact is.")
        self.opens = opens


def send(
    conversation: int,
    text: str | None,
    *,
    by: Membership,
    client_id: uuid.UUID,
    last_seen: int | None = None,
    now: dt.datetime,
) -> Message:
    """Queues one text to the contact and returns it; the same click again returns the same message.

    A first message has no `text`: the script says it. `last_seen` is the id of the latest inbound message the
    sender has on the screen. Raises Conversation.DoesNotExist for what the sender may not know of, and a Refused
    by name for everything that stands in the way.
    """
    try:
        with transaction.atomic():
            seen = look_again(conversation, by, client_id)
            if seen.sent_already:
                return earlier(by, client_id, conversation)
            refuse(seen, text, by, last_seen, now)
            return queue(seen, text, by, client_id, now)
    except Refused:
        # Of two clicks at the same moment the second looked before the first was written, and waited for its lock.
        if Message.objects.filter(organization_id=by.organization_id, client_id=client_id).exists():
            return earlier(by, client_id, conversation)
        raise
    except IntegrityError as error:
        # Two clicks at the same moment met at the unique constraint, and the first one is the message.
        if "one_message_per_click" not in str(error):
            raise
        return earlier(by, client_id, conversation)


THREAD = Columns(
    Conversation,
    "c",
    *("contact_id", "organization_id", "campaign_id", "texter_id", "last_inbound", "status", "passes"),
    *("opted_out", "hours_key"),
)
CONTACT = Columns(Contact, "k", "id", "cell", "first_name", "last_name", "custom")
CAMPAIGN = Columns(
    Campaign,
    "a",
    *("id", "texting_starts", "texting_ends", "service_id", "first_step_id"),
    *("started_at", "paused_at", "archived_at"),
)
SERVICE = Columns(MessagingService, "s", "id", "provider")
STEP = Columns(Step, "f", "id", "texts")
LOOK = f"""
select {THREAD}, {CONTACT}, {CAMPAIGN}, {SERVICE}, {STEP},
    exists (select from conversations_message m
        where m.organization_id = %(organization)s and m.client_id = %(client_id)s) sent_already,
    exists (select from contacts_optout o
        where o.organization_id = %(organization)s and o.cell = k.cell and o.lifted_at is null) barred
from conversations_conversation c
    join contacts_contact k on k.id = c.id
    join campaigns_campaign a on a.id = c.campaign_id
    left join messaging_messagingservice s on s.id = a.service_id
    left join campaigns_step f on f.id = a.first_step_id
where c.id = %(conversation)s and c.organization_id = %(organization)s
for update of c
"""  # noqa: S608 - the names of columns


class Look(NamedTuple):
    """A conversation under its lock, with everything else that decides."""

    thread: Conversation
    sent_already: bool
    barred: bool


def look_again(conversation: int, by: Membership, client_id: uuid.UUID) -> Look:
    """One statement: what is on the conversation's own row is exact, since the lock waits for whoever writes it."""
    given = {"conversation": conversation, "organization": by.organization_id, "client_id": client_id}
    row = prepared.row(LOOK, given)
    if row is None:
        raise Conversation.DoesNotExist
    thread = THREAD.take(row)
    thread.contact, thread.campaign = CONTACT.take(row), CAMPAIGN.take(row)
    service, step = SERVICE.take(row), STEP.take(row)
    thread.campaign.service, thread.campaign.first_step = service if service.pk else None, step if step.pk else None
    return Look(thread, *row)


def earlier(by: Membership, client_id: uuid.UUID, conversation: int) -> Message:
    message = Message.objects.get(organization_id=by.organization_id, client_id=client_id)
    if message.conversation_id != conversation or message.author_id != by.pk:
        raise ClickUsedElsewhere("This client_id already belongs to another message.")
    return message


def refuse(look: Look, text: str | None, by: Membership, last_seen: int | None, now: dt.datetime) -> None:
    """Raises what stands in the way of this text now, if anything does."""
    thread = look.thread
    refuse_person(thread, by)
    refuse_number(thread, look.barred)
    refuse_campaign(thread)
    refuse_words(thread, text)
    if thread.last_inbound and thread.last_inbound > (last_seen or 0):
        raise NewReplyUnseen(f"{thread.contact.first_name} answered while you were typing.")
    refuse_hours(thread, now)


def obstacle(thread: Conversation, *, by: Membership, now: dt.datetime) -> Refused | None:
    """What stands in the way of any text at all, to be said before somebody types one; nothing is locked."""
    try:
        refuse_person(thread, by)
        refuse_number(thread, thread.opted_out)
        refuse_campaign(thread)
        refuse_hours(thread, now)
    except Refused as refusal:
        return refusal
    return None


def refuse_person(thread: Conversation, by: Membership) -> None:
    if thread.texter_id != by.pk and not by.may(Role.SUPERVOLUNTEER):
        raise NotYours("Somebody else has this conversation now.")


def refuse_number(thread: Conversation, barred: bool) -> None:
    if thread.opted_out or barred:
        raise OptedOut(f"{thread.contact.first_name} has opted out of texts.")


def refuse_campaign(thread: Conversation) -> None:
    match thread.campaign.state:
        case "archived":
            raise CampaignArchived("The campaign is archived: nothing more is sent.")
        case "paused":
            raise CampaignPaused("The campaign is paused. Nothing is sent until it goes on.")
        case "draft":
            raise NotStarted("The campaign has not been started.")


def refuse_words(thread: Conversation, text: str | None) -> None:
    first = thread.status == Status.NEEDS_FIRST_MESSAGE
    if first and text is not None:
        raise Unsendable("A first message is the script's own: send no text with it.")
    if not first and text is None:
        raise AlreadySent("The first message went out already.")
    if text is not None and not text.strip():
        raise Unsendable("Write something first.")
    if text is not None and len(text) > LONGEST:
        raise Unsendable(f"That is {len(text):,} characters; carriers take {LONGEST:,} at most.")


def refuse_hours(thread: Conversation, now: dt.datetime) -> None:
    campaign = thread.campaign
    if not open_now(thread.hours_key, campaign.hours, campaign.legal_hours, now):
        raise OutsideTextingHours(opens_at(thread.hours_key, campaign.hours, campaign.legal_hours, now))


WRITE = """
with written as (
    insert into conversations_message (organization_id, conversation_id, author_id, service_id, direction, kind, status,
        pass_number, client_id, text, error, created_at)
    values (%(organization_id)s, %(conversation_id)s, %(author_id)s, %(service_id)s, %(direction)s, %(kind)s,
        %(status)s, %(pass_number)s, %(client_id)s, %(text)s, '', %(created_at)s)
    returning id
), sent as (
    delete from conversations_draft where conversation_id = %(conversation_id)s and author_id = %(author_id)s
)
update conversations_conversation
set status = %(after)s, waiting_since = null, last_activity = %(created_at)s, worked_at = %(created_at)s,
    changed_in = pg_current_xact_id()
where id = %(conversation_id)s
returning (select id from written)
"""


def queue(look: Look, text: str | None, by: Membership, client_id: uuid.UUID, now: dt.datetime) -> Message:
    thread, first = look.thread, text is None
    message = Message(
        organization_id=thread.organization_id,
        conversation_id=thread.pk,
        author=by,
        service_id=thread.campaign.sends_with,
        direction=Direction.OUTGOING,
        kind=Kind.FIRST if first else Kind.REPLY,
        status=MessageStatus.QUEUED,
        pass_number=thread.passes if first else None,
        client_id=client_id,
        text=first_text(thread, by) if text is None else text.strip(),
        created_at=now,
    )
    [[message.pk]] = prepared.rows(WRITE, {**vars(message), "after": after_outgoing(thread.status)})
    message._state.adding = False
    news.tell_of(thread, by=by.pk)
    news.tell_worker()
    return message


def after_outgoing(status: int) -> Status:
    before_any_answer = status in (Status.NEEDS_FIRST_MESSAGE, Status.FIRST_MESSAGE_SENT)
    return Status.FIRST_MESSAGE_SENT if before_any_answer else Status.ACTIVE


def first_text(thread: Conversation, by: Membership) -> str:
    """The script's opening for this contact, its blanks filled."""
    step = thread.campaign.first_step
    if step is None:
        raise NotStarted("The campaign has no script yet.")
    return blanks.fill(step.text_for(thread.pk), words_for(thread, by))


def words_for(thread: Conversation, by: Membership) -> dict[str, str]:
    """What the blanks of a script stand for in this conversation."""
    contact = thread.contact
    return {
        **contact.custom,
        "firstName": contact.first_name,
        "lastName": contact.last_name,
        "texterFirstName": by.user.first_name,
        "texterLastName": by.user.last_name,
    }
