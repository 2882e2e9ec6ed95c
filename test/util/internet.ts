import { connect, Namespace } from './namespaces.ts'

/** A machine behind a router of its own. */
export interface Home {
  readonly machine: Namespace
  readonly router: Namespace
  /** The router's address on the internet. */
  readonly publicHost: string
}

export interface Internet {
  /** A machine that everybody can reach. */
  readonly server: Namespace
  readonly serverHost: string
  readonly homes: readonly Home[]
}

/**
 * An internet of one machine that everybody can reach, and homes whose routers let nothing in that nobody asked for, and
 * give all that goes out their own address: network namespaces, forwarding and masquerading in the kernel.
 */
export function newInternet(homes: number): Internet {
  const core = new Namespace('core')
  const server = new Namespace('server')
  forwards(core)
  connect('net0', { at: core, address: '11.0.0.254/24' }, { at: server, address: '11.0.0.1/24' })
  server.ip('route', 'add', 'default', 'via', '11.0.0.254')

  return { server, serverHost: '11.0.0.1', homes: Array.from({ length: homes }, (_, i) => newHome(core, i + 1)) }
}

function newHome(core: Namespace, number: number): Home {
  const [router, machine] = [new Namespace(`router${number}`), new Namespace(`home${number}`)]
  const publicHost = `11.0.${number}.1`
  connect(`net${number}`, { at: core, address: `11.0.${number}.254/24` }, { at: router, address: `${publicHost}/24` })
  connect('lan0', { at: router, address: `192.168.${number}.1/24` }, { at: machine, address: `192.168.${number}.2/24` })
  router.ip('route', 'add', 'default', 'via', `11.0.${number}.254`)
  machine.ip('route', 'add', 'default', 'via', `192.168.${number}.1`)
  forwards(router)
  for (const rule of masquerading(`net${number}`)) router.run('nft', ...rule.split(' '))

  return { machine, router, publicHost }
}

function forwards(at: Namespace): void {
  at.run('sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
}

function masquerading(wan: string): string[] {
  return [
    'add table ip home',
    'add chain ip home out { type nat hook postrouting priority 100 ; }',
    `add rule ip home out oifname ${wan} masquerade`,
    'add chain ip home in { type nat hook prerouting priority -100 ; }',
    'add chain ip home through { type filter hook forward priority 0 ; }',
    `add rule ip home through iifname ${wan} ct status dnat accept`,
    `add rule ip home through iifname ${wan} ct state new drop`,
    'add chain ip home self { type filter hook input priority 0 ; }',
    `add rule ip home self iifname ${wan} ct state new drop`
  ]
}

/** Has a home's router hand what comes to a port on to the machine behind it. */
export function forwardPort({ router, machine }: Home, port: number): void {
  const [, host] = /inet (192\.168\.\d+\.\d+)/.exec(machine.ip('-4', 'addr', 'show', 'dev', 'lan0'))!
  router.run('nft', ...`add rule ip home in tcp dport ${port} dnat to ${host}:${port}`.split(' '))
}

/** Why there can be no such internet here; undefined where there can. */
export function whyNoRouters(): string | undefined {
  const probe = new Namespace('probe')
  try {
    probe.run('nft', ...'add table ip home'.split(' '))
    probe.run('nft', ...'add chain ip home out { type nat hook postrouting priority 100 ; }'.split(' '))
    probe.run('nft', ...'add rule ip home out oifname lo masquerade'.split(' '))
    return undefined
  } catch (error) {
    return `no routers: nft, of the package nftables, fails: ${(error as Error).message.split('\n')[0]}`
  }
}
