import { InvalidConfigError } from '../../interface/errors.ts'
import { type ControlSetting, parseControl } from '../control/endpoint.ts'
import type { Kind } from './kind.ts'

/** Where the control API listens. */
export const control: Kind<ControlSetting> = {
  form: 'unix, off, or tcp://127.0.0.1:PORT',
  parse(text) {
    try {
      return parseControl(text)
    } catch (error) {
      // whoever calls names the setting
      if (!(error instanceof InvalidConfigError)) throw error
      throw new InvalidConfigError(error.message.replace(/^control ".*?": /s, ''))
    }
  },
  print(value) {
    if (value.kind !== 'tcp') return value.kind

    return `tcp://${value.host.includes(':') ? `[${value.host}]` : value.host}:${value.port}`
  }
}
