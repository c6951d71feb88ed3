"""The tables of the runs' database, version by version.

What the history is searched by is kept in narrow rows of its own (`summaries`), which triggers update whenever a run's
record changes: ten thousand runs are searched without reading their experiments and results.
"""

from __future__ import annotations

SUMMARY_SOURCES = (
    "title", "status", "experiment", "results", "starred", "tags", "note", "deleted", "sweep", "finished",
)  # fmt: skip
"""The columns of a run whose changes change its summary; its kind and what its sweep varies are never changed."""
CHANGED = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in SUMMARY_SOURCES)
SUMMARISE = "INSERT OR REPLACE INTO summaries SELECT * FROM summarised WHERE run = NEW.number;"
SUMMARIES = """
    run INTEGER PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
    id TEXT, owner TEXT, title TEXT, status TEXT, created REAL, seconds REAL,
    dataset TEXT, method TEXT, teacher TEXT, student TEXT, temperature REAL, weight REAL, seed INTEGER,
    student_errors INTEGER, twin_errors INTEGER, teacher_errors INTEGER, images INTEGER,
    accuracy REAL, nll REAL, ece REAL, gain INTEGER,
    starred INTEGER, tags TEXT, note TEXT, deleted REAL, sweep TEXT, words TEXT,
    others INTEGER, whole INTEGER, setting TEXT, varied TEXT, fault TEXT"""
"""others: how many students were trained in the same loop. whole: the record of a whole cohort, whose members have runs of
their own. varied, setting: the fields that its sweep varies, and what a member has of them. fault: the one on purpose, or the riddle of it;
empty of a sound run."""

# An experiment's flat field as a sweep calls it, by the part of the JSON in which it lies.
PATH = "replace(path, '\"', '')"  # some versions of SQLite put a name with an underscore between quotes
NAME = f"CASE {PATH} WHEN '$.teacher_recipe' THEN 'teacher_' WHEN '$.parameters' THEN 'parameters.' ELSE '' END || key"
VALUE = "CASE type WHEN 'true' THEN json('true') WHEN 'false' THEN json('false') WHEN 'array' THEN json(value) ELSE value END"
SETTING = f"""
    SELECT json_group_object({NAME}, {VALUE}) FROM json_tree(runs.experiment)
    WHERE {PATH} IN ('$', '$.recipe', '$.teacher_recipe', '$.parameters')
        AND {NAME} IN (SELECT value FROM json_each(runs.varied))"""
# A figure that is no number (NaN) is not JSON to the database: such results are left out.
SUMMARISED = f"""
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
        COALESCE(json_extract(found, '$.together_with'), 0) AS others, kind != 'experiment' AS whole, setting, varied,
        COALESCE(json_extract(experiment, '$.fault'), '') AS fault
    FROM (SELECT *, CASE WHEN json_valid(results) THEN results ELSE '{{}}' END AS found,
        CASE WHEN kind != 'experiment' THEN '{{}}' ELSE ({SETTING}) END AS setting FROM runs);"""

# Until version 5, a search was told from a cohort by how its JSON begins, and only a run's title said what its sweep
# varies: "sweep: temperature x teacher_weight".
KIND_BEFORE_5 = """CASE WHEN cohort LIKE '{"search"%' THEN 'search' ELSE 'cohort' END"""
VARIED_BEFORE_5 = """COALESCE((
    SELECT names FROM (SELECT '["' || replace(substr(title, length('sweep: ') + 1), ' x ', '","') || '"]' AS names)
    WHERE title LIKE 'sweep: %' AND json_valid(names)), '[]')"""

SCHEMAS = (
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
    "",
    "",
    f"""
DROP TRIGGER IF EXISTS run_made;
DROP TRIGGER IF EXISTS run_changed;
DROP TABLE IF EXISTS summaries;
DROP VIEW IF EXISTS summarised;
ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'experiment';
ALTER TABLE runs ADD COLUMN specification TEXT;
ALTER TABLE runs ADD COLUMN varied TEXT NOT NULL DEFAULT '[]';
UPDATE runs SET kind = {KIND_BEFORE_5}, specification = cohort WHERE cohort != '';
UPDATE runs SET varied = {VARIED_BEFORE_5} WHERE sweep != '';
ALTER TABLE runs DROP COLUMN cohort;
""",
    "ALTER TABLE runs ADD COLUMN precision TEXT NOT NULL DEFAULT '';",
    """
CREATE TABLE lesson_steps (
    owner TEXT NOT NULL,
    lesson TEXT NOT NULL,
    step TEXT NOT NULL,
    prediction TEXT NOT NULL,
    skipped INTEGER NOT NULL,
    moment REAL NOT NULL,
    PRIMARY KEY (owner, lesson, step)
) WITHOUT ROWID;
""",
    "CREATE TABLE presence (owner TEXT PRIMARY KEY, seen REAL NOT NULL);",
    f"""
DROP TRIGGER IF EXISTS run_made;
DROP TRIGGER IF EXISTS run_changed;
DROP TABLE IF EXISTS summaries;
DROP VIEW IF EXISTS summarised;
CREATE VIEW summarised AS {SUMMARISED}
CREATE TABLE summaries ({SUMMARIES});
INSERT INTO summaries SELECT * FROM summarised;
CREATE TRIGGER run_made AFTER INSERT ON runs BEGIN {SUMMARISE} END;
CREATE TRIGGER run_changed AFTER UPDATE ON runs WHEN {CHANGED} BEGIN {SUMMARISE} END;
""",
    """
CREATE TABLE classes (
    code TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    names INTEGER NOT NULL,
    bounds TEXT NOT NULL,
    plan TEXT NOT NULL DEFAULT '{"items": []}',
    place INTEGER,
    here TEXT NOT NULL DEFAULT 'null',
    following INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0,
    held TEXT NOT NULL DEFAULT '[]',
    pinned TEXT NOT NULL DEFAULT '',
    board_names INTEGER NOT NULL DEFAULT 0,
    created REAL NOT NULL,
    ends REAL NOT NULL,
    closed REAL
) WITHOUT ROWID;
CREATE TABLE class_lecturers (
    class TEXT NOT NULL REFERENCES classes ON DELETE CASCADE,
    owner TEXT NOT NULL,
    since REAL NOT NULL,
    PRIMARY KEY (class, owner)
) WITHOUT ROWID;
CREATE INDEX lecturers_by_owner ON class_lecturers (owner);
CREATE TABLE class_members (
    class TEXT NOT NULL REFERENCES classes ON DELETE CASCADE,
    number INTEGER NOT NULL,
    owner TEXT NOT NULL,
    pseudonym TEXT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    joined REAL NOT NULL,
    gone REAL,
    PRIMARY KEY (class, number),
    UNIQUE (class, owner),
    UNIQUE (class, pseudonym)
) WITHOUT ROWID;
CREATE INDEX members_by_owner ON class_members (owner);
CREATE TABLE class_votes (
    id INTEGER PRIMARY KEY,
    class TEXT NOT NULL REFERENCES classes ON DELETE CASCADE,
    round INTEGER NOT NULL,
    before INTEGER REFERENCES class_votes ON DELETE CASCADE,
    question TEXT NOT NULL,
    opened REAL NOT NULL,
    closed REAL,
    revealed REAL
);
CREATE INDEX votes_by_class ON class_votes (class);
CREATE TABLE class_ballots (
    vote INTEGER NOT NULL REFERENCES class_votes ON DELETE CASCADE,
    member INTEGER NOT NULL,
    answer TEXT NOT NULL,
    moment REAL NOT NULL,
    PRIMARY KEY (vote, member)
) WITHOUT ROWID;
CREATE TABLE class_hand_ins (
    class TEXT NOT NULL REFERENCES classes ON DELETE CASCADE,
    member INTEGER NOT NULL,
    number INTEGER NOT NULL,
    moment REAL NOT NULL,
    digest TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (class, member, number)
) WITHOUT ROWID;
ALTER TABLE runs ADD COLUMN classroom TEXT NOT NULL DEFAULT '';
CREATE INDEX runs_by_classroom ON runs (classroom);
""",
    "ALTER TABLE points ADD COLUMN time REAL;",
)
"""What each version of the database adds to the one before. Versions 3 to 8 had summaries of their own, which version 9 replaces."""
