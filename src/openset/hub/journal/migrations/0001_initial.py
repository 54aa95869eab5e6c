"""The entry table, and triggers by which SQLite itself refuses to change or remove an entry."""

from django.db import migrations, models

NO_UPDATE = """
CREATE TRIGGER journal_entry_no_update BEFORE UPDATE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'journal entries are never changed'); END
"""
NO_DELETE = """
CREATE TRIGGER journal_entry_no_delete BEFORE DELETE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'journal entries are never removed'); END
"""

# INSERT OR REPLACE removes the old row without asking the delete trigger.
NO_REPLACE = """
CREATE TRIGGER journal_entry_no_replace BEFORE INSERT ON journal_entry
WHEN EXISTS (
    SELECT 1 FROM journal_entry
    WHERE id = NEW.id OR hash = NEW.hash OR (device = NEW.device AND sequence = NEW.sequence)
)
BEGIN SELECT RAISE(ABORT, 'journal entries are never replaced'); END
"""


def add_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for statement in (NO_UPDATE, NO_DELETE, NO_REPLACE):
            schema_editor.execute(statement)


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name in ("update", "delete", "replace"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS journal_entry_no_{name}")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="EntryRow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hash", models.CharField(max_length=64, unique=True)),
                ("device", models.CharField(max_length=64)),
                ("sequence", models.BigIntegerField()),
                ("wall_ms", models.BigIntegerField()),
                ("count", models.BigIntegerField()),
                ("kind", models.CharField(db_index=True, max_length=82)),
                ("subject", models.CharField(db_index=True, max_length=200)),
                ("author", models.CharField(max_length=200)),
                ("body", models.TextField()),
                ("signature", models.CharField(max_length=128)),
            ],
            options={
                "db_table": "journal_entry",
                "indexes": [models.Index(fields=["wall_ms", "count", "device"], name="journal_entry_time")],
                "constraints": [
                    models.UniqueConstraint(fields=("device", "sequence"), name="journal_one_entry_per_number")
                ],
            },
        ),
        migrations.RunPython(add_triggers, drop_triggers),
    ]
