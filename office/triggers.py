"""Rules that only a trigger can hold: rows that are written once, for PostgreSQL and SQLite alike."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def _run(editor: BaseDatabaseSchemaEditor, postgres: str, sqlite: str) -> None:
    for statement in (postgres if editor.connection.vendor == "postgresql" else sqlite).split(";;"):
        if statement.strip():
            editor.execute(statement)


def by_vendor(postgres: str, sqlite: str, undo_postgres: str = "", undo_sqlite: str = "") -> migrations.RunPython:
    """A migration step in each database's own words; statements are parted by `;;`."""

    def forwards(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        _run(editor, postgres, sqlite)

    def backwards(apps: object, editor: BaseDatabaseSchemaEditor) -> None:
        _run(editor, undo_postgres, undo_sqlite)

    return migrations.RunPython(forwards, backwards)


def _function(name: str, says: str, before: str = "", after: str = "") -> str:
    return f"""CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {before}
        RAISE EXCEPTION '{says}' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = '{name}';
        {after} END $$"""


def _drop(trigger: str, table: str) -> str:
    return f"DROP TRIGGER {trigger} ON {table};; DROP FUNCTION {trigger}()"


def refuse(table: str, event: str, when: str, says: str, name: str) -> migrations.RunPython:
    """Refuse `event` (UPDATE, DELETE, INSERT) on a row for which `when` holds (SQL over OLD and NEW; empty: always)."""
    trigger = f"{table}_{name}"
    condition = f"WHEN ({when})" if when else ""
    return by_vendor(
        f"""{_function(trigger, says)};;
        CREATE TRIGGER {trigger} BEFORE {event} ON {table} FOR EACH ROW {condition} EXECUTE FUNCTION {trigger}()""",
        f"""CREATE TRIGGER {trigger} BEFORE {event} ON {table} FOR EACH ROW {condition}
            BEGIN SELECT RAISE(ABORT, '{says}'); END""",
        _drop(trigger, table),
        f"DROP TRIGGER {trigger}",
    )


def refuse_if(table: str, event: str, exists: str, says: str, name: str) -> migrations.RunPython:
    """Refuse `event` where the query `exists` (SQL over OLD and NEW) finds a row: for what other tables say."""
    trigger = f"{table}_{name}"
    return by_vendor(
        f"""{_function(trigger, says, f"IF EXISTS ({exists}) THEN", "END IF; RETURN NEW;")};;
        CREATE TRIGGER {trigger} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {trigger}()""",
        f"""CREATE TRIGGER {trigger} BEFORE {event} ON {table} FOR EACH ROW WHEN EXISTS ({exists})
            BEGIN SELECT RAISE(ABORT, '{says}'); END""",
        _drop(trigger, table),
        f"DROP TRIGGER {trigger}",
    )


def append_only(table: str) -> list[migrations.RunPython]:
    """Rows of this table are written once: no UPDATE, no DELETE, on PostgreSQL no TRUNCATE either."""
    says = f"{table} is append-only"
    trigger = f"{table}_keeps_all"
    truncate = by_vendor(
        f"""{_function(trigger, says)};;
        CREATE TRIGGER {trigger} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {trigger}()""",
        "",
        _drop(trigger, table),
        "",
    )
    return [
        refuse(table, "UPDATE", "", says, "is_not_changed"),
        refuse(table, "DELETE", "", says, "is_not_deleted"),
        truncate,
    ]
