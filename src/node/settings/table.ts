import { DEVICES } from '../../train/engine/device.ts'
import { control } from './control-kind.ts'
import { address, dataSet, invitation, oneOf, onOff, path, seconds, wholeNumber } from './kind.ts'
import { logLevels } from './log-kind.ts'
import { metricsAddress } from './metrics-kind.ts'
import { resume } from './resume-kind.ts'
import { list, optional, type Setting, setting } from './setting.ts'

const MAX_PEERS = 100_000
const MAX_THREADS = 1024
const MAX_CHECKPOINTS = 1000
const MAX_LOG_DAYS = 36_500

/**
 * Every setting of a node: what differs between the nodes of one job. From this table come the flags of
 * `starling node`, the `STARLING_*` variables, the keys of the settings file, `starling config` and docs/CONFIG.md. The
 * key is the name in the file; flag and variable are made of it, see {@link flagOf} and {@link variableOf}.
 */
export const SETTINGS = {
  dataDir: optional({
    group: 'Files',
    description: "the node's folder: its key, and all that it keeps between runs",
    kind: path,
    placeholder: 'dir',
    defaultText: 'by the name of the job, under $XDG_DATA_HOME/starling',
    reason: 'two jobs on one machine do not share an identity, and one job finds its own again'
  }),
  join: list({
    group: 'Joining a swarm',
    description: 'address of a node to join through',
    kind: address,
    placeholder: 'multiaddr',
    default: [],
    reason: 'the first node of a swarm has nobody to join'
  }),
  listen: list({
    group: 'Joining a swarm',
    description: 'address to listen on',
    kind: address,
    placeholder: 'multiaddr',
    default: ['/ip4/0.0.0.0/tcp/0'],
    reason: "reachable from the machine's networks, on a port that is free"
  }),
  announce: list({
    group: 'Joining a swarm',
    description: 'address to give to others instead of those listened on: of a port that a router forwards, say',
    kind: address,
    placeholder: 'multiaddr',
    default: [],
    reason: 'a node finds out by itself where it can be reached, but for ports that others forward to it'
  }),
  mdns: setting({
    group: 'Joining a swarm',
    description: 'find nodes of the job on the local network: auto, on or off',
    kind: oneOf('auto', 'on', 'off'),
    placeholder: 'when',
    default: 'auto',
    reason: 'on where the node listens beyond its own machine: two machines on a network need no address'
  }),
  dht: setting({
    group: 'Joining a swarm',
    description: 'find nodes of the job in a hash table that they keep together',
    kind: onOff,
    default: false,
    reason: 'peers tell each other of peers already; large swarms with much coming and going gain'
  }),
  nat: setting({
    group: 'Joining a swarm',
    description: 'ways round routers, by relays, hole punching and dial-backs: auto, on or off',
    kind: oneOf('auto', 'on', 'off'),
    placeholder: 'when',
    default: 'auto',
    reason: 'on where the node listens beyond its own machine'
  }),
  relay: setting({
    group: 'Joining a swarm',
    description: 'serve nodes of the job that others cannot reach as their relay',
    kind: onOff,
    default: false,
    reason: 'it costs bandwidth, and helps only where others can reach this node'
  }),
  invite: optional({
    group: 'Joining a swarm',
    description: 'what "starling invite" has printed for this node, or a file with it',
    kind: invitation,
    placeholder: 'token',
    isSecret: true,
    reason: 'a swarm is open unless its job says otherwise'
  }),
  networkKey: optional({
    group: 'Joining a swarm',
    description: 'file with the key of a private network: nodes without it get no word out of this one',
    kind: path,
    placeholder: 'file',
    reason: 'the hello of a job keeps strangers out too'
  }),
  awaitPeers: setting({
    group: 'Joining a swarm',
    description: 'peers to wait for before the first round',
    kind: wholeNumber(0, MAX_PEERS),
    placeholder: 'n',
    default: 0,
    reason: 'whoever comes later still takes part'
  }),
  awaitSeconds: setting({
    group: 'Joining a swarm',
    description: 'how long to wait for them',
    kind: seconds,
    placeholder: 't',
    default: 3600,
    reason: 'long enough to start the other machines by hand'
  }),
  device: setting({
    group: 'Training',
    description: 'where training runs',
    kind: oneOf('auto', ...DEVICES),
    placeholder: 'name',
    default: 'auto',
    reason: 'times a step on each usable device and keeps the fastest'
  }),
  threads: setting({
    group: 'Training',
    description: 'processor threads that a training step may use',
    kind: wholeNumber(1, MAX_THREADS),
    placeholder: 'n',
    default: 1,
    reason: 'leaves the machine usable; small models gain little from more'
  }),
  slice: optional({
    group: 'Training',
    description: "train on this slice of the job's data, from 0",
    kind: wholeNumber(0, MAX_PEERS),
    placeholder: 'i',
    defaultText: "one that the node's identity points to",
    reason: 'always the same one, though two nodes may have the same'
  }),
  data: optional({
    group: 'Training',
    description: 'train on data of your own instead; it stays on this machine',
    kind: dataSet,
    placeholder: 'set',
    reason: "a slice of the job's data is trained on",
    env: 'STARLING_OWN_DATA'
  }),
  resume: setting({
    group: 'Files',
    description: 'what to go on from: auto (the newest good checkpoint of the job), never, or a checkpoint',
    kind: resume,
    placeholder: 'what',
    default: 'auto',
    reason: 'a node that was stopped, or killed, is started again to go on'
  }),
  checkpointSeconds: setting({
    group: 'Files',
    description: 'from one checkpoint to the next; one more is written at a stop',
    kind: seconds,
    placeholder: 't',
    default: 60,
    reason: 'a crash costs a minute of training at most; a model is written in a fraction of that'
  }),
  checkpointKeep: setting({
    group: 'Files',
    description: 'checkpoints to keep; 0 writes none',
    kind: wholeNumber(0, MAX_CHECKPOINTS),
    placeholder: 'n',
    default: 3,
    reason: 'should the newest be spoilt, there is the one before it'
  }),
  save: optional({
    group: 'Files',
    description: 'at the end, write the model to this safetensors file',
    kind: path,
    placeholder: 'file',
    reason: 'most nodes of a swarm end with the same model'
  }),
  control: setting({
    group: 'Looking in',
    description: 'where a running node can be asked and told',
    kind: control,
    placeholder: 'where',
    default: { kind: 'unix' },
    reason: 'a socket that only its owner can open'
  }),
  metrics: optional({
    group: 'Looking in',
    description: 'where Prometheus finds the metrics, and others whether the node is well',
    kind: metricsAddress,
    placeholder: 'address',
    reason: 'a port is opened for those who ask for it; "starling metrics" needs none'
  }),
  metricsOpen: setting({
    group: 'Looking in',
    description: 'let other machines read the metrics',
    kind: onOff,
    default: false,
    reason: 'they say who trains what, and how well'
  }),
  json: setting({
    group: 'Output',
    description: 'print events as lines of JSON',
    kind: onOff,
    default: false,
    reason: 'people read the output more often than programs'
  }),
  logLevel: setting({
    group: 'Output',
    description: 'what is logged on standard error; parts of the node may differ: info,gossip=debug',
    kind: logLevels,
    placeholder: 'level',
    default: { all: 'info' },
    reason: 'says what is out of the ordinary; what each peer does is debug'
  }),
  logFormat: setting({
    group: 'Output',
    description: 'how the log is written',
    kind: oneOf('auto', 'text', 'json'),
    placeholder: 'format',
    default: 'auto',
    reason: 'lines for people on a terminal, JSON for programs otherwise'
  }),
  logFile: optional({
    group: 'Output',
    description: 'file to append the log to as well, in JSON',
    kind: path,
    placeholder: 'file',
    reason: 'whoever runs a daemon keeps its standard error already'
  }),
  logKeep: setting({
    group: 'Output',
    description: 'days of that file to keep beside this one, each under its date; 0 keeps all in one file',
    kind: wholeNumber(0, MAX_LOG_DAYS),
    placeholder: 'days',
    default: 14,
    reason: 'a node runs for weeks; whoever turns files over with a tool of theirs sets 0'
  }),
  stopSeconds: setting({
    group: 'Stopping',
    description: 'how long a clean stop may take before the node is ended at once',
    kind: seconds,
    placeholder: 't',
    default: 30,
    reason: 'a training step, a checkpoint and goodbyes take a few; whoever waits for longer waits in vain'
  }),
  stopOnStdinEnd: setting({
    group: 'Stopping',
    description: 'stop when standard input ends, as it does when the parent process dies',
    kind: onOff,
    default: false,
    reason: 'a daemon has no standard input'
  })
} as const

type Table = typeof SETTINGS
export type SettingName = keyof Table
type ValueOf<S> = S extends { readonly default: infer T } ? T : never

/** What a node gets, checked, with the defaults filled in. */
export type NodeSettings = { readonly [N in SettingName]: ValueOf<Table[N]> } & { readonly dataDir: string }

export const SETTING_NAMES = Object.freeze(Object.keys(SETTINGS) as SettingName[])

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name)
}

/** The row, for what is done alike to all of them. */
export function settingOf(name: SettingName): Setting<unknown> {
  return SETTINGS[name]
}

/** `awaitPeers` is `--await-peers`. */
export function flagOf(name: SettingName): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** `awaitPeers` is `STARLING_AWAIT_PEERS`. */
export function variableOf(name: SettingName): string {
  const { env } = settingOf(name)

  return env ?? `STARLING_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`
}
