import { InvalidArgumentError } from 'commander'

/** Parsers of flags; commander prints the flag's name before the message. */

export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
    }

    return value
  }
}

export function positiveNumber(text: string): number {
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('Expected a number above 0.')

  return value
}

export function nonNegativeNumber(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('Expected a number from 0.')
  }

  return value
}

/** Above 0, up to 1. */
export function fraction(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('Expected a fraction above 0, up to 1, such as 0.9.')

  return value
}

/** For flags that may be given several times. */
export function collect(text: string, before: readonly string[]): string[] {
  return [...before, text]
}
