"""The table, and twenty notes in it."""

from django.db import migrations, models


def write_notes(apps, schema_editor):
    note = apps.get_model("notes", "Note")
    note.objects.bulk_create(note(text=f"Note number {number}") for number in range(1, 21))


class Migration(migrations.Migration):
    initial = True
    operations = (
        migrations.CreateModel(
            name="Note",
            fields=[("id", models.BigAutoField(primary_key=True)), ("text", models.CharField(max_length=200))],
        ),
        migrations.RunPython(write_notes, migrations.RunPython.noop),
    )
