import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { JOB_DEFAULTS, JOB_KEYS, jobId, resolveJob } from '../../src/node/job.ts'
import { jobTemplate } from '../../src/node/job-template.ts'
import { JOB_WORDS } from '../../src/node/job-words.ts'

/** The template with all that is commented out at work: a key and a value after "# ". */
const uncommented = jobTemplate().replace(/^( *)# ( *\w+:(?: .*)?)$/gm, '$1$2')

/** Blocks without a default in them are commented out. */
function withoutEmpty(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0 ? undefined : value
}

describe('the commented job', () => {
  test('is the default job', () => {
    expect(resolveJob(parse(jobTemplate()), 'template')).toEqual(resolveJob({}, 'nothing'))
    expect(jobId(resolveJob(parse(jobTemplate()), 'template'))).toBe(jobId(resolveJob({}, 'nothing')))
  })

  test('says every default outright, and the rest as comments that can be used as they are', () => {
    expect(parse(jobTemplate())).toEqual(JSON.parse(JSON.stringify(JOB_DEFAULTS, withoutEmpty)))
    const job = resolveJob(parse(uncommented), 'template')

    expect(job).toMatchObject({
      model: { hidden: [256, 128] },
      learningRate: { peak: 0.07, schedule: 'cosine' },
      learner: { filter: 'mud-hog', robust: 'trimmed-mean:f=1' },
      budget: { rounds: 1000, seconds: 3600 }
    })
  })

  test('has words for each of its keys, and for no other', () => {
    const chosen: Record<string, string> = { model: 'mlp', optimiser: 'sgd', learner: 'gossip' }
    const keys = JOB_KEYS.filter(({ variant, path }) => variant === undefined || variant === chosen[path[0]!])
      .map(({ path }) => path.join('.'))
      // what a file of weights is named by: the default is a word
      .filter((key) => !key.startsWith('start.'))

    expect(Object.keys(JOB_WORDS).toSorted()).toEqual(keys.toSorted())
    for (const key of keys) expect(jobTemplate(), key).toMatch(new RegExp(`^[ #]*${key.split('.').at(-1)}:`, 'm'))
  })

  test('fits a terminal', () => {
    for (const line of jobTemplate().split('\n')) expect(line.length, line).toBeLessThanOrEqual(90)
  })
})
