"""The first tables of the app."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Grant',
            fields=[
                ('id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=200)),
                ('production_id', models.CharField(max_length=100)),
                ('currency', models.CharField(max_length=3)),
                ('created_ms', models.BigIntegerField()),
            ],
            options={
                'db_table': 'milestones_grant',
            },
        ),
        migrations.CreateModel(
            name='ProductionPlace',
            fields=[
                ('production_id', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('path', models.TextField()),
            ],
            options={
                'db_table': 'milestones_production_place',
            },
        ),
        migrations.CreateModel(
            name='Observation',
            fields=[
                ('grant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='observation', serialize=False, to='milestones.grant')),
                ('digest', models.CharField(max_length=64)),
                ('evidence', models.JSONField()),
                ('observed_ms', models.BigIntegerField()),
                ('entry', models.CharField(max_length=64)),
            ],
            options={
                'db_table': 'milestones_observation',
            },
        ),
        migrations.CreateModel(
            name='Milestone',
            fields=[
                ('id', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=30)),
                ('position', models.IntegerField()),
                ('amount_minor', models.BigIntegerField()),
                ('conditions', models.JSONField()),
                ('state', models.CharField(default='not yet known', max_length=30)),
                ('evidence', models.CharField(default='', max_length=64)),
                ('held', models.JSONField(default=None, null=True)),
                ('decision', models.CharField(default='', max_length=10)),
                ('reason', models.TextField(default='')),
                ('decided_by', models.CharField(default='', max_length=64)),
                ('decided_ms', models.BigIntegerField(default=0)),
                ('decided_on', models.CharField(default='', max_length=64)),
                ('grant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='milestones', to='milestones.grant')),
            ],
            options={
                'db_table': 'milestones_milestone',
                'ordering': ['grant', 'position'],
            },
        ),
        migrations.CreateModel(
            name='Judgement',
            fields=[
                ('entry', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('verdict', models.CharField(max_length=30)),
                ('reason', models.TextField()),
                ('author', models.CharField(max_length=64)),
                ('judged_ms', models.BigIntegerField()),
                ('count', models.IntegerField()),
                ('milestone', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='judgements', to='milestones.milestone')),
            ],
            options={
                'db_table': 'milestones_judgement',
                'ordering': ['-judged_ms', '-count'],
            },
        ),
    ]
