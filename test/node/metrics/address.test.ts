import { describe, expect, test } from 'vitest'
import { checkMetricsAddress, parseMetricsAddress, printMetricsAddress } from '../../../src/node/metrics/address.ts'

describe('where metrics are served', () => {
  test.each([
    { text: '127.0.0.1:9464', address: { host: '127.0.0.1', port: 9464 }, isOwn: true },
    { text: '9464', address: { host: '127.0.0.1', port: 9464 }, isOwn: true },
    { text: '[::1]:0', address: { host: '::1', port: 0 }, isOwn: true },
    { text: '0.0.0.0:9464', address: { host: '0.0.0.0', port: 9464 }, isOwn: false },
    { text: '[::]:9464', address: { host: '::', port: 9464 }, isOwn: false }
  ])('$text', ({ text, address, isOwn }) => {
    expect(parseMetricsAddress(text)).toEqual(address)
    expect(parseMetricsAddress(printMetricsAddress(address))).toEqual(address)
    const check = () => checkMetricsAddress(address, { isOpen: false })
    if (isOwn) check()
    else expect(check).toThrow(/other machines could read them there; .* --metrics-open/)
    checkMetricsAddress(address, { isOpen: true })
  })

  test.each(['', 'localhost:9464', '127.0.0.1', '127.0.0.1:99999', '300.0.0.1:80', '[::1', 'http://127.0.0.1:1'])(
    '"%s" is refused',
    (text) => {
      expect(() => parseMetricsAddress(text)).toThrow(/such as 127.0.0.1:9464/)
    }
  )
})
