/** Entry of the thread that trains: answers one request after the other until it is told to shut down. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { type Answer, type Call, toPortable, type WorkerSetup } from './messages.ts'
import { TrainerHost } from './trainer-host.ts'

function serve(port: MessagePort, { handlers }: TrainerHost): void {
  let previous = Promise.resolve()

  port.on('message', (call: Call) => {
    previous = previous.then(async () => {
      port.postMessage(await answer(handlers, call))
      if (call.name === 'shutdown') port.close()
    })
  })
}

async function answer(handlers: TrainerHost['handlers'], { id, name, takes }: Call): Promise<Answer> {
  try {
    const handle = handlers[name] as (takes: Call['takes']) => Promise<unknown>
    return { id, ok: true, gives: await handle(takes) }
  } catch (error) {
    return { id, ok: false, error: toPortable(error) }
  }
}

if (parentPort === null) throw new Error('to be started as a worker thread')
serve(parentPort, new TrainerHost(workerData as WorkerSetup))
