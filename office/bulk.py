"""New rows by the thousand: the database's own way of many rows, without an instance of Python for each."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

_PIECE: Final = 2_000  # keys in one query
_VALUES: Final = 900  # in one statement: what every build of SQLite takes
Row = TypeVar("Row", bound=models.Model)


def insert(rows: Sequence[Row], unique: str) -> Sequence[Row]:
    """Write new rows of one table and give them their keys, found again by the column `unique`.

    SQLite takes a thousand values in a statement and no more, which are forty residents; there the rows go through
    one statement that is prepared once. PostgreSQL takes them in one piece.
    """
    if not rows:
        return rows
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    if connection.vendor != "sqlite":
        return model._base_manager.bulk_create(rows, batch_size=_PIECE)
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    names, marks = ", ".join(quote(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    values = ([field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields] for row in rows)
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})", values)  # noqa: S608
    _give_keys(rows, model, unique)
    return rows


def _give_keys(rows: Sequence[models.Model], model: type[models.Model], unique: str) -> None:
    told = [getattr(row, unique) for row in rows]
    for start in range(0, len(told), _PIECE):
        found = model._base_manager.filter(**{f"{unique}__in": told[start : start + _PIECE]})
        keys = dict(found.values_list(unique, "pk"))
        for row in rows[start : start + _PIECE]:
            row.pk = keys[getattr(row, unique)]
            row._state.adding = False


# --- rows as tuples ---------------------------------------------------------------------------------------------------
Values = Sequence[Any]


def copy_in(
    model: type[models.Model],
    fields: Sequence[str],
    rows: Iterable[Values],
    *,
    prepared: bool = False,
    ignore_conflicts: bool = False,
) -> None:
    """Write rows, each a tuple of values in the order of `fields` (names of fields; a key as `resident_id`).

    PostgreSQL takes them by COPY, other databases in statements of some dozen rows; nothing is answered. Fields that
    are not named get the default of the model, so a new column needs no change here. A broken rule of the table raises
    IntegrityError with the name of the constraint. With `ignore_conflicts` rows whose unique values stand there
    already are left out. `prepared` rows hold what `prepare` made of them: worth it where many rows share values.
    """
    connection = connections[router.db_for_write(model)]
    named = [_field(model, name) for name in fields]
    rest, more = _defaults(model, named)
    quote = connection.ops.quote_name
    table, columns = quote(model._meta.db_table), ", ".join(quote(field.column) for field in (*named, *rest))
    ready = iter(rows) if prepared else map(prepare(model, fields), rows)
    whole: Iterator[Values] = ((*row, *more) for row in ready) if more else ready
    if connection.vendor != "postgresql":
        ignore, width = " OR IGNORE" if ignore_conflicts else "", len(named) + len(rest)
        marks = f"({', '.join(['%s'] * width)})"
        with connection.cursor() as cursor:
            # Each statement pays for itself once, which with triggers and keys is more than a few dozen rows cost.
            while some := list(islice(whole, max(1, _VALUES // width))):
                statement = f"INSERT{ignore} INTO {table} ({columns}) VALUES {', '.join([marks] * len(some))}"
                cursor.execute(statement, [value for row in some for value in row])
        return
    if not ignore_conflicts:
        _copy(connection, f"COPY {table} ({columns}) FROM STDIN", whole)
        return
    beside = quote(f"{model._meta.db_table}_coming")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {beside} ON COMMIT DROP AS SELECT {columns} FROM {table} LIMIT 0")  # noqa: S608
        _copy(connection, f"COPY {beside} ({columns}) FROM STDIN", whole)
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {beside} ON CONFLICT DO NOTHING")  # noqa: S608
        cursor.execute(f"DROP TABLE {beside}")


def copy_shared(
    model: type[models.Model],
    own: Sequence[str],
    shared: Sequence[str],
    rows: Sequence[Values],
    values: Sequence[Values],
) -> None:
    """Write prepared rows of which many share most of their values, so that those are handed over once.

    Each of `rows` is its `own` values and then a number; each of `values` is such a number and then the values of
    `shared`. A row is written once with every tuple of its number: an enrollment with one, its dues with two or three.
    SQLite joins them itself, which costs half of binding every value of every row; PostgreSQL takes them by COPY.
    """
    connection = connections[router.db_for_write(model)]
    if connection.vendor != "sqlite":
        told: dict[Any, list[Values]] = defaultdict(list)
        for number, *one in values:
            told[number].append(one)
        whole = ((*row[:-1], *one) for row in rows for one in told[row[-1]])
        copy_in(model, (*own, *shared), whole, prepared=True)
        return
    fields = [_field(model, name) for name in (*own, *shared)]
    rest, more = _defaults(model, fields)
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in (*fields, *rest))
    # Of no type, so what they hold comes out as it went in. Kept by the connection: a table made anew for each piece
    # would have every statement prepared anew.
    mine, theirs = [f"o{n}" for n in range(len(own))], [f"s{n}" for n in range(len(shared))]
    table, beside, common = (
        quote(f"{model._meta.db_table}{kind}") for kind in ("", f"_{len(own)}_own", f"_{len(shared)}_shared")
    )
    marks = ["%s"] * (2 + len(shared))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {beside} ({', '.join(mine)}, number)")
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {common}"
            f" (number, at, {', '.join(theirs)}, PRIMARY KEY (number, at)) WITHOUT ROWID"
        )
        cursor.executemany(f"INSERT INTO {beside} VALUES ({', '.join(marks[: len(own) + 1])})", rows)  # noqa: S608
        numbered = ((one[0], at, *one[1:]) for at, one in enumerate(values))
        cursor.executemany(f"INSERT INTO {common} VALUES ({', '.join(marks)})", numbered)  # noqa: S608
        cursor.execute(
            f"INSERT INTO {table} ({columns}) SELECT {', '.join([*mine, *theirs, *['%s'] * len(more)])}"  # noqa: S608
            f" FROM {beside} CROSS JOIN {common} ON {common}.number = {beside}.number ORDER BY {beside}.rowid",
            more,
        )
        cursor.execute(f"DELETE FROM {beside}")  # noqa: S608
        cursor.execute(f"DELETE FROM {common}")  # noqa: S608


def _defaults(model: type[models.Model], named: Sequence[Any]) -> tuple[list[Any], tuple[Any, ...]]:
    """The fields that nobody names and the model has a default for, and the defaults as the database takes them."""
    connection = connections[router.db_for_write(model)]
    given = {field.name for field in named}
    rest = [f for f in model._meta.concrete_fields if f.name not in given and not f.primary_key and f.has_default()]
    return rest, tuple(field.get_db_prep_save(field.get_default(), connection) for field in rest)


def change(model: type[models.Model], fields: Sequence[str], rows: Iterable[Values]) -> None:
    """Write these fields of rows that stand there; each tuple is the key and then the values in the order of `fields`.

    PostgreSQL takes them by COPY beside the table and one UPDATE, other databases by one prepared statement.
    """
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    table, key = quote(model._meta.db_table), quote(model._meta.pk.column)
    columns = [quote(_field(model, name).column) for name in fields]
    ready = map(prepare(model, [model._meta.pk.name, *fields]), rows)
    if connection.vendor != "postgresql":
        sets = ", ".join(f"{column} = %s" for column in columns)
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {table} SET {sets} WHERE {key} = %s", ((*row[1:], row[0]) for row in ready))  # noqa: S608
        return
    beside, listed = quote(f"{model._meta.db_table}_changed"), ", ".join([key, *columns])
    sets = ", ".join(f"{column} = {beside}.{column}" for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {beside} ON COMMIT DROP AS SELECT {listed} FROM {table} LIMIT 0")  # noqa: S608
        _copy(connection, f"COPY {beside} ({listed}) FROM STDIN", ready)
        cursor.execute(f"UPDATE {table} SET {sets} FROM {beside} WHERE {table}.{key} = {beside}.{key}")  # noqa: S608
        cursor.execute(f"DROP TABLE {beside}")


def prepare(model: type[models.Model], fields: Sequence[str]) -> Callable[[Values], tuple[Any, ...]]:
    """A function that turns the values of these fields into what the database takes: yuan into fen, JSON into text."""
    connection = connections[router.db_for_write(model)]
    savers = [_saver(_field(model, name), connection) for name in fields]

    def ready(row: Values) -> tuple[Any, ...]:
        return tuple([save(value) if save else value for save, value in zip(savers, row, strict=True)])

    return ready


def fresh_keys(model: type[models.Model], count: int) -> list[int]:
    """So many new primary keys that nobody else gets: rows and what refers to them can then be written in one go.

    To be called in the transaction that writes the rows.
    """
    connection = connections[router.db_for_write(model)]
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)::regclass) FROM generate_series(1, %s)",
                [connection.ops.quote_name(table), key, count],
            )
            return [number for (number,) in cursor.fetchall()]
        # A transaction of SQLite holds the only pen from its beginning on, so what it counts on is its own.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        told = cursor.fetchone()
        first = (told[0] if told else 0) + 1
        last = first + count - 1
        if told:
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [last, table])
        else:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])
    return list(range(first, last + 1))


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)  # by its name or, as Django keeps both, by that of its key


# Kinds of fields whose values go to every database as they are.
_PLAIN: Final = (models.CharField, models.TextField, models.ForeignKey, models.BooleanField)
_NUMBERS: Final = {"AutoField", "BigAutoField", "IntegerField", "BigIntegerField", "PositiveIntegerField",
                   "PositiveSmallIntegerField", "SmallIntegerField"}  # fmt: skip


def _saver(field: Any, connection: BaseDatabaseWrapper) -> Callable[[Any], Any] | None:
    """How a value of this field is made ready; None where it already is. A kind with a column of its own is asked."""
    if isinstance(field, _PLAIN) and type(field).__module__.startswith("django."):
        return None
    if type(field).__name__ in _NUMBERS and type(field).__module__.startswith("django."):
        return None
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return None if connection.vendor == "postgresql" else _day
    if isinstance(field, models.JSONField):  # COPY takes text, and the database reads JSON from it
        return lambda value: None if value is None else _json(field, value)
    return lambda value: field.get_db_prep_save(value, connection)


def _day(value: Any) -> str | None:
    return None if value is None else str(value)


def _json(field: models.JSONField, value: Any) -> str:
    return json.dumps(value, cls=field.encoder, ensure_ascii=False)


def _copy(connection: BaseDatabaseWrapper, statement: str, rows: Iterator[Values]) -> None:
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row(row)
