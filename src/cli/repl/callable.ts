import { inspect } from 'node:util'

/** `peers` and `peers()` alike: a function, and a promise of what it comes to without arguments. */
export type Callable = ((...args: unknown[]) => Promise<unknown>) & Promise<unknown>

/** What makes a promise of it; each starts a call of its own. */
const OF_PROMISES = ['then', 'catch', 'finally'] as const

/** @param signature - how it is called, for whoever looks at the function itself */
export function callable(signature: string, run: (args: readonly unknown[]) => Promise<unknown>): Callable {
  const call = (...args: unknown[]): Promise<unknown> => run(args)
  Object.defineProperty(call, inspect.custom, { value: () => `[${signature}]` })

  return new Proxy(call, {
    get: (target, key, receiver) => (isOfPromises(key) ? promiseMethod(run, key) : Reflect.get(target, key, receiver))
  }) as Callable
}

function isOfPromises(key: string | symbol): key is (typeof OF_PROMISES)[number] {
  return (OF_PROMISES as readonly (string | symbol)[]).includes(key)
}

function promiseMethod(
  run: (args: readonly unknown[]) => Promise<unknown>,
  key: (typeof OF_PROMISES)[number]
): unknown {
  return (...callbacks: unknown[]): unknown => {
    const promise = run([])

    return Reflect.apply(promise[key], promise, callbacks)
  }
}
