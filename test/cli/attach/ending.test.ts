import { expect, test } from 'vitest'
import { followEnding } from '../../../src/cli/attach/ending.ts'
import { FakeControl } from '../../util/fake-control.ts'

const goodbye = {
  event: 'node:stopped',
  reason: 'signal',
  rounds: 3,
  steps: 1,
  bytes: { sent: 1, received: 2 }
} as const

test.each([
  {
    id: 'told to, and stopped',
    end: (node: FakeControl) => {
      node.emit(goodbye)
      node.stop()
    },
    text: /^the node has stopped: it was told to, after 3 rounds and 1 step; sent 1 B$/,
    isFailure: false
  },
  {
    id: 'failed, and stopped',
    end: (node: FakeControl) => {
      node.emit({ ...goodbye, reason: 'failed' })
      node.stop()
    },
    text: /^the node has stopped: it failed, and its log says why, after/,
    isFailure: true
  },
  {
    id: 'killed while it stopped',
    end: (node: FakeControl) => {
      node.emit(goodbye)
      node.drop()
    },
    text: /has hung up in the middle of its stop, after its goodbye: killed, or it took longer than --stop-seconds/,
    isFailure: true
  },
  {
    id: 'killed',
    end: (node: FakeControl) => node.drop(),
    text: /has hung up; it said no goodbye: killed, or crashed/,
    isFailure: true
  },
  {
    id: 'stopped before it trained',
    end: (node: FakeControl) => node.stop(),
    text: /^the node has stopped before it took part, and its log says why$/,
    isFailure: true
  }
])('$id', async ({ end, text, isFailure }) => {
  const node = new FakeControl()
  const { ended } = await followEnding(node)
  end(node)
  const ending = await ended

  expect(ending.text).toMatch(text)
  expect(ending.failure).toEqual(isFailure ? expect.objectContaining({ code: 'ERR_CONTROL_CLOSED' }) : undefined)
})
