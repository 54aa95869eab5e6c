"""The journal in the database, and the one way to write it.

`append` is what every app of the office calls; `rebuild` empties the projection tables and replays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, models, transaction

from openset.hub.journal import chain, clock, entry, files, projections


class AppendOnly(RuntimeError):
    """Someone tried to change or remove a journal entry; a change is a new entry."""


class EntryRows(models.QuerySet["EntryRow"]):
    """Rows that can be read and added, nothing else."""

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise AppendOnly("journal entries are never changed or removed; append a new one")

    update = delete = bulk_update = bulk_create = update_or_create = _refuse  # type: ignore[assignment]


class EntryRow(models.Model):
    """One entry as it is kept: the signed bytes as text, and beside them what queries look for.

    The `id` is the order of arrival on this machine. SQLite itself refuses UPDATE and DELETE too
    (migration 0001).
    """

    id = models.BigAutoField(primary_key=True)
    hash = models.CharField(max_length=64, unique=True)
    device = models.CharField(max_length=64)
    sequence = models.BigIntegerField()
    wall_ms = models.BigIntegerField()
    count = models.BigIntegerField()
    kind = models.CharField(max_length=82, db_index=True)
    subject = models.CharField(max_length=200, db_index=True)
    author = models.CharField(max_length=200)
    body = models.TextField()
    signature = models.CharField(max_length=128)

    objects = EntryRows.as_manager()

    class Meta:
        db_table = "journal_entry"
        constraints = [
            models.UniqueConstraint(fields=["device", "sequence"], name="journal_one_entry_per_number")
        ]
        indexes = [models.Index(fields=["wall_ms", "count", "device"], name="journal_entry_time")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; AppendOnly for a row that is there already."""
        if not self._state.adding:
            raise AppendOnly("journal entries are never changed; append a new one")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Always AppendOnly."""
        raise AppendOnly("journal entries are never removed")

    @property
    def entry(self) -> entry.Entry:
        """The entry as its bytes say it, whatever the columns beside them claim."""
        return entry.parse(self.body.encode(), self.signature)

    @property
    def stamp(self) -> clock.Stamp:
        """When, in hybrid time."""
        return clock.Stamp(self.wall_ms, self.count)


_LAST_OF_DEVICE = (
    "SELECT sequence, hash, wall_ms, count FROM journal_entry "
    "WHERE device = %s ORDER BY sequence DESC LIMIT 1"
)
_NEWEST = (
    "SELECT wall_ms, count FROM journal_entry WHERE wall_ms <= %s "
    "ORDER BY wall_ms DESC, count DESC LIMIT 1"
)


def append(
    kind: str,
    subject: str,
    payload: Mapping[str, Any],
    author: str = "",
    *,
    version: int = 1,
    key: Ed25519PrivateKey | None = None,
    now_ms: int | None = None,
) -> entry.Entry:
    """Sign one entry with this device's key, keep it and project it, all in one transaction.

    Whatever the handler raises undoes the entry too. EntryError for a payload with no canonical form.
    `key` and `now_ms` default to this machine's.
    """
    key = key or files.device_key()
    now = files.now_ms() if now_ms is None else now_ms
    with transaction.atomic():
        signed = entry.sign(
            _next_entry(entry.device_id(key), kind, version, subject, payload, author, now), key
        )
        kept = _keep(signed)
        _project(kept)
    return kept


def _next_entry(
    device: str,
    kind: str,
    version: int,
    subject: str,
    payload: Mapping[str, Any],
    author: str,
    now: int,
) -> entry.Entry:
    # Plain SQL: the ORM spends longer writing these two queries than SQLite spends on the whole append.
    with connection.cursor() as cursor:
        cursor.execute(_LAST_OF_DEVICE, [device])
        last = cursor.fetchone()
        # The newest that may be followed: one stamp from too far ahead must not hide the others.
        cursor.execute(_NEWEST, [now + clock.TRUSTED_LEAD_MS])
        newest = cursor.fetchone()
    own = clock.Stamp(*last[2:]) if last else clock.EARLIEST
    seen = clock.meet(own, clock.Stamp(*newest), now) if newest else own
    return entry.Entry(
        schema=entry.SCHEMA,
        version=version,
        device=device,
        sequence=last[0] + 1 if last else 1,
        previous=last[1] if last else entry.FIRST,
        time=clock.tick(seen, now),
        author=author,
        kind=kind,
        subject=subject,
        payload=payload,
    )


def _keep(signed: entry.Entry) -> entry.Entry:
    """Insert the row; the entry comes back as parsed from its bytes, as every replay will see it."""
    data = entry.body(signed)
    kept = entry.parse(data, signed.signature)
    EntryRow(
        hash=entry.entry_hash(kept),
        device=kept.device,
        sequence=kept.sequence,
        wall_ms=kept.time.wall_ms,
        count=kept.time.count,
        kind=kept.kind,
        subject=kept.subject,
        author=kept.author,
        body=data.decode(),
        signature=kept.signature,
    ).save()
    return kept


def _project(kept: entry.Entry) -> bool:
    handler = projections.handler_for(kept)
    if handler is None:
        return False
    handler(kept)
    return True


def replay() -> Iterator[entry.Entry]:
    """Every entry in the order all machines agree on: hybrid time, then device, then number."""
    rows = EntryRow.objects.order_by("wall_ms", "count", "device", "sequence")
    for row in rows.iterator(chunk_size=2000):
        yield row.entry


def rebuild() -> tuple[int, int]:
    """Empty every projection table and fill it again from the journal, in one transaction.

    Returns how many entries were projected and how many were kept and skipped, because their kind or
    version is not known here.
    """
    projected = skipped = 0
    with transaction.atomic():
        for model in reversed(projections.all_projection_tables()):
            model.objects.all().delete()
        for kept in replay():
            if _project(kept):
                projected += 1
            else:
                skipped += 1
    return projected, skipped


def check_journal() -> tuple[chain.ChainFault, ...]:
    """Every fault in every log kept here, the columns beside the signed bytes included."""
    broken: list[chain.ChainFault] = []
    whole: list[entry.Entry] = []
    for row in EntryRow.objects.order_by("device", "sequence").iterator(chunk_size=2000):
        fault = row_fault(row)
        if fault:
            broken.append(chain.ChainFault(row.device, row.sequence, "signature", fault))
        else:
            whole.append(row.entry)
    return (*broken, *chain.verify(whole))


def row_fault(row: EntryRow) -> str:
    """Why this row is not what its device wrote, as a sentence; "" when signature and columns hold."""
    try:
        kept = row.entry
    except entry.EntryError as error:
        return f"entry {row.sequence} cannot be read: {error}"
    columns = (kept.device, kept.sequence, kept.time, kept.kind, kept.subject, kept.author)
    if columns != (row.device, row.sequence, row.stamp, row.kind, row.subject, row.author):
        return f"entry {row.sequence} says other things than the columns beside it"
    if entry.entry_hash(kept) != row.hash:
        return f"entry {row.sequence} is not the one its hash names"
    if not entry.signature_holds(kept):
        return f"entry {row.sequence} was not signed by its device as it stands"
    return ""
