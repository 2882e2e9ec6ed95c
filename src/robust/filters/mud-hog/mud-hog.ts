import type { Params } from '../../../interface/params.ts'
import type { VectorMath } from '../../../interface/vectors.ts'
import type { ReceivedModel, ScreenInput, ScreeningFilter, Sender, SenderScore } from '../filter.ts'
import { SenderMemory } from '../sender-memory.ts'
import { Sketch } from '../sketch.ts'
import { UpdateHistory } from './history.ts'
import { type Judgement, type JudgeOptions, judge } from './judge.ts'
import { RecentStarts } from './recent-starts.ts'
import { type Opinion, opinionOf, opinionOfNewcomer } from './score.ts'
import { INITIAL_STANDING, type Standing } from './standing.ts'
import { decodeMudHog, encodeMudHog } from './state.ts'

export interface MudHogInit extends JudgeOptions {
  readonly name: string
  readonly dim: number
  readonly vectors: VectorMath
  /** Most senders that it remembers: of more models in a round, those that come last don't count. */
  readonly maxSenders: number
  /** Updates that the short history has. */
  readonly window: number
  /** Updates of a sender before it is judged. */
  readonly warmup: number
  /** Numbers that a stand-in for an update has, where the model has more. */
  readonly sketch: number
  /** This node's secret, see {@link Sketch}. */
  readonly sketchKey: readonly [number, number]
}

/** A round that had a training. */
interface Trained {
  readonly round: number
  readonly start: Params
  readonly own: Params | undefined
  readonly models: readonly ReceivedModel[]
}

/** What is kept of a sender. */
export interface Remembered {
  readonly history: UpdateHistory
  readonly standing: Standing
  readonly opinion: Opinion
}

/**
 * Leaves out senders whose history of updates gives them away: turned round, noisy, or aimed at something else.
 *
 * Source: Gupta, Luo, Van Ngo and Das, "Long-short history of gradients is all you need" (MUD-HoG), ESORICS 2022,
 * arXiv:2208.10273, with deviations: a node sees its neighbours only, and its own update votes; a late
 * update is held against what the node began with in the round that it is of; whoever sends now and
 * then is judged in the rounds in which it sends, after `warmup` updates of its own; the long history is the mean of all
 * updates, not their sum, or a sender heard less often would be a cluster by itself; histories are copies (the published
 * code keeps references to one array, so that its short history stands still); models longer than `sketch` are judged by
 * {@link Sketch}es, and medians are then taken of those. Rules have deviations of their own, see each.
 *
 * Memory: `maxSenders` + 1 times (`window` + 1) * min(dim, sketch) floats, and eight times min(dim, sketch).
 */
export class MudHog implements ScreeningFilter {
  readonly kind = 'screening'
  readonly name: string
  readonly #init: MudHogInit
  readonly #senders: SenderMemory<Remembered>
  #sketch: Sketch
  #key: readonly [number, number]
  #own: UpdateHistory
  /** Not part of the state: it is for models that are on their way. */
  readonly #starts = new RecentStarts()

  constructor(init: MudHogInit) {
    this.name = init.name
    this.#init = init
    this.#senders = new SenderMemory(init.maxSenders)
    this.#key = init.sketchKey
    this.#sketch = this.#sketchOf(init.sketchKey)
    this.#own = this.#newHistory()
  }

  screen({ round, start, own, models }: ScreenInput): number[] {
    const looked = models.slice(0, this.#init.maxSenders)
    if (start !== undefined) this.#learn({ round, start, own, models: looked })

    return [...looked.keys()].filter((i) => {
      const known = this.#senders.get(looked[i]!.sender)
      // what one round alone held against a sender ends with that round
      return start === undefined ? known?.standing.confirmed === undefined : known?.opinion.isExcluded !== true
    })
  }

  #learn(input: Trained): void {
    const { models: looked } = input
    this.#remember(input)
    const heard = looked.map(({ sender }) => this.#senders.get(sender)!)
    const due = [...looked.keys()].filter((i) => heard[i]!.history.count >= this.#init.warmup)
    const judgements = this.#judge(
      due.map((i) => heard[i]!),
      resolutionOf(this.#init.vectors, input.start)
    )
    for (const [k, i] of due.entries()) this.#conclude(looked[i]!.sender, judgements[k]!)
  }

  scores(): SenderScore[] {
    return this.#senders
      .entries()
      .map(([sender, { opinion }]) => ({ sender, ...opinion }))
      .sort((a, b) => (a.sender < b.sender ? -1 : 1))
  }

  save(): Uint8Array {
    return encodeMudHog({ ...this.#shape(), key: this.#key, own: this.#own, senders: this.#senders.entries() })
  }

  restore(state: Uint8Array): void {
    const { key, own, senders } = decodeMudHog(state, this.#shape())
    this.#key = key
    this.#sketch = this.#sketchOf(key)
    this.#own = own
    this.#senders.replace(senders)
  }

  #shape() {
    const { name, dim, window, maxSenders } = this.#init

    return { name, dim, window, maxSenders, length: this.#sketch.length }
  }

  #remember({ round, start, own, models }: Trained): void {
    const inputs = [...models.map(({ params }) => params), ...(own === undefined ? [] : [own])]
    const updates = this.#sketch.differences(inputs, start)
    this.#starts.remember(round, this.#sketch.differences([start])[0]!)
    for (const [i, model] of models.entries()) {
      this.#starts.shift(updates[i]!, model.round ?? round)
      this.#hear(model.sender, updates[i]!)
    }
    if (own !== undefined) this.#own.add(updates.at(-1)!)
  }

  #hear(sender: Sender, update: Float32Array): void {
    const { warmup } = this.#init
    const known = this.#senders.hear(sender, () => ({
      history: this.#newHistory(),
      standing: INITIAL_STANDING,
      opinion: opinionOfNewcomer(0, warmup)
    }))
    known.history.add(update)
    if (known.history.count < warmup) {
      this.#senders.set(sender, { ...known, opinion: opinionOfNewcomer(known.history.count, warmup) })
    }
  }

  #judge(due: readonly Remembered[], resolution: number): Judgement[] {
    if (due.length === 0) return []
    const cases = due.map(({ history, standing }) => ({ short: history.short(), long: history.long(), standing }))
    const own = this.#own.count === 0 ? undefined : { short: this.#own.short(), long: this.#own.long() }

    return judge(this.#init.vectors, cases, { own, resolution }, this.#init)
  }

  #conclude(sender: Sender, judgement: Judgement): void {
    const { history } = this.#senders.get(sender)!
    this.#senders.set(sender, { history, standing: judgement.standing, opinion: opinionOf(judgement) })
  }

  #newHistory(): UpdateHistory {
    return new UpdateHistory({ window: this.#init.window, length: this.#sketch.length })
  }

  #sketchOf(key: readonly [number, number]): Sketch {
    return new Sketch({ dim: this.#init.dim, size: this.#init.sketch, key })
  }
}

/** Each rounding of a float32 errs by at most this, relative; a few of them make a model. */
const ROUNDING = 2 ** -24
const ROUNDINGS = 8

/** Length below which the difference of two models near `params` may be rounding alone. */
function resolutionOf(vectors: VectorMath, params: Params): number {
  return ROUNDINGS * ROUNDING * Math.sqrt(vectors.dot(params, params))
}
