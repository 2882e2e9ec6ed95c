import { existsSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

const LIBRARY = 'libvulkan.so.1'
const LIBRARY_FOLDERS = [
  '/usr/lib',
  '/usr/lib64',
  '/usr/local/lib',
  '/lib',
  '/usr/lib/x86_64-linux-gnu',
  '/run/opengl-driver/lib' // NixOS
]
/** Where the Vulkan loader looks for drivers' manifests, after the folders of the XDG variables. */
const MANIFEST_FOLDERS = ['/etc', '/usr/local/share', '/usr/share', '/run/opengl-driver/share']

/** Whether the Vulkan loader is installed, as far as can be told without loading it. */
export function hasVulkanLoader(env: NodeJS.ProcessEnv = process.env): boolean {
  const named = env['LD_LIBRARY_PATH']?.split(delimiter).filter((folder) => folder !== '') ?? []

  return [...named, ...LIBRARY_FOLDERS].some((folder) => existsSync(join(folder, LIBRARY)))
}

/** Files that announce a Vulkan driver. */
export function vulkanManifests(env: NodeJS.ProcessEnv = process.env): string[] {
  const named = env['VK_DRIVER_FILES'] ?? env['VK_ICD_FILENAMES']
  if (named !== undefined) return named.split(delimiter).filter((file) => existsSync(file))

  const folders = [
    env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'),
    env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'),
    ...MANIFEST_FOLDERS
  ]
  return folders.flatMap((folder) => jsonFiles(join(folder, 'vulkan/icd.d')))
}

/** Whether the kernel shows a graphics device at all; without one, every Vulkan driver here is software. */
export function hasGpuDevice(): boolean {
  return ['/dev/dri', '/dev/nvidiactl', '/dev/nvidia0', '/dev/dxg', '/dev/mali0', '/dev/kgsl-3d0'].some(existsSync)
}

function jsonFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}
