import type { DeviceMeasurement, DoctorReport } from './doctor.ts'

/** `good`: as it should be. `hint`: works, could be better. `bad`: training cannot work. */
export interface Verdict {
  readonly level: 'good' | 'hint' | 'bad'
  readonly text: string
}

const OLDEST_NODE = [22, 12] as const // older ones cannot load libp2p 3
const BEST_NODE = [24, 5] as const // guards the GPU against a second owner, runs TypeScript

/** What the facts mean for somebody who wants to train here. */
export function judge(facts: Omit<DoctorReport, 'verdicts'>): Verdict[] {
  return [...judgeNode(facts.node), ...judgeDevices(facts), ...facts.measurements.flatMap(judgeMeasurement)]
}

function judgeNode(version: string): Verdict[] {
  if (!isAtLeast(version, OLDEST_NODE)) return [{ level: 'bad', text: `Node ${version} is too old: 24 is best` }]
  if (!isAtLeast(version, BEST_NODE)) return [{ level: 'hint', text: `Node ${version} works; 24 is best` }]

  return [{ level: 'good', text: `Node ${version}` }]
}

function judgeDevices({ devices, measurements }: Omit<DoctorReport, 'verdicts'>): Verdict[] {
  const usable = devices.filter((status) => status.available)
  if (usable.length === 0) return [{ level: 'bad', text: 'no device can train: install Starling again' }]

  const hardware = new Set(usable.filter(({ software }) => !software).map(({ device }) => device))
  const verdicts: Verdict[] = usable
    .filter(({ software }) => software)
    .map(({ device, adapter = 'its adapter' }) => ({
      level: 'hint',
      text: `${device}: ${adapter} is software on the CPU, good for tests only; auto never chooses it`
    }))
  if (!hardware.has('webgpu') && !hardware.has('cuda')) {
    verdicts.push({ level: 'hint', text: 'no GPU is usable: training runs on the CPU, which small models like best' })
  }
  const best = fastest(measurements.filter(({ device }) => hardware.has(device)))
  if (best !== undefined) verdicts.push({ level: 'good', text: `the default model trains fastest on ${best}` })

  return verdicts
}

function judgeMeasurement(measurement: DeviceMeasurement): Verdict[] {
  return 'code' in measurement
    ? [{ level: 'bad', text: `${measurement.device} is there but does not train: ${measurement.message}` }]
    : []
}

function fastest(measurements: readonly DeviceMeasurement[]): string | undefined {
  const measured = measurements.filter((measurement) => 'stepsPerSecond' in measurement)

  return measured.toSorted((a, b) => b.stepsPerSecond - a.stepsPerSecond)[0]?.device
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)

  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}
