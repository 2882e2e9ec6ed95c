import type { HeadProbe } from '../../../interface/trainer.ts'
import type { Head } from './head.ts'

/** The likeliest class of each example by an output layer, the lowest of equally likely ones; shape (n). */
export function predict(head: Head, params: Float32Array, { features, labels, width }: HeadProbe): Int32Array {
  const logits = new Float64Array(head.classes)
  const predicted = new Int32Array(labels.length)
  for (let example = 0; example < labels.length; example++) {
    for (let c = 0; c < head.classes; c++) logits[c] = head.bias === undefined ? 0 : params[head.bias + c]!
    for (let row = 0; row < width; row++) {
      const feature = features[example * width + row]!
      const first = head.kernel + row * head.classes
      if (feature !== 0) for (let c = 0; c < head.classes; c++) logits[c]! += feature * params[first + c]!
    }
    predicted[example] = logits.indexOf(Math.max(...logits))
  }

  return predicted
}

/**
 * F1 of each class: 2 TP / (2 TP + FP + FN), 0 where that is undefined. Shape (classes).
 *
 * @param predicted - shape (n), -1 for none, as `labels`
 */
export function f1Scores(predicted: Int32Array, labels: Int32Array, classes: number): Float64Array {
  const hits = new Float64Array(classes)
  const misses = new Float64Array(classes)
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!
    const guess = predicted[i]!
    if (guess === label) hits[label]!++
    else {
      misses[label]!++
      if (guess >= 0) misses[guess]!++
    }
  }

  return hits.map((hit, c) => (hit === 0 ? 0 : (2 * hit) / (2 * hit + misses[c]!)))
}
