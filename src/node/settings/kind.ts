import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { parseAddress } from '../../gossip/addresses.ts'
import { InvalidConfigError } from '../../interface/errors.ts'
import { parseDataSpec } from '../../train/data/spec.ts'

/** What a text is read against. */
export interface Place {
  /** Folder in which relative paths begin: the working directory, or that of the settings file. */
  readonly folder: string
}

/** A way to write a value. The same text means the same as a flag, in the environment and in a file. */
export interface Kind<T> {
  /** What may be written, for documents. */
  readonly form: string
  /** It is on or off, and as a flag needs no value. */
  readonly isSwitch?: true
  /** @throws {InvalidConfigError} with what was expected; whoever calls puts before it where the text came from */
  parse(text: string, place: Place): T
  /** Back to text. */
  print(value: T): string
}

export function wholeNumber(min: number, max: number): Kind<number> {
  return {
    form: `whole number, ${min} to ${max}`,
    parse(text) {
      const value = Number(text)
      if (/^\d+$/.test(text) && value >= min && value <= max) return value

      throw new InvalidConfigError(`expected a whole number from ${min} to ${max}`)
    },
    print: String
  }
}

/** More than 0 and at most a year: a wait that never ends is none. */
const MAX_SECONDS = 31_536_000

export const seconds: Kind<number> = {
  form: 'seconds, above 0',
  parse(text) {
    const value = Number(text)
    if (text.trim() !== '' && value > 0 && value <= MAX_SECONDS) return value

    throw new InvalidConfigError(`expected seconds: a number above 0, at most ${MAX_SECONDS}`)
  },
  print: String
}

const SWITCH_WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false
}

export const onOff: Kind<boolean> = {
  form: 'true or false',
  isSwitch: true,
  parse(text) {
    const word = text.toLowerCase()
    if (Object.hasOwn(SWITCH_WORDS, word)) return SWITCH_WORDS[word]!

    throw new InvalidConfigError('expected true or false')
  },
  print: String
}

export function oneOf<W extends string>(...words: readonly W[]): Kind<W> {
  return {
    form: words.join(', '),
    parse(text) {
      const word = words.find((each) => each === text)
      if (word !== undefined) return word

      throw new InvalidConfigError(`expected one of ${words.join(', ')}`)
    },
    print: String
  }
}

/** A path; relative ones begin where they are written, `~/` is the home directory also where no shell sees it. */
export const path: Kind<string> = {
  form: 'path',
  parse(text, { folder }) {
    if (text.includes('\0')) throw new InvalidConfigError('a path has no NUL characters')

    return resolve(
      folder,
      text.replace(/^~(?=\/|$)/, () => homedir())
    )
  },
  print: String
}

/** What stands in the line that `starling invite` prints; shorter words are names of files. */
const TOKEN = /^[\w-]{100,}$/

/** An invitation itself, or the path of a file with it. */
export const invitation: Kind<string> = {
  form: 'token, or path of a file with it',
  parse: (text, place) => (TOKEN.test(text.trim()) ? text.trim() : path.parse(text, place)),
  print: String
}

/** Where a node listens or is reached. */
export const address: Kind<string> = {
  form: 'multiaddr over TCP',
  parse(text) {
    if (parseAddress(text) === undefined) {
      throw new InvalidConfigError(`no address: expected a multiaddr such as ${correctedAddress(text)}`)
    }
    if (!CARRIED.test(text)) throw new InvalidConfigError('nodes speak TCP: expected /tcp/ and a port in the address')

    return text
  },
  print: String
}

/** What a node can dial or listen on, by itself or through a relay. */
const CARRIED = /\/tcp\/\d+|\/p2p-circuit(?:\/|$)/

/** `host:port`, as people write it, in our notation; an example for anything else. */
function correctedAddress(text: string): string {
  const [, host, port] = /^(?:\w+:\/\/)?\[?([\w.:-]+?)\]?:(\d{1,5})\/?$/.exec(text) ?? []
  if (host === undefined) return '/ip4/192.0.2.7/tcp/4001'
  const protocol = /^[\d.]+$/.test(host) ? 'ip4' : host.includes(':') ? 'ip6' : 'dns'

  return `/${protocol}/${host}/tcp/${port}`
}

/** Data as a job names it, its path as {@link path}. */
export const dataSet: Kind<string> = {
  form: 'as `data.set` of a job',
  parse(text, place) {
    const spec = parseDataSpec(text)
    if (!('path' in spec)) return text

    return `${spec.kind}:${path.parse(text.slice(spec.kind.length + 1), place)}`
  },
  print: String
}
