"""What the door remembers: links that let someone in once, sign-ins that failed, phones.

None is a hub record: they belong to this machine and are no part of the journal.
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


class Phone(models.Model):
    """One phone that was let in by a link, kept as the hash of the link's token.

    It may use the phones' pages and nothing else; roll, cut and circle only where whoever made the link
    said so, and still may do it.
    """

    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=40)
    made_by = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    may_command = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
