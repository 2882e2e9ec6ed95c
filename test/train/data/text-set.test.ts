import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadData } from '../../../src/train/data/load.ts'
import { put, targetOf, temporaryFolder, tokensOf } from './files.ts'

const SHAKESPEARE = '../shared/data/text/tinyshakespeare.txt'

describe('text:PATH', () => {
  test('windows of tokens, with the next token as target', async () => {
    // 40 characters: 36 train, 4 test; vocabulary a, b, c, snowman, bird (outside the 16-bit plane)
    const path = put(join(temporaryFolder(), 't.txt'), 'abc🐦☃'.repeat(8))
    const { train, test: held } = await loadData(`text:${path}?length=3`, { seed: 1 })

    expect(train).toMatchObject({ type: 'int32', shape: [3], targetShape: [3], classes: 5 })
    // 36 tokens make 11 windows and the token after the last; 4 make one
    expect([train.count, held.count]).toEqual([11, 1])
    expect(tokensOf(train, 0)).toEqual([0, 1, 2])
    expect(targetOf(train, 0)).toEqual([1, 2, 4])
    expect(tokensOf(train, 1)).toEqual([4, 3, 0])
    // characters 36 to 39 of the text, and none of them in training
    expect(tokensOf(held, 0)).toEqual([1, 2, 4])
    expect(targetOf(held, 0)).toEqual([2, 4, 3])
    expect([...train.labels]).toEqual(new Array(11).fill(0))
  })

  test.each([
    { id: 'too short', content: Buffer.from('hello'), code: 'ERR_DATA_TOO_FEW' },
    { id: 'not UTF-8', content: Buffer.from([0x61, 0xff, 0xfe]), code: 'ERR_DATA_UNREADABLE' },
    { id: 'empty', content: Buffer.alloc(0), code: 'ERR_DATA_TOO_FEW' }
  ])('refuses a text that is $id', async ({ content, code }) => {
    const path = put(join(temporaryFolder(), 't.txt'), content)
    await expect(loadData(`text:${path}`, { seed: 1 })).rejects.toMatchObject({ code })
  })

  test.skipIf(!existsSync(SHAKESPEARE))(`${SHAKESPEARE} (skipped where absent)`, async () => {
    const { train } = await loadData(`text:${SHAKESPEARE}`, { seed: 1, cwd: process.cwd() })
    expect([train.classes, train.count]).toEqual([65, 7842])
    // "First": the vocabulary is newline, space, punctuation, A to Z, a to z
    expect(tokensOf(train, 0).slice(0, 5)).toEqual([18, 47, 56, 57, 58])
  })
})
