import type { Libp2pOptions } from 'libp2p'
import { BoundedMap } from './bounded-map.ts'

type Datastore = NonNullable<Libp2pOptions['datastore']>
type Key = Parameters<Datastore['delete']>[0]
type Query = Parameters<Datastore['query']>[0]
type KeyQuery = Parameters<Datastore['queryKeys']>[0]
type Batch = ReturnType<Datastore['batch']>

interface Pair {
  key: Key
  value: Uint8Array
}

export interface BoundedDatastoreInit {
  /** Records of each kind: of peers, of the hash table. The one written least recently makes room. */
  maxRecords: number
  /** A longer record is not kept. */
  maxRecordBytes: number
}

/** By this name libp2p knows that nothing is there. */
class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
}

/**
 * Where libp2p keeps what it learns of peers, in memory. libp2p's own has no bound: whoever makes up peers, or records of
 * the hash table, could fill the machine.
 */
export class BoundedDatastore implements Datastore {
  readonly #init: BoundedDatastoreInit
  /** By the first part of their keys, of which libp2p has a handful. */
  readonly #kinds = new Map<string, BoundedMap<string, Pair>>()

  constructor(init: BoundedDatastoreInit) {
    this.#init = init
  }

  get size(): number {
    return [...this.#kinds.values()].reduce((sum, { size }) => sum + size, 0)
  }

  put(key: Key, value: Uint8Array): Key {
    if (value.byteLength > this.#init.maxRecordBytes) throw new RangeError(`a record of ${value.byteLength} bytes`)
    this.#kind(key.toString()).set(key.toString(), { key, value })

    return key
  }

  get(key: Key): Uint8Array {
    const pair = this.#kind(key.toString()).get(key.toString())
    if (pair === undefined) throw new NotFoundError(`no record ${key.toString()}`)

    return pair.value
  }

  has(key: Key): boolean {
    return this.#kind(key.toString()).get(key.toString()) !== undefined
  }

  delete(key: Key): void {
    this.#kind(key.toString()).delete(key.toString())
  }

  async *putMany(source: Iterable<Pair> | AsyncIterable<Pair>): AsyncGenerator<Key> {
    for await (const { key, value } of source) yield this.put(key, value)
  }

  async *getMany(source: Iterable<Key> | AsyncIterable<Key>): AsyncGenerator<Pair> {
    for await (const key of source) yield { key, value: this.get(key) }
  }

  async *deleteMany(source: Iterable<Key> | AsyncIterable<Key>): AsyncGenerator<Key> {
    for await (const key of source) {
      this.delete(key)
      yield key
    }
  }

  batch(): Batch {
    const changes: (() => void)[] = []

    return {
      put: (key, value) => changes.push(() => this.put(key, value)),
      delete: (key) => changes.push(() => this.delete(key)),
      commit: () => {
        for (const change of changes.splice(0)) change()
      }
    }
  }

  *query({ prefix = '', filters = [], orders = [], offset = 0, limit }: Query): Generator<Pair> {
    const found = this.#pairs(prefix).filter((pair) => filters.every((accepts) => accepts(pair)))
    for (const order of orders) found.sort(order)
    yield* found.slice(offset, limit === undefined ? undefined : offset + limit)
  }

  *queryKeys({ prefix = '', filters = [], orders = [], offset = 0, limit }: KeyQuery): Generator<Key> {
    const keys = this.#pairs(prefix).map(({ key }) => key)
    const found = keys.filter((key) => filters.every((accepts) => accepts(key)))
    for (const order of orders) found.sort(order)
    yield* found.slice(offset, limit === undefined ? undefined : offset + limit)
  }

  #pairs(prefix: string): Pair[] {
    const all = [...this.#kinds.values()].flatMap((kind) => [...kind.entries()])

    return all.filter(([name]) => name.startsWith(prefix)).map(([, pair]) => pair)
  }

  #kind(name: string): BoundedMap<string, Pair> {
    const [, first = ''] = name.split('/', 2)
    const kind = this.#kinds.get(first) ?? new BoundedMap(this.#init.maxRecords)
    this.#kinds.set(first, kind)

    return kind
  }
}
