"""The triggers that keep the counts of `enrollment_tally`, in the words of PostgreSQL and of SQLite.

A migration that makes one of the three tables anew on SQLite drops them without a word and has to end with `*kept()`.
"""

# ruff: noqa: S608  every word of the statements below stands in this file
from typing import Final

from django.db import migrations

from office.triggers import by_vendor

TABLES: Final = ("enrollment_enrollment", "enrollment_resident", "enrollment_payment")
_EVENTS: Final = ("insert", "update", "delete")
_INTO: Final = "INSERT INTO enrollment_tally (area_id, year, kind, day, number, amount_fen, folded)"

# --- PostgreSQL: once a statement, whatever it changed --------------------------------------------------------------
# An enrollment counts under its state, once more where the person has left, and on its day where it is paid.
_LINES: Final = """CROSS JOIN LATERAL
        (VALUES (c.state, NULL::date), ('gone', NULL::date), ('paid', c.paid_on)) line(kind, day)
    WHERE line.kind NOT IN ('gone', 'paid')
        OR (line.kind = 'gone' AND c.ended) OR (line.kind = 'paid' AND c.paid_on IS NOT NULL)"""
_ADD: Final = f"""{_INTO} SELECT c.area_id, c.year, line.kind, line.day, SUM(c.sign), 0, false FROM (%s) c {_LINES}
    GROUP BY c.area_id, c.year, line.kind, line.day HAVING SUM(c.sign) <> 0"""


def _rows(table: str, sign: int) -> str:
    return f"""SELECT r.area_id, e.year, e.state, e.paid_on, r.ended_on IS NOT NULL AS ended, {sign} AS sign
        FROM {table} e JOIN enrollment_resident r ON r.id = e.resident_id"""


def _of_residents(people: str, sign: int) -> str:
    return f"""SELECT p.area_id, e.year, e.state, e.paid_on, p.ended_on IS NOT NULL AS ended, {sign} AS sign
        FROM {people} p JOIN enrollment_enrollment e ON e.resident_id = p.id"""


def _here(people: str) -> str:
    return f"""{_INTO} SELECT area_id, 0, 'here', NULL, SUM(sign), 0, false FROM ({people}) p
        GROUP BY area_id HAVING SUM(sign) <> 0"""


_CHANGED: Final = "o.area_id <> n.area_id OR (o.ended_on IS NULL) <> (n.ended_on IS NULL)"
_OLD: Final = f"(SELECT o.* FROM was o JOIN fresh n ON n.id = o.id WHERE {_CHANGED})"
_NEW: Final = f"(SELECT n.* FROM was o JOIN fresh n ON n.id = o.id WHERE {_CHANGED})"
_HELD: Final = "FOR SHARE"

# Two rules keep the sums exact when a person moves while an enrollment of theirs is written by somebody else.
# A new enrollment holds the person's row still, so that nobody moves them before it is seen; a person who moves holds
# all enrollments that are there, so that what is counted away is what was counted in.
_ON_ENROLLMENT: Final = f"""
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT 1 FROM fresh) THEN RETURN NULL; END IF;
        PERFORM 1 FROM enrollment_resident WHERE id = ANY(ARRAY(SELECT resident_id FROM fresh)) ORDER BY id {_HELD};
        {_ADD % _rows("fresh", 1)};
    ELSIF TG_OP = 'UPDATE' THEN
        IF NOT EXISTS (SELECT 1 FROM fresh) THEN RETURN NULL; END IF;
        PERFORM 1 FROM enrollment_resident WHERE id = ANY(ARRAY(SELECT n.resident_id FROM was o JOIN fresh n
            ON n.id = o.id WHERE n.resident_id <> o.resident_id)) ORDER BY id {_HELD};
        {_ADD % (_rows("was", -1) + " UNION ALL " + _rows("fresh", 1))};
    ELSE
        {_ADD % _rows("was", -1)};
    END IF; RETURN NULL;"""
_ON_RESIDENT: Final = f"""
    IF TG_OP = 'INSERT' THEN
        {_here("SELECT area_id, 1 AS sign FROM fresh WHERE ended_on IS NULL")};
    ELSIF TG_OP = 'UPDATE' THEN
        IF NOT EXISTS (SELECT 1 FROM was o JOIN fresh n ON n.id = o.id WHERE {_CHANGED}) THEN RETURN NULL; END IF;
        PERFORM 1 FROM enrollment_enrollment WHERE resident_id = ANY(ARRAY(SELECT id FROM {_NEW} p))
            ORDER BY id FOR NO KEY UPDATE;
        {
    _here(
        "SELECT area_id, -1 AS sign FROM was WHERE ended_on IS NULL"
        " UNION ALL SELECT area_id, 1 FROM fresh WHERE ended_on IS NULL"
    )
};
        {_ADD % (_of_residents(_OLD, -1) + " UNION ALL " + _of_residents(_NEW, 1))};
    ELSE
        {_here("SELECT area_id, -1 AS sign FROM was WHERE ended_on IS NULL")};
        {_ADD % _of_residents("was", -1)};
    END IF; RETURN NULL;"""


def _money(rows: str) -> str:
    # The year that the office found, where the line of the file named another.
    return f"""{_INTO} SELECT area_id, COALESCE(meant_year, year), 'money', paid_on, SUM(sign), SUM(sign * amount_fen),
            false
        FROM ({rows}) p WHERE state = 'matched' GROUP BY area_id, COALESCE(meant_year, year), paid_on
        HAVING SUM(sign) <> 0 OR SUM(sign * amount_fen) <> 0"""


_ON_PAYMENT: Final = f"""
    IF TG_OP = 'INSERT' THEN {_money("SELECT *, 1 AS sign FROM fresh")};
    ELSIF TG_OP = 'UPDATE' THEN {_money("SELECT *, -1 AS sign FROM was UNION ALL SELECT *, 1 FROM fresh")};
    ELSE {_money("SELECT *, -1 AS sign FROM was")};
    END IF; RETURN NULL;"""
_BODIES: Final = dict(zip(TABLES, (_ON_ENROLLMENT, _ON_RESIDENT, _ON_PAYMENT), strict=True))
_SEES: Final = {
    "insert": "REFERENCING NEW TABLE AS fresh",
    "update": "REFERENCING OLD TABLE AS was NEW TABLE AS fresh",
    "delete": "REFERENCING OLD TABLE AS was",
}


def _postgres(table: str) -> str:
    function = f"{table}_tallied"
    made = [
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_BODIES[table]} END $$"
    ]
    for event in _EVENTS:
        name = f"{table}_tallied_on_{event}"
        made += [
            f"DROP TRIGGER IF EXISTS {name} ON {table}",
            f"CREATE TRIGGER {name} AFTER {event.upper()} ON {table} {_SEES[event]}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()",
        ]
    return ";;".join(made)


# --- SQLite: once a row; nobody else writes meanwhile ---------------------------------------------------------------
def _lines(row: str, area: str, ended: str, sign: int, source: str) -> str:
    start = f"SELECT {area}, {row}.year"
    return f"""{start}, {row}.state, NULL, {sign}, 0, 0 FROM {source}
        UNION ALL {start}, 'gone', NULL, {sign}, 0, 0 FROM {source} AND {ended}
        UNION ALL {start}, 'paid', {row}.paid_on, {sign}, 0, 0 FROM {source} AND {row}.paid_on IS NOT NULL"""


def _one(row: str, sign: int) -> str:
    """An enrollment that came or went, under the person as they stand."""
    person = f"enrollment_resident r WHERE r.id = {row}.resident_id"
    return f"{_INTO} {_lines(row, 'r.area_id', 'r.ended_on IS NOT NULL', sign, person)};"


def _person(row: str, sign: int) -> str:
    """A person who came or went, with all that stands under their name."""
    theirs = f"enrollment_enrollment e WHERE e.resident_id = {row}.id"
    return f"""{_INTO} SELECT {row}.area_id, 0, 'here', NULL, {sign}, 0, 0 WHERE {row}.ended_on IS NULL;
        {_INTO} {_lines("e", f"{row}.area_id", f"{row}.ended_on IS NOT NULL", sign, theirs)};"""


def _paid(row: str, sign: int) -> str:
    return f"""{_INTO} SELECT {row}.area_id, COALESCE({row}.meant_year, {row}.year), 'money', {row}.paid_on, {sign},
        {sign} * {row}.amount_fen, 0 WHERE {row}.state = 'matched';"""


_ROW: Final = {
    "enrollment_enrollment": (_one, ("resident_id", "year", "state", "paid_on")),
    "enrollment_resident": (_person, ("area_id", "ended_on")),
    "enrollment_payment": (_paid, ("area_id", "year", "meant_year", "state", "paid_on", "amount_fen")),
}


def _sqlite(table: str) -> str:
    said, watched = _ROW[table]
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in watched)
    bodies = {"insert": said("NEW", 1), "update": said("OLD", -1) + said("NEW", 1), "delete": said("OLD", -1)}
    made = []
    for event, body in bodies.items():
        name, when = f"{table}_tallied_on_{event}", f"WHEN {changed}" if event == "update" else ""
        made += [
            f"DROP TRIGGER IF EXISTS {name}",
            f"CREATE TRIGGER {name} AFTER {event.upper()} ON {table} FOR EACH ROW {when} BEGIN {body} END",
        ]
    return ";;".join(made)


def kept() -> list[migrations.RunPython]:
    """Migration steps that put the triggers on all three tables, there already or not."""
    lifted = [(table, f"{table}_tallied_on_{event}") for table in TABLES for event in _EVENTS]
    return [
        by_vendor(
            ";;".join(_postgres(table) for table in TABLES),
            ";;".join(_sqlite(table) for table in TABLES),
            ";;".join(f"DROP TRIGGER IF EXISTS {name} ON {table}" for table, name in lifted),
            ";;".join(f"DROP TRIGGER IF EXISTS {name}" for _table, name in lifted),
        )
    ]


# What the counts are when they are made from the rows; the auditor asks the same in its own words.
COUNTED: Final = f"""{_INTO}
    SELECT area_id, 0, 'here', NULL, COUNT(*), 0, true FROM enrollment_resident WHERE ended_on IS NULL
        GROUP BY area_id;;
    {_INTO} SELECT r.area_id, e.year, e.state, NULL, COUNT(*), 0, true FROM enrollment_enrollment e
        JOIN enrollment_resident r ON r.id = e.resident_id GROUP BY r.area_id, e.year, e.state;;
    {_INTO} SELECT r.area_id, e.year, 'gone', NULL, COUNT(*), 0, true FROM enrollment_enrollment e
        JOIN enrollment_resident r ON r.id = e.resident_id WHERE r.ended_on IS NOT NULL GROUP BY r.area_id, e.year;;
    {_INTO} SELECT r.area_id, e.year, 'paid', e.paid_on, COUNT(*), 0, true FROM enrollment_enrollment e
        JOIN enrollment_resident r ON r.id = e.resident_id WHERE e.paid_on IS NOT NULL
        GROUP BY r.area_id, e.year, e.paid_on;;
    {_INTO} SELECT area_id, COALESCE(meant_year, year), 'money', paid_on, COUNT(*), SUM(amount_fen), true
        FROM enrollment_payment WHERE state = 'matched' GROUP BY area_id, COALESCE(meant_year, year), paid_on"""
