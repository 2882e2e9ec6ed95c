import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ControlEndpoint } from '../../../src/node/control/endpoint.ts'

interface Answer {
  id?: unknown
  result?: unknown
  error?: { code: number; message: string; data: { code: string } }
  method?: string
  params?: Record<string, unknown>
}

/** A program that writes what it likes to a control socket. */
export class RawClient {
  readonly socket: Socket
  readonly lines: string[] = []
  isEnded = false
  #text = ''

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      this.#text += text
      const lines = this.#text.split('\n')
      this.#text = lines.pop()!
      this.lines.push(...lines)
    })
    socket.on('end', () => {
      this.isEnded = true
    })
    socket.on('error', () => undefined)
  }

  static async connect(endpoint: ControlEndpoint): Promise<RawClient> {
    const socket = endpoint.kind === 'unix' ? connect(endpoint.path) : connect(endpoint.port, endpoint.host)
    onTestFinished(() => {
      socket.destroy()
    })
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))

    return new RawClient(socket)
  }

  get answers(): (Answer | Answer[])[] {
    // an empty line says nothing: it finds out whether somebody is there
    return this.lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Answer | Answer[])
  }

  send(...lines: (string | Uint8Array)[]): void {
    for (const line of lines) {
      this.socket.write(line)
      this.socket.write('\n')
    }
  }

  /** Of what was answered with errors, `id: number ERR_CODE`. */
  get errors(): string[] {
    return this.answers.flat().flatMap(({ id, error }) => {
      return error === undefined ? [] : [`${JSON.stringify(id)}: ${error.code} ${error.data.code}`]
    })
  }
}

export function request(id: unknown, method: string, params?: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, ...(params === undefined ? {} : { params }) })
}
