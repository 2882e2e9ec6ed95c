import type { Peer } from '../../interface/network.ts'
import type { WaitRegister, WaitSpec } from '../../interface/waits.ts'
import { createRng } from '../../math/philox.ts'
import type { RoundContext } from './round-context.ts'

/** Whom a member that starts asks how far the swarm is. */
const FIRST_CONTACTS = 3
/** And how many in all when those do not agree on whether it has begun. */
const MORE_CONTACTS = 12
/** A joiner's announcement is repeated after so many rounds' time, as messages get lost. */
const REPEATS = [1, 4]
const REPEAT_MIN_MS = 2_000
/** To say goodbye. */
const LEAVE_MS = 2_000

export interface JoiningInit {
  context: RoundContext
  waits: WaitRegister
}

/** How a node becomes a member, and how it takes its leave. */
export class Joining {
  readonly #init: JoiningInit

  constructor(init: JoiningInit) {
    this.#init = init
  }

  /**
   * Asks around how far the swarm is, and joins it if it is on its way.
   *
   * @returns whether this node is a member from the start
   */
  async join(signal: AbortSignal): Promise<boolean> {
    const { network, members, sampler, init } = this.#init.context
    const peers = createRng(init.seed, `modest:contacts:${network.self}`).shuffle([...network.peers()])
    const rounds = new Map<Peer, number>()
    const ask = async (peer: Peer): Promise<void> => {
      const round = await sampler.roundOf(peer, { signal })
      if (round !== undefined) rounds.set(peer, round)
    }
    await Promise.all(peers.slice(0, FIRST_CONTACTS).map(ask))
    // newcomers like this one know nothing yet: where answers differ, they must not be the majority
    const isStarted = [...rounds.values()].map((round) => round > 1)
    if (new Set(isStarted).size > 1) await Promise.all(peers.slice(FIRST_CONTACTS, MORE_CONTACTS).map(ask))
    signal.throwIfAborted()
    await members.join(rounds, { signal })

    return members.round <= 1 && members.index === 0
  }

  /** Says again, now and then, that this node has joined. */
  async repeat(signal: AbortSignal): Promise<void> {
    const { members, clock } = this.#init.context
    for (const periods of REPEATS) {
      await clock.sleep(Math.max(REPEAT_MIN_MS, periods * (members.periodMs ?? 0)), { signal })
      await members.repeat({ signal })
    }
  }

  /** Bounded, as whoever stops a node waits for it. */
  async leave(): Promise<void> {
    const { context, waits } = this.#init
    const spec: WaitSpec = { kind: 'stop', what: 'the goodbye to be taken', from: [], timeoutMs: LEAVE_MS }
    const goodbye = (signal: AbortSignal): Promise<void> => context.members.leave({ signal })
    // where nobody hears it, they find out by themselves
    await waits.run(spec, goodbye).catch(() => undefined)
  }
}
