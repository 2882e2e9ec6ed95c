import type { DeviceStatus } from './devices.ts'
import { probeNative } from './probe-package.ts'
import { tryProvider } from './try-provider.ts'
import { hasGpuDevice, hasVulkanLoader, vulkanManifests } from './vulkan-files.ts'

/** Platforms whose onnxruntime-node has the WebGPU provider inside. */
const PLATFORMS = ['linux-x64', 'darwin-arm64', 'win32-x64', 'win32-arm64']
/** Mesa's lavapipe calls itself llvmpipe; Chromium's SwiftShader; Windows' WARP is the Basic Render Driver. */
const SOFTWARE = /llvmpipe|lavapipe|softpipe|swiftshader|basic render/i
const NO_DRIVER_REMEDY =
  "Install your graphics card's Vulkan driver (Debian and Ubuntu: mesa-vulkan-drivers for AMD and Intel, NVIDIA's own for NVIDIA)"

export async function probeWebgpu(): Promise<DeviceStatus> {
  const platform = `${process.platform}-${process.arch}`
  const native = await probeNative()
  if (!native.available || !PLATFORMS.includes(platform)) {
    return missing(`onnxruntime-node has no WebGPU for ${platform}`, 'Use --device cpu.')
  }
  if (process.platform === 'linux' && !hasVulkanLoader()) {
    return missing('the Vulkan loader libvulkan.so.1 is not installed', `${NO_DRIVER_REMEDY} and libvulkan1.`)
  }
  if (process.platform === 'linux' && vulkanManifests().length === 0) {
    return missing('no Vulkan driver is installed', `${NO_DRIVER_REMEDY}.`)
  }

  const { works, output } = await tryProvider('webgpu')
  if (!works) return missing(failureOf(output), `${NO_DRIVER_REMEDY}; Mesa must be 23.1 or newer.`)

  return { device: 'webgpu', available: true, ...readAdapter(output) }
}

/**
 * What the Vulkan loader, asked to explain itself, says it picked. On a
 * Linux that shows no graphics device a driver can only be software.
 *
 * @param output - of a process under `VK_LOADER_DEBUG=driver`
 */
export function readAdapter(
  output: string,
  gpuDevice: boolean = hasGpuDevice()
): { adapter?: string; software: boolean } {
  const adapter = /Using "([^"]{1,100})" with driver/.exec(output)?.[1]
  const emulated = process.platform === 'linux' && !gpuDevice

  return { software: emulated || SOFTWARE.test(adapter ?? ''), ...(adapter === undefined ? {} : { adapter }) }
}

function failureOf(output: string): string {
  if (/No supported adapters|Failed to get a WebGPU adapter/.test(output))
    return 'no driver here offers what WebGPU needs'

  return 'the WebGPU provider crashed or timed out'
}

function missing(reason: string, remedy: string): DeviceStatus {
  return { device: 'webgpu', available: false, reason, remedy }
}
