import { Script } from 'node:vm'

/** Under this name the context has what an expression is handed to; a symbol, so that completion does not offer it. */
export const SETTLE = Symbol.for('starling.settle')

/** Runs an expression and waits for what it promises. */
export type Settle = (expression: () => Promise<unknown>) => Promise<unknown>

/** As an expression these would no longer declare anything. */
const DECLARATION = /^\s*(async\s+)?(function|class)\b/

/**
 * Code of which the value is waited for when it is an expression: at a prompt `peers` shows the peers and not a promise
 * of them. Statements, and what is no JavaScript, stay as they are.
 */
export function settled(code: string): string {
  const expression = code.replace(/[;\s]+$/, '')
  if (expression.trim() === '' || DECLARATION.test(expression)) return code

  const wrapped = `async () => (${expression}\n)`

  return isJavaScript(`(${wrapped})`) ? `await globalThis[Symbol.for('starling.settle')](${wrapped})\n` : code
}

function isJavaScript(code: string): boolean {
  try {
    return new Script(code) instanceof Script
  } catch {
    return false
  }
}
