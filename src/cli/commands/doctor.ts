import { Command } from 'commander'
import { type DoctorReport, doctorReport } from '../../node/doctor.ts'
import { starlingVersion } from '../../node/versions.ts'
import { EXIT } from '../exit-codes.ts'
import { formatBytes, formatTable } from '../format.ts'
import { nonNegativeNumber } from '../numbers.ts'

interface DoctorFlags {
  seconds: number
  json?: boolean
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look at everything that training on this machine depends on')
    .option('--seconds <t>', 'how long to train on each usable device; 0 skips it', nonNegativeNumber, 1)
    .option('--json', 'print the findings as JSON')
    .action(runDoctor)
}

async function runDoctor({ seconds, json }: DoctorFlags): Promise<void> {
  const report = await doctorReport({ seconds })
  process.stdout.write(json === true ? `${JSON.stringify(report)}\n` : `${describe(report)}\n`)
  if (report.verdicts.some(({ level }) => level === 'bad')) process.exitCode = EXIT.device
}

function describe(report: DoctorReport): string {
  const { processor, memoryBytes, onnxruntime, platform, node } = report
  const facts = [
    `starling     ${starlingVersion()}`,
    `node         ${node} on ${platform}`,
    `processor    ${processor.name}, ${processor.cores} cores, ${formatBytes(memoryBytes)}`,
    `onnxruntime  native ${onnxruntime.node ?? 'not installed'}, web ${onnxruntime.web ?? 'not installed'}`
  ]
  const verdicts = report.verdicts.map(({ level, text }) => `${level.padEnd(5)} ${text}`)

  return [...facts, '', deviceTable(report), '', ...verdicts].join('\n')
}

function deviceTable({ devices, measurements }: DoctorReport): string {
  const rows = devices.map((status) => {
    const measured = measurements.find(({ device }) => device === status.device)
    const speed = measured !== undefined && 'stepsPerSecond' in measured ? measured : undefined

    return [
      status.device,
      status.available ? (status.software ? 'software' : 'yes') : 'no',
      speed === undefined ? '-' : speed.stepsPerSecond.toFixed(0),
      speed === undefined ? '-' : `${speed.startMs.toFixed(0)} ms`,
      status.available ? (status.adapter ?? '') : `${status.reason}. ${status.remedy}`
    ]
  })

  return formatTable(['device', 'usable', 'steps/s', 'start', ''], rows, ['left', 'left', 'right', 'right', 'left'])
}
