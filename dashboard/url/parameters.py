"""Every permalink parameter."""

from __future__ import annotations

SHORT = {"T": "temperature", "weight": "teacher_weight"}


PARAMETER = {flat: short for short, flat in SHORT.items()}


class Param:
    """Permalink parameters that are no field of an experiment."""

    RUN = "run"
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
    ALL = (
        RUN,
        PRESET,
        MORE,
        FORM,
        SHOW,
        AT,
        OF,
        SORT,
        PAIR,
        SHUFFLE,
        LOG,
        SPLIT,
        CELL,
        VIEW,
        BY,
        CONTROL,
        CARD,
        FIND,
        VARY,
        SEEDS,
        SAMPLER,
        TRIALS,
        WORDS,
        STATUS,
        ON,
        HOW,
        TAG,
        SWEEP,
        STARRED,
        MINE,
        ORDER,
        PAGE,
        CHOSEN,
        BIAS,
    )
