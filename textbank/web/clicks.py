"""What a texter's pages send: a press of Send, a reply, a place in the queue."""

from django import forms

LARGEST_ID = 2**63 - 1


class Click(forms.Form):
    """One press of Send on a first message."""

    conversation = forms.IntegerField(min_value=1, max_value=LARGEST_ID)
    client_id = forms.UUIDField()


class Reply(forms.Form):
    """What somebody wrote, the click, and the latest text of the contact's that was on the screen."""

    text = forms.CharField(required=False, strip=False)
    client_id = forms.UUIDField()
    last_seen = forms.IntegerField(min_value=0, max_value=LARGEST_ID, required=False)


class After(forms.Form):
    """Where in the queue the page stands; nothing said is its beginning."""

    after = forms.IntegerField(min_value=0, max_value=LARGEST_ID, required=False)
