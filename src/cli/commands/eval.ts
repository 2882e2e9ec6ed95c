import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { parseDevice } from '../../node/devices.ts'
import { type EvaluatedModel, evaluateModel } from '../../node/evaluate-model.ts'
import { readJob } from '../../node/job-file.ts'
import { formatPercent } from '../format.ts'
import { addPlaceOptions, settingsHere } from '../node/place.ts'
import type { SettingFlags } from '../setting-options.ts'
import { tellOfPassed } from '../tell-of-passed.ts'

type EvalFlags = Omit<SettingFlags, 'device' | 'json'> & {
  model?: string
  checkpoint?: string
  device: string
  json?: boolean
}

export function evalCommand(): Command {
  const command = new Command('eval')
    .description("accuracy and loss of a node's model on the job's test set, from its newest checkpoint")
    .argument('<job.yaml>', 'the job')
    .addOption(new Option('--model <file>', 'of this safetensors file instead').conflicts('checkpoint'))
    .option('--checkpoint <file>', 'of this checkpoint instead')
    .option('--device <name>', 'where it is worked out: auto, cpu, wasm, webgpu or cuda', 'auto')
    .option('--json', 'print it as JSON')

  return addPlaceOptions(command).action(runEval)
}

async function runEval(jobPath: string, { model, checkpoint, device, json, ...place }: EvalFlags): Promise<void> {
  const job = await readJob(jobPath)
  const { dataDir } = (await settingsHere(jobPath, place)).settings
  const weights = model === undefined ? undefined : resolve(model)
  const { passed, ...evaluated } = await evaluateModel({
    job,
    device: parseDevice(device),
    weights,
    checkpoint,
    dataDir
  })
  tellOfPassed(passed)
  process.stdout.write(json === true ? `${JSON.stringify(evaluated)}\n` : describe(evaluated))
}

function describe({ path, round, accuracy, loss, examples }: Omit<EvaluatedModel, 'passed'>): string {
  return [
    `model    ${round === null ? '' : `round ${round}, `}${path}`,
    `accuracy ${formatPercent(accuracy)} of ${examples} test examples`,
    `loss     ${loss.toFixed(4)}\n`
  ].join('\n')
}
