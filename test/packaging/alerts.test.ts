import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { LEARNERS } from '../../src/cli/swarm/job-options.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

interface Rule {
  alert: string
  expr: string
  annotations: { summary: string }
}

const { groups } = parse(readFileSync(join(ROOT, 'packaging/prometheus/alerts.yaml'), 'utf8'))
const rules: Rule[] = groups[0].rules

test('alerts ask for metrics that nodes have', () => {
  const folder = join(ROOT, 'src/node/metrics')
  const source = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join()
  const asked = rules.flatMap(({ expr }) => expr.match(/starling_\w+/g) ?? [])

  expect(asked.length).toBeGreaterThanOrEqual(5)
  for (const name of asked) expect(source).toContain(`name: '${name}'`)
  for (const { alert, annotations } of rules) expect(annotations.summary, alert).toContain('$labels.instance')
})

test('each learner has the one alert or the other for a node that comes to nothing', () => {
  const learners = rules.flatMap(({ expr }) => /learner=~"(.+?)"/.exec(expr)?.[1]?.split('|') ?? [])

  expect(learners.sort()).toEqual([...LEARNERS].sort())
})

test('alerts come when they should, and only then', (context) => {
  const { status, error, stderr } = spawnSync('promtool', ['test', 'rules', join(ROOT, 'test/packaging/alerts.yaml')], {
    encoding: 'utf8'
  })
  if (error !== undefined) context.skip('promtool (of Prometheus) is absent')

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test('all that METRICS.md and the alerts say of learners is the same', () => {
  const page = readFileSync(join(ROOT, 'docs/METRICS.md'), 'utf8')
  const [, examples = ''] = /```promql\n([\s\S]*?)```/.exec(page) ?? []
  const named = (text: string): string[] => text.match(/learner=~"[^"]+"/g) ?? []

  expect(named(examples)).toEqual(rules.flatMap(({ expr }) => named(expr)))
})
