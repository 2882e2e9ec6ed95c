import { extname, resolve } from 'node:path'
import { Command, Option } from 'commander'
import { InvalidConfigError } from '../../interface/errors.ts'
import { chooseCheckpoint } from '../../node/choose-checkpoint.ts'
import { EXPORT_FORMATS, type ExportFormat, exportModel } from '../../node/export-model.ts'
import { readJob } from '../../node/job-file.ts'
import { modelOf } from '../../node/kept-model.ts'
import { addPlaceOptions, settingsHere } from '../node/place.ts'
import { wholeNumber } from '../numbers.ts'
import type { SettingFlags } from '../setting-options.ts'
import { tellOfPassed } from '../tell-of-passed.ts'

type ExportFlags = SettingFlags & {
  out: string
  format?: ExportFormat
  checkpoint?: string
  batch: number
}

/** A graph has one size for good; more than any processor gains from. */
const MAX_BATCH = 65_536

export function exportCommand(): Command {
  const command = new Command('export')
    .description("write a node's model to a file for other programs, from its newest checkpoint")
    .argument('[job.yaml]', 'of which job; otherwise the one with the newest checkpoint')
    .requiredOption('--out <file>', 'file to write')
    .addOption(new Option('--format <name>', "of the file; otherwise by its name's ending").choices(EXPORT_FORMATS))
    .option('--checkpoint <file>', 'from this checkpoint instead')
    .option('--batch <n>', 'ONNX: examples that one run takes', wholeNumber(1, MAX_BATCH), 1)

  return addPlaceOptions(command).action(runExport)
}

async function runExport(jobPath: string | undefined, flags: ExportFlags): Promise<void> {
  const { out, checkpoint, batch, format = formatOf(out), ...place } = flags
  const job = jobPath === undefined ? undefined : await readJob(jobPath)
  const { dataDir } = (await settingsHere(jobPath, place)).settings
  const { path, checkpoint: from, passed } = await chooseCheckpoint({ job, path: checkpoint, dataDir })
  tellOfPassed(passed)
  const kept = await modelOf(from, job)
  await exportModel(kept, { path: resolve(out), format, batchSize: batch })
  process.stdout.write(
    `model    round ${from.state.round}, ${path}\nwrote    ${out}: ${kept.layout.dim} parameters, ${format}\n`
  )
}

function formatOf(out: string): ExportFormat {
  const ending = extname(out).slice(1)
  const format = EXPORT_FORMATS.find((each) => each === ending)
  if (format !== undefined) return format

  throw new InvalidConfigError(
    `--out ${out}: say --format ${EXPORT_FORMATS.join(' or ')}, or end the name in one of them`
  )
}
