import { type MetricsAddress, parseMetricsAddress, printMetricsAddress } from '../metrics/address.ts'
import type { Kind } from './kind.ts'

/** Where metrics are served. */
export const metricsAddress: Kind<MetricsAddress> = {
  form: 'address and port, such as 127.0.0.1:9464',
  parse: (text) => parseMetricsAddress(text),
  print: printMetricsAddress
}
