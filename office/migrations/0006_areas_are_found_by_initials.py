"""Areas are found by the initials of their names."""

from django.db import migrations, models

from office import initials


def read(apps, schema_editor):
    Area = apps.get_model("office", "Area")
    areas = list(Area.objects.all())
    for area in areas:
        area.initials = initials.of(area.name)
    Area.objects.bulk_update(areas, ["initials"], batch_size=500)


class Migration(migrations.Migration):

    dependencies = [
        ('office', '0005_headings_are_known_by_their_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='area',
            name='initials',
            field=models.CharField(blank=True, default='', editable=False, max_length=30, verbose_name='拼音首字母'),
        ),
        migrations.RunPython(read, migrations.RunPython.noop),
    ]
