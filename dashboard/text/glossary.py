"""The words of the field and of this program, each in two sentences at most, with the page on which one sees what it means.

The Reference page lists them; every page shows them where the words stand (`components/word_hints.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.pages import DARK_KNOWLEDGE, REFERENCE, RUNS, SOFT_TARGETS, SWEEP, TRAIN
from dashboard.text.translation import _
from kdcore.texts import N_


@dataclass(frozen=True)
class GlossaryEntry:
    """A word: what it is called, what it means, and the path of the page on which it is seen."""

    name: str
    means: str
    page: str


# fmt: off
GLOSSARY: tuple[GlossaryEntry, ...] = (
    GlossaryEntry(N_("accuracy"), N_("The share of images whose class a network names rightly. What is left of it to 100 % is the error."), TRAIN),
    GlossaryEntry(N_("AdamW"), N_("An optimiser: it gives each weight a step length of its own, from the recent gradients. Weight decay acts beside it, not through it."), TRAIN),
    GlossaryEntry(N_("agreement"), N_("The share of images on which two networks name the same class, right or wrong. A student may err less than its teacher and still agree with it less than another does."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("argmax"), N_("The class with the largest logit: the teacher's bare answer. As a control it shows what its answers alone give, without their softness."), TRAIN),
    GlossaryEntry(N_("AUC"), N_("Area under a curve. For a class: how often an image of it gets a higher belief in it than an image of another class, 0.5 by chance and 1 at best."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("augmentation"), N_("Changing each image a little in every epoch, by shifting, mirroring or cropping. The student sees more images than there are, and the teacher is asked about the same changed image."), TRAIN),
    GlossaryEntry(N_("batch"), N_("The images that are learned from in one step. The gradient is the mean over them."), TRAIN),
    GlossaryEntry(N_("Bayesian search"), N_("Choosing each next setting by what the ones before it gave, so that fewer are tried in vain than at random."), SWEEP),
    GlossaryEntry(N_("belief"), N_("The share that a network gives a class at a temperature. The beliefs in all classes add up to 100 %."), SOFT_TARGETS),
    GlossaryEntry(N_("bias of a class"), N_("A number that is added to one class's logit for every image. Raising it makes a network name that class more often, without changing what tells the classes apart."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("bits"), N_("A unit of doubt: one bit is the doubt between two equally likely answers. Ten equally likely answers are 3.32 bits."), SOFT_TARGETS),
    GlossaryEntry(N_("calibration"), N_("Whether a network is right as often as it says: of the answers that it gives 80 %, 80 in a hundred should be right."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("capacity gap"), N_("Between a large teacher and a small student: the student may be unable to follow what the teacher says. A smaller teacher, or an assistant between the two, can then teach it better."), REFERENCE),
    GlossaryEntry(N_("CIFAR"), N_("Small colour photographs, 32 by 32 pixels, of ten classes such as frog and truck (CIFAR-10) or of a hundred (CIFAR-100). Far harder than digits."), TRAIN),
    GlossaryEntry(N_("claim"), N_("A difference that a paired test over seeds confirms, at 5 % over all that is compared with it. What is not claimed may still be there: more seeds could tell."), SWEEP),
    GlossaryEntry(N_("classes C"), N_("How many answers there are to choose from: ten for the digits. Somebody who knows nothing believes 1/C in each."), SOFT_TARGETS),
    GlossaryEntry(N_("clip norm"), N_("The longest gradient that a step may follow; a longer one is shortened to it. It keeps one odd batch from throwing the weights about."), TRAIN),
    GlossaryEntry(N_("CNN"), N_("Convolutional neural network: its layers look at small patches of the picture, with the same weights everywhere."), TRAIN),
    GlossaryEntry(N_("cohort"), N_("The networks that learn in one loop on the same batches: the twin and the student of a run, or all students of a sweep."), SWEEP),
    GlossaryEntry(N_("confusion matrix"), N_("How many images of each class (row) were answered with each class (column). Right answers stand on the diagonal."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("control"), N_("A student that is taught something simpler, to see whether that explains the gain as well: smoothed labels, the teacher's bare answers, T = 1."), TRAIN),
    GlossaryEntry(N_("converged"), N_("Trained so long that doubling the epochs changes the validation error by less than the seeds differ. Before that, a comparison shows who learns faster, not who learns more."), REFERENCE),
    GlossaryEntry(N_("cross-entropy"), N_("The mean of minus the logarithm of the belief in the label: the loss of learning from labels. It is 0 for a network that is sure and right."), TRAIN),
    GlossaryEntry(N_("cutout"), N_("Blanking out a square of each training image, so that a network does not rely on one spot."), TRAIN),
    GlossaryEntry(N_("dark knowledge"), N_("What soft targets say about the classes that are not the answer: which of them an image resembles, and how much. Hinton, Vinyals and Dean's word."), SOFT_TARGETS),
    GlossaryEntry(N_("dendrogram"), N_("A tree that joins the most similar classes first. The lower two branches meet, the more alike the classes are to the network."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("distillation"), N_("Training a network on what another, already trained network says of the images, rather than on their labels alone."), SOFT_TARGETS),
    GlossaryEntry(N_("dropout"), N_("Switching off a random part of a layer at every training step, so that no unit relies on another. In use all are on."), TRAIN),
    GlossaryEntry(N_("ECE"), N_("Expected calibration error: how far confidence and accuracy lie apart, averaged over answers of similar confidence. 0 is perfectly calibrated."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("entropy"), N_("How spread out a belief is, in bits: 0 for one certain answer, most when all answers are alike."), SOFT_TARGETS),
    GlossaryEntry(N_("epoch"), N_("One pass over all training images."), TRAIN),
    GlossaryEntry(N_("error"), N_("An image whose class a network names wrongly, or the share of such images. On validation while a run trains, on test images when it has ended."), TRAIN),
    GlossaryEntry(N_("fault"), N_("A mistake made on purpose, such as a forgotten T², to see how it shows and what would have caught it."), TRAIN),
    GlossaryEntry(N_("feature"), N_("What a layer inside a network makes of an image. Some methods let the student imitate features, not only answers."), REFERENCE),
    GlossaryEntry(N_("fidelity"), N_("How faithfully a student repeats its teacher: agreement of their answers and the divergence of their beliefs. A student can gain without it."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("fitted temperature"), N_("The one temperature at which a trained network's beliefs suit the validation images best. It mends calibration and changes no answer."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("float32 and bfloat16"), N_("Numbers of 32 and of 16 bits. bfloat16 keeps fewer digits and is faster where the processor multiplies it in hardware."), TRAIN),
    GlossaryEntry(N_("gradient"), N_("For every weight, how the loss would change with it; a step goes against it. Its size says how hard a loss pulls."), TRAIN),
    GlossaryEntry(N_("hard label"), N_("The class that an image was given by people: one class, nothing else. As a distribution it is 100 % and zeros."), SOFT_TARGETS),
    GlossaryEntry(N_("hidden labels"), N_("Images of the transfer set whose labels the students do not see. A teacher can still speak about them; the twin learns from the others alone."), TRAIN),
    GlossaryEntry(N_("hot setting"), N_("A setting that can be changed while a run trains, such as the temperature. The curve marks where it changed."), TRAIN),
    GlossaryEntry(N_("KL divergence"), N_("How much one distribution surprises somebody who expects another, in nats or bits; 0 where they are equal. The soft loss is the KL divergence from the teacher's soft targets to the student's."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("L1"), N_("The sum of the weights' sizes. Added to the loss it pulls weights to exactly zero."), TRAIN),
    GlossaryEntry(N_("label smoothing"), N_("Giving each wrong class the same small share of the label. Networks trained this way err a little less, and know less of which classes are alike."), TRAIN),
    GlossaryEntry(N_("latency"), N_("How long one forward pass takes on this machine, for one image and for 128; measured while nothing trains, or marked as disturbed."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("learning rate"), N_("How far a step goes along the gradient. Too low and it takes long, too high and it never settles."), TRAIN),
    GlossaryEntry(N_("logit"), N_("The number that a network gives a class before the softmax. Only differences between logits count."), SOFT_TARGETS),
    GlossaryEntry(N_("loss"), N_("The number that training makes smaller. Distillation adds two: one to the labels, one to the teacher's soft targets, weighted."), TRAIN),
    GlossaryEntry(N_("MACs"), N_("Multiply-accumulate operations of one forward pass for one image: how much a network computes, whatever the machine."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("margin"), N_("By how much the label's logit has to lead before the loss is content."), TRAIN),
    GlossaryEntry(N_("max norm"), N_("The longest vector of weights into one unit; what is longer is shortened to it after each step."), TRAIN),
    GlossaryEntry(N_("median"), N_("Of many numbers the middle one: half lie below it."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("mixup"), N_("Training on blends of two images, with labels blended alike."), TRAIN),
    GlossaryEntry(N_("mlp"), N_("Multi-layer perceptron: every unit sees all of the layer before. mlp-30 has one hidden layer of 30 units, mlp-1200x2 two of 1,200."), TRAIN),
    GlossaryEntry(N_("MNIST"), N_("70,000 handwritten digits, grey, 28 by 28 pixels: 60,000 to train on and 10,000 to test."), TRAIN),
    GlossaryEntry(N_("momentum"), N_("The share of the last step that the next one keeps. It carries a network through flat stretches and smooths a jittery gradient."), TRAIN),
    GlossaryEntry(N_("morph"), N_("A drawn digit that turns into another in 41 frames. Somewhere between them a label has to jump, and a teacher wavers."), SOFT_TARGETS),
    GlossaryEntry(N_("nat"), N_("A unit of doubt or surprise with the natural logarithm: 1 nat is 1.44 bits."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("NLL"), N_("Negative log-likelihood: the mean over images of minus the logarithm of the belief in the right class, in nats. It judges how sure a network is, and punishes being sure of a mistake."), TRAIN),
    GlossaryEntry(N_("omitted class"), N_("A class whose images the students never see. What a student knows of it, it heard from its teacher."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("optimiser"), N_("The rule that makes a step of a gradient: SGD with momentum, or AdamW."), TRAIN),
    GlossaryEntry(N_("oracle"), N_("A teacher that says exactly the probabilities from which the labels were drawn. It exists for images that were made here, such as the drawn digits."), TRAIN),
    GlossaryEntry(N_("p50 and p95"), N_("Of many measured times, the one that half stay below, and the one that 95 of a hundred stay below."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("paired test"), N_("A test of the differences at the same seeds, which vary less than either side. Here Student's t-test, corrected for everything that stands together (Holm)."), SWEEP),
    GlossaryEntry(N_("parameters"), N_("The numbers that training sets: a network's weights and biases. Their count says how large it is."), TRAIN),
    GlossaryEntry(N_("PCA"), N_("Principal component analysis: the two directions in which the points spread most, as a flat picture. Distances far apart keep their meaning."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("penultimate"), N_("The last layer but one: what it makes of an image is all that the last layer sees of it."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("pinned images"), N_("A few validation images whose answers are kept at every step, so that one can watch them change."), TRAIN),
    GlossaryEntry(N_("points"), N_("Percentage points: from 9.8 % to 7.1 % is 2.7 points."), TRAIN),
    GlossaryEntry(N_("preset"), N_("An experiment that is ready to be run, with a question, its controls, and what was measured of it with several seeds."), TRAIN),
    GlossaryEntry(N_("rank correlation"), N_("How alike two orders are: 1 for the same, 0 for no relation, −1 for the reverse. It asks for the order alone, not for the sizes."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("raw and scaled"), N_("A loss term as the method computes it, and as it enters the sum: times its weight and T². Only scaled terms compare at different temperatures."), TRAIN),
    GlossaryEntry(N_("recall"), N_("Of the images of a class, the share that a network finds."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("regularisation"), N_("What holds a network back from fitting its training images by heart: decay, smoothing, dropout and their like."), TRAIN),
    GlossaryEntry(N_("reliability diagram"), N_("Confidence against how often it was right. On the diagonal a network can be taken at its word."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("risk against coverage"), N_("The errors among the share of images of which a network is surest. A network that knows when it errs has few where it is sure."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("run"), N_("One training with its settings, curves and results. It goes on when the page is closed, and its link shows it to others."), RUNS),
    GlossaryEntry(N_("schedule"), N_("How the learning rate moves over a run: one-cycle rises and falls, cosine falls smoothly, step falls in two steps, constant stays."), TRAIN),
    GlossaryEntry(N_("seed"), N_("The number from which first weights, batches and drawn images follow. Another seed is another draw of luck; the same gives the same curves."), SWEEP),
    GlossaryEntry(N_("SGD"), N_("Stochastic gradient descent: a step against the gradient of one batch after another. Here with Nesterov momentum, which looks ahead."), TRAIN),
    GlossaryEntry(N_("smoothness"), N_("How little the logits change when an image is slightly disturbed. As a term of the loss it makes a network calm."), TRAIN),
    GlossaryEntry(N_("soft targets"), N_("The teacher's beliefs in all classes at a temperature, given to the student in place of a label, or beside it."), SOFT_TARGETS),
    GlossaryEntry(N_("softmax"), N_("Turns logits into beliefs: exponentials, divided by their sum. The temperature divides the logits first."), SOFT_TARGETS),
    GlossaryEntry(N_("spread"), N_("How much a figure differs between seeds: its standard deviation. A difference that is smaller says little."), SWEEP),
    GlossaryEntry(N_("standard deviation"), N_("How far single figures usually lie from their mean: two in three lie within one. After ± it is that of the seeds."), SWEEP),
    GlossaryEntry(N_("standard error"), N_("How far the mean of so many seeds may lie from the true one: the standard deviation over the root of their number."), SWEEP),
    GlossaryEntry(N_("step"), N_("One batch, one gradient, one change of the weights."), TRAIN),
    GlossaryEntry(N_("student"), N_("The network that learns from the teacher, and mostly from the labels too."), TRAIN),
    GlossaryEntry(N_("student − twin"), N_("The student's errors less its twin's: below zero, the teacher helped. It is the one difference that compares like with like."), TRAIN),
    GlossaryEntry(N_("T squared"), N_("The factor of the soft loss that keeps its gradient as large at a high temperature as at a low one. Without it the teacher's voice fades as T grows."), SOFT_TARGETS),
    GlossaryEntry(N_("t-SNE"), N_("A flat picture of many-dimensional points in which neighbours stay neighbours. Distances between far clouds mean nothing."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("teacher"), N_("A trained network whose answers are learned from. It does not change."), SOFT_TARGETS),
    GlossaryEntry(N_("temperature"), N_("T divides the logits before the softmax. Above 1 the small answers become visible, below 1 they vanish."), SOFT_TARGETS),
    GlossaryEntry(N_("test images"), N_("Images that nothing is chosen by. They are looked at once, at a run's end."), TRAIN),
    GlossaryEntry(N_("transfer set"), N_("The images on which the students train: all, some, with labels hidden or made noisy, or without a class."), TRAIN),
    GlossaryEntry(N_("twin"), N_("The student's fair comparison: the same network from the same first weights on the same batches, taught by the labels alone."), TRAIN),
    GlossaryEntry(N_("UMAP"), N_("A flat picture of many-dimensional points, as t-SNE, that keeps a little more of the large shape."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("uncalibrated"), N_("Marked with †: a student whose beliefs cannot be taken at their word, since its loss saw the logits only after a change. Its answers can."), REFERENCE),
    GlossaryEntry(N_("uniform"), N_("The belief of somebody who knows nothing: the same share for every class, a tenth for ten."), SOFT_TARGETS),
    GlossaryEntry(N_("validation images"), N_("Images kept apart from training, by which settings are chosen and curves are drawn. Test images come after."), TRAIN),
    GlossaryEntry(N_("weight decay"), N_("Shrinking all weights a little at every step, so that none grows that the loss does not ask for."), TRAIN),
    GlossaryEntry(N_("weight on teacher"), N_("The share of the loss that comes from the teacher: at 0 only labels count, at 1 only the teacher. Other sources call it alpha, some of them the other way round."), TRAIN),
)
# fmt: on

SYMBOLS: Mapping[str, str] = {
    "T": "temperature",
    "T²": "T squared",
    "T^2": "T squared",
    "w": "weight on teacher",
    "z": "logit",
    "v": "logit",
    "p": "belief",
    "y": "hard label",
    "C": "classes C",
    "CE": "cross-entropy",
    "KL": "KL divergence",
    "NLL": "NLL",
    "ECE": "ECE",
    "AUC": "AUC",
    "MACs": "MACs",
    "p50": "p50 and p95",
    "p95": "p50 and p95",
    "σ": "standard deviation",
    "±": "standard deviation",
    "†": "uncalibrated",
    "fitted T": "fitted temperature",
    "L1": "L1",
    "SGD": "SGD",
    "AdamW": "AdamW",
    "PCA": "PCA",
    "t-SNE": "t-SNE",
    "UMAP": "UMAP",
    "CNN": "CNN",
    "CNNs": "CNN",
    "mlp": "mlp",
    "cnn": "CNN",
    "MNIST": "MNIST",
    "CIFAR": "CIFAR",
    "bfloat16": "float32 and bfloat16",
    "float32": "float32 and bfloat16",
    "nats": "nat",
    "multiply-adds": "MACs",
    "latency": "latency",
    "Bayesian": "Bayesian search",
    "distilled": "distillation",
    "distil": "distillation",
    "temperatures": "temperature",
    "softened": "soft targets",
}
"""Symbols, abbreviations and other forms, as they stand on the pages, each with the term that explains it."""
EVERYDAY = frozenset(
    {"claim", "control", "error", "fault", "feature", "margin", "median", "points", "preset", "run", "schedule", "smoothness", "spread", "step"}
)  # fmt: skip
"""Terms that are words of every day as well: in sentences they are not marked, since most of those mean no term."""


def english_beside(term: GlossaryEntry) -> str:
    """The term as papers in English have it, for readers of another language; empty where it is no other word."""
    name = _(term.name)
    return "" if name is term.name or term.name.lower() in name.lower() else term.name


def forms() -> dict[str, list[str]]:
    """What each term may look like on a page: its name (unless that is an everyday word), and its symbols."""
    found = {term.name: [] if term.name in EVERYDAY else [term.name] for term in GLOSSARY}
    for symbol, name in SYMBOLS.items():
        if symbol not in found[name]:
            found[name].append(symbol)
    return {name: written for name, written in found.items() if written}
