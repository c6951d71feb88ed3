// The two sides of the soft-target loss at the student's outputs: plain functions over plain arrays.

/** {labels, teacher}: mean Euclidean norms over images of (1 - w)(softmax(z) - y) and of w T (softmax(z / T) - softmax(v / T)), the
 *  gradients of (1 - w) CE and of w T^2 KL with respect to the student's logits z. Hinton, Vinyals and Dean 2015, section 2.1.
 *  student, teacher: logits [images][classes]. answers: the label of each image. smoothing: the share of a label that is
 *  spread over all classes. */
function gradientSides(student, teacher, answers, T, weight, smoothing) {
  let labels = 0, taught = 0;
  student.forEach((z, n) => {
    const own = logSoftmax(z, 1).map(Math.exp), q = logSoftmax(z, T).map(Math.exp), p = logSoftmax(teacher[n], T).map(Math.exp);
    const label = c => (c === answers[n] ? 1 - smoothing : 0) + smoothing / z.length;
    labels += Math.hypot(...own.map((each, c) => (1 - weight) * (each - label(c))));
    taught += Math.hypot(...q.map((each, c) => weight * T * (each - p[c])));
  });
  return { labels: labels / student.length, teacher: taught / student.length };
}
