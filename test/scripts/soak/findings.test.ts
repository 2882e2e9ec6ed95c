import { expect, test } from 'vitest'
import { awakeSeconds, describeFinding, type Finding, newFindings } from '../../../scripts/soak/life.ts'
import { livesTable, minuteLine } from '../../../scripts/soak/table.ts'
import { lifeWith, sampled } from './lives.ts'

const stall = (pid: number, text: string): Finding => ({ promise: 'rounds', by: { node: 1, pid }, text })
const left = (text: string): Finding => ({ promise: 'leftovers', text })

test('one broken promise of a kind is enough of a process', () => {
  const known = [stall(1, 'stood for 61 s')]

  expect(
    newFindings([stall(1, 'stood for 99 s'), stall(2, 'x'), stall(2, 'y'), left('a'), left('b'), left('a')], known)
  ).toEqual([stall(2, 'x'), left('a'), left('b')])
})

test('a finding is a line that says what, where and how far', () => {
  expect(describeFinding(stall(4711, 'stood in round 2 for 65 s'))).toBe(
    'rounds: node 1, process 4711: stood in round 2 for 65 s'
  )
  expect(describeFinding(left('port 80 still listens'))).toBe('leftovers: port 80 still listens')
})

test('time asleep does not count', () => {
  const life = lifeWith({
    pauses: [
      { fromSeconds: 10, toSeconds: 20 },
      { fromSeconds: 50, toSeconds: undefined }
    ]
  })

  expect([
    awakeSeconds(life, 0, 5),
    awakeSeconds(life, 0, 15),
    awakeSeconds(life, 12, 30),
    awakeSeconds(life, 40, 90)
  ]).toEqual([5, 10, 10, 10])
})

test('the line of a minute and the rows at the end can be read', () => {
  const steady = {
    ...sampled({ seconds: 100, megabytes: () => 300 }),
    growth: [
      { seconds: 11, round: 1 },
      { seconds: 100, round: 190 }
    ],
    looks: 9
  }
  const paused = lifeWith({
    pauses: [{ fromSeconds: 50, toSeconds: undefined }],
    samples: [{ seconds: 60, rssBytes: 2e8, sockets: 2, files: 20, starvedSeconds: 0 }]
  })
  const dead = lifeWith({ order: { kind: 'crash', seconds: 30 }, end: { seconds: 30, code: null, signal: 'SIGKILL' } })

  expect(minuteLine({ minute: 2, lives: [steady, paused, dead], findings: [] })).toBe(
    ' 2 min  2 living, 1 paused  rounds 0 to 190  memory 200 to 300 MB  descriptors 22 to 40  0 broken'
  )
  expect(livesTable([{ ...steady, end: { seconds: 110, code: 0, signal: null } }, dead], 120).split('\n')).toEqual([
    'node  process    s  end       rounds  stall s  settled MB  last MB     change  descriptors  looks',
    '----  -------  ---  ------  --------  -------  ----------  -------  ---------  -----------  -----',
    '   3     4711  110  exit 0  1 to 190       89         300      300      0.0 %        12+28      9',
    '   3     4711   30  crash     - to -       20           -        -  too young          -+-      0'
  ])
})
