"""Contacts are found by the beginnings of their names and by the last digits of their numbers.

A word costs a list that is loaded one entry, where trigrams would cost it a dozen; new words wait in the index's own
list of what is pending, so that loading does not wait for them.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

BY_WORD = """
create index concurrently contacts_by_word on contacts_contact using gin (
    array_to_tsvector(array_remove(string_to_array(translate(search_name, '-.,''"()/', '        '), ' '), ''))
)
"""

BY_LAST_DIGITS = """
create index concurrently contacts_by_last_digits on contacts_contact
    (organization_id, reverse(cell) text_pattern_ops)
"""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('contacts', '0002_contacts_belong'),
    ]

    operations = [
        AddIndexConcurrently(
            'contact', models.Index('organization', 'search_name', 'id', name='contacts_by_name')
        ),
        migrations.RunSQL(BY_WORD, 'drop index contacts_by_word'),
        migrations.RunSQL(BY_LAST_DIGITS, 'drop index contacts_by_last_digits'),
    ]
