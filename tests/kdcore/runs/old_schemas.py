"""The tables of the runs' database as earlier versions made them, for tests of the migration."""

from __future__ import annotations

TOLD = ("title", "status", "experiment", "results", "starred", "tags", "note", "deleted", "sweep", "finished")
"""The columns of a run that its summary is made from."""
CHANGED = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in TOLD)
SUMMARISE = "INSERT OR REPLACE INTO summaries SELECT * FROM summarised WHERE run = NEW.number;"
SUMMARIES = """
    run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
    id TEXT, owner TEXT, title TEXT, status TEXT, created REAL, seconds REAL,
    dataset TEXT, method TEXT, teacher TEXT, student TEXT, temperature REAL, weight REAL, seed INTEGER,
    student_errors INTEGER, twin_errors INTEGER, teacher_errors INTEGER, images INTEGER,
    accuracy REAL, nll REAL, ece REAL, gain INTEGER,
    starred INTEGER, tags TEXT, note TEXT, deleted REAL, sweep TEXT, words TEXT"""
# What a version adds stays as it was written: a later version drops the view and the table and makes its own.
# A figure that is no number (NaN) is no JSON to the database: such results are left out, and hinder nothing.
SUMMARISED = """
    SELECT number AS run, id, owner, title, status, created,
        CASE WHEN active > 0 THEN active ELSE finished - started END AS seconds,
        json_extract(experiment, '$.dataset') AS dataset, json_extract(experiment, '$.method') AS method,
        json_extract(experiment, '$.teacher') AS teacher, json_extract(experiment, '$.student') AS student,
        json_extract(experiment, '$.temperature') AS temperature, json_extract(experiment, '$.teacher_weight') AS weight,
        json_extract(experiment, '$.init_seed') AS seed,
        json_extract(found, '$.student.test_errors') AS student_errors, json_extract(found, '$.twin.test_errors') AS twin_errors,
        json_extract(found, '$.teacher.test_errors') AS teacher_errors, json_extract(found, '$.student.test_images') AS images,
        json_extract(found, '$.student.test_accuracy') AS accuracy, json_extract(found, '$.student.test_nll') AS nll,
        json_extract(found, '$.student.test_ece') AS ece,
        (json_extract(found, '$.twin.test_errors')) - (json_extract(found, '$.student.test_errors')) AS gain,
        starred, tags, note, deleted, sweep,
        id || char(10) || title || char(10) || note || char(10) || tags || char(10) || (json_extract(experiment, '$.dataset'))
            || char(10) || (json_extract(experiment, '$.method')) || char(10) || (json_extract(experiment, '$.teacher'))
            || char(10) || (json_extract(experiment, '$.student')) AS words
    FROM (SELECT *, CASE WHEN json_valid(results) THEN results ELSE '{}' END AS found FROM runs);"""

# A sweep's title names what it varies; the experiment says under which of its parts a field lies.
PATH = "replace(path, '\"', '')"  # some versions of SQLite put a name with an underscore between quotes
NAME = f"CASE {PATH} WHEN '$.teacher_recipe' THEN 'teacher_' WHEN '$.parameters' THEN 'parameters.' ELSE '' END || key"
VALUE = "CASE type WHEN 'true' THEN json('true') WHEN 'false' THEN json('false') WHEN 'array' THEN json(value) ELSE value END"
SETTING = f"""
    SELECT json_group_object({NAME}, {VALUE}) FROM json_tree(runs.experiment)
    WHERE {PATH} IN ('$', '$.recipe', '$.teacher_recipe', '$.parameters') AND instr(runs.title || ' ', ' ' || {NAME} || ' ')"""
"""What a member of a sweep has of the fields that the sweep varies, as JSON."""
MEMBERS_TOO = """
    others INTEGER, whole INTEGER, setting TEXT"""
"""What a summary further says since version 4: how many were trained in the same loop, whether it is a whole cohort's."""
SUMMARISED_MEMBERS = f"""
    SELECT number AS run, id, owner, title, status, created,
        CASE WHEN active > 0 THEN active ELSE finished - started END AS seconds,
        json_extract(experiment, '$.dataset') AS dataset, json_extract(experiment, '$.method') AS method,
        json_extract(experiment, '$.teacher') AS teacher, json_extract(experiment, '$.student') AS student,
        json_extract(experiment, '$.temperature') AS temperature, json_extract(experiment, '$.teacher_weight') AS weight,
        json_extract(experiment, '$.init_seed') AS seed,
        json_extract(found, '$.student.test_errors') AS student_errors, json_extract(found, '$.twin.test_errors') AS twin_errors,
        json_extract(found, '$.teacher.test_errors') AS teacher_errors, json_extract(found, '$.student.test_images') AS images,
        json_extract(found, '$.student.test_accuracy') AS accuracy, json_extract(found, '$.student.test_nll') AS nll,
        json_extract(found, '$.student.test_ece') AS ece,
        (json_extract(found, '$.twin.test_errors')) - (json_extract(found, '$.student.test_errors')) AS gain,
        starred, tags, note, deleted, sweep,
        id || char(10) || title || char(10) || note || char(10) || tags || char(10) || (json_extract(experiment, '$.dataset'))
            || char(10) || (json_extract(experiment, '$.method')) || char(10) || (json_extract(experiment, '$.teacher'))
            || char(10) || (json_extract(experiment, '$.student')) || char(10) || setting AS words,
        COALESCE(json_extract(found, '$.together_with'), 0) AS others, cohort != '' AS whole, setting
    FROM (SELECT *, CASE WHEN json_valid(results) THEN results ELSE '{{}}' END AS found,
        CASE WHEN sweep = '' OR cohort != '' THEN '{{}}' ELSE ({SETTING}) END AS setting FROM runs);"""

OLD_SCHEMAS = (
    """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    status TEXT NOT NULL,
    experiment TEXT NOT NULL,
    hash TEXT NOT NULL,
    created REAL NOT NULL,
    queued INTEGER NOT NULL,
    started REAL,
    finished REAL,
    phase TEXT NOT NULL DEFAULT '',
    device TEXT NOT NULL DEFAULT '',
    threads INTEGER NOT NULL DEFAULT 0,
    progress TEXT NOT NULL DEFAULT '{}',
    results TEXT NOT NULL DEFAULT '{}',
    error TEXT NOT NULL DEFAULT '',
    seq INTEGER NOT NULL DEFAULT 0,
    cuts INTEGER NOT NULL DEFAULT 0,
    worker TEXT NOT NULL DEFAULT '',
    parent TEXT NOT NULL DEFAULT '',
    lease REAL NOT NULL DEFAULT 0
);
CREATE INDEX runs_by_hash ON runs (hash);
CREATE INDEX runs_by_status ON runs (status);
CREATE TABLE points (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    step INTEGER NOT NULL,
    epoch REAL NOT NULL,
    phase TEXT NOT NULL,
    role TEXT NOT NULL,
    series TEXT NOT NULL,
    value REAL,
    PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE TABLE events (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    phase TEXT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE TABLE commands (
    seq INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    kind TEXT NOT NULL,
    setting TEXT NOT NULL,
    value REAL NOT NULL
);
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE VIEW queue AS
    SELECT id, queued,
        ROW_NUMBER() OVER (PARTITION BY owner ORDER BY queued) - 1 + (
            SELECT COUNT(*) FROM runs AS live
            WHERE live.owner = runs.owner AND live.status IN ('running', 'paused')
        ) AS turn
    FROM runs WHERE status = 'queued';
""",
    """
ALTER TABLE runs ADD COLUMN cohort TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN sweep TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN deleted REAL;
ALTER TABLE runs ADD COLUMN active REAL NOT NULL DEFAULT 0;
CREATE INDEX runs_by_sweep ON runs (sweep);
""",
    f"""
CREATE VIEW summarised AS {SUMMARISED}
CREATE TABLE summaries ({SUMMARIES});
INSERT INTO summaries SELECT * FROM summarised;
CREATE TRIGGER run_made AFTER INSERT ON runs BEGIN {SUMMARISE} END;
CREATE TRIGGER run_changed AFTER UPDATE ON runs WHEN {CHANGED} BEGIN {SUMMARISE} END;
""",
    f"""
DROP TRIGGER run_made;
DROP TRIGGER run_changed;
DROP TABLE summaries;
DROP VIEW summarised;
CREATE VIEW summarised AS {SUMMARISED_MEMBERS}
CREATE TABLE summaries ({SUMMARIES},{MEMBERS_TOO});
INSERT INTO summaries SELECT * FROM summarised;
CREATE TRIGGER run_made AFTER INSERT ON runs BEGIN {SUMMARISE} END;
CREATE TRIGGER run_changed AFTER UPDATE ON runs WHEN {CHANGED} BEGIN {SUMMARISE} END;
""",
)
"""What each version of the database adds to the one before."""
