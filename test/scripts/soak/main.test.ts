import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { LEARNERS, soakJob } from '../../../scripts/soak/job.ts'
import { resolveJob } from '../../../src/node/job.ts'

const soak = (...args: string[]) => spawnSync(process.execPath, ['scripts/soak/main.ts', ...args], { encoding: 'utf8' })

describe('npm run soak', () => {
  test.each([
    { args: ['--minutes', 'ten'], says: '--minutes ten: expected a number from 0.5 to 10000' },
    { args: ['--minutes', ''], says: '--minutes : expected a number from 0.5 to 10000' },
    { args: ['--nodes', '2.5'], says: '--nodes 2.5: expected a whole number' },
    { args: ['--nodes', '1'], says: '--nodes 1: expected a number from 2 to 64' },
    { args: ['--learner', 'fedavg'], says: '--learner fedavg: expected one of gossip, modest, dpsgd, spsa' },
    { args: ['--minute', '3'], says: "Unknown option '--minute'" }
  ])('refuses $args with a line', ({ args, says }) => {
    const { status, stdout, stderr } = soak(...args)

    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^soak: [^\n]+\n$/)
    expect(stderr).toContain(says)
  })

  test.each(LEARNERS)('has a job for %s that runs until it is stopped', (learner) => {
    const { budget, data } = resolveJob(soakJob(learner, { nodes: 9, seed: 5 }), 'test')

    expect(data.nodes).toBe(9)
    if (learner === 'spsa') expect(budget.rounds).toBeGreaterThan(100_000)
    else expect(budget).toEqual({})
  })
})
