import { randomUUID } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Ban } from '../../src/interface/ban.ts'
import { BanKeeper } from '../../src/node/ban-keeper.ts'

const [ALICE, BOB] = [
  '12D3KooWQYV9dGMFoRzNStwpXztXaBUjtPqi6aU76ZgUriHhKust',
  '12D3KooWKLWZDzXvk2SyrxeKkGvhCHvPf6NQ4gpvgFCoHkWU7uKU'
]
const IP = '192.0.2.7'
const START_MS = Date.parse('2027-01-01T00:00:00Z')

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-bans-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))

  return folder
}

interface Life {
  keeper: BanKeeper
  events: string[]
  lines: string[]
  /** Moves the clock, and lets the keeper look. */
  pass: (ms: number) => Promise<void>
}

async function live(folder?: string, nowMs = START_MS): Promise<Life> {
  const events: string[] = []
  const lines: string[] = []
  let look = Promise.withResolvers<void>()
  const keeper = new BanKeeper(
    {
      wallClock: () => nowMs,
      sleep: (_, { signal }) => {
        look = Promise.withResolvers<void>()
        signal.addEventListener('abort', () => look.reject(signal.reason))
        return look.promise
      },
      log: (level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
      onBanned: ({ who }: Ban) => events.push(`banned ${who}`),
      onLifted: (who) => events.push(`lifted ${who}`)
    },
    folder
  )
  onTestFinished(() => keeper.stop())
  await keeper.start()

  return {
    ...{ keeper, events, lines },
    pass: async (ms) => {
      nowMs += ms
      look.resolve()
      await new Promise(setImmediate)
    }
  }
}

describe('a ban', () => {
  test('holds at once, is told, and is taken back', async () => {
    const { keeper, events } = await live()
    const banned = keeper.ban(ALICE, { reason: 'sends noise' })
    expect(keeper.isBanned(ALICE)).toBe(true)
    expect(keeper.isBanned(BOB)).toBe(false)
    expect(await banned).toEqual({ who: ALICE, reason: 'sends noise', sinceMs: START_MS, untilMs: null })
    await keeper.ban(IP)
    expect([keeper.isBannedAddress(IP), keeper.isBannedAddress('192.0.2.8')]).toEqual([true, false])

    expect(await keeper.unban(ALICE)).toBe(true)
    expect(await keeper.unban(ALICE)).toBe(false)
    expect(keeper.isBanned(ALICE)).toBe(false)
    expect(events).toEqual([`banned ${ALICE}`, `banned ${IP}`, `lifted ${ALICE}`])
  })

  test('ends by itself, and another one replaces it', async () => {
    const { keeper, events, pass } = await live()
    await keeper.ban(ALICE, { seconds: 60 })
    await keeper.ban(BOB, { seconds: 60 })
    await keeper.ban(BOB, { seconds: 600, reason: 'again' })
    await pass(59_999)
    expect(keeper.list().map(({ who }) => who)).toEqual([ALICE, BOB])
    await pass(1)
    expect(keeper.list()).toEqual([{ who: BOB, reason: 'again', sinceMs: START_MS, untilMs: START_MS + 600_000 }])
    expect(events.slice(3)).toEqual([`lifted ${ALICE}`])
  })

  test.each([
    { written: '2001:DB8:0::1', ip: '2001:db8::1' },
    { written: '2001:db8:0:0:0:0:0:1', ip: '2001:db8::1' },
    { written: '::ffff:192.0.2.7', ip: '192.0.2.7' },
    { written: '::FFFF:C000:207', ip: '192.0.2.7' }
  ])('of $written is one of $ip', async ({ written, ip }) => {
    const folder = await newFolder()
    const { keeper, events } = await live(folder)
    await keeper.ban(written)
    expect([keeper.isBannedAddress(ip), keeper.of(written)?.who, events]).toEqual([true, ip, [`banned ${ip}`]])
    await keeper.ban(ip)
    expect(keeper.list()).toHaveLength(1)
    expect(await keeper.unban(written)).toBe(true)
    expect(keeper.isBannedAddress(ip)).toBe(false)
  })

  test.each([
    { id: 'of nobody', who: 'mallory', options: {} },
    { id: 'of an address with its port', who: '/ip4/192.0.2.7', options: {} },
    { id: 'of an address on one wire', who: 'fe80::1%eth0', options: {} },
    { id: 'with a reason without end', who: ALICE, options: { reason: 'x'.repeat(201) } }
  ])('$id is refused', async ({ who, options }) => {
    const { keeper, events } = await live()
    await expect(keeper.ban(who, options)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' })
    expect(events).toEqual([])
  })
})

describe('on disk', () => {
  test('bans outlive the process, without those that are over; only the owner can read them', async () => {
    const folder = await newFolder()
    const first = await live(folder)
    await first.keeper.ban(ALICE, { reason: 'sends "noise"\n' })
    await first.keeper.ban(BOB, { seconds: 60 })
    await first.keeper.ban(IP, { seconds: 600 })
    await first.keeper.unban(ALICE)
    await first.keeper.ban(ALICE, { reason: 'again' })
    await first.keeper.stop()
    expect((await stat(join(folder, 'bans.json'))).mode & 0o777).toBe(0o600)

    const { keeper, events, lines } = await live(folder, START_MS + 61_000)
    expect(keeper.list()).toEqual([
      { who: IP, reason: '', sinceMs: START_MS, untilMs: START_MS + 600_000 },
      { who: ALICE, reason: 'again', sinceMs: START_MS, untilMs: null }
    ])
    expect([events, lines]).toEqual([[], []])
  })

  test('many at once are all there afterwards', async () => {
    const folder = await newFolder()
    const { keeper } = await live(folder)
    const all = Array.from({ length: 50 }, (_, i) => `192.0.2.${i}`)
    await Promise.all(all.map((who) => keeper.ban(who)))
    expect((await live(folder)).keeper.list().map(({ who }) => who)).toEqual(all)
  })

  test('drafts that a crash has left are gone', async () => {
    const folder = await newFolder()
    await writeFile(join(folder, `bans.json.${randomUUID()}.draft`), '{')
    await live(folder)
    expect(await readdir(folder)).toEqual([])
  })

  test('an address that was written down in another form holds', async () => {
    const folder = await newFolder()
    await writeFile(join(folder, 'bans.json'), row({ who: '2001:DB8:0::1' }))
    const { keeper } = await live(folder)
    expect(keeper.isBannedAddress('2001:db8::1')).toBe(true)
  })

  const row = (changes: object): string =>
    JSON.stringify({
      version: 1,
      bans: [{ who: ALICE, reason: '', since: '2027-01-01T00:00:00Z', until: null, ...changes }]
    })

  test.each([
    { id: 'empty', text: '' },
    { id: 'cut short', text: row({}).slice(0, 60) },
    { id: 'of a later version', text: row({}).replace('1', '2') },
    { id: 'with a name that is none', text: row({ who: '../../etc/passwd' }) },
    { id: 'with a date that is none', text: row({ until: 'tomorrow' }) },
    { id: 'with more than it should say', text: row({ __proto__: null, also: 1 }) },
    { id: 'no list', text: '{"version":1,"bans":{}}' },
    { id: 'a number', text: '1' }
  ])('a file that is $id: told, kept aside, nobody is banned, and new bans are kept', async ({ text }) => {
    const folder = await newFolder()
    await writeFile(join(folder, 'bans.json'), text)
    const { keeper, lines } = await live(folder)
    expect(keeper.list()).toEqual([])
    expect(lines[0]).toContain('ERR_BANS_MALFORMED')
    expect(lines[1]).toContain('bans.json.bad')
    expect(await readFile(join(folder, 'bans.json.bad'), 'utf8')).toBe(text)

    await keeper.ban(BOB)
    expect((await live(folder)).keeper.list().map(({ who }) => who)).toEqual([BOB])
  })

  test('a file that cannot be read stays as it is; a ban holds all the same, and says that it is not kept', async () => {
    const folder = await newFolder()
    await mkdir(join(folder, 'bans.json')) // whoever runs the tests may be root, and read everything else
    const { keeper, lines } = await live(folder)
    expect(lines[0]).toContain('ERR_BANS_UNREADABLE')
    await expect(keeper.ban(ALICE)).rejects.toMatchObject({ code: 'ERR_BANS_UNWRITABLE' })
    expect(keeper.isBanned(ALICE)).toBe(true)
    expect(lines[1]).toContain('ERR_BANS_UNWRITABLE')
    expect(await readdir(folder)).toEqual(['bans.json'])
  })

  test('a disk that takes nothing: the ban holds, and when there is room again all are written', async () => {
    const folder = await newFolder()
    const { keeper } = await live(join(folder, 'data'))
    await writeFile(join(folder, 'data'), '') // in the way of the folder
    await expect(keeper.ban(ALICE)).rejects.toMatchObject({ code: 'ERR_BANS_UNWRITABLE' })
    expect(keeper.isBanned(ALICE)).toBe(true)
    await rm(join(folder, 'data'))
    await keeper.ban(BOB)
    await chmod(join(folder, 'data'), 0o700)
    expect((await live(join(folder, 'data'))).keeper.list().map(({ who }) => who)).toEqual([ALICE, BOB])
  })
})
