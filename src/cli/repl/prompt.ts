import { type REPLServer, start } from 'node:repl'
import { CodedError } from '../../interface/errors.ts'
import type { Control } from '../attach/control.ts'
import { type Api, createApi } from './api.ts'
import { callable } from './callable.ts'
import { equip } from './context.ts'
import { Drawings } from './drawings.ts'
import { apiHelp } from './help.ts'
import { type History, MAX_HISTORY_LINES } from './history.ts'
import { InFlight } from './in-flight.ts'
import { onInterrupt } from './interrupts.ts'
import { PeerNames } from './peer-names.ts'
import { PromptLine } from './prompt-line.ts'
import type { Settle } from './settle.ts'
import { onTab } from './tab.ts'
import { Watch } from './watch.ts'
import { describeFailure, Words } from './words.ts'
import { createWriter } from './writer.ts'

export interface PromptInit {
  control: Control
  /** Peer id of the node. */
  self: string
  /** What stands before each line. */
  prompt: string
  canWrite: boolean
  history: History
  /** A terminal's. */
  input: NodeJS.ReadableStream
  output: NodeJS.WritableStream
  colors: boolean
}

/** A JavaScript prompt on a terminal, with a running node at hand. */
export class Prompt {
  readonly #init: PromptInit
  readonly #server: REPLServer
  readonly #inFlight = new InFlight()
  readonly #line: PromptLine
  readonly #watch: Watch

  constructor(init: PromptInit) {
    const { control, self, canWrite, history } = init
    const drawings = new Drawings()
    this.#init = init
    this.#server = this.#start(drawings)
    this.#line = new PromptLine(this.#server, () => this.#keepLine())
    this.#watch = new Watch(control, (line) => this.#line.print(line))
    const api = { ...createApi({ control, drawings, inFlight: this.#inFlight, canWrite }), ...this.#watchCalls() }
    equip(this.#server, api, settleFailures)
    // readline has them, without a word in its types
    Object.assign(this.#server, { history: history.load() })
    onTab(this.#server, { names: Object.keys(api), peers: new PeerNames(control, { self }).list })
    onInterrupt(this.#server, [() => this.#inFlight.interrupt(), () => this.#endWatch()])
    this.#defineHelp()
  }

  /** Until the person leaves, or `end`. What is still under way is given up; the node goes on. */
  async run(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.once('exit', resolve))
    this.#keepLine()
    this.#watch.stop()
    this.#inFlight.interrupt()
  }

  /** Ends it from outside: the prompt goes, and with it what was being typed. */
  end(): void {
    this.#line.remove()
    this.#server.close()
    // a prompt that waits for something puts its exit off
    this.#server.emit('exit')
  }

  #start(drawings: Drawings): REPLServer {
    const { prompt, input, output, colors } = this.#init

    const options = {
      prompt,
      input,
      output,
      terminal: true,
      // it would evaluate what is still being typed
      preview: false,
      ignoreUndefined: true,
      breakEvalOnSigint: true,
      historySize: MAX_HISTORY_LINES, // which its types forget
      writer: createWriter(drawings, { colors })
    }

    return start(options)
  }

  #watchCalls(): Api {
    return {
      watch: callable("watch('round:ended', ...)", async (names) => new Words(await this.#watch.add(names))),
      unwatch: callable('unwatch', async () => new Words(this.#watch.stop() ? 'watches no more' : 'nothing is watched'))
    }
  }

  #endWatch(): boolean {
    const wasOn = this.#watch.stop()
    if (wasOn) this.#line.print('watches no more')

    return wasOn
  }

  #keepLine(): void {
    const [newest] = Reflect.get(this.#server, 'history') as string[]
    const failure = newest === undefined ? undefined : this.#init.history.add(newest)
    if (failure !== undefined) this.#server.output.write(`${failure}\n`)
  }

  #defineHelp(): void {
    const { canWrite } = this.#init
    this.#server.defineCommand('help', {
      help: 'what this prompt offers',
      action() {
        this.output.write(`${apiHelp({ canWrite })}\n`)
        this.displayPrompt()
      }
    })
  }
}

/** What the node refuses is an answer, in a line, and no accident of the code that was typed. */
const settleFailures: Settle = async (expression) => {
  try {
    return await expression()
  } catch (error) {
    if (error instanceof CodedError) return new Words(describeFailure(error))
    throw error
  }
}
