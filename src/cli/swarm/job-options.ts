import { type Command, Option } from 'commander'
import { collect, fraction, positiveNumber, wholeNumber } from '../numbers.ts'
import { poolFlag } from './pool-flag.ts'

export const LEARNERS = ['gossip', 'modest', 'spsa', 'dpsgd', 'fedavg'] as const

const MAX_COUNT = 0x7fff_ffff
/** As in a job file. */
const MAX_SAMPLE = 1000
const MAX_AGGREGATORS = 16
const MAX_QUERIES = 1024
const MAX_TRIM = 1000

/** The flags of a command that are part of its job: `swarm` and `sim` share them. */
export function addJobOptions(command: Command, { maxNodes }: { maxNodes: number }): Command {
  return command
    .option('--nodes <n>', 'number of nodes (8)', wholeNumber(1, maxNodes))
    .option('--data <set>', 'glyphs, fashion-mnist, mnist, idx:DIR, csv:FILE or text:FILE (glyphs)')
    .option('--partition <how>', 'iid, classes:K or dirichlet:ALPHA (classes:2)')
    .option('--model <name>', 'linear, mlp, lenet, resnet8 or gpt (mlp)')
    .option('--start <weights>', 'what nodes begin with: common, independent or file:PATH, a safetensors file (common)')
    .addOption(
      new Option('--trainable <part>', 'train and exchange all, or the head: the output layer alone (all)').choices([
        'all',
        'head'
      ])
    )
    .addOption(new Option('--learner <name>', 'how the nodes learn together (gossip)').choices(LEARNERS))
    .option('--topology <graph>', 'gossip, dpsgd: ring, full, regular:K or random:K (regular:4)')
    .option('--sample <n>', 'modest, fedavg: nodes that train in a round (10)', wholeNumber(1, MAX_SAMPLE))
    .option('--aggregators <n>', 'modest: nodes that merge a round (1)', wholeNumber(1, MAX_AGGREGATORS))
    .option('--success-fraction <p>', 'modest, fedavg: models of a sample that a merge waits for (0.9)', fraction)
    .option(
      '--merge <policy>',
      'how models are combined: variance-corrected:own=0.5, say; docs/MERGE.md has them all (mean)'
    )
    .option(
      '--filter <name>',
      'first: mud-hog or bristle leave out whom they distrust; docs/ROBUST.md has their options'
    )
    .option(
      '--robust <rule>',
      'instead: nnm,trimmed-mean:f=2, say; f is the number of attackers where --byzantine names some; docs/ROBUST.md has them all'
    )
    .option('--queries <n>', 'spsa: random directions measured in a step, a byte each (1)', wholeNumber(1, MAX_QUERIES))
    .option('--epsilon <x>', 'spsa: how far to either side of the weights losses are measured (0.001)', fraction)
    .option('--pool <K>', 'spsa: draw directions from K candidates: 4096, or 4096:weighted (all are fresh)', poolFlag)
    .option(
      '--trim <n>',
      'spsa: so many of the largest projections at one place count as the next one (0)',
      wholeNumber(0, MAX_TRIM)
    )
    .option(
      '--lead <n>',
      'spsa, with --trim: steps that a node may be ahead of the others before its projections wait for them (any)',
      wholeNumber(1, MAX_COUNT)
    )
    .option('--rounds <n>', 'rounds to train (110); steps of each node with spsa (1500)', wholeNumber(1, MAX_COUNT))
    .option('--seconds <t>', 'or: seconds to train', positiveNumber)
    .option('--local-steps <n>', 'optimiser steps in a round (10)', wholeNumber(1, MAX_COUNT))
    .option('--batch-size <n>', 'examples in a step (32)', wholeNumber(1, 65_536))
    .option('--learning-rate <x>', 'largest step size (depends on the model)', positiveNumber)
    .option('--seed <n>', 'decides data, partition, first model and batches (1)', wholeNumber(0, 0xffff_ffff))
}

/** Of `swarm` and `sim`, no part of the job: which nodes attack. */
export function addByzantineOption(command: Command): Command {
  return command.option(
    '--byzantine <count:attack>',
    'let so many of the last nodes attack: 2:alie, 1:gaussian:sigma=2 (may be repeated); docs/ROBUST.md has them all',
    (text, before?: string[]) => collect(text, before ?? [])
  )
}
