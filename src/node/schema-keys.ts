import type { z } from 'zod'

/** A key that a schema knows. */
export interface SchemaKey {
  /** The keys that lead to it, and itself. */
  readonly path: readonly string[]
  /** Of a choice by `name` (`learner`, `model`): with which of them it may be written. */
  readonly variant?: string
}

/** Every key of a schema of objects, in its order; a key that several variants have comes once for each. */
export function keysOf(schema: z.core.$ZodType): SchemaKey[] {
  return walk(schema, [], undefined)
}

function walk(schema: z.core.$ZodType, path: readonly string[], variant: string | undefined): SchemaKey[] {
  const { def } = (schema as z.core.$ZodTypes)._zod
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).flatMap(([key, child]) => [
        { path: [...path, key], ...(variant === undefined ? {} : { variant }) },
        ...walk(child, [...path, key], variant)
      ])
    case 'union':
      return def.options.flatMap((option) => walk(option, path, nameOf(option) ?? variant))
    case 'optional':
    case 'default':
    case 'prefault':
      return walk(def.innerType, path, variant)
    case 'pipe':
      return walk(def.out, path, variant)
    default:
      return []
  }
}

/** `gossip`, of an object whose `name` can only be that. */
function nameOf(schema: z.core.$ZodType): string | undefined {
  const { def } = (schema as z.core.$ZodTypes)._zod
  if (def.type !== 'object') return undefined
  const name = def.shape['name'] as z.core.$ZodTypes | undefined

  return name?._zod.def.type === 'literal' ? String(name._zod.def.values[0]) : undefined
}
