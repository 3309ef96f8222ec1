from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower, Now

from textbank.organizations.models import Membership, Organization, Role


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def visible_to(self, viewer: Membership) -> "SavedFilterQuerySet":
        """One's own and the organization's."""
        return self.filter(Q(owner=viewer) | Q(shared=True), organization=viewer.organization_id)

    def own_first(self) -> "SavedFilterQuerySet":
        return self.order_by("shared", Lower("title"), "pk")

    def titled(self, title: str) -> "SavedFilterQuerySet":
        """Those of that name, however it is capitalized."""
        return self.alias(folded=Lower("title")).filter(folded=Lower(Value(title)))


class SavedFilter(models.Model):
    """A filter and an order under a name: for whoever saved it or, shared, for the whole organization."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    owner = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="saved_filters", db_index=False)
    title = models.CharField(max_length=80)
    shared = models.BooleanField(default=False)
    # As `Filter.as_json` says it. It is read through `Filter.parse` alone, which may know less or more by then.
    filter = models.JSONField()
    order = models.CharField(max_length=10)
    created_at = models.DateTimeField(db_default=Now())

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "owner", Lower("title"), condition=Q(shared=False), name="one_own_filter_per_title"
            ),
            models.UniqueConstraint(
                "organization", Lower("title"), condition=Q(shared=True), name="one_shared_filter_per_title"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def may_be_changed(self, by: Membership) -> bool:
        """One's own by oneself, the organization's by its admins."""
        if self.shared:
            return self.organization_id == by.organization_id and by.may(Role.ADMIN)
        return self.owner_id == by.pk
