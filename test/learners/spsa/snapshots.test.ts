import { expect, onTestFinished, test, vi } from 'vitest'
import { WaitRegister } from '../../../src/interface/waits.ts'
import { SNAPSHOT_PROTOCOL, Snapshots, VOUCH_PROTOCOL } from '../../../src/learners/spsa/snapshots.ts'
import { createRng } from '../../../src/math/philox.ts'
import { VectorHeap } from '../../../src/math/vector-heap.ts'
import { SimulatedSigning } from '../../../src/sim/signing.ts'
import type { Replica } from '../../../src/spsa/replica.ts'
import { encodeLedgerQuery } from '../../../src/wire/ledger-sync-codec.ts'
import type { LogBatch } from '../../../src/wire/log-batch.ts'
import { decodeSnapshotAnswer, decodeVouch, encodeVouch } from '../../../src/wire/snapshot-codec.ts'
import { realClock } from '../../integration/gossip-nodes.ts'
import { jobReplica, projectionBytes, projectionJob } from '../../spsa/job-replica.ts'
import { MemoryHub, type MemoryNetwork } from '../../util/memory-network.ts'

const AUTHORS = ['ann', 'bob', 'cleo']
const LENGTH = 200
const job = projectionJob(AUTHORS.length, LENGTH)
const vectors = new VectorHeap()
const signing = new SimulatedSigning()
const never = new AbortController().signal

interface Holder {
  network: MemoryNetwork
  replica: Replica
  snapshots: Snapshots
  adopted: string[]
  refused: string[]
}

const logs: LogBatch[] = AUTHORS.flatMap((author, i) =>
  jobReplica(job, { self: author, dim: 1, vectors, signing }).ledger.sign(
    author,
    projectionBytes(i, LENGTH),
    signing.of(author).sign
  )
)

/** A node that has all logs; a newcomer has not applied them. */
function join(hub: MemoryHub, self: string, { isNew = false, vouchers = 1, dim = 513 } = {}): Holder {
  const network = hub.join(self)
  const replica = jobReplica(job, { self, dim, vectors, signing })
  for (const batch of logs) replica.ledger.accept(batch)
  if (!isNew) replica.apply()
  const [adopted, refused]: [string[], string[]] = [[], []]
  const snapshots = new Snapshots({
    network,
    clock: realClock,
    waits: new WaitRegister({ clock: realClock }),
    rng: createRng(1, self),
    replica,
    vouchers,
    fetchLogs: async () => true,
    onAdopted: (from, projections, words) => adopted.push(`${projections} of ${from}, by ${words}`),
    onRejected: (peer, { code }) => refused.push(`${peer} ${code}`)
  })
  snapshots.start()
  onTestFinished(() => {
    snapshots.stop()
    replica.close()
  })

  return { network, replica, snapshots, adopted, refused }
}

test('two newcomers ask the same voucher at once: who is put off asks again', async () => {
  const hub = new MemoryHub()
  const [ann] = [join(hub, 'ann'), join(hub, 'bob')]
  const newcomers = [join(hub, 'nina', { isNew: true }), join(hub, 'noah', { isNew: true })]
  // between newcomers there is nothing to be had
  for (const { network } of newcomers) {
    const peers = network.peers.bind(network)
    network.peers = () => peers().filter((peer) => AUTHORS.includes(peer))
  }
  const adopted = await Promise.all(newcomers.map(({ snapshots }) => snapshots.adopt(never)))

  expect(adopted).toEqual([true, true])
  for (const { replica, adopted: words } of newcomers) {
    expect(words).toEqual([expect.stringMatching(/^600 of (ann|bob), by 1$/)])
    expect(replica.waiting).toBe(0)
    expect(replica.hash()).toBe(ann.replica.hash())
  }
})

test('with fewer vouchers than the job wants there is no snapshot', async () => {
  const hub = new MemoryHub()
  join(hub, 'ann')
  join(hub, 'bob')
  const nina = join(hub, 'nina', { isNew: true, vouchers: 2 })

  expect(await nina.snapshots.adopt(never)).toBe(false)
  expect(nina.adopted).toEqual([])
  expect(nina.replica.waiting).toBeGreaterThan(500)
})

test('a voucher that comes to other bits keeps it from being taken, whoever else vouches', async () => {
  const hub = new MemoryHub()
  for (const self of ['ann', 'bob', 'cleo']) join(hub, self)
  const liar = hub.join('liam')
  const vouch = async (): Promise<Uint8Array> => encodeVouch({ kind: 'vouched', accHash: '0'.repeat(64) })
  onTestFinished(liar.handle(VOUCH_PROTOCOL, { request: vouch }))
  const nina = join(hub, 'nina', { isNew: true })

  expect(await nina.snapshots.adopt(never)).toBe(false)
  expect(nina.adopted).toEqual([])
  expect(nina.refused.some((told) => told.endsWith(' ERR_SNAPSHOT_REFUSED'))).toBe(true)
})

test('a snapshot of a model of another size is refused', async () => {
  const hub = new MemoryHub()
  join(hub, 'ann', { dim: 512 })
  const nina = join(hub, 'nina', { isNew: true })

  expect(await nina.snapshots.adopt(never)).toBe(false)
  expect(nina.refused).toEqual([expect.stringMatching(/^ann ERR_SNAPSHOT_/)])
})

test('a node that is far behind makes no snapshot and vouches for none, until it has caught up', async () => {
  const hub = new MemoryHub()
  const { replica } = join(hub, 'ann', { isNew: true })
  const asked = hub.join('asked')
  const { setHash, counted } = replica.ledger
  const query = encodeLedgerQuery({ setHash, isFinished: false, neighbourhood: 0, logs: counted })
  const ask = async (): Promise<unknown[]> => {
    const answer = decodeSnapshotAnswer(await asked.request('ann', SNAPSHOT_PROTOCOL, new Uint8Array(0)), 1e9)
    return [answer?.hash, decodeVouch(await asked.request('ann', VOUCH_PROTOCOL, query)).kind]
  }

  // as if each of the 600 that wait were of ten million params
  const cost = vi.spyOn(replica, 'settlingCost', 'get').mockReturnValue(600 * 1e7)
  expect(await ask()).toEqual([undefined, 'busy'])
  cost.mockRestore()
  replica.apply()
  expect(await ask()).toEqual([expect.any(String), 'vouched'])
})
