"""The names of the permalink's parameters; the session's keys are in `dashboard.session`."""

from __future__ import annotations

from dashboard.text.translation import PARAMETER

FIELD_OF = {"T": "temperature", "weight": "teacher_weight"}
"""Parameters that have a shorter name than their field of the experiment."""
PARAMETER_OF = {field: parameter for parameter, field in FIELD_OF.items()}


class Param:
    """Permalink parameters that are no field of an experiment."""

    RUN = "run"
    SELECTED = "selected"
    PRESET = "preset"
    MORE = "more"
    FORM = "form"
    SHOW = "show"
    AT = "at"
    OF = "of"
    SORT = "sort"
    PAIR = "pair"
    SHUFFLE = "shuffle"
    LOG = "log"
    SPLIT = "split"
    CELL = "cell"
    VIEW = "view"
    BY = "by"
    CONTROL = "control"
    COMPARED_AT = "compared_at"
    CARD = "card"
    FIND = "find"
    VARY = "vary"
    SEEDS = "seeds"
    SAMPLER = "sampler"
    TRIALS = "trials"
    WORDS = "words"
    STATUS = "status"
    ON = "on"
    HOW = "how"
    TAG = "tag"
    SWEEP = "sweep"
    STARRED = "starred"
    MINE = "mine"
    ORDER = "order"
    PAGE = "page"
    CHOSEN = "chosen"
    BIAS = "bias"
    LESSON = "lesson"
    LESSON_STEP = "lesson_step"
    GHOST = "ghost"
    STEP = "step"
    IMAGE = "image"
    LANG = PARAMETER
    JOIN = "join"
    CLASS = "class"
    PART = "part"
    PRESENT = "present"


PAGE_PARAMETERS = frozenset(value for name, value in vars(Param).items() if name.isupper())
"""Every permalink parameter that is no field of an experiment."""
WRITTEN_BY_BROWSER = frozenset({Param.STEP, Param.IMAGE})
"""Parameters that a browser writes by itself: a script knows only what they were when the page was opened."""
OF_ONE_RUN = frozenset({Param.GHOST, *WRITTEN_BY_BROWSER})
"""Parameters that mean something for the run that is shown alone."""
OMITTED_CLASSES = "omitted"
"""The value of `view` for what networks know of classes that a run left out; only such a run has this view."""
