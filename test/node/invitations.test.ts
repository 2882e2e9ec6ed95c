import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { generateKey, peerOf } from '../../src/gossip/key.ts'
import { createOwner, inspectInvitation, invite } from '../../src/node/invitations.ts'
import { jobId, resolveJob } from '../../src/node/job.ts'
import { membershipOf, networkAccess, readInvitation } from '../../src/node/membership.ts'
import { createNetworkKey, readNetworkKey } from '../../src/node/network-key.ts'
import { createVerify } from '../../src/node/signing.ts'

const NOW_MS = Date.parse('2027-01-01T00:00:00Z')
const DAY_MS = 86_400_000

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-invite-'))
  onTestFinished(() => rm(folder, { recursive: true }))

  return folder
}

async function scene() {
  const folder = await newFolder()
  const ownerKey = join(folder, 'owner.key')
  const owner = await createOwner(ownerKey)
  const job = resolveJob({ membership: { owner } }, 'job.yaml')
  const peer = peerOf(await generateKey())
  const options = { ownerKey, job, jobPath: 'job.yaml', peer, right: 'train' as const, nowMs: NOW_MS }

  return { folder, owner, job, peer, options: { ...options, untilMs: NOW_MS + DAY_MS } }
}

test('an owner signs for a peer, who is let in with it; what it says can be looked at', async () => {
  const { folder, job, peer, options } = await scene()
  const text = await invite(options)
  expect(await inspectInvitation(text, job)).toEqual({
    ...{ jobId: jobId(job), peer, right: 'train' },
    notBefore: NOW_MS / 1000,
    expires: (NOW_MS + DAY_MS) / 1000
  })
  const file = join(folder, 'invitation')
  await writeFile(file, `${text}\n`)
  const invitation = await readInvitation(file)
  expect(invitation).toEqual(await readInvitation(text))

  const own = { self: peer, verify: createVerify(), invitation }
  expect(membershipOf(job, { ...own, nowMs: NOW_MS }).invitation).toEqual(invitation)
  expect(() => membershipOf(job, { ...own, nowMs: NOW_MS + DAY_MS })).toThrow(
    expect.objectContaining({ code: 'ERR_INVITE_EXPIRED', message: expect.stringContaining(`--peer ${peer}`) })
  )
})

test('a node of an open job needs nothing; one that nobody has invited says how to get in', async () => {
  const { job } = await scene()
  const privateKey = await generateKey()
  const access = { access: {}, privateKey, nowMs: NOW_MS }
  expect(networkAccess(resolveJob({}, 'x'), access).membership.policy).toEqual({})
  expect(() => networkAccess(job, access)).toThrow(expect.objectContaining({ code: 'ERR_INVITE_MISSING' }))
  const allow = [peerOf(privateKey)]
  expect(networkAccess(resolveJob({ membership: { allow } }, 'x'), access).membership.policy).toEqual({ allow })
})

test('an owner signs for its own jobs only, for peers only, and for a time to come', async () => {
  const { options, folder } = await scene()
  const open = resolveJob({}, 'open.yaml')
  const [other] = [await createOwner(join(folder, 'other.key'))]
  const foreign = resolveJob({ membership: { owner: other } }, 'foreign.yaml')
  for (const [changes, message] of [
    [{ job: open }, /has no owner: write "membership: \{ owner: 12D3KooW/],
    [{ job: foreign }, /has the owner 12D3KooW\w+, and .* is the key of 12D3KooW/],
    [{ peer: 'mallory' }, /"mallory" is no peer id/],
    [{ untilMs: NOW_MS }, /expired already/]
  ] as const) {
    await expect(invite({ ...options, ...changes })).rejects.toMatchObject({
      code: 'ERR_CONFIG_INVALID',
      message: expect.stringMatching(message)
    })
  }
})

test('keys are for their owner only, and are never written over', async () => {
  const folder = await newFolder()
  const [owner, wall] = [join(folder, 'owner'), join(folder, 'wall')]
  await createOwner(owner)
  await createNetworkKey(wall)
  for (const path of [owner, wall]) expect((await stat(path)).mode & 0o777).toBe(0o600)
  const before = await readFile(owner)
  await expect(createOwner(owner)).rejects.toMatchObject({ code: 'ERR_KEY_UNREADABLE' })
  await expect(createNetworkKey(owner)).rejects.toMatchObject({ code: 'ERR_KEY_UNREADABLE' })
  expect(await readFile(owner)).toEqual(before)
  expect(await readFile(wall, 'latin1')).toMatch(/^\/key\/swarm\/psk\/1\.0\.0\/\n\/base16\/\n[0-9a-f]{64}\n$/)

  await chmod(wall, 0o640)
  await expect(readNetworkKey(wall)).rejects.toMatchObject({ code: 'ERR_KEY_EXPOSED' })
  await expect(readNetworkKey(join(folder, 'none'))).rejects.toMatchObject({ code: 'ERR_KEY_UNREADABLE' })
  await expect(readNetworkKey(owner)).rejects.toMatchObject({ code: 'ERR_KEY_MALFORMED' })
})

test('the order of a list makes no other job, nor a name that is there twice', async () => {
  const peers = await Promise.all([1, 2, 3].map(async () => peerOf(await generateKey())))
  const idOf = (allow: string[]): string => jobId(resolveJob({ membership: { allow } }, 'x'))
  expect(idOf([...peers].reverse())).toBe(idOf(peers))
  expect(idOf([...peers, peers[0]!])).toBe(idOf(peers))
  expect(idOf(peers.slice(1))).not.toBe(idOf(peers))
})

test("a damaged owner's key is named, and nobody is told to make another", async () => {
  const { options } = await scene()
  await writeFile(options.ownerKey, 'x')
  await expect(invite(options)).rejects.toMatchObject({
    code: 'ERR_KEY_MALFORMED',
    message: expect.stringMatching(new RegExp(`^owner's key ${options.ownerKey}: .*put a copy in its place`))
  })
})

test('an invitation that can not be read says what to do', async () => {
  await expect(readInvitation(await newFolder())).rejects.toMatchObject({
    code: 'ERR_INVITE_UNREADABLE',
    message: expect.stringContaining('this is a directory: name a file in it')
  })
})
