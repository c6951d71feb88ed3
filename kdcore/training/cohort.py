"""The networks that learn in lockstep: one step of all of them on one batch.

Networks of one architecture run as one program, members that share a plan share its objective. What a member learns
does not depend on who learns beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor, nn

from kdcore import networks
from kdcore.errors import UnfinishedMethod
from kdcore.experiment import Recipe
from kdcore.metrics.evaluation import evaluate
from kdcore.plan import Batch, Drawing, Figure, Labels, Notes, Output, Side, Stage, Term, View
from kdcore.system.precision import autocast
from kdcore.training.batch_sampler import BatchSampler, InputBatch
from kdcore.training.data_stream import DataStream, StreamBatch
from kdcore.training.gradients import add_l1, clip, norms
from kdcore.training.label_correction import CORRECTED, corrected_labels
from kdcore.training.members import Member, NetworkRef, State, TrainedNetwork, shapes_of
from kdcore.training.stacked_networks import (
    NetworkProgram,
    ParameterSlot,
    SequentialNetworks,
    network_program,
    probed,
)
from kdcore.training.step import NetworkGroup, ObjectiveGroup, Step, StepDrawing, StepFigure, StepTerms
from kdcore.training.teacher_outputs import TeacherOutputs

DISTURBANCE = 0.1
"""Standard deviation of the noise under which logits are to stay the same, in units of the images' own."""
FUSED = ("cpu", "cuda")
"""Devices whose optimisers update all weights in one kernel; there they count their steps on the device too."""


class Cohort:
    """All members' networks with their optimisers, at one point of training."""

    def __init__(
        self,
        members: Sequence[Member],
        recipe: Recipe,
        shape: tuple[int, int, int],
        classes: int,
        device: str,
        trained_networks: Mapping[str, TrainedNetwork] | None = None,
        stacked: Mapping[str, bool] | None = None,
    ) -> None:
        """`trained_networks`: those that were trained before and that stages name: `teacher`, and those of stages before.

        stacked: whether networks of an architecture run as one program, where that was measured.
        """
        self.members = list(members)
        self.recipe = recipe
        self.shape, self.classes, self.device = shape, classes, device
        self.trained_networks, self.stacked = dict(trained_networks or {}), dict(stacked or {})
        self.memory: State = self._brought()
        self.groups: list[NetworkGroup] = []
        self.crews: list[ObjectiveGroup] = []
        self.stages = [-1] * len(self.members)
        self.absent: set[int] = set()
        self._teacher: nn.Module | None = None

    def _brought(self) -> State:
        """The weights of networks that were trained before, as the state of a member names them whose plan asks any."""
        brought: State = {}
        for m, whose in enumerate(self.members):
            asked = {n for stage in whose.stages for n in (*stage.frozen, *stage.starts_from.values())}
            earlier = self.trained_networks.keys() - {"teacher"}
            for name in earlier if asked & earlier else ():
                prefix = self._prefix(NetworkRef(m, name)) + "weights/"
                brought |= {prefix + n: t for n, t in self.trained_networks[name].weights.items()}
        return brought

    # ---- where everybody is -------------------------------------------------------------------------------------

    def enter(self, stages: Sequence[int], state: State | None = None) -> None:
        """Seat the networks of these stages (one index a member), going on from `state` or from where they are."""
        self.memory = dict(state) if state is not None else self._kept(stages)
        self.stages = list(stages)
        there = [m for m in range(len(self.members)) if m not in self.absent]
        order = sorted(there, key=lambda m: (*self._shared(m), m))
        seats: dict[str, list[NetworkRef]] = {}
        for network in sorted({n for m in order for n in self._stage(m).learns}):
            for m in order:
                architecture = self._stage(m).learns.get(network)
                if architecture is not None:
                    seats.setdefault(architecture, []).append(NetworkRef(m, network))
        self.groups = [
            self._group(
                network_program(
                    [self._built(architecture, seat) for seat in seated],
                    [self.members[seat.member].stream for seat in seated],
                    self.stacked.get(architecture),
                ),
                seated,
            )
            for architecture, seated in seats.items()
        ]
        self.crews = self._crews(order)
        self._recall_notes()

    def leave(self, members: Sequence[int]) -> None:
        """Let members go before the end: they learn no more, and nothing of them is kept."""
        self.absent |= {*members}
        self.enter(self.stages)
        gone = tuple(f"{self.members[m].role}/" for m in members)
        self.memory = {name: tensor for name, tensor in self.memory.items() if not name.startswith(gone)}

    def _kept(self, stages: Sequence[int]) -> State:
        """All states but the notes of members that leave their stage."""
        leaving = [
            f"{m.role}//notes/"
            for m, was, now in zip(self.members, self.stages, stages, strict=True)
            if was != now
        ]
        return {name: t for name, t in self.state().items() if not name.startswith(tuple(leaving))}

    def _shared(self, member: int) -> tuple[int, str, int]:
        """What members have in common whose losses are computed as one: lane, objective and stage."""
        whose = self.members[member]
        return whose.stream, whose.key, self.stages[member]

    def _stage(self, member: int) -> Stage:
        return self.members[member].stages[self.stages[member]]

    def _prefix(self, seat: NetworkRef) -> str:
        return f"{self.members[seat.member].role}/{seat.network}/"

    def _remembered(self, seat: NetworkRef) -> State:
        prefix = self._prefix(seat) + "weights/"
        return {name.removeprefix(prefix): t for name, t in self.memory.items() if name.startswith(prefix)}

    def _built(self, architecture: str, seat: NetworkRef) -> nn.Module:
        seed = self.members[seat.member].seed(seat.network)
        network = networks.build(architecture, self.shape, self.classes, seed)
        if kept := self._remembered(seat):
            network.load_state_dict(kept)
        elif (source := self._stage(seat.member).starts_from.get(seat.network)) is not None:
            networks.taken_over(network, self._weights_of(NetworkRef(seat.member, source)))
        return networks.placed(network, architecture, self.device)

    def _weights_of(self, seat: NetworkRef) -> State:
        return self._remembered(seat) or self.trained_networks[seat.network].weights

    def _architecture_of(self, seat: NetworkRef) -> str:
        """The table's name of a network that this member's plan trains, or that was trained before it."""
        for stage in self.members[seat.member].stages:
            if seat.network in stage.learns:
                return stage.learns[seat.network]
        return self.trained_networks[seat.network].architecture

    def _frozen(self, seat: NetworkRef) -> nn.Module:
        architecture = self._architecture_of(seat)
        network = networks.build(architecture, self.shape, self.classes, seed=0)
        network.load_state_dict(self._weights_of(seat))
        return networks.placed(network, architecture, self.device).eval().requires_grad_(False)

    def _adapter(self, name: str, seat: NetworkRef) -> nn.Module:
        stage = self._stage(seat.member)
        named = {n: self._architecture_of(NetworkRef(seat.member, n)) for n in (*stage.learns, *stage.frozen)}
        shapes = shapes_of(named, self.shape, self.classes)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.members[seat.member].seed(seat.network))
            module = stage.adapters[name](shapes)
        if kept := self._remembered(seat):
            module.load_state_dict(kept)
        return module.to(self.device)

    def _group(self, running: NetworkProgram, seats: list[NetworkRef]) -> NetworkGroup:
        slots = running.slots()
        optimiser = _optimiser([slot.tensor for slot in slots], self.recipe, self.device)
        group = NetworkGroup(seats, running, slots, optimiser, self._fixed(seats, slots))
        self._remember_optimiser(group)
        return group

    def _fixed(
        self, seats: Sequence[NetworkRef], slots: Sequence[ParameterSlot]
    ) -> list[tuple[Tensor, Tensor]]:
        """The weights before a point up to which a seat's network stays as it is, with their values of now."""
        fixed = []
        for k, seat in enumerate(seats):
            if (point := self._stage(seat.member).fixed.get(seat.network)) is None:
                continue
            architecture = self._stage(seat.member).learns[seat.network]
            before = networks.weights_before(architecture, point, self.shape, self.classes)
            own = [slot for slot in slots if slot.name in before and slot.member in (None, k)]
            tensors = [slot.tensor.detach() if slot.member == k else slot.tensor.detach()[k] for slot in own]
            fixed += [(tensor, tensor.clone()) for tensor in tensors]
        return fixed

    @property
    def _learning(self) -> list[NetworkGroup]:
        """All groups that are trained: networks and adapters."""
        return [*self.groups, *(group for crew in self.crews for group in crew.adapters.values())]

    def _crews(self, order: Sequence[int]) -> list[ObjectiveGroup]:
        crews: dict[tuple[int, str, int], list[int]] = {}
        for m in order:
            crews.setdefault(self._shared(m), []).append(m)
        return [
            ObjectiveGroup(
                who,
                self._stage(who[0]),
                self._where(who),
                self._setting(who, "temperature"),
                self._setting(who, "teacher_weight"),
                self._adapters(who),
                {n: [self._frozen(NetworkRef(m, n)) for m in who] for n in self._earlier(who[0])},
            )
            for who in crews.values()
        ]

    def _adapters(self, who: Sequence[int]) -> dict[str, NetworkGroup]:
        groups = {}
        for name in self._stage(who[0]).adapters:
            seats = [NetworkRef(m, f"adapter:{name}") for m in who]
            groups[name] = self._group(
                SequentialNetworks([self._adapter(name, seat) for seat in seats]), seats
            )
        return groups

    def _earlier(self, member: int) -> list[str]:
        """The frozen networks of a member's stage but the teacher, who answers for all at once."""
        return [name for name in self._stage(member).frozen if name != "teacher"]

    def _setting(self, members: Sequence[int], name: str) -> Tensor:
        return torch.tensor([getattr(self.members[m], name) for m in members], device=self.device)

    def change(self, setting: str, value: float) -> None:
        """Give every member a new temperature or weight on teacher, from the next step on."""
        for member in self.members:
            setattr(member, setting, value)
        for crew in self.crews:
            setattr(crew, setting, self._setting(crew.members, setting))

    def _where(self, who: Sequence[int]) -> dict[str, tuple[int, slice]]:
        where: dict[str, tuple[int, slice]] = {}
        for g, group in enumerate(self.groups):
            for i, seat in enumerate(group.seats):
                if seat.member in who:
                    start = where[seat.network][1].start if seat.network in where else i
                    where[seat.network] = (g, slice(start, i + 1))
        return where

    # ---- one step -----------------------------------------------------------------------------------------------

    def step(self, seen: Sequence[StreamBatch], rate: float, progress: float) -> Step:
        """Train every network on its lane's batch; returns the terms and figures, still on the device."""
        step = self.losses(seen, progress)
        _sum(step.terms).backward()
        for group in self._learning:
            if self.recipe.clip_norm:
                clip(group.slots, group.program.size, self.recipe.clip_norm)
            for settings in group.optimiser.param_groups:
                settings["lr"] = rate
            if self.recipe.l1:
                add_l1(group.slots, self.recipe.l1)
            group.optimiser.step()
            for tensor, kept in group.fixed:
                tensor.copy_(kept)
            for slot in group.slots:
                slot.tensor.grad = None
        return step

    def losses(self, seen: Sequence[StreamBatch], progress: float) -> Step:
        """The loss terms of one step (a batch a lane), with their graph, and its figures."""
        batches, seeds = [one.inputs.images for one in seen], [one.noise_seed for one in seen]
        with autocast(self.device):
            said = [
                group.program.answer(batches, self._points(group), seeds, self._spared(group))
                for group in self.groups
            ]
        said = [output.float() for output in said]
        step = Step(self._smoothness(seen, said), [])
        for crew in self.crews:
            batch = self._batch(crew, seen[self.members[crew.members[0]].stream], said, progress)
            for made in crew.stage.objective(batch):
                if isinstance(made, Drawing):
                    drawn = made.images.detach(), made.classes.detach()
                    step.drawings.append(StepDrawing(crew, made.network, *drawn))
                    continue
                _refuse_other_shapes(made, crew)
                if isinstance(made, Figure):
                    step.figures.append(StepFigure(crew, made.network, made.name, made.value.detach()))
                else:
                    raw, scaled = made.raw.detach(), made.scale * made.raw
                    step.terms.append(StepTerms(crew, made.network, made.name, made.side, raw, scaled))
        return step

    def _smoothness(self, seen: Sequence[StreamBatch], said: Sequence[Output]) -> list[StepTerms]:
        """The mean squared change of each network's logits when its images are slightly disturbed (Bishop 1995,
        Training with noise is equivalent to Tikhonov regularization, section 2, without his expansion)."""
        if not self.recipe.smoothness:
            return []
        seeds = [one.noise_seed for one in seen]
        images = [_disturbed(one.inputs.images, one.noise_seed) for one in seen]
        with autocast(self.device):
            disturbed = [
                group.program.answer(images, (), seeds, self._spared(group)) for group in self.groups
            ]
        changes = [
            (now.logits.float() - before.logits).square().mean(dim=(1, 2))
            for now, before in zip(disturbed, said, strict=True)
        ]
        terms = []
        for crew in self.crews:
            for network, (g, part) in self._seeing(crew):
                raw = changes[g][part]
                scaled = self.recipe.smoothness * raw
                terms.append(StepTerms(crew, network, "smoothness", "labels", raw.detach(), scaled))
        return terms

    def _seeing(self, crew: ObjectiveGroup) -> list[tuple[str, tuple[int, slice]]]:
        """Where the networks of a crew sit that see the run's images."""
        return [(n, at) for n, at in crew.where.items() if n not in crew.stage.without_images]

    def _spared(self, group: NetworkGroup) -> list[int]:
        """The seats of a group whose networks learn without the run's images."""
        return [
            k for k, seat in enumerate(group.seats) if seat.network in self._stage(seat.member).without_images
        ]

    def _points(self, group: NetworkGroup) -> tuple[str, ...]:
        names = {seat.network for seat in group.seats}
        wanted = {p for crew in self.crews for n in names for p in crew.stage.taps.get(n, ())}
        return tuple(sorted(wanted))

    def _batch(
        self, crew: ObjectiveGroup, seen: StreamBatch, said: Sequence[Output], progress: float
    ) -> Batch:
        sight, outputs = seen.inputs, {}
        for network, (g, part) in self._seeing(crew):
            features = {point: f[part] for point, f in said[g].features.items()}
            outputs[network] = Output(said[g].logits[part], features)
        if seen.teacher is not None:
            outputs["teacher"] = seen.teacher
        for network, frozen in crew.frozen.items():
            outputs[network] = self._answer_frozen(frozen, sight.images, crew.stage.taps.get(network, ()))
        return Batch(
            images=sight.images,
            labels=self._labels(crew, sight),
            outputs=outputs,
            temperature=crew.temperature,
            teacher_weight=crew.teacher_weight,
            notes={name: note[:, sight.indices] for name, note in crew.notes.items()},
            partner_notes={}
            if sight.partner_indices is None
            else {n: t[:, sight.partner_indices] for n, t in crew.notes.items()},
            progress=progress,
            label_smoothing=self.members[crew.members[0]].label_smoothing,
            adapt=_Adapting(crew.adapters),
            ask=_Asking(self, crew),
            seed=seen.noise_seed,
        )

    def _labels(self, crew: ObjectiveGroup, sight: InputBatch) -> Labels:
        """The batch's labels, as the teacher corrected them where this crew's members learn from such."""
        if (corrected := crew.notes.get(CORRECTED)) is None:
            return sight.labels
        other = None if sight.partner_indices is None else corrected[:, sight.partner_indices]
        return replace(sight.labels, index=corrected[:, sight.indices], other=other)

    def teacher_for(self, crew: ObjectiveGroup) -> list[nn.Module]:
        """The teacher's network, the same for every member of a crew; built when an objective first asks it."""
        if self._teacher is None:
            self._teacher = self._frozen(NetworkRef(crew.members[0], "teacher"))
        return [self._teacher] * len(crew.members)

    @torch.no_grad()
    def _answer_frozen(self, frozen: list[nn.Module], images: Tensor, points: Sequence[str]) -> Output:
        with autocast(self.device):
            said = SequentialNetworks(frozen).answer([images], points)
        return said.float()

    def gradient_norms(
        self, seen: Sequence[StreamBatch], progress: float
    ) -> dict[NetworkRef, tuple[dict[str, float], dict[str, float]]]:
        """Norms of each network's gradient at one step: by side, and of the whole by layer. Changes no weight."""
        buffers = self._buffers()
        terms = self.losses(seen, progress).terms
        found: dict[NetworkRef, tuple[dict[str, float], dict[str, float]]] = {
            seat: ({}, {}) for group in self.groups for seat in group.seats
        }
        sides = sorted({term.side for term in terms})
        for group in self.groups:
            weights = [slot.tensor for slot in group.slots]
            whole = [torch.zeros_like(tensor) for tensor in weights]
            for side in sides:
                total = _sum([term for term in terms if term.side == side])
                gradients = torch.autograd.grad(total, weights, retain_graph=True, allow_unused=True)
                self._note_norms(group, norms(group.slots, gradients, group.program.size), side, found)
                whole = [w if g is None else w.add_(g) for w, g in zip(whole, gradients, strict=True)]
            self._note_norms(group, norms(group.slots, whole, group.program.size), None, found)
        self._restore_buffers(buffers)
        return found

    def _note_norms(
        self,
        group: NetworkGroup,
        layers: Mapping[str, Tensor],
        side: Side | None,
        found: Mapping[NetworkRef, tuple[dict[str, float], dict[str, float]]],
    ) -> None:
        for k, seat in enumerate(group.seats):
            by_layer = {layer: float(norm[k]) for layer, norm in layers.items()}
            if side is None:
                found[seat][1].update(by_layer)
            elif (whole := sum(n * n for n in by_layer.values()) ** 0.5) > 0:
                found[seat][0][side] = whole

    def _buffers(self) -> list[State]:
        return [
            {name: buffer.clone() for name, buffer in network.named_buffers()}
            for group in self._learning
            for network in getattr(group.program, "networks", [])
        ]

    def _restore_buffers(self, kept: list[State]) -> None:
        every = [network for group in self._learning for network in getattr(group.program, "networks", [])]
        for network, buffers in zip(every, kept, strict=True):
            for name, buffer in network.named_buffers():
                buffer.copy_(buffers[name])

    # ---- what they say ------------------------------------------------------------------------------------------

    @torch.inference_mode()
    def logits(self, images: Tensor) -> dict[NetworkRef, Tensor]:
        """Every network's logits [n, C] on images [n, ...], in eval mode."""
        said: dict[NetworkRef, Tensor] = {}
        for group in self.groups:
            with autocast(self.device):
                whole = group.program.evaluate(images).float()
            said |= {seat: whole[k] for k, seat in enumerate(group.seats)}
        return said

    def pictures(self, view: View, images: Tensor) -> dict[NetworkRef, Tensor]:
        """What the stages show of every network on a few images [P, ...]: maps [P, h, w] or a matrix [P, P].

        Networks of one name are tapped alike, so that the twin is shown beside the student.
        """
        shown: dict[NetworkRef, Tensor] = {}
        for stage in self.showing(view):
            for group in self.groups:
                made = self._looked_at if view in stage.shows else self._probed
                shown |= dict(zip(group.seats, made(stage, view, group, images), strict=True))
        return shown

    @torch.inference_mode()
    def _looked_at(self, stage: Stage, view: View, group: NetworkGroup, images: Tensor) -> list[Tensor]:
        points = sorted({p for seat in group.seats for p in stage.taps.get(seat.network, ())})
        said = group.program.look(images, points)
        each = [
            Output(said.logits[k], {p: f[k] for p, f in said.features.items()})
            for k in range(group.program.size)
        ]
        return [stage.shows[view](one) for one in each]

    def _probed(self, stage: Stage, view: View, group: NetworkGroup, images: Tensor) -> list[Tensor]:
        probe = stage.probes[view]
        return [probe(partial(probed, group.program, k), images) for k in range(group.program.size)]

    def teachers_picture(self, view: View, images: Tensor, teacher: TeacherOutputs) -> Tensor:
        """What a stage of now shows of the teacher on a few images."""
        stage = self.showing(view)[0]
        if view in stage.shows:
            return stage.shows[view](teacher.for_images(images))
        return stage.probes[view](teacher.network, images)

    def showing(self, view: View) -> list[Stage]:
        """The stages of now that show something in this view; at most one of each plan."""
        return [c.stage for c in self.crews if view in c.stage.shows or view in c.stage.probes]

    def role(self, seat: NetworkRef) -> str:
        """The seat's name in events."""
        return self.members[seat.member].network_role(seat.network)

    def weights(self, seat: NetworkRef) -> State:
        """The weights and buffers of one network, as its architecture names them; not a copy."""
        group = next(g for g in self.groups if seat in g.seats)
        return group.program.state(group.seats.index(seat))

    def trained(self) -> dict[str, TrainedNetwork]:
        """Every network that was trained here, at its last weights; copies."""
        found: dict[str, TrainedNetwork] = {}
        for m, whose in enumerate(self.members):
            for name, architecture in {
                k: v for stage in whose.stages for k, v in stage.learns.items()
            }.items():
                weights = self._last_weights(NetworkRef(m, name))
                found[name] = TrainedNetwork(
                    architecture, {n: t.detach().clone() for n, t in weights.items()}
                )
        return found

    def earlier(self) -> dict[str, TrainedNetwork]:
        """Networks that were trained and do not learn now, by role, at their last weights; not copies."""
        found: dict[str, TrainedNetwork] = {}
        seated = {seat for group in self.groups for seat in group.seats}
        for m, whose in enumerate(self.members):
            learned = {name for stage in whose.stages for name in stage.learns}
            for name in sorted(learned | self.trained_networks.keys() - {"teacher"}):
                seat = NetworkRef(m, name)
                if seat not in seated and (weights := self._remembered(seat)):
                    found[self.role(seat)] = TrainedNetwork(self._architecture_of(seat), weights)
        return found

    def _last_weights(self, seat: NetworkRef) -> State:
        sits = any(seat in group.seats for group in self.groups)
        return self.weights(seat) if sits else self._remembered(seat)

    # ---- keeping and going on -----------------------------------------------------------------------------------

    def state(self) -> State:
        """All networks' weights and optimiser states, those of earlier stages too; not copies."""
        state = dict(self.memory)
        for group in self._learning:
            for k, seat in enumerate(group.seats):
                prefix = self._prefix(seat)
                state |= {f"{prefix}weights/{name}": t for name, t in group.program.state(k).items()}
                for slot in group.slots:
                    if slot.member in (None, k):
                        for name, value in group.optimiser.state.get(slot.tensor, {}).items():
                            part = (
                                value[k]
                                if slot.member is None and value.dim() == slot.tensor.dim()
                                else value
                            )
                            state[f"{prefix}optimiser/{name}/{slot.name}"] = part
        for crew in self.crews:
            for k, m in enumerate(crew.members):
                state |= {
                    f"{self.members[m].role}//notes/{name}": note[k] for name, note in crew.notes.items()
                }
        return state

    def _remember_optimiser(self, group: NetworkGroup) -> None:
        for slot in group.slots:
            seats = group.seats if slot.member is None else [group.seats[slot.member]]
            kept: dict[str, list[Tensor]] = {}
            for seat in seats:
                prefix, suffix = self._prefix(seat) + "optimiser/", "/" + slot.name
                for name, tensor in self.memory.items():
                    if name.startswith(prefix) and name.endswith(suffix):
                        kept.setdefault(name.removeprefix(prefix).removesuffix(suffix), []).append(tensor)
            for name, parts in kept.items():
                scalar = parts[0].dim() == 0 and slot.tensor.dim() > 0
                joined = parts[0] if scalar or slot.member is not None else torch.stack(parts)
                counted_here = scalar and self.device not in FUSED
                value = joined.clone().to("cpu" if counted_here else self.device)
                if not scalar:
                    # A fused optimiser walks weights and state side by side in memory: both need one layout.
                    value = torch.empty_like(slot.tensor, requires_grad=False).copy_(value)
                group.optimiser.state[slot.tensor][name] = value

    def prepare(self, lanes: Sequence[DataStream], members: Sequence[int]) -> dict[int, Notes]:
        """Let the stages that these members enter fix what they need to know; returns each member's notes."""
        made: dict[int, Notes] = {}
        for crew in self.crews:
            fresh = [m for m in crew.members if m in members]
            if not fresh:
                continue
            lane = lanes[self.members[crew.members[0]].stream]
            own = [self._notes(crew.stage, _View(self, lane.sampler, lane.teacher, m)) for m in crew.members]
            crew.notes = {name: torch.stack([n.tensors[name] for n in own]) for name in own[0].tensors}
            made |= dict(zip(crew.members, own, strict=True))
        return made

    def _notes(self, stage: Stage, view: _View) -> Notes:
        """What the stage fixes before it begins, and the labels that the teacher corrects for this member."""
        made = stage.prepare(view)
        confidence = self.members[view.member].corrected_labels
        if confidence == 1.0:
            return made
        labels, share = corrected_labels(view.labels.index, view.logits("teacher"), confidence)
        return Notes({**made.tensors, CORRECTED: labels}, {**made.measured, "labels corrected": share})

    def _recall_notes(self) -> None:
        for crew in self.crews:
            prefixes = [f"{self.members[m].role}//notes/" for m in crew.members]
            names = [n.removeprefix(prefixes[0]) for n in self.memory if n.startswith(prefixes[0])]
            crew.notes = {
                name: torch.stack([self.memory[p + name] for p in prefixes]).to(self.device) for name in names
            }


@dataclass(frozen=True)
class _View:
    """What a stage may ask about the transfer set before it begins."""

    cohort: Cohort
    feed: BatchSampler
    teacher: TeacherOutputs | None
    member: int

    @property
    def labels(self) -> Labels:
        return self.feed.labels

    def logits(self, network: str) -> Tensor:
        if network == "teacher" and self.teacher is not None:
            return self.teacher.on_transfer_set
        for crew in self.cohort.crews:
            if self.member in crew.members and network in crew.frozen:
                frozen = crew.frozen[network][crew.members.index(self.member)]
                return evaluate(frozen, self.feed.images).float()
        return self.cohort.logits(self.feed.images)[NetworkRef(self.member, network)]


@dataclass(frozen=True)
class _Adapting:
    """Runs a crew's adapters for its objective."""

    groups: Mapping[str, NetworkGroup]

    def __call__(self, name: str, *inputs: Tensor, learn: bool = True) -> Tensor:
        modules = self.groups[name].program
        said = [
            modules.ask(k, *(x[k] if len(x) > 1 else x[0] for x in inputs), learn=learn)
            for k in range(modules.size)
        ]
        return torch.stack(said)


@dataclass(frozen=True)
class _Asking:
    """Runs a crew's networks, learning and frozen, on images of its objective's own."""

    cohort: Cohort
    crew: ObjectiveGroup

    def __call__(self, network: str, images: Tensor, learn: bool = True) -> Tensor:
        own = [images[k] if len(images) > 1 else images[0] for k in range(len(self.crew.members))]
        with autocast(self.cohort.device):
            if network in self.crew.where:
                g, part = self.crew.where[network]
                running = self.cohort.groups[g].program
                said = [running.ask(part.start + k, x, learn=learn) for k, x in enumerate(own)]
            else:
                frozen = self.crew.frozen.get(network) or self.cohort.teacher_for(self.crew)
                said = [f(x) for f, x in zip(frozen, own, strict=True)]
        return torch.stack(said).float()


def _refuse_other_shapes(made: Term | Figure, crew: ObjectiveGroup) -> None:
    value, members = made.value if isinstance(made, Figure) else made.raw, len(crew.members)
    if value.shape != (members,):
        raise UnfinishedMethod(
            f"The stage '{crew.stage.name}' gives '{made.name}' the shape {list(value.shape)}: it is to be [{members}], "
            "a value for each run that learns here."
        )


def _disturbed(images: Tensor, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return images + DISTURBANCE * torch.randn(images.shape, generator=generator).to(images.device)


def _sum(terms: Sequence[StepTerms]) -> Tensor:
    return torch.cat([term.scaled for term in terms]).sum()


def _optimiser(tensors: list[Tensor], recipe: Recipe, device: str) -> torch.optim.Optimizer:
    fused = device in FUSED
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(
            tensors, lr=recipe.learning_rate, weight_decay=recipe.weight_decay, fused=fused
        )
    return torch.optim.SGD(
        tensors,
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=recipe.momentum > 0,
        weight_decay=recipe.weight_decay,
        fused=fused,
    )
