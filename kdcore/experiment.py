"""The typed description of an experiment: every field with its bounds, its default and one line of help.

The page's widgets, the command line's flags, the permalink and the stored JSON are all made from it, and its bounds
are enforced wherever an experiment is read. A field of the nested recipes is known outside by its flat name: `epochs` for the
students' recipe, `teacher_epochs` for the teacher's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import reduce
from reprlib import repr as short
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from kdcore import plugins
from kdcore.errors import InvalidExperiment
from kdcore.experiment_fields import FlatField, field, flat_fields
from kdcore.recipe import Recipe
from kdcore.texts import N_

PARAMETER_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MOST_PARAMETERS = 32
SEED_BOUND = 2**31 - 1
OWN_PREFIX = "own-"
"""Begins the names of networks, losses and images that a program brought along: other processes know only the images."""
CANNOT_RUN = N_("This experiment cannot run.")
SMALL_PERCEPTRON = re.compile(r"mlp-[1-5]?[0-9]{1,2}(x[0-9]{1,2})?", re.ASCII)
LATER_FIELDS = {"max_norm", "train_on_validation", "logit_shift", "fixed_logits", "fault"}
"""Fields that came after the first runs were stored, and do nothing at 0, or empty."""
TEACHER_FIELDS = {
    "dataset",
    "image_size",
    "split_seed",
    "train_on_validation",
    "teacher",
    "teacher_recipe",
    "teacher_seed",
    "precision",
    "fault",
}
"""On these depends what a teacher that is trained becomes; what a run with a fault keeps no other run finds."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
FAULT = r"^([a-z0-9][a-z0-9-]{0,63}|\?[0-9]{1,9})?$"


def gains_nothing(network: str) -> bool:
    """Whether a network stays in float32 where the precision is left to the machine: a perceptron of less than 600 units a layer.

    Measured with bfloat16 products in hardware: mlp-30 takes 0.9 ms a step in bfloat16 and 0.6 in float32, mlp-1200x2 17 and 22.
    """
    return SMALL_PERCEPTRON.fullmatch(network) is not None


def _named(parameters: dict[str, float]) -> dict[str, float]:
    if len(parameters) > MOST_PARAMETERS or not all(map(PARAMETER_NAME.fullmatch, parameters)):
        raise ValueError(
            f"it takes at most {MOST_PARAMETERS} settings, each by its name: small letters, digits and _"
        )
    return parameters


class Experiment(BaseModel):
    """Everything that a run needs."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    dataset: str = field("digits", N_("The images to learn from."), group="data", pattern=NAME)
    image_size: int = field(
        32, N_("Side in pixels to which a folder of pictures is resized."), group="data", ge=8, le=256
    )
    split_seed: int = field(
        0, N_("Seed of the split into training and validation images."), group="seeds", ge=0, le=SEED_BOUND
    )

    count: int | None = field(
        None,
        N_("Images in the transfer set, spread evenly over the classes; empty for all."),
        group="transfer set",
        ge=1,
        le=10_000_000,
    )
    fraction: float = field(
        1.0, N_("Share of the training images in the transfer set."), group="transfer set", gt=0, le=1
    )
    train_on_validation: bool = field(
        False,
        N_(
            "Teacher and students train on the validation images too: a last fit, whose settings were chosen before."
        ),
        group="transfer set",
    )
    omit: tuple[int, ...] = field(
        (), N_("Classes (by number) that the transfer set leaves out."), group="transfer set"
    )
    hidden_labels: float = field(
        0.0,
        N_("Share of the transfer set whose labels nobody sees: only the teacher speaks there."),
        group="transfer set",
        ge=0,
        le=1,
    )
    label_noise: float = field(
        0.0,
        N_("Share of the transfer set whose labels are drawn at random."),
        group="transfer set",
        ge=0,
        le=1,
    )
    noise_seed: int = field(
        0,
        N_("Seed of the noisy and the hidden labels, and of which images are taken."),
        group="seeds",
        ge=0,
        le=SEED_BOUND,
    )

    teacher: str = field(
        "digits-mlp-300",
        N_("A bundled teacher, or a network to train as one."),
        group="teacher",
        pattern=NAME,
    )
    logit_shift: int = field(
        0,
        N_(
            "The teacher's logits are the mean over copies of an image, shifted by up to this many pixels each way; 0 takes the image as it is."
        ),
        group="teacher",
        ge=0,
        le=4,
    )
    fixed_logits: bool = field(
        False,
        N_("The teacher sees each image as it is, even where the students see it augmented."),
        group="teacher",
    )
    teacher_recipe: Recipe = Recipe()
    teacher_seed: int = field(
        0, N_("Seed of the teacher's first weights and batches."), group="seeds", ge=0, le=SEED_BOUND
    )

    student: str = field("mlp-30", N_("The network that learns."), group="student", pattern=NAME)
    recipe: Recipe = Recipe()
    init_seed: int = field(
        0,
        N_("Seed of the students' first weights: twin and student share it."),
        group="seeds",
        ge=0,
        le=SEED_BOUND,
    )
    order_seed: int = field(
        0, N_("Seed of the batches, the augmentation and the dropout."), group="seeds", ge=0, le=SEED_BOUND
    )

    method: str = field(
        "soft-targets", N_("How the student learns from the teacher."), group="method", pattern=NAME
    )
    temperature: float = field(
        4.0,
        N_("T: both networks' logits are divided by it before the softmax."),
        group="method",
        hot=True,
        ge=0.25,
        le=100,
    )
    teacher_weight: float = field(
        0.9,
        N_("Weight on teacher: 0 learns from labels only, 1 from the teacher only."),
        group="method",
        hot=True,
        ge=0,
        le=1,
    )
    corrected_labels: float = field(
        1.0,
        N_(
            "Where the teacher is surer than this of another class, the student learns that in the label's place; 1 corrects none."
        ),
        group="method",
        ge=0.5,
        le=1,
    )
    parameters: Annotated[dict[str, float], AfterValidator(_named)] = field(
        {}, N_("The method's own settings."), group="method"
    )

    fault: str = field(
        "",
        N_("A mistake made on purpose, to see how it shows; ?7 is the riddle of seed 7."),
        group="fault",
        pattern=FAULT,
    )

    device: Literal["auto", "cpu", "cuda", "mps"] = field(
        "auto", N_("Where to train; auto takes the fastest there is."), group="machine"
    )
    threads: int = field(
        0, N_("Processor threads; 0 chooses by the network's size."), group="machine", ge=0, le=256
    )
    precision: Literal["auto", "float32", "bfloat16"] = field(
        "auto",
        N_(
            "Of the products in a training step; auto takes bfloat16 where the network trains faster in it. Losses and tests are in float32."
        ),
        group="machine",
    )

    @field_validator("omit")
    @classmethod
    def _omit_is_a_set(cls, omit: tuple[int, ...]) -> tuple[int, ...]:
        if any(c < 0 for c in omit):
            raise ValueError("a class number is 0 or more")
        return tuple(sorted(set(omit)))

    @model_validator(mode="after")
    def _fields_go_together(self) -> Experiment:
        if said := next(_contradictions(self), ""):
            raise ValueError(said)
        return self

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Experiment:
        """Build from JSON-like values, nested as stored.

        Raises:
            InvalidExperiment: one sentence per wrong field, with its bounds.
        """
        try:
            return cls.model_validate(_with_precision(values))
        except ValidationError as error:
            raise InvalidExperiment(" ".join([CANNOT_RUN, *map(_complaint, error.errors())])) from error

    @classmethod
    def from_json(cls, text: str) -> Experiment:
        """Read what `to_json` wrote, or a file that a user edited.

        Raises:
            InvalidExperiment: the text is not JSON, or a field is wrong.
        """
        return cls.read(_json_object(text))

    def to_json(self) -> str:
        """The whole experiment as canonical JSON: sorted keys, no spaces."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_flat(cls, flat: Mapping[str, Any], base: Experiment | None = None) -> Experiment:
        """Build from flat names (`temperature`, `epochs`, `teacher_epochs`), the rest taken from `base`.

        Values have their fields' types; a method's own settings are `parameters` as a mapping.

        Raises:
            InvalidExperiment: an unknown name, or a value out of bounds.
        """
        values = (base or cls()).model_dump(mode="python")
        for name, value in flat.items():
            if name not in FLAT_FIELDS:
                raise InvalidExperiment(f"An experiment has no field '{name}'.")
            path = FLAT_FIELDS[name].path
            target = values if len(path) == 1 else values[path[0]]
            target[path[-1]] = value
        return cls.read(values)

    def flat(self) -> dict[str, Any]:
        """Every field by its flat name."""
        return {name: self.value(name) for name in FLAT_FIELDS}

    def value(self, name: str) -> Any:
        """The field of a flat name."""
        return reduce(getattr, FLAT_FIELDS[name].path, self)

    def changes(self, base: Experiment | None = None) -> dict[str, Any]:
        """The flat fields that differ from `base` (the defaults unless given): what a permalink carries."""
        default = (base or Experiment()).flat()
        return {name: value for name, value in self.flat().items() if value != default[name]}

    def with_flat(self, **flat: Any) -> Experiment:
        """A copy with some flat fields changed, checked again.

        Raises:
            InvalidExperiment: an unknown name, or a value out of bounds.
        """
        return Experiment.from_flat(flat, base=self)

    def with_seed(self, seed: int) -> Experiment:
        """A copy whose teacher, init and order seeds are all `seed`.

        Raises:
            InvalidExperiment: a seed out of bounds.
        """
        if not 0 <= seed <= SEED_BOUND:
            raise InvalidExperiment(f"This experiment cannot run. seed = {seed}: it takes 0 to {SEED_BOUND}.")
        return self.with_flat(teacher_seed=seed, init_seed=seed, order_seed=seed)

    def identity(self) -> dict[str, Any]:
        """JSON values to make hashes of: without what everything had that trained before it was a field."""
        brought = plugins.marks(self.method, self.student, self.teacher)
        return _distinguishing_values(self, self.student) | brought

    @property
    def hash(self) -> str:
        """Identifies the work, not the machine: 16 hex digits over everything but device and threads."""
        return _digest({n: v for n, v in self.identity().items() if n not in ("device", "threads")})

    @property
    def teacher_hash(self) -> str:
        """Identifies the teacher's training: equal for experiments that share one teacher."""
        values = _distinguishing_values(self, self.teacher)
        wanted = {name: value for name, value in values.items() if name in TEACHER_FIELDS}
        return _digest(wanted | plugins.marks(self.teacher))


def _json_object(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:  # too many digits, lists within lists within ...
        raise InvalidExperiment(
            f"The experiment is not JSON: {error}. Export it again, or mend the file."
        ) from error
    if not isinstance(values, dict):
        raise InvalidExperiment("The experiment is not a JSON object. Export it again, or mend the file.")
    return values


def teacher_sees_views(experiment: Experiment) -> bool:
    """Whether the teacher looks at every augmented view of an image, as the students do."""
    return experiment.recipe.augments and not experiment.fixed_logits


def _contradictions(experiment: Experiment) -> Iterator[str]:
    """Why fields that may each have their value cannot have them together; begins a sentence."""
    if experiment.count is not None and experiment.fraction != 1.0:
        yield N_("give count or fraction, not both")
    if experiment.train_on_validation and (experiment.recipe.chooses or experiment.teacher_recipe.chooses):
        yield (
            N_(
                "nothing can be chosen by validation images that are trained on: with train_on_validation set early_stop = 0 and "
                "keep = last, the teacher's too"
            )
        )
    if experiment.fixed_logits and experiment.recipe.mixup:
        yield N_(
            "set mixup to 0 or fixed_logits off: a teacher that looks at images as they are has nothing to say about a mixture"
        )
    if experiment.logit_shift and teacher_sees_views(experiment):
        yield (
            N_(
                "leave logit_shift at 0 or the students' augmentation off: logits are averaged for images that stay as they are"
            )
        )


def _distinguishing_values(experiment: Experiment, network: str) -> dict[str, Any]:
    """Every field without a precision of float32 and without LATER_FIELDS that do nothing, so that hashes stay."""
    values = experiment.model_dump(mode="json")
    if experiment.precision == "float32" or (experiment.precision == "auto" and gains_nothing(network)):
        del values["precision"]
    for part in (values, values["recipe"], values["teacher_recipe"]):
        for name in LATER_FIELDS & part.keys():
            if not part[name]:
                del part[name]
    return values


def _with_precision(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values; a whole experiment that was stored before precision was a field trained in float32."""
    before_the_field = "precision" not in values and {"device", "threads"} <= values.keys()
    return {**values, "precision": "float32"} if before_the_field else dict(values)


def _digest(values: Any) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _complaint(problem: Any) -> str:
    """One wrong field in our own words: pydantic's are for programmers."""
    path = tuple(str(part) for part in problem["loc"])
    name = next((n for n, entry in FLAT_FIELDS.items() if entry.path == path[: len(entry.path)]), None)
    if problem["type"] == "value_error":
        reason = str(problem["ctx"]["error"])
        return f"{name}: {reason}." if name else f"{reason[0].upper()}{reason[1:]}."
    if name is None and problem["type"] == "extra_forbidden":
        return N_(f"There is no field '{short('.'.join(path))[1:-1]}'.")
    takes = FLAT_FIELDS[name].takes if name else "a recipe's fields"
    value = problem["input"]
    shown = f" = {short(value).removesuffix('.0')}" if isinstance(value, (int, float, str)) else ""
    field = name or path[-1]
    return N_(f"{field}{shown}: it takes {takes}.")


FLAT_FIELDS: dict[str, FlatField] = flat_fields(Experiment, {"recipe": "", "teacher_recipe": "teacher_"})
HOT_FIELDS: tuple[str, ...] = tuple(name for name, entry in FLAT_FIELDS.items() if entry.hot)
