import { describe, expect, test } from 'vitest'
import { CLOCK_SKEW_MS, checkMember, type MembershipPolicy } from '../../src/gossip/membership.ts'
import { Roster } from '../../src/gossip/roster.ts'
import { encodeInvitation, type Invitation } from '../../src/wire/invitation-codec.ts'

const JOB = 'ab'.repeat(32)
const OWNER = 'the-owner'
const [ALICE, BOB] = [
  '12D3KooWQYV9dGMFoRzNStwpXztXaBUjtPqi6aU76ZgUriHhKust',
  '12D3KooWKLWZDzXvk2SyrxeKkGvhCHvPf6NQ4gpvgFCoHkWU7uKU'
]
const NOW_S = 1_800_000_000

/** Signed by who writes its name first. */
function tokenOf(changes: Partial<Invitation> = {}, signer = OWNER): Uint8Array {
  const standard = { jobId: JOB, peer: ALICE, notBefore: NOW_S, expires: NOW_S + 60, right: 'train' as const }
  const signature = Buffer.alloc(64)
  signature.write(signer)

  return Buffer.concat([encodeInvitation({ ...standard, ...changes }), signature])
}

const verify = (peer: string, _: Uint8Array, signature: Uint8Array): boolean =>
  Buffer.from(signature).toString('latin1').startsWith(peer)

function check(policy: MembershipPolicy, token?: Uint8Array, nowMs = 1000 * NOW_S, peer = ALICE) {
  return checkMember({ policy, jobId: JOB, verify }, { peer, token, nowMs })
}

describe('who may come in', () => {
  const invited = { owner: OWNER }

  test.each<{ id: string; policy: MembershipPolicy; token?: Uint8Array; peer?: string; until?: number }>([
    { id: 'everyone, when the swarm is open', policy: {} },
    { id: 'who is on the list', policy: { allow: [BOB, ALICE] } },
    { id: 'the owner', policy: invited, peer: OWNER },
    { id: 'who is on the list, though there is an owner too', policy: { ...invited, allow: [ALICE] } },
    { id: 'who is invited', policy: invited, token: tokenOf(), until: 1000 * (NOW_S + 60) },
    {
      id: 'who is invited and not listed',
      policy: { ...invited, allow: [BOB] },
      token: tokenOf(),
      until: 1000 * (NOW_S + 60)
    }
  ])('$id', ({ policy, token, peer, until = Number.POSITIVE_INFINITY }) => {
    expect(check(policy, token, 1000 * NOW_S, peer)).toEqual({ right: 'train', untilMs: until })
  })

  test.each<{
    id: string
    policy?: MembershipPolicy
    token?: Uint8Array
    nowMs?: number
    code: string
    verdict: string
  }>([
    {
      id: 'nobody else, where there is but a list',
      policy: { allow: [BOB] },
      token: tokenOf(),
      code: 'ERR_INVITE_UNLISTED',
      verdict: 'ignore'
    },
    { id: 'no invitation', code: 'ERR_INVITE_MISSING', verdict: 'ignore' },
    { id: 'no bytes', token: new Uint8Array(0), code: 'ERR_INVITE_MALFORMED', verdict: 'penalise' },
    { id: 'another job', token: tokenOf({ jobId: 'cd'.repeat(32) }), code: 'ERR_INVITE_JOB', verdict: 'ignore' },
    { id: 'another peer', token: tokenOf({ peer: BOB }), code: 'ERR_INVITE_BORROWED', verdict: 'penalise' },
    { id: 'another signer', token: tokenOf({}, ALICE), code: 'ERR_INVITE_FORGED', verdict: 'penalise' },
    {
      id: 'the last second over',
      token: tokenOf(),
      nowMs: 1000 * (NOW_S + 60),
      code: 'ERR_INVITE_EXPIRED',
      verdict: 'ignore'
    },
    {
      id: 'more than clocks differ by',
      token: tokenOf(),
      nowMs: 1000 * NOW_S - CLOCK_SKEW_MS - 1,
      code: 'ERR_INVITE_EARLY',
      verdict: 'ignore'
    }
  ])('not: $id', ({ policy = invited, token, nowMs, code, verdict }) => {
    expect(() => check(policy, token, nowMs)).toThrow(expect.objectContaining({ code, verdict }))
  })

  test('at both ends of its time', () => {
    expect(check(invited, tokenOf(), 1000 * (NOW_S + 60) - 1).right).toBe('train')
    expect(check(invited, tokenOf(), 1000 * NOW_S - CLOCK_SKEW_MS).right).toBe('train')
    expect(check(invited, tokenOf({ right: 'observe' })).right).toBe('observe')
  })
})

describe('the roster', () => {
  let nowMs = 0
  const rosterOf = (policy: MembershipPolicy, maxMembers = 8): Roster =>
    new Roster({
      policy,
      jobId: JOB,
      verify,
      maxMembers,
      wallClock: () => 1000 * NOW_S + nowMs,
      clock: { now: () => nowMs, sleep: () => Promise.reject(new Error('not used')) }
    })

  test('learns of members from each other, also of those whose time is over, and of nobody else', () => {
    const roster = rosterOf({ owner: OWNER })
    expect(roster.mayTrain(ALICE)).toBe(false)
    roster.learn(tokenOf({ notBefore: 0, expires: 1 }))
    expect(roster.mayTrain(ALICE)).toBe(true)
    expect(() => roster.learn(tokenOf({ peer: BOB }, BOB))).toThrow(
      expect.objectContaining({ code: 'ERR_INVITE_FORGED' })
    )
    expect(roster.rightOf(BOB)).toBeUndefined()
    roster.learn(tokenOf({ peer: BOB, right: 'observe' }))
    expect(roster.rightOf(BOB)).toBe('observe')
    expect(roster.mayTrain(BOB)).toBe(false)
  })

  test('who was invited to train counts, whatever else it was invited to, and in whichever order we hear of it', () => {
    const [observe, train] = [tokenOf({ right: 'observe' }), tokenOf()]
    for (const tokens of [
      [observe, train],
      [train, observe]
    ]) {
      for (const way of ['admit', 'learn'] as const) {
        const roster = rosterOf({ owner: OWNER })
        roster.admit(ALICE, tokens[0]!)
        if (way === 'admit') roster.admit(ALICE, tokens[1]!)
        else roster.learn(tokens[1]!)
        expect(roster.rightOf(ALICE)).toBe('train')
        expect(roster.tokenOf(ALICE)).toEqual(train)
      }
    }
  })

  test('asks about an observer that writes: it may have been invited to train since', () => {
    nowMs = 0
    const roster = rosterOf({ owner: OWNER })
    roster.learn(tokenOf({ right: 'observe' }))
    expect(roster.mayTrain(ALICE)).toBe(false)
    expect(roster.nextWanted(64)).toEqual([ALICE])
    roster.learn(tokenOf({ right: 'observe' })) // no news
    for (let i = 1; i < 8; i++) expect(roster.nextWanted(64)).toEqual([ALICE])
    expect(roster.nextWanted(64)).toEqual([])
  })

  test('a question that reached nobody does not count', () => {
    nowMs = 0
    const roster = rosterOf({ owner: OWNER })
    roster.mayTrain(ALICE)
    for (let i = 0; i < 20; i++) roster.takeBack(roster.nextWanted(64))
    expect(roster.nextWanted(64)).toEqual([ALICE])
  })

  test('asks about names eight times, then not before a minute has passed; and about no text that is none', () => {
    nowMs = 0
    const roster = rosterOf({ owner: OWNER })
    roster.mayTrain('nonsense')
    expect(roster.nextWanted(64)).toEqual([])
    roster.mayTrain(ALICE)
    for (let i = 0; i < 8; i++) expect(roster.nextWanted(64)).toEqual([ALICE])
    roster.mayTrain(ALICE)
    expect(roster.nextWanted(64)).toEqual([])
    nowMs = 60_000
    roster.mayTrain(ALICE)
    expect(roster.nextWanted(64)).toEqual([ALICE])
    roster.learn(tokenOf())
    expect(roster.nextWanted(64)).toEqual([])
  })

  test('bars by name only where a list decides alone', () => {
    expect(rosterOf({}).isBarred(ALICE)).toBe(false)
    expect(rosterOf({ owner: OWNER }).isBarred(ALICE)).toBe(false)
    expect(rosterOf({ owner: OWNER, allow: [BOB] }).isBarred(ALICE)).toBe(false)
    expect(rosterOf({ allow: [BOB] }).isBarred(ALICE)).toBe(true)
    expect(rosterOf({ allow: [ALICE] }).isBarred(ALICE)).toBe(false)
  })
})
