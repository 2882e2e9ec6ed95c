export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`
}

/** A difference of two accuracies. */
export function points(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} points`
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(2)} MB`
}
