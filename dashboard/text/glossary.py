"""The words of the field and of this program, each in two sentences at most, with the page on which one sees what it means."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.pages import DARK_KNOWLEDGE, REFERENCE, RUNS, SOFT_TARGETS, SWEEP, TRAIN
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
    GlossaryEntry(N_("agreement"), N_("The share of images on which two networks name the same class, right or wrong. A student may err less than its teacher and still agree with it less than another does."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("argmax"), N_("The class with the largest logit: the teacher's bare answer. As a control it shows what its answers alone give, without their softness."), TRAIN),
    GlossaryEntry(N_("augmentation"), N_("Changing each image a little in every epoch, by shifting, mirroring or cropping. The student sees more images than there are, and the teacher is asked about the same changed image."), TRAIN),
    GlossaryEntry(N_("batch"), N_("The images that are learned from in one step. The gradient is the mean over them."), TRAIN),
    GlossaryEntry(N_("belief"), N_("The share that a network gives a class at a temperature. The beliefs in all classes add up to 100 %."), SOFT_TARGETS),
    GlossaryEntry(N_("bias of a class"), N_("A number that is added to one class's logit for every image. Raising it makes a network name that class more often, without changing what tells the classes apart."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("bits"), N_("A unit of doubt: one bit is the doubt between two equally likely answers. Ten equally likely answers are 3.32 bits."), SOFT_TARGETS),
    GlossaryEntry(N_("calibration"), N_("Whether a network is right as often as it says: of the answers that it gives 80 %, 80 in a hundred should be right."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("capacity gap"), N_("Between a large teacher and a small student: the student may be unable to follow what the teacher says. A smaller teacher, or an assistant between the two, can then teach it better."), REFERENCE),
    GlossaryEntry(N_("claim"), N_("A difference that a paired test over seeds allows to be called one, at 5 % over everything that stands with it. What is not claimed may still be there: more seeds could tell."), SWEEP),
    GlossaryEntry(N_("cohort"), N_("The networks that learn in one loop on the same batches: the twin and the student of a run, or all students of a sweep."), SWEEP),
    GlossaryEntry(N_("confusion matrix"), N_("How many images of each class (row) were answered with each class (column). Right answers stand on the diagonal."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("control"), N_("A student that is taught something simpler, to see whether that explains the gain as well: smoothed labels, the teacher's bare answers, T = 1."), TRAIN),
    GlossaryEntry(N_("converged"), N_("Trained so long that doubling the epochs changes the validation error by less than the seeds differ. Before that, a comparison shows who learns faster, not who learns more."), REFERENCE),
    GlossaryEntry(N_("cross-entropy"), N_("The mean of minus the logarithm of the belief in the label: the loss of learning from labels. It is 0 for a network that is sure and right."), TRAIN),
    GlossaryEntry(N_("dark knowledge"), N_("What soft targets say about the classes that are not the answer: which of them an image resembles, and how much. Hinton, Vinyals and Dean's word."), SOFT_TARGETS),
    GlossaryEntry(N_("dendrogram"), N_("A tree that joins the most similar classes first. The lower two branches meet, the more alike the classes are to the network."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("distillation"), N_("Training a network on what another, already trained network says of the images, rather than on their labels alone."), SOFT_TARGETS),
    GlossaryEntry(N_("ECE"), N_("Expected calibration error: how far confidence and accuracy lie apart, averaged over answers of similar confidence. 0 is perfectly calibrated."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("entropy"), N_("How spread out a belief is, in bits: 0 for one certain answer, most when all answers are alike."), SOFT_TARGETS),
    GlossaryEntry(N_("epoch"), N_("One pass over all training images."), TRAIN),
    GlossaryEntry(N_("error"), N_("An image whose class a network names wrongly, or the share of such images. On validation while a run trains, on test images when it has ended."), TRAIN),
    GlossaryEntry(N_("feature"), N_("What a layer inside a network makes of an image. Some methods let the student imitate features, not only answers."), REFERENCE),
    GlossaryEntry(N_("fidelity"), N_("How faithfully a student repeats its teacher: agreement of their answers and the divergence of their beliefs. A student can gain without it."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("gradient"), N_("For every weight, how the loss would change with it; a step goes against it. Its size says how hard a loss pulls."), TRAIN),
    GlossaryEntry(N_("hard label"), N_("The class that an image was given by people: one class, nothing else. As a distribution it is 100 % and zeros."), SOFT_TARGETS),
    GlossaryEntry(N_("hidden labels"), N_("Images of the transfer set whose labels the students do not see. A teacher can still speak about them; the twin learns from the others alone."), TRAIN),
    GlossaryEntry(N_("hot setting"), N_("A setting that can be changed while a run trains, such as the temperature. The curve marks where it changed."), TRAIN),
    GlossaryEntry(N_("KL divergence"), N_("How much one distribution surprises somebody who expects another, in nats or bits; 0 where they are equal. The soft loss is the KL divergence from the teacher's soft targets to the student's."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("label smoothing"), N_("Giving each wrong class the same small share of the label. Networks trained so err a little less, and know less of which classes are alike."), TRAIN),
    GlossaryEntry(N_("latency"), N_("How long one forward pass takes on this machine, for one image and for 128; measured while nothing trains, or marked as disturbed."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("learning rate"), N_("How far a step goes along the gradient. Too low and it takes long, too high and it never settles."), TRAIN),
    GlossaryEntry(N_("logit"), N_("The number that a network gives a class before the softmax. Only differences between logits count."), SOFT_TARGETS),
    GlossaryEntry(N_("loss"), N_("The number that training makes smaller. Distillation adds two: one to the labels, one to the teacher's soft targets, weighted."), TRAIN),
    GlossaryEntry(N_("MACs"), N_("Multiply-accumulate operations of one forward pass for one image: how much a network computes, whatever the machine."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("morph"), N_("A drawn digit that turns into another in 41 frames. Somewhere between them a label has to jump, and a teacher wavers."), SOFT_TARGETS),
    GlossaryEntry(N_("nat"), N_("A unit of doubt or surprise with the natural logarithm: 1 nat is 1.44 bits."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("NLL"), N_("Negative log-likelihood: the mean over images of minus the logarithm of the belief in the right class, in nats. It judges how sure a network is, and punishes being sure of a mistake."), TRAIN),
    GlossaryEntry(N_("omitted class"), N_("A class whose images the students never see. What a student knows of it, it heard from its teacher."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("oracle"), N_("A teacher that says exactly the probabilities from which the labels were drawn. It exists for images that were made here, such as the drawn digits."), TRAIN),
    GlossaryEntry(N_("p50 and p95"), N_("Of many measured times, the one that half stay below, and the one that 95 of a hundred stay below."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("paired test"), N_("A test of the differences at the same seeds, which vary less than either side. Here Student's t-test, corrected for everything that stands together (Holm)."), SWEEP),
    GlossaryEntry(N_("parameters"), N_("The numbers that training sets: a network's weights and biases. Their count says how large it is."), TRAIN),
    GlossaryEntry(N_("preset"), N_("An experiment that is ready to be run, with a question, its controls, and what was measured of it with several seeds."), TRAIN),
    GlossaryEntry(N_("raw and scaled"), N_("A loss term as the method computes it, and as it enters the sum: times its weight and T². Only scaled terms compare at different temperatures."), TRAIN),
    GlossaryEntry(N_("reliability diagram"), N_("Confidence against how often it was right. On the diagonal a network can be taken at its word."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("risk against coverage"), N_("The errors among the share of images of which a network is surest. A network that knows when it errs has few where it is sure."), DARK_KNOWLEDGE),
    GlossaryEntry(N_("run"), N_("One training with its settings, curves and results. It goes on when the page is closed, and its link shows it to others."), RUNS),
    GlossaryEntry(N_("seed"), N_("The number from which first weights, batches and drawn images follow. Another seed is another draw of luck; the same gives the same curves."), SWEEP),
    GlossaryEntry(N_("soft targets"), N_("The teacher's beliefs in all classes at a temperature, given to the student in place of a label, or beside it."), SOFT_TARGETS),
    GlossaryEntry(N_("softmax"), N_("Turns logits into beliefs: exponentials, divided by their sum. The temperature divides the logits first."), SOFT_TARGETS),
    GlossaryEntry(N_("spread"), N_("How much a figure differs between seeds: its standard deviation. A difference that is smaller says little."), SWEEP),
    GlossaryEntry(N_("step"), N_("One batch, one gradient, one change of the weights."), TRAIN),
    GlossaryEntry(N_("student"), N_("The network that learns from the teacher, and mostly from the labels too."), TRAIN),
    GlossaryEntry(N_("T squared"), N_("The factor of the soft loss that keeps its gradient as large at a high temperature as at a low one. Without it the teacher's voice fades as T grows."), SOFT_TARGETS),
    GlossaryEntry(N_("teacher"), N_("A trained network whose answers are learned from. It does not change."), SOFT_TARGETS),
    GlossaryEntry(N_("temperature"), N_("T divides the logits before the softmax. Above 1 the small answers become visible, below 1 they vanish."), SOFT_TARGETS),
    GlossaryEntry(N_("test images"), N_("Images that nothing is chosen by. They are looked at once, at a run's end."), TRAIN),
    GlossaryEntry(N_("transfer set"), N_("The images on which the students train: all, some, with labels hidden or made noisy, or without a class."), TRAIN),
    GlossaryEntry(N_("twin"), N_("The student's fair comparison: the same network from the same first weights on the same batches, taught by the labels alone."), TRAIN),
    GlossaryEntry(N_("uniform"), N_("The belief of somebody who knows nothing: the same share for every class, a tenth for ten."), SOFT_TARGETS),
    GlossaryEntry(N_("validation images"), N_("Images kept apart from training, by which settings are chosen and curves are drawn. Test images come after."), TRAIN),
    GlossaryEntry(N_("weight on teacher"), N_("The share of the loss that comes from the teacher: at 0 only labels count, at 1 only the teacher. Other sources call it alpha, some of them the other way round."), TRAIN),
)
# fmt: on
