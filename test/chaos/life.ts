import type { SimulatedNode } from '../../src/node/simulation/node.ts'
import type { Leaks } from '../../src/sim/host.ts'

/** One life of a node, looked at from outside. */
export interface Life {
  readonly node: SimulatedNode
  readonly index: number
  /** Of this node: 1 for the first. */
  readonly life: number
  /** Pieces of work that the processor has, or has in line. */
  computing: number
  /** Hashes of models on offer. */
  readonly offers: Set<string>
  /** What its learner had left when it ended; undefined before that, and for a crash. */
  left: Leaks | undefined
  /** `node.ended` has settled. */
  isSettled: boolean
}

/** Begins to look at a node that has just started: before its learner runs. */
export function watchLife(node: SimulatedNode, life: number): Life {
  const { host } = node
  const { network } = host
  const it: Life = { node, index: node.index, life, computing: 0, offers: new Set(), left: undefined, isSettled: false }

  const compute = host.compute.bind(host)
  host.compute = async (...args) => {
    it.computing++
    try {
      return await compute(...args)
    } finally {
      it.computing--
    }
  }
  const offer = network.offer.bind(network)
  network.offer = (encoded) => {
    const ref = offer(encoded)
    it.offers.add(ref.hash)
    return ref
  }
  const withdraw = network.withdraw.bind(network)
  network.withdraw = (hash) => {
    it.offers.delete(hash)
    withdraw(hash)
  }
  void node.ended.finally(() => {
    it.isSettled = true
  })

  return it
}

/** Its learner runs: it has begun, and has not ended in any way. */
export function isRunning({ node }: Life): boolean {
  return node.learner !== undefined && node.end === undefined
}
