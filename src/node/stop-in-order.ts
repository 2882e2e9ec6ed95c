/**
 * One step after another, each of them whatever became of those before: what is not closed keeps a process alive.
 *
 * @throws at the end, what the first step threw that did
 */
export async function stopInOrder(steps: Iterable<() => unknown>): Promise<void> {
  const failures: unknown[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
