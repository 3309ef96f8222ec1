"""The people who are texted, and those who must not be."""

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models.functions import Now, Reverse

from textbank.campaigns.models import Campaign
from textbank.contacts.folding import BETWEEN
from textbank.organizations.models import Membership, Organization

# How the index `contacts_by_word` takes a name apart: the same expression, letter by letter, or it is not used.
BLANKS = " " * len(BETWEEN)
WORDS = "array_to_tsvector(array_remove(string_to_array(translate({}, {}, {}), ' '), ''))"


@models.CharField.register_lookup
class BeginWords(models.Lookup):
    """Folded words that each begin a word of the column: `search_name__begin_words=["mar", "lop"]`."""

    lookup_name = "begin_words"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        column, given = self.process_lhs(compiler, connection)
        # What must hold anyway, and costs a hundredth: asked first where rows are gone through one by one. It also
        # tells the planner how rare two words together are.
        holds = " and ".join(f"{column} like %s" for _ in self.rhs)
        patterns = [f"%{escaped(word)}%" for word in self.rhs]
        asked = [value for pattern in patterns for value in [*given, pattern]]
        return f"({holds} and {words_of(column)} @@ %s::tsquery)", [*asked, *given, beginnings(self.rhs)]


def escaped(word: str) -> str:
    """As LIKE takes it literally."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def words_of(column: str) -> str:
    between = BETWEEN.replace("'", "''")
    return WORDS.format(column, f"'{between}'", f"'{BLANKS}'")


def beginnings(words: Collection[str]) -> str:
    r"""What PostgreSQL reads as "each of these begins a word": 'mar':* & 'lop':*"""
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in words)
    return " & ".join(f"'{word}':*" for word in quoted)


# `cell__reverse__startswith`: the last digits of a number.
models.CharField.register_lookup(Reverse)


class Contact(models.Model):
    """One phone number in one campaign, with what the list said of it. Wide, and written once."""

    # Triggers promise that it is its campaign's, and that a campaign does not go before its contacts; foreign keys,
    # the upload's too, would cost each row loaded.
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="contacts", db_index=False, db_constraint=False
    )
    upload = models.ForeignKey(
        "Upload",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    cell = models.CharField(max_length=16)
    first_name = models.CharField(max_length=200)
    last_name = models.CharField(max_length=200, blank=True)
    # First and last name in lower case without accents, for the search by name.
    search_name = models.CharField(max_length=401, blank=True)
    zip = models.CharField(max_length=20, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    custom = models.JSONField(default=dict)
    timezone = models.CharField(max_length=50)
    state = models.CharField(max_length=2, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint("campaign", "cell", name="one_contact_per_cell")]
        # And in a migration, because of what they are of: contacts_by_word, contacts_by_last_digits.
        indexes = [
            models.Index("organization", "cell", name="contacts_by_cell"),
            models.Index("organization", "search_name", "id", name="contacts_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class OptOut(models.Model):
    """A number that must not be texted, and what made it so. Lifted, it stays as a record."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="opt_outs")
    cell = models.CharField(max_length=16)
    at = models.DateTimeField(db_default=Now())
    channel = models.CharField(max_length=20)
    words = models.TextField(blank=True)
    by = models.ForeignKey(Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    lifted_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "cell"], condition=models.Q(lifted_at=None), name="one_opt_out_per_cell"
            )
        ]

    def __str__(self) -> str:
        return self.cell


class Upload(models.Model):
    """A list on its way into a campaign: its progress while it is read, its report ever after."""

    class State(models.TextChoices):
        STAGED = "staged"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="uploads")
    by = models.ForeignKey(Membership, null=True, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField(default=0)
    lines = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State, default=State.STAGED)
    read = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    invalid = models.PositiveIntegerField(default=0)
    opted_out = models.PositiveIntegerField(default=0)
    # One sentence, when the file as a whole could not be used.
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.file_name


class UploadChunk(models.Model):
    """A piece of the file as it came, kept until the worker has read it."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint("upload", "position", name="one_chunk_per_position")]


class RejectedRow(models.Model):
    """A line that was left out, and why."""

    class Reason(models.TextChoices):
        INVALID = "invalid"
        DUPLICATE = "duplicate"
        OPTED_OUT = "opted_out"

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="rejected")
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=10, choices=Reason)
    why = models.CharField(max_length=300)
    text = models.TextField()

    class Meta:
        ordering = ["line"]
