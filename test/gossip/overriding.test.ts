import { expect, test } from 'vitest'
import { overriding } from '../../src/gossip/overriding.ts'

class Service {
  readonly #secret = 7
  name = 'inner'

  secret(): number {
    return this.#secret
  }
}

test('some members of an object are others, and the rest work as before', () => {
  const inner = new Service()
  const outer = overriding(inner, { name: 'outer' })

  expect(outer.name).toBe('outer')
  expect(outer.secret()).toBe(7) // private fields are of the inner object
  expect(inner.name).toBe('inner')
})
