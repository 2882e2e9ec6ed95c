import type { CodedError } from '../../interface/errors.ts'
import type { Unsubscribe } from '../../interface/network.ts'
import { type CallOptions, ControlClient, type StreamedEvent } from '../../node/control/client.ts'
import type { ControlEndpoint } from '../../node/control/endpoint.ts'
import type { MethodName, ParamsOf, ResultOf } from '../../node/control/schema.ts'
import type { NodeEvent } from '../../node/events.ts'

export type { CallOptions, StreamedEvent }

/** A running node, as commands and the prompt see it. */
export interface Control {
  call<M extends MethodName>(method: M, params: ParamsOf<M>, options?: CallOptions): Promise<ResultOf<M>>
  /**
   * @param events - names; all when there are none
   * @param onDropped - told how many the node left out because this client read too slowly
   */
  subscribe(
    events: readonly NodeEvent['event'][],
    onEvent: (event: StreamedEvent) => void,
    onDropped: (events: number) => void
  ): Promise<Unsubscribe>
  /** Resolves with the reason when the connection is no more. */
  readonly closed: Promise<CodedError>
  close(): Promise<void>
}

/** Rejects as the client's `connect`. */
export async function connectTo(endpoint: ControlEndpoint): Promise<Control> {
  const client = await ControlClient.connect(endpoint)
  // methods without params have a shorter call too, which a generic caller can't choose
  const call = client.call.bind(client) as Control['call']

  return {
    call,
    subscribe: (events, onEvent, onDropped) => client.subscribe([...events], onEvent, onDropped),
    closed: client.closed,
    close: () => client.close()
  }
}
