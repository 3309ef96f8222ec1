"""A move is looked for by its conversation, or by its hand-off, and never by its number alone.

One index less to write to for every conversation that changes hands: the key begins with the conversation, and takes the
place of the index that did.
"""

from django.db import migrations

KEY = """
drop index moves_of_a_conversation;
alter table conversations_move drop constraint conversations_move_pkey;
alter table conversations_move add constraint conversations_move_pkey primary key (conversation_id, id);
"""

BACK = """
alter table conversations_move drop constraint conversations_move_pkey;
alter table conversations_move add constraint conversations_move_pkey primary key (id);
create index moves_of_a_conversation on conversations_move (conversation_id, id);
"""


class Migration(migrations.Migration):
    dependencies = [("conversations", "0007_who_was_answering")]

    operations = [
        migrations.RunSQL(
            KEY,
            BACK,
            state_operations=[migrations.RemoveIndex("move", "moves_of_a_conversation")],
        )
    ]
