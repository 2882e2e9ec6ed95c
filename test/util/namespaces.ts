import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'

function ip(...args: readonly string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Why there can be no network namespaces here; undefined where there can. */
export function whyNoNamespaces(): string | undefined {
  const name = `starling-${randomBytes(3).toString('hex')}`
  try {
    ip('netns', 'add', name)
    ip('netns', 'del', name)
    return undefined
  } catch (error) {
    return `no network namespaces: ${(error as Error).message.split('\n')[0]}`
  }
}

/** A machine of its own, as far as the network goes: with loopback up, and gone when the test is over. */
export class Namespace {
  readonly name: string

  constructor(label: string) {
    this.name = `starling-${label}-${randomBytes(3).toString('hex')}`
    ip('netns', 'add', this.name)
    onTestFinished(() => {
      ip('netns', 'del', this.name)
    })
    this.ip('link', 'set', 'lo', 'up')
  }

  /** `ip` with these words, inside. */
  ip(...args: readonly string[]): string {
    return ip('-n', this.name, ...args)
  }

  /** What to put before a command to run it inside. */
  get prefix(): readonly string[] {
    return ['ip', 'netns', 'exec', this.name]
  }

  /** Runs a program to its end, inside. */
  run(command: string, ...args: readonly string[]): string {
    const [program, ...rest] = [...this.prefix, command, ...args]
    return execFileSync(program!, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }
}

/** One end of a cable: which machine, and its address there with the length of the network's part. */
export interface End {
  readonly at: Namespace
  readonly address: string
}

/** A cable between two machines; `name` is what both call it. Multicast goes over it. */
export function connect(name: string, one: End, other: End): void {
  ip('link', 'add', name, 'netns', one.at.name, 'type', 'veth', 'peer', 'name', name, 'netns', other.at.name)
  for (const { at, address } of [one, other]) {
    at.ip('addr', 'add', address, 'dev', name)
    at.ip('link', 'set', name, 'up')
  }
}
