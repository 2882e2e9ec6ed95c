import { EXIT } from '../../../src/cli/exit-codes.ts'

/** Something that a person gets wrong, and what they must be told. */
export interface Mistake {
  readonly id: string
  /** The job, `job.yaml`; a node is started on it, dry, unless `args` say otherwise. @default a good one */
  readonly job?: string | Uint8Array
  /** Other files, below the test's folder. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  /** Instead of `node job.yaml --dry-run`; DIR stands for the test's folder. */
  readonly args?: readonly string[]
  /** Besides them. */
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Of paths, before it is tried; with the rights of an ordinary user. */
  readonly modes?: Readonly<Record<string, number>>
  readonly code: string
  readonly exit: number
  /** A list for each line: what it must say of what is wrong, where, and how to mend it. */
  readonly says: readonly (readonly string[])[]
}

const config = { code: 'ERR_CONFIG_INVALID', exit: EXIT.usage }

/** A mistake in the job alone, at a line of it. */
function inJob(id: string, job: string | Uint8Array, line: number, ...says: readonly string[]): Mistake {
  return { id, job, ...config, says: [[`DIR/job.yaml:${line}: `, ...says]] }
}

function inFlags(id: string, flags: readonly string[], ...says: readonly string[]): Mistake {
  return { id, flags, ...config, says: [says] }
}

function inEnv(id: string, env: Readonly<Record<string, string>>, ...says: readonly string[]): Mistake {
  return { id, env, ...config, says: [says] }
}

function inSettings(id: string, text: string, line: number, ...says: readonly string[]): Mistake {
  const files = { 'node.yaml': text }

  return { id, files, flags: ['--config', 'DIR/node.yaml'], ...config, says: [[`DIR/node.yaml:${line}: `, ...says]] }
}

function onCommandLine(id: string, args: readonly string[], ...says: readonly string[]): Mistake {
  return { id, args, ...config, says: [says] }
}

const BOMB = [
  'a: &a [x, x, x, x, x, x, x, x, x, x]',
  'b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]',
  'c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]',
  'd: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]'
].join('\n')

const JOBS: readonly Mistake[] = [
  inJob('YAML: a bracket left open', 'seed: 1\nmodel: { name: mlp\n', 3, 'not YAML', '}'),
  inJob('YAML: a tab', 'model:\n\tname: mlp\n', 2, 'a tab', 'indent with spaces'),
  inJob('YAML: a key twice', 'seed: 1\nname: a\nseed: 2\n', 3, 'there twice', 'keep one'),
  inJob('YAML: two documents', 'seed: 1\n---\nseed: 2\n', 2, 'second document', 'keep one'),
  inJob('YAML: a tag', 'seed: 1\nname: !!js/function x\n', 2, 'tag', 'leave it out'),
  inJob('YAML: an alias without anchor', 'seed: 1\nname: *who\n', 2, 'alias', 'write it out'),
  inJob('YAML: a bomb of aliases', BOMB, 2, 'alias', 'write it out'),
  inJob('a list', '- seed: 1\n', 1, 'the job: a list', 'expected keys', 'seed'),
  inJob('a word', 'hello\n', 1, 'the job: hello', 'expected keys'),
  inJob('a number as text', 'name: a\nbatchSize: "32"\n', 2, 'batchSize: 32', 'a number, without quotes'),
  inJob('a word for a number', 'batchSize: many\n', 1, 'batchSize: many', 'expected a number'),
  inJob('half an example', 'batchSize: 1.5\n', 1, 'batchSize: 1.5', 'a whole number'),
  inJob('a number too small', 'seed: -1\n', 1, 'seed: -1', 'at least 0'),
  inJob('a choice without its name', 'optimiser:\n  momentum: 1\n', 1, 'optimiser.name is missing', 'sgd, adamw'),
  inJob('momentum of 1', 'optimiser: { name: sgd, momentum: 1 }\n', 1, 'optimiser.momentum: 1', 'below 1'),
  inJob('not a number', 'budget:\n  rounds: .nan\n', 2, 'budget.rounds: NaN', 'expected a number'),
  inJob('without end', 'budget:\n  seconds: .inf\n', 2, 'budget.seconds: Infinity', 'expected a number'),
  inJob('nothing where keys belong', 'seed: 1\nbudget:\n', 2, 'budget: nothing', 'expected keys', 'rounds'),
  inJob('a value where keys belong', 'learningRate: 0.1\n', 1, 'learningRate: 0.1', 'peak'),
  inJob('an unknown key', 'learner:\n  topolgy: ring\n', 2, '"learner.topolgy"', 'did you mean "topology"?'),
  inJob('a key in the wrong place', 'seed: 1\nrounds: 10\n', 2, '"rounds"', 'budget.rounds'),
  inJob('a key of another learner', 'learner:\n  name: gossip\n  sample: 4\n', 3, 'gossip has none', 'modest'),
  inJob('a key of another model', 'model: { name: linear, hidden: [3] }\n', 1, 'linear has none', 'mlp has'),
  inJob('a misspelt learner', 'learner: { name: modst }\n', 1, 'learner.name: modst', 'did you mean modest?'),
  inJob('a misspelt optimiser', 'optimiser: { name: adam }\n', 1, 'optimiser.name: adam', 'adamw'),
  inJob('a topology that is none', 'learner: { topology: star }\n', 1, 'learner.topology', 'star', 'ring, full'),
  inJob('a ring of one neighbour', 'learner: { topology: "regular:1" }\n', 1, 'regular:1', 'K from 2'),
  inJob('a misspelt rule', 'learner: { robust: "trimed-mean:f=1" }\n', 1, 'trimed-mean', 'did you mean trimmed-mean'),
  inJob('a rule without its f', 'learner: { robust: trimmed-mean }\n', 1, 'needs f', 'write f=N'),
  inJob('an option that a policy has not', 'learner: { merge: "fisher:x=1" }\n', 1, 'no option "x"', 'it has own'),
  inJob('misspelt data', 'data: { set: mnits }\n', 1, 'data.set', 'mnits', 'did you mean "mnist"?'),
  inJob('a misspelt partition', 'data: { partition: "clases:2" }\n', 1, 'data.partition', 'classes:K'),
  inJob('half a hash', 'start: { sha256: abc }\n', 1, 'start.sha256', '64 hex digits'),
  inJob('a head of no common start', 'seed: 1\ntrainable: head\nstart: independent\n', 2, 'trainable', 'start: common'),
  inJob('an owner that is no peer', 'membership: { owner: me }\n', 1, 'membership.owner', 'starling id'),
  {
    id: 'several mistakes at once',
    job: 'seed: -1\nbatchSize: 0\nlearner:\n  sampel: 3\n',
    ...config,
    says: [['job.yaml:1: seed'], ['job.yaml:2: batchSize'], ['job.yaml:4: ', 'learner.sampel']]
  },
  {
    id: 'more nodes than examples',
    job: 'data: { nodes: 20000 }\n',
    ...config,
    says: [['data.nodes', '20000', 'use fewer, or more data']]
  },
  {
    id: 'more classes than there are',
    job: 'data: { nodes: 4, partition: "classes:11" }\n',
    ...config,
    says: [['data.partition', 'only 10 classes', 'use as many at most']]
  },
  {
    id: 'a model that the data do not fit',
    job: 'model: { name: gpt }\n',
    ...config,
    says: [['gpt takes sequences of tokens', '28, 28, 1', 'use data such as text:FILE']]
  }
]

const FILES: readonly Mistake[] = [
  {
    id: 'no job',
    args: ['node', 'DIR/absent.yaml'],
    code: 'ERR_JOB_UNREADABLE',
    exit: EXIT.usage,
    says: [['DIR/absent.yaml', 'no such file', 'check the path']]
  },
  {
    id: 'a directory for a job',
    args: ['node', 'DIR'],
    code: 'ERR_JOB_UNREADABLE',
    exit: EXIT.usage,
    says: [['DIR', 'is a directory', 'name a file in it']]
  },
  {
    id: 'a job that may not be read',
    modes: { 'job.yaml': 0o000 },
    code: 'ERR_JOB_UNREADABLE',
    exit: EXIT.usage,
    says: [['DIR/job.yaml', 'no permission', 'chmod']]
  },
  {
    id: 'a job that is too long',
    job: `# ${'x'.repeat(70_000)}\n`,
    ...config,
    says: [['DIR/job.yaml', 'more than 65536 bytes', 'wrong file?']]
  },
  {
    id: 'a program for a job',
    job: Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe, 0x00),
    ...config,
    says: [['DIR/job.yaml', 'no UTF-8 text', 'save it as UTF-8']]
  },
  {
    id: 'no data',
    job: 'data: { set: "csv:/nowhere/x.csv" }\n',
    code: 'ERR_DATA_NOT_FOUND',
    exit: EXIT.data,
    says: [['/nowhere/x.csv', 'no such file', 'Check the path']]
  },
  {
    id: 'a directory for a table',
    job: 'data: { set: "csv:/etc" }\n',
    code: 'ERR_DATA_UNREADABLE',
    exit: EXIT.data,
    says: [['/etc', 'a directory', 'Name a file in it']]
  },
  {
    id: 'a set of pictures that is nowhere',
    job: 'data: { set: mnist }\n',
    code: 'ERR_DATA_NOT_FOUND',
    exit: EXIT.data,
    says: [['mnist', 'Looked in', 'Download', 'STARLING_DATA']]
  },
  {
    id: 'a table with a word in it',
    job: 'model: { name: linear }\ndata: { set: "csv:DIR/x.csv" }\n',
    files: { 'x.csv': `a,label\n${'1,x\n'.repeat(20)}oops,y\n` },
    code: 'ERR_DATA_VALUE',
    exit: EXIT.data,
    says: [['DIR/x.csv', '22', 'oops']]
  },
  {
    id: 'no weights to start from',
    job: 'start: "file:/nowhere/x.safetensors"\n',
    code: 'ERR_WEIGHTS_UNREADABLE',
    exit: EXIT.data,
    says: [['/nowhere/x.safetensors', 'no such file', 'check the path']]
  },
  {
    id: 'weights that are none',
    job: 'start: "file:DIR/x"\n',
    files: { x: 'not a model at all' },
    code: 'ERR_WEIGHTS_FORMAT',
    exit: EXIT.data,
    says: [['DIR/x', 'safetensors']]
  },
  {
    id: 'nowhere to save to',
    flags: ['--save', '/nowhere/model.safetensors'],
    code: 'ERR_WEIGHTS_UNREADABLE',
    exit: EXIT.data,
    says: [['--save /nowhere/model.safetensors', 'no such directory', 'check the path']]
  },
  {
    id: 'a job that init may not write',
    args: ['init', '/nowhere/job.yaml'],
    code: 'ERR_JOB_UNWRITABLE',
    exit: EXIT.usage,
    says: [['/nowhere/job.yaml', 'directory is not there', 'make it first']]
  }
]

const FLAGS: readonly Mistake[] = [
  onCommandLine('no such command', ['nod'], 'nod', 'did you mean node?'),
  onCommandLine('the command left out', ['job.yaml'], 'job.yaml', 'starling node job.yaml'),
  onCommandLine('the job left out', ['node'], '<job.yaml> is missing', 'starling node --help'),
  onCommandLine('a job too many', ['node', 'a.yaml', 'b.yaml'], 'too many arguments', 'starling node --help'),
  onCommandLine('a misspelt flag', ['node', 'job.yaml', '--jion', 'x'], '--jion', 'did you mean --join?'),
  onCommandLine('a flag without its value', ['node', 'job.yaml', '--join'], '--join <multiaddr>', 'value is missing'),
  onCommandLine('a flag of another command', ['node', 'job.yaml', '--nodes', '3'], '--nodes', 'no such flag'),
  onCommandLine('a number that is none', ['swarm', '--nodes', 'many'], '--nodes many', 'from 1 to 256'),
  onCommandLine('a learner that is none', ['swarm', '--learner', 'gosip'], '--learner gosip', 'gossip, modest'),
  onCommandLine('a flag of another learner', ['swarm', '--learner', 'modest', '--topology', 'ring'], '--topology'),
  onCommandLine('a misspelt model', ['swarm', '--model', 'lenett'], '--model', 'lenett', 'did you mean lenet?'),
  inFlags('threads of none', ['--threads', '0'], '--threads 0', 'from 1 to 1024'),
  inFlags('host and port', ['--join', 'example.org:4001'], '--join example.org:4001', '/dns/example.org/tcp/4001'),
  inFlags('a port that is none', ['--listen', '/ip4/127.0.0.1/tcp/80000'], '--listen', '80000', 'multiaddr such as'),
  inFlags('UDP', ['--listen', '/ip4/127.0.0.1/udp/4001'], '--listen', 'udp', '/tcp/'),
  inFlags('a device that is none', ['--device', 'gpu'], '--device gpu', 'auto, cpu, wasm, webgpu, cuda'),
  inFlags('a slice that is not there', ['--slice', '5'], '--slice 5', '1 slices, 0 to 0'),
  inFlags('a slice and own data', ['--slice', '0', '--data', 'glyphs'], '--slice 0 and --data glyphs', 'exclude'),
  inFlags('own data that are none', ['--data', 'cvs:x'], '--data cvs:x', 'did you mean "csv:PATH"?'),
  inFlags('seconds below none', ['--await-seconds', '-1'], '--await-seconds -1', 'above 0'),
  inFlags('control for everybody', ['--control', 'tcp://0.0.0.0:9300'], '--control', 'this machine only', 'ssh'),
  inFlags('a level of the log that is none', ['--log-level', 'loud'], '--log-level loud'),
  inFlags('an attack that is none', ['--attack', 'ipmm'], '--attack ipmm', 'there are'),
  inFlags('accomplices of nobody', ['--attackers', '2'], '--attackers', '--attack'),
  {
    id: 'a settings file that is not there',
    flags: ['--config', 'DIR/absent.yaml'],
    code: 'ERR_CONFIG_UNREADABLE',
    exit: EXIT.usage,
    says: [['settings file DIR/absent.yaml', 'no such file', 'check the path']]
  },
  {
    id: 'an address of another machine',
    flags: ['--listen', '/ip4/203.0.113.7/tcp/4001'],
    code: 'ERR_NETWORK_LISTEN',
    exit: EXIT.network,
    says: [['--listen /ip4/203.0.113.7/tcp/4001', 'does not have that address', '/ip4/0.0.0.0']]
  }
]

const ENVIRONMENT: readonly Mistake[] = [
  inEnv('a misspelt variable', { STARLING_THREDS: '2' }, 'STARLING_THREDS', 'did you mean STARLING_THREADS?'),
  inEnv('a variable that is none', { STARLING_COFFEE: 'black' }, 'STARLING_COFFEE', 'unset it'),
  inEnv('nonsense in a variable', { STARLING_THREADS: 'all' }, 'STARLING_THREADS=all', 'from 1 to 1024'),
  inEnv('one bad address of two', { STARLING_JOIN: '/ip4/127.0.0.1/tcp/1,x' }, 'STARLING_JOIN=x', 'multiaddr such as'),
  inEnv('neither on nor off', { STARLING_JSON: 'maybe' }, 'STARLING_JSON=maybe', 'true or false')
]

const SETTINGS: readonly Mistake[] = [
  inSettings('settings: a misspelt name', 'threads: 1\nlisen: /ip4/127.0.0.1/tcp/0\n', 2, 'lisen', '"listen"'),
  inSettings('settings: a key of the job', 'seed: 1\n', 1, 'no setting "seed"', 'docs/CONFIG.md'),
  inSettings('settings: nonsense', 'threads: all\n', 1, 'threads: all', 'from 1 to 1024'),
  inSettings('settings: nothing', 'threads:\n', 1, 'threads', 'expected a value'),
  inSettings('settings: a list where one belongs', 'threads: [1, 2]\n', 1, 'threads', 'one value, not a list'),
  inSettings('settings: keys where a value belongs', 'join: [{ a: 1 }]\n', 1, 'join', 'plain values'),
  inSettings('settings: a name twice', 'threads: 1\nthreads: 2\n', 2, 'there twice', 'keep one'),
  inSettings('settings: no YAML', 'threads: "1\n', 2, 'not YAML'),
  inSettings('settings: a list of them', '- threads\n', 1, 'expected settings', 'name: value'),
  {
    id: 'settings that may not be read',
    files: { 'node.yaml': 'threads: 1\n' },
    flags: ['--config', 'DIR/node.yaml'],
    modes: { 'node.yaml': 0o000 },
    code: 'ERR_CONFIG_UNREADABLE',
    exit: EXIT.usage,
    says: [['DIR/node.yaml', 'no permission', 'chmod']]
  }
]

const DATA_DIRECTORY: readonly Mistake[] = [
  {
    id: 'a file for a data directory',
    files: { file: '' },
    flags: ['--data-dir', 'DIR/file'],
    code: 'ERR_DATA_DIR_UNUSABLE',
    exit: EXIT.usage,
    says: [['DIR/file', 'a file, not a directory', '--data-dir']]
  },
  {
    id: 'a log in no directory',
    flags: ['--log-file', '/nowhere/log'],
    code: 'ERR_LOG_FILE',
    exit: EXIT.usage,
    says: [['/nowhere/log', 'no such directory', 'check the path']]
  },
  {
    id: 'a log that is a directory',
    flags: ['--log-file', 'DIR'],
    code: 'ERR_LOG_FILE',
    exit: EXIT.usage,
    says: [['DIR', 'this is a directory', 'name a file in it']]
  },
  {
    id: 'a checkpoint that is not there',
    flags: ['--resume', 'DIR/x.ckpt'],
    code: 'ERR_CHECKPOINT_NONE',
    exit: EXIT.data,
    says: [['DIR/x.ckpt', 'no such file']]
  },
  {
    id: 'a checkpoint that is none',
    files: { 'x.ckpt': 'x'.repeat(100) },
    flags: ['--resume', 'DIR/x.ckpt'],
    code: 'ERR_CHECKPOINT_FORMAT',
    exit: EXIT.data,
    says: [['DIR/x.ckpt', 'no checkpoint']]
  },
  {
    id: 'a node that nobody has invited',
    job: 'membership: { owner: 12D3KooWQYV9dGMFoRzNStwpXztXaBUjtPqi6aU76ZgUriHhKust }\n',
    code: 'ERR_INVITE_MISSING',
    exit: EXIT.usage,
    says: [['by invitation', 'this node has none', 'starling id', '--invite TOKEN']]
  },
  {
    id: 'a node that is not among the members',
    job: 'membership: { allow: [12D3KooWQYV9dGMFoRzNStwpXztXaBUjtPqi6aU76ZgUriHhKust] }\n',
    code: 'ERR_INVITE_UNLISTED',
    exit: EXIT.usage,
    says: [['the job lists its members', 'have the name', 'membership.allow']]
  },
  {
    id: 'a data directory without rights',
    files: { 'closed/x': '' },
    // not dry: access(2) asks for the rights of who started the process, and tests lay down only the effective ones
    args: ['node', 'DIR/job.yaml', '--data-dir', 'DIR/closed'],
    modes: { closed: 0o500 },
    code: 'ERR_DATA_DIR_UNUSABLE',
    exit: EXIT.usage,
    says: [['DIR/closed', 'no permission', 'chmod', '--data-dir']]
  },
  {
    id: 'a key that others can read',
    files: { 'data/key': 'x' },
    modes: { 'data/key': 0o644 },
    code: 'ERR_KEY_EXPOSED',
    exit: EXIT.usage,
    says: [['DIR/data/key', 'can be read by others', 'chmod 600']]
  },
  {
    id: 'a torn key',
    files: { 'data/key': '\b\u0001' },
    code: 'ERR_KEY_MALFORMED',
    exit: EXIT.usage,
    says: [['DIR/data/key', 'no private key', 'remove it for a new identity']]
  },
  {
    id: 'an empty key',
    files: { 'data/key': '' },
    code: 'ERR_KEY_MALFORMED',
    exit: EXIT.usage,
    says: [['DIR/data/key', 'remove it for a new identity']]
  },
  {
    id: 'a directory for a key',
    files: { 'data/key/x': '' },
    code: 'ERR_KEY_UNREADABLE',
    exit: EXIT.usage,
    says: [['DIR/data/key', 'not a file', 'move it away']]
  },
  {
    id: 'some other file for a key',
    files: { 'data/key': 'x'.repeat(5000) },
    code: 'ERR_KEY_UNREADABLE',
    exit: EXIT.usage,
    says: [['DIR/data/key', '5000 bytes, not a key', 'move it away']]
  }
]

export const MISTAKES: readonly Mistake[] = [
  ...JOBS,
  ...FILES,
  ...FLAGS,
  ...ENVIRONMENT,
  ...SETTINGS,
  ...DATA_DIRECTORY
]
