import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DeviceStatus } from './devices.ts'
import { nativeFolder } from './probe-package.ts'
import { tryProvider } from './try-provider.ts'

const LIBRARIES: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime_providers_cuda.so',
  win32: 'onnxruntime_providers_cuda.dll'
}
const CARDS = '/proc/driver/nvidia/gpus'
const INSTALL =
  'Run the install script of the onnxruntime-node package: ONNXRUNTIME_NODE_INSTALL=cuda12 node script/install.js'

export async function probeCuda(): Promise<DeviceStatus> {
  const library = process.arch === 'x64' ? LIBRARIES[process.platform] : undefined
  const folder = nativeFolder()
  if (library === undefined || folder === undefined) {
    return missing(
      `onnxruntime-node has no CUDA for ${process.platform}-${process.arch}`,
      'Use --device webgpu or cpu.'
    )
  }
  if (process.platform === 'linux' && !existsSync('/dev/nvidiactl')) {
    return missing('no NVIDIA graphics card is visible', "Install NVIDIA's driver, or use --device webgpu or cpu.")
  }
  if (!existsSync(join(folder, library))) {
    return missing("onnxruntime's CUDA library is not installed", `${INSTALL}; it also needs CUDA 12 and cuDNN 9.`)
  }

  const { works } = await tryProvider('cuda')
  if (!works) return missing('the CUDA provider does not start', 'Install CUDA 12 and cuDNN 9, or use --device webgpu.')

  return { device: 'cuda', available: true, software: false, ...cardName() }
}

/** From NVIDIA's kernel driver, Linux only. */
function cardName(): { adapter?: string } {
  try {
    const [card] = readdirSync(CARDS)
    const model = /^Model:\s*(.+)$/m.exec(readFileSync(join(CARDS, card ?? '', 'information'), 'utf8'))?.[1]
    return model === undefined ? {} : { adapter: model }
  } catch {
    return {}
  }
}

function missing(reason: string, remedy: string): DeviceStatus {
  return { device: 'cuda', available: false, reason, remedy }
}
