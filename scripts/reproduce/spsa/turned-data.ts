import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeIdx } from '../../../src/train/data/idx.ts'
import { IDX_PARTS, type IdxPart } from '../../../src/train/data/image-catalogue.ts'
import { locateImageSet } from '../../../src/train/data/locate.ts'
import { readData } from '../../../src/train/data/read-file.ts'
import { turnImages } from './turned-images.ts'

/** Magic number and three extents. */
const IMAGES_HEADER_BYTES = 16

/** Writes Fashion-MNIST with every image turned into a folder, as IDX files that `data.set: idx:FOLDER` reads. */
export async function writeTurned(folder: string, degrees: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  const paths = locateImageSet('fashion-mnist', { env: process.env, cwd: process.cwd() })
  for (const part of IDX_PARTS) {
    const path = paths.get(part)!
    const bytes = await readData(path)
    await writeFile(join(folder, fileName(part)), part.endsWith('labels') ? bytes : turnFile(bytes, path, degrees))
  }
}

function fileName(part: IdxPart): string {
  return `${part}-${part.endsWith('images') ? 'idx3' : 'idx1'}-ubyte`
}

function turnFile(bytes: Uint8Array, path: string, degrees: number): Uint8Array {
  const { shape, data } = decodeIdx(bytes, 3, path)
  const turned = Uint8Array.from(bytes)
  turned.set(turnImages({ size: shape[1]!, pixels: data }, degrees), IMAGES_HEADER_BYTES)

  return turned
}
