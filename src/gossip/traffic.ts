import type { Metrics, MultiaddrConnection } from '@libp2p/interface'
import type { Traffic } from '../interface/network.ts'

interface Sized {
  byteLength: number
}

/** The part of libp2p's connection classes through which every byte from the socket goes. */
interface Receiving {
  onData?: (data: Sized) => void
}

/**
 * Counts bytes on the wire: what goes into and comes out of the raw
 * connections, encryption, multiplexing and all protocols included (TCP's and
 * IP's own headers not).
 *
 * Hooks in as libp2p's metrics. A `message` listener would take bytes away
 * from the encrypter that attaches later, hence the wrapped methods.
 */
export class TrafficMeter {
  readonly #traffic: Traffic = { sent: 0, received: 0 }

  read(): Traffic {
    return { ...this.#traffic }
  }

  track(connection: MultiaddrConnection): void {
    const traffic = this.#traffic

    const send = connection.send.bind(connection)
    connection.send = (data) => {
      traffic.sent += data.byteLength
      return send(data)
    }

    const receiving = connection as Receiving
    const onData = receiving.onData?.bind(connection)
    if (onData === undefined) return

    receiving.onData = (data) => {
      traffic.received += data.byteLength
      onData(data)
    }
  }

  /** What libp2p wants of a metrics implementation; all but the connections is discarded. */
  asMetrics(): Metrics {
    const nothing = (): void => undefined
    const timer = (): (() => void) => nothing
    const metric = { update: nothing, increment: nothing, decrement: nothing, reset: nothing, timer, observe: nothing }
    const register = (): typeof metric => metric

    return {
      trackMultiaddrConnection: (connection: MultiaddrConnection) => this.track(connection),
      trackProtocolStream: nothing,
      registerMetric: register,
      registerMetricGroup: register,
      registerCounter: register,
      registerCounterGroup: register,
      registerHistogram: register,
      registerHistogramGroup: register,
      registerSummary: register,
      registerSummaryGroup: register,
      traceFunction: <F>(_name: string, fn: F): F => fn,
      createTrace: nothing
    } as unknown as Metrics
  }
}
