"""What the door remembers: links that let someone in once, and sign-ins that failed.

Neither is a hub record: both belong to this machine and are no part of the journal.
"""

from __future__ import annotations

from django.db import models


class EnterLink(models.Model):
    """One link that signs somebody in, kept as the hash of its token."""

    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class FailedSignIn(models.Model):
    """One wrong name or password, so that guessing is slow."""

    key = models.CharField(max_length=200, db_index=True)
    at = models.DateTimeField(db_index=True)
