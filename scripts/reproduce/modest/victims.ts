/**
 * Which `count` of the nodes to kill so that the survivors hold as much as possible of the class that they hold least
 * of: what a dead node alone knew cannot be learnt any more, by whatever protocol.
 *
 * @param classCounts - examples of each class, shape (nodes, classes)
 * @returns indexes, ascending
 */
export function chooseVictims(classCounts: readonly (readonly number[])[], count: number): number[] {
  let best: { victims: number[]; least: number } = { victims: [], least: -1 }
  const visit = (from: number, victims: number[]): void => {
    if (victims.length === count) {
      const least = leastHeld(classCounts.filter((_, node) => !victims.includes(node)))
      if (least > best.least) best = { victims: [...victims], least }
      return
    }
    for (let node = from; node < classCounts.length; node++) visit(node + 1, [...victims, node])
  }
  visit(0, [])

  return best.victims
}

function leastHeld(classCounts: readonly (readonly number[])[]): number {
  const totals = classCounts[0]!.map((_, label) => classCounts.reduce((sum, counts) => sum + counts[label]!, 0))

  return Math.min(...totals)
}
