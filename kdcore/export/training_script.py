"""A run as a short PyTorch program that repeats it without this project: its sections, and the tensors beside it.

What a seed decides is either drawn again in the same few lines (the order of the batches, augmentation, dropout) or
travels as tensors (the first weights, the teacher, which images and labels). The sums run in another order than here,
where twin and student are one program, so that the errors may differ by a few.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kdcore.data import catalogue
from kdcore.experiment import Experiment, Recipe
from kdcore.export.exported_run import Record, untrained

if TYPE_CHECKING:
    from torch import Tensor

    from kdcore.export.layer_chain import Chain

IMAGES, FIRST, TEACHER = "images.safetensors", "first_weights.safetensors", "teacher.safetensors"
BATCH = 1024
NOT_REPEATED = {
    "mixup": "mixup",
    "smoothness": "smoothness",
    "margin": "margin",
}
"""Settings of a recipe that the program does not know, by their fields."""

SCHEDULES = {
    "one-cycle": "return share / 0.2 if share < 0.2 else (1 - share) / 0.8",
    "cosine": "return 0.5 * (1 + math.cos(math.pi * share))",
    "step": "return 1.0 if share < 0.6 else 0.1 if share < 0.8 else 0.01",
    "constant": "return 1.0",
}


@dataclass(frozen=True)
class Section:
    """A part of the program: what it is called, a sentence on it, and its code."""

    title: str
    prose: str
    code: str


# ---- what is offered ------------------------------------------------------------------------------------------------


def refusal(record: Record) -> str:
    """Why this run is not written as a program, in a sentence that names what is; empty where it is."""
    return untrained(record) or next(filter(None, _reasons(record)), "")


def _reasons(record: Record) -> Iterator[str]:
    from kdcore.methods.source import plain_losses

    experiment, offered = record.run.experiment, list(plain_losses())
    if experiment.method not in offered:
        yield f"A script is offered for the methods {' and '.join(offered)}, not for {experiment.method}."
    for field, name in NOT_REPEATED.items():
        if getattr(experiment.recipe, field):
            yield f"A script is offered for runs without {name}."
    if "epochs" not in record.run.results or "mean" not in record.run.results["dataset"]:
        yield "This run was recorded before scripts were offered: train it again."
    if experiment.corrected_labels < 1:
        yield "A script is offered for runs whose labels the teacher did not correct."
    if _chain_of(record, "student") is None:
        yield (
            "A script is offered for students that are a plain chain of layers (perceptrons, LeNet, CNNs, VGG), not for "
            f"{experiment.student}."
        )
    if _asks(experiment) and "teacher" not in {knower.role for knower in record.knowers}:
        yield "The teacher of this run is gone: its weights are not here any more."
    elif _asks(experiment) and experiment.recipe.augments and _chain_of(record, "teacher") is None:
        yield (
            "Under augmentation the teacher looks at every view, and a script is offered only for teachers that are a plain "
            f"chain of layers, not for {record.run.results['teacher']['network']}."
        )


def _asks(experiment: Experiment) -> bool:
    from kdcore.methods.stages import asks_teacher

    return asks_teacher(experiment)


def _chain_of(record: Record, role: str) -> Chain | None:
    from kdcore.export.layer_chain import chain

    about = record.run.results["dataset"]
    channels, height, width = about["shape"]
    return chain(record.run.results[role]["network"], (channels, height, width), len(about["classes"]))


# ---- the program ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TrainingScript:
    """The sections, and the files of tensors that they read."""

    title: str
    sections: list[Section]
    files: dict[str, bytes]


def program(record: Record, here: str) -> TrainingScript:
    """The run as a program; `here` is the expression for the folder in which its files lie.

    Raises:
        DataUnavailable: the run's images are not here.
    """
    return _Writer(record, here).program()


class _Writer:
    """What the sections of one run's program are made of."""

    def __init__(self, record: Record, here: str) -> None:
        self.record, self.here = record, here
        self.experiment: Experiment = record.run.experiment
        self.recipe: Recipe = self.experiment.recipe
        self.results: Mapping[str, Any] = record.run.results
        self.about: Mapping[str, Any] = self.results["dataset"]
        self.student = _chain_of(record, "student")
        self.asks = _asks(self.experiment)
        self.teacher = _chain_of(record, "teacher") if self.asks else None
        self.changes = self._changes()
        self.per_epoch = -(-self.about["images"]["transfer"] // self.recipe.batch_size)
        self.steps = round(self.results["epochs"] * self.per_epoch)
        self.ended_early = self.steps < self.recipe.epochs * self.per_epoch

    def _changes(self) -> dict[int, dict[str, float]]:
        """The settings that were changed while the students were trained, by step."""
        changes: dict[int, dict[str, float]] = {}
        for event in self.record.events:
            if event.kind == "HotChange" and event.phase == "students":
                changes.setdefault(event.payload["step"], {})[event.payload["setting"]] = event.payload[
                    "value"
                ]
        return changes

    def program(self) -> TrainingScript:
        sections = [
            Section("Settings", "As the run had them.", self._settings()),
            Section("Images", self._images_prose(), self._images()),
            *([Section("The teacher", self._teacher_prose(), self._teacher())] if self.asks else []),
            Section("The student", self._student_prose(), self._student()),
            Section("The loss", self._loss_prose(), self._loss()),
            Section(
                "Batches", "The run's own order: a permutation from the seed and the epoch.", self._batches()
            ),
            Section("Training", "One loop for the twin (labels only) and the student.", self._training()),
            Section("The result", "Errors on the test images, beside those of the run.", self._result()),
        ]
        return TrainingScript(self._title(), sections, self._files())

    def _title(self) -> str:
        from kdcore.methods.registry import method

        results, images = self.results, self.results["student"]["test_images"]
        how = method(self.experiment.method).CARD.title
        wrong = f"the student made {results['student']['test_errors']} errors on {images:,} test images"
        if self.asks:
            wrong += f", its twin on labels only {results['twin']['test_errors']}"
        return (
            f"{how}: {results['student']['network']} learns {self.about['title']}.\n\n"
            f"This repeats the run {self.record.run.id} of Stillroom without Stillroom: the same first weights, the same images\n"
            f"in the same order. In that run {wrong}."
        )

    # ---- sections ---------------------------------------------------------------------------------------------------

    def _settings(self) -> str:
        recipe, experiment = self.recipe, self.experiment
        lines = [
            *self._imports(),
            "",
            f"HERE = {self.here}",
            f"FOLDER = {self._folder()}  # where the images are, or where they are fetched to"
            if experiment.dataset != "digits"
            else None,
            'DEVICE = "cuda" if torch.cuda.is_available() else "cpu"',
            f"torch.set_num_threads({self.results['threads']})",
            "",
            f"EPOCHS, BATCH_SIZE = {recipe.epochs}, {recipe.batch_size}",
            f"LEARNING_RATE = {recipe.learning_rate!r}",
            f"ORDER_SEED = {experiment.order_seed}",
            f"TEMPERATURE, TEACHER_WEIGHT = {experiment.temperature!r}, {experiment.teacher_weight!r}"
            if self.asks
            else None,
            f"STEPS = {self.steps}  # the run ended before its {recipe.epochs} epochs"
            if self.ended_early
            else None,
            f"CHANGED = {self.changes!r}  # by step: what was changed on the way" if self.changes else None,
        ]
        return _joined(lines)

    def _imports(self) -> list[str]:
        recipe, dataset = self.recipe, self.experiment.dataset
        folder = dataset != "digits" and dataset not in catalogue.SOURCES
        lines = [
            "import copy" if recipe.keep == "best" else None,
            "import math" if recipe.schedule == "cosine" or recipe.keep == "best" else None,
            "import sys" if dataset != "digits" and "__file__" in self.here else None,
            "from pathlib import Path",
        ]
        outer = [
            "import numpy as np" if folder else None,
            "import torch",
            "from PIL import Image, ImageOps" if folder else None,
            "from safetensors.torch import load_file",
            "from sklearn.datasets import load_digits" if dataset == "digits" else None,
            "from torch import Tensor, nn" if self.asks else "from torch import nn",
            "from torch.nn import functional as F",
            "from torchvision import datasets" if dataset in catalogue.SOURCES else None,
        ]
        return [*filter(None, lines), "", *filter(None, outer)]

    def _folder(self) -> str:
        return 'sys.argv[1] if len(sys.argv) > 1 else "data"' if "__file__" in self.here else '"data"'

    def _images_prose(self) -> str:
        chosen, name = self.about["images"]["transfer"], self.about["title"]
        said = f"{chosen:,} images of {name} to learn from, as the run chose them, and the test images"
        said += ", normalised as the run did."
        if self.experiment.hidden_labels:
            said += " Where `known` is 0 nobody saw the label."
        if self.experiment.label_noise:
            said += " Some labels are wrong on purpose; they come with the places."
        return said

    def _images(self) -> str:
        experiment, dataset = self.experiment, self.experiment.dataset
        white = "16" if dataset == "digits" else "255"
        best = self.recipe.keep == "best"
        moments = [f"torch.tensor({self.about[n]!r}).view(1, -1, 1, 1)" for n in ("mean", "std")]
        body = [
            f"MEAN = {moments[0]}",
            f"STD = {moments[1]}",
            "",
            "",
            "def seen(pixels):",
            '    """Pixels as the networks see them."""',
            f"    return ((pixels.float() / {white} - MEAN) / STD).to(DEVICE)",
            "",
            "",
            *self._read(),
            "",
            f'places = load_file(HERE / "{IMAGES}")',
            'images = seen(train_pixels[places["train"]])',
            'labels = places["labels"].to(DEVICE)'
            if experiment.label_noise
            else 'labels = train_labels[places["train"]].to(DEVICE)',
            'known = places["known"].to(DEVICE)' if experiment.hidden_labels else None,
            'validation_images = seen(train_pixels[places["validation"]])' if best else None,
            'validation_labels = train_labels[places["validation"]].to(DEVICE)' if best else None,
            *(
                [
                    'test_images = seen(train_pixels[places["test"]])',
                    'test_labels = train_labels[places["test"]].to(DEVICE)',
                ]
                if dataset == "digits"
                else ["test_images, test_labels = seen(test_pixels), test_labels.to(DEVICE)"]
            ),
        ]
        return _joined(body)

    def _read(self) -> list[str]:
        dataset = self.experiment.dataset
        if dataset == "digits":
            return [
                "digits = load_digits()",
                "train_pixels, train_labels = torch.from_numpy(digits.images)[:, None], torch.from_numpy(digits.target)",
            ]
        if dataset not in catalogue.SOURCES:
            return self._read_folder()
        source = catalogue.SOURCES[dataset]
        kind = source.torchvision
        if source.files == catalogue.MATLAB:
            return [
                f'train, test = (datasets.{kind}(FOLDER, split=split, download=True) for split in ("train", "test"))',
                "train_pixels, test_pixels = torch.from_numpy(train.data), torch.from_numpy(test.data)",
                "train_labels, test_labels = torch.from_numpy(train.labels), torch.from_numpy(test.labels)",
            ]
        both = (
            f"train, test = (datasets.{kind}(FOLDER, train=train, download=True) for train in (True, False))"
        )
        if source.files == catalogue.IDX:
            return [
                both,
                "train_pixels, test_pixels = train.data[:, None], test.data[:, None]",
                "train_labels, test_labels = train.targets, test.targets",
            ]
        return [
            both,
            "train_pixels, test_pixels = (torch.from_numpy(s.data).permute(0, 3, 1, 2) for s in (train, test))",
            "train_labels, test_labels = torch.tensor(train.targets), torch.tensor(test.targets)",
        ]

    def _read_folder(self) -> list[str]:
        channels, side = self.about["shape"][0], self.about["shape"][-1]
        axes = "[None]" if channels == 1 else ".transpose(2, 0, 1)"
        return [
            "def read(split):",
            '    """The pictures of all class folders, class by class, and their classes\' numbers."""',
            "    pixels, labels = [], []",
            "    folders = sorted(p for p in split.iterdir() if p.is_dir() and not p.name.startswith('.'))",
            "    for label, folder in enumerate(folders):",
            "        for path in sorted(folder.iterdir()):",
            "            if path.suffix.lower() in {'.png', '.jpg', '.jpeg'} and not path.name.startswith('.'):",
            "                picture = Image.open(path)",
            f"                picture.draft(None, ({4 * side}, {4 * side}))",
            f"                picture = ImageOps.exif_transpose(picture).convert({'L' if channels == 1 else 'RGB'!r})",
            f"                picture = picture.resize(({side}, {side}), Image.Resampling.BILINEAR)",
            f"                pixels.append(np.asarray(picture){axes})",
            "                labels.append(label)",
            "    return torch.from_numpy(np.stack(pixels)), torch.tensor(labels)",
            "",
            "",
            f'train_pixels, train_labels = read(Path(FOLDER) / "{self.experiment.dataset}" / "train")',
            f'test_pixels, test_labels = read(Path(FOLDER) / "{self.experiment.dataset}" / "test")',
        ]

    def _teacher_prose(self) -> str:
        network = self.results["teacher"]["network"]
        if self.teacher is None:
            return (
                f"A {network}, which branches: what it said to each of these images comes with this program."
            )
        return f"The network {network} with the weights that it had in the run; it does not learn here."

    def _teacher(self) -> str:
        if self.teacher is None:
            return f'teacher_logits = load_file(HERE / "{TEACHER}")["logits"].to(DEVICE)'
        whole = None if self.recipe.augments else "teacher_logits = ask(teacher, images)"
        return _joined(
            [
                "def ask(network, images):",
                '    """Logits, without learning."""',
                "    with torch.no_grad():",
                f"        return torch.cat([network(part) for part in images.split({BATCH})])",
                "",
                "",
                "teacher = nn.Sequential(",
                *(f"    {layer}," for layer in self.teacher.layers),
                ")",
                f'teacher.load_state_dict(load_file(HERE / "{TEACHER}"))',
                "teacher.to(DEVICE).eval()",
                whole,
            ]
        )

    def _student_prose(self) -> str:
        return f"The network {self.results['student']['network']}; twin and student begin with the same weights, those of the run."

    def _student(self) -> str:
        assert self.student is not None, "refused before"
        place = "DEVICE, memory_format=torch.channels_last" if self._convolves() else "DEVICE"
        return _joined(
            [
                "def first_student():",
                '    """The student before it has learned anything."""',
                "    network = nn.Sequential(",
                *(f"        {layer}," for layer in self.student.layers),
                "    )",
                f'    network.load_state_dict(load_file(HERE / "{FIRST}"))',
                f"    return network.to({place})",
            ]
        )

    def _convolves(self) -> bool:
        return self.student is not None and any("Conv2d" in layer for layer in self.student.layers)

    def _loss_prose(self) -> str:
        from kdcore.methods.registry import method

        card = method(self.experiment.method).CARD
        return f"{card.what} {card.citation}."

    def _loss(self) -> str:
        from kdcore.methods.source import plain_losses

        lines = []
        if self.asks:
            lines += [inspect.getsource(plain_losses()[self.experiment.method]).rstrip(), "", ""]
        smoothing = (
            f", label_smoothing={self.recipe.label_smoothing!r}" if self.recipe.label_smoothing else ""
        )
        if not self.experiment.hidden_labels:
            lines += [
                "def label_loss(logits, chosen):",
                '    """Cross-entropy with the labels of the chosen images."""',
                f"    return F.cross_entropy(logits, labels[chosen]{smoothing})",
            ]
        else:
            lines += [
                "def label_loss(logits, chosen):",
                '    """Cross-entropy with the labels that are known, averaged over them."""',
                f'    each = F.cross_entropy(logits, labels[chosen], reduction="none"{smoothing})',
                "    return (each * known[chosen]).sum() / known[chosen].sum().clamp(min=1)",
            ]
        return _joined(lines)

    def _batches(self) -> str:
        return _joined(
            [
                "PER_EPOCH = -(-len(images) // BATCH_SIZE)",
                "",
                "",
                "def seed(number):",
                '    """What the order of an epoch, and the noise of a step, are drawn from."""',
                "    return (ORDER_SEED * 1_000_003 + number * 7_919 + 12_345) % 2**31",
                "",
                "",
                "def batches(epoch):",
                '    """Every image once, in batches that differ by at most one image."""',
                "    generator = torch.Generator().manual_seed(2 * seed(epoch))",
                "    return torch.randperm(len(images), generator=generator).to(DEVICE).tensor_split(PER_EPOCH)",
                "",
                "",
                "def schedule(share):",
                '    """The factor on the learning rate when so much of the run is done."""',
                f"    {SCHEDULES[self.recipe.schedule]}",
                *self._augmentation(),
            ]
        )

    def _augmentation(self) -> list[str]:
        recipe = self.recipe
        if not recipe.augments:
            return []
        lines = ["", ""]
        if recipe.crop or recipe.shift:
            lines += [
                "def windows(padded, width, generator):",
                '    """A window of the unpadded size from every image, at a random place."""',
                "    count, _, height, across = padded.shape",
                "    down, right = torch.randint(2 * width + 1, (2, count), generator=generator).to(DEVICE)",
                "    views = padded.unfold(2, height - 2 * width, 1).unfold(3, across - 2 * width, 1)",
                "    return views[torch.arange(count, device=DEVICE), :, down, right]",
                "",
                "",
            ]
        lines += [
            "BLACK = (-MEAN / STD).to(DEVICE)",
            "",
            "",
            "def augmented(batch, step):",
            '    """The images as the run changed them at this step."""',
            "    generator = torch.Generator().manual_seed(2 * seed(step) + 1)",
        ]
        if recipe.flip:
            lines += [
                "    mirrored = torch.randint(2, (len(batch), 1, 1, 1), generator=generator).bool().to(DEVICE)",
                "    batch = torch.where(mirrored, batch.flip(3), batch)",
            ]
        if recipe.crop:
            crop = recipe.crop
            lines += [f'    batch = windows(F.pad(batch, ({crop},) * 4, mode="reflect"), {crop}, generator)']
        if recipe.shift:
            shift = recipe.shift
            lines += [
                "    count, channels, height, width = batch.shape",
                f"    bordered = BLACK.expand(count, channels, height + {2 * shift}, width + {2 * shift}).clone()",
                f"    bordered[:, :, {shift}:-{shift}, {shift}:-{shift}] = batch",
                f"    batch = windows(bordered, {shift}, generator)",
            ]
        if recipe.cutout:
            lines += [
                "    inside = []",
                "    for length in batch.shape[2:]:",
                f"        first = torch.randint(length, (len(batch), 1), generator=generator) - {recipe.cutout // 2}",
                "        place = torch.arange(length)",
                f"        inside.append((place >= first) & (place < first + {recipe.cutout}))",
                "    blank = (inside[0][:, :, None] & inside[1][:, None, :]).unsqueeze(1).to(DEVICE)",
                "    batch = torch.where(blank, BLACK, batch)",
            ]
        return [*lines, "    return batch"]

    def _training(self) -> str:
        recipe = self.recipe
        steps = "STEPS" if self.ended_early else "EPOCHS * PER_EPOCH"
        best = recipe.keep == "best"
        loop = [
            "        epoch, place = divmod(step, PER_EPOCH)",
            "        if place == 0:",
            "            order = batches(epoch)",
            "        chosen = order[place]",
            "        batch = augmented(images[chosen], step)"
            if recipe.augments
            else "        batch = images[chosen]",
            "        settings |= CHANGED.get(step, {})" if self.changes else None,
            "        torch.manual_seed(seed(step))  # dropout" if self._drops() else None,
            "        logits = network(batch)",
            "        loss = label_loss(logits, chosen)",
            *self._distilled(),
            "        for group in optimiser.param_groups:",
            f'            group["lr"] = {self._setting("learning_rate")} * schedule((step + 1) / (EPOCHS * PER_EPOCH + 1))',
            "        optimiser.zero_grad()",
            "        loss.backward()",
            f"        nn.utils.clip_grad_norm_(network.parameters(), {recipe.clip_norm!r})"
            if recipe.clip_norm
            else None,
            *(
                [
                    "        for weight in network.parameters():",
                    f"            weight.grad += {recipe.l1!r} * weight.detach().sign()  # L1",
                ]
                if recipe.l1
                else []
            ),
            "        optimiser.step()",
        ]
        return _joined(
            [
                *(self._validation() if best else []),
                "def train(distil):",
                '    """Train from the first weights, with the teacher or on labels only."""',
                "    network = first_student().train()",
                f"    optimiser = {self._optimiser()}",
                f"    settings = {self._hot_settings()}" if self.changes else None,
                "    best, kept = (math.inf, math.inf), None" if best else None,
                f"    for step in range({steps}):",
                *(self._keep("        ") if best else []),
                *loop,
                *([f"    step = {steps}", *self._keep("    ")] if best else []),
                "    network.load_state_dict(kept)" if best else None,
                "    return network.eval()",
            ]
        )

    def _distilled(self) -> list[str]:
        if not self.asks:
            return []
        says = "ask(teacher, batch)" if self.recipe.augments else "teacher_logits[chosen]"
        how = ", ".join(self._setting(name) for name in ("temperature", "teacher_weight"))
        return ["        if distil:", f"            loss = plain_loss(logits, {says}, loss, {how})"]

    def _drops(self) -> bool:
        return self.student is not None and any("Dropout" in layer for layer in self.student.layers)

    def _setting(self, name: str) -> str:
        return f'settings["{name}"]' if self.changes else name.upper()

    def _hot_settings(self) -> str:
        names = ("learning_rate", "temperature", "teacher_weight") if self.asks else ("learning_rate",)
        return "{" + ", ".join(f'"{name}": {name.upper()}' for name in names) + "}"

    def _optimiser(self) -> str:
        recipe, decay = self.recipe, self.recipe.weight_decay
        if recipe.optimiser == "adamw":
            return f"torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay={decay!r}, fused=True)"
        return (
            f"torch.optim.SGD(\n        network.parameters(), lr=LEARNING_RATE, momentum={recipe.momentum!r}, "
            f"nesterov={recipe.momentum > 0}, weight_decay={decay!r}, fused=True\n    )"
        )

    def _validation(self) -> list[str]:
        return [
            'VALIDATED = set(places["validated"].tolist())  # the steps at which the run looked',
            "",
            "",
            "def validated(network):",
            '    """Errors and mean negative log-likelihood on the validation images: less is better."""',
            "    network.eval()",
            "    with torch.no_grad():",
            f"        logits = torch.cat([network(part) for part in validation_images.split({BATCH})])",
            "    network.train()",
            "    wrong = int((logits.argmax(dim=1) != validation_labels).sum())",
            "    return wrong, float(F.cross_entropy(logits, validation_labels))",
            "",
            "",
        ]

    def _keep(self, indent: str) -> list[str]:
        return [
            f"{indent}if step in VALIDATED and (now := validated(network)) < best:",
            f"{indent}    best, kept = now, copy.deepcopy(network.state_dict())",
        ]

    def _result(self) -> str:
        results = self.results
        lines = [
            "def errors(network):",
            '    """How many of the test images get a class that is not theirs."""',
            "    with torch.no_grad():",
            f"        said = torch.cat([network(part).argmax(dim=1) for part in test_images.split({BATCH})])",
            "    return int((said != test_labels).sum())",
            "",
            "",
        ]
        rows = [("student", "train(distil=True)" if self.asks else "train(distil=False)")]
        if self.asks:
            rows.insert(0, ("twin", "train(distil=False)"))
            if self.teacher is not None:
                rows.insert(0, ("teacher", "teacher"))
        for role, expression in rows:
            was = results[role]["test_errors"]
            lines.append(
                f'print("{role}:", errors({expression}), "test errors of", len(test_labels), "(the run: {was})")'
            )
        return _joined(lines)

    # ---- the tensors ------------------------------------------------------------------------------------------------

    def _files(self) -> dict[str, bytes]:
        from safetensors.torch import save

        from kdcore import networks
        from kdcore.data import datasets, transfer_set
        from kdcore.inference import models

        experiment = self.experiment
        how: dict[str, Any] = {
            "folder": catalogue.data_folder(),
            "image_size": experiment.image_size,
            "split_seed": experiment.split_seed,
        }
        dataset = datasets.load(experiment.dataset, **how, download=False)
        transfer = transfer_set.transfer_set(dataset.train, experiment)
        shape, classes = dataset.shape, dataset.num_classes
        assert self.student is not None, "refused before"
        first = networks.build(experiment.student, shape, classes, experiment.init_seed).state_dict()
        files = {
            IMAGES: self._places(datasets.split_indices(experiment.dataset, **how), transfer),
            FIRST: self.student.state(first),
        }
        if self.asks:
            network = models.network(self.record.knower("teacher"))
            if self.teacher is None:
                from kdcore.metrics.evaluation import evaluate

                files[TEACHER] = {"logits": evaluate(network, transfer.images).float().clone()}
            else:
                files[TEACHER] = self.teacher.state(network.state_dict())
        return {name: save(tensors) for name, tensors in files.items()}

    def _places(self, places: Any, transfer: Any) -> dict[str, Tensor]:
        import torch

        tensors = {"train": places.train[transfer.chosen]}
        if places.test is not None:
            tensors["test"] = places.test
        if self.experiment.label_noise:
            tensors["labels"] = transfer.labels
        if transfer.known is not None:
            tensors["known"] = transfer.known.float()
        if self.recipe.keep == "best":
            steps = {p.step for p in self.record.points if p.phase == "students" and p.series == "val_errors"}
            tensors["validation"] = places.validation
            tensors["validated"] = torch.tensor(sorted(steps))
        return {name: tensor.contiguous() for name, tensor in tensors.items()}


def _joined(lines: Sequence[str | None]) -> str:
    """The lines as source, those that are None left out."""
    return "\n".join(line for line in lines if line is not None).strip("\n")


def needs(record: Record) -> str:
    """The packages that the program imports."""
    dataset = record.run.experiment.dataset
    images = (
        "scikit-learn" if dataset == "digits" else "torchvision" if dataset in catalogue.SOURCES else "pillow"
    )
    return f"torch numpy safetensors {images}"
