import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { resolveSimulation } from '../../src/node/simulation-spec.ts'
import { DEFAULT_LINKS } from '../../src/sim/link-spec.ts'

test('without a word the links are those of home connections, nobody is slow and nobody leaves', () => {
  expect(resolveSimulation({})).toEqual({
    links: DEFAULT_LINKS,
    churn: [],
    slow: { fraction: 0, factor: 1 },
    stepMs: 5,
    train: true
  })
})

test('every flag reaches the spec', () => {
  const spec = resolveSimulation({
    latency: 'constant:20',
    bandwidth: '8Mbit/16Mbit',
    loss: '0.01',
    duplication: '0.02',
    reordering: '0.03',
    slow: '0.1:4',
    stepMs: '7.5',
    churn: ['crash:0.2', 'leave:0.1,join:0.3'],
    train: false
  })

  expect(spec).toMatchObject({
    links: {
      latency: { kind: 'constant', ms: 20 },
      bytesPerSecond: { up: 1e6, down: 2e6 },
      loss: 0.01,
      duplication: 0.02,
      reordering: 0.03
    },
    slow: { fraction: 0.1, factor: 4 },
    stepMs: 7.5,
    train: false
  })
  expect(spec.churn.map((each) => ('action' in each ? each.action : each.kind))).toEqual(['crash', 'leave', 'join'])
})

test.each([
  { flags: { loss: '1.5' }, says: '--loss 1.5: "1.5" is not a number from 0 to 1' },
  { flags: { duplication: '-0.1' }, says: '--duplication -0.1: "-0.1" is not a number from 0 to 1' },
  { flags: { reordering: '' }, says: '--reordering : "" is not a number from 0 to 1' },
  { flags: { slow: '0.5' }, says: '--slow 0.5: expected FRACTION:FACTOR' },
  { flags: { slow: '2:4' }, says: '--slow 2:4: "2" is not a number from 0 to 1' },
  { flags: { slow: '0.5:0.1' }, says: '--slow 0.5:0.1: "0.1" is not a number from 1 to' },
  { flags: { stepMs: 'fast' }, says: '--step-ms fast: "fast" is not a number from 0 to' },
  { flags: { latency: 'abc' }, says: '--latency: latency "abc": expected constant:50' },
  { flags: { latency: 'matrix:/nowhere' }, says: '--latency: /nowhere: there is no such file' },
  { flags: { bandwidth: 'abc' }, says: '--bandwidth: bandwidth "abc": expected 50Mbit' },
  { flags: { churn: ['crash:2'] }, says: '--churn: churn "crash:2": "2" is not a fraction from 0 to 1' },
  { flags: { churn: ['crsh:0.2'] }, says: 'did you mean "crash"?' },
  { flags: { churn: ['trace:/nowhere'] }, says: '--churn: /nowhere: there is no such file' }
])('$flags is refused with what is wrong', ({ flags, says }) => {
  expect(() => resolveSimulation(flags)).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG_INVALID', message: expect.stringContaining(says) })
  )
})

test('files are read: a matrix of latencies, a trace of churn', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'starling-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'matrix'), '0 10\n20 0\n')
  await writeFile(join(folder, 'trace'), '12.5 crash 3 # by hand\n')

  const spec = resolveSimulation({
    latency: `matrix:${join(folder, 'matrix')}`,
    churn: [`trace:${join(folder, 'trace')}`]
  })

  expect(spec.links.latency).toEqual({
    kind: 'matrix',
    ms: [
      [0, 10],
      [20, 0]
    ]
  })
  expect(spec.churn).toEqual([{ kind: 'trace', orders: [{ seconds: 12.5, action: 'crash', node: 3 }] }])
})
