import type { SimulationProgress } from '../../node/simulation-types.ts'
import { formatBar, formatPercent, formatSeconds } from '../format.ts'

export interface SimulationStanding extends SimulationProgress {
  nodes: number
  /** Real time since the start. */
  seconds: number
  /** As last measured. */
  accuracy: number | undefined
}

const BAR_WIDTH = 30

/** The screen of a simulation on a terminal: two lines, however many nodes there are. */
export function simulationLines(standing: SimulationStanding): string[] {
  const { fraction, seconds } = standing
  const percent = `${Math.floor(fraction * 100)} %`

  return [`${formatBar(fraction, BAR_WIDTH)} ${percent}  ${formatSeconds(seconds)}`, words(standing).join('  ')]
}

/** One line for a log instead of a screen. */
export function simulationLine(standing: SimulationStanding): string {
  return [`${Math.floor(standing.fraction * 100)} %`.padStart(5), ...words(standing)].join('  ')
}

function words({ round, virtualMs, events, seconds, live, nodes, accuracy }: SimulationStanding): string[] {
  return [
    `round ${round}`,
    `virtual time ${formatSeconds(virtualMs / 1000)}`,
    `${seconds > 0 ? Math.round(events / seconds) : 0} events/s`,
    `nodes ${live} of ${nodes}`,
    `accuracy ${formatPercent(accuracy)}`
  ]
}
