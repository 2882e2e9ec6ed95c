import { DataError } from './data-error.ts'
import type { DataSource, ExampleSet } from './examples.ts'
import { decodeIdx, type IdxArray } from './idx.ts'
import { IDX_PARTS, type IdxPart, IMAGE_SETS, type ImageSetName } from './image-catalogue.ts'
import { createImageSet, measureScale, type PixelScale } from './image-set.ts'
import { findParts, locateImageSet, type Surroundings } from './locate.ts'
import { readData } from './read-file.ts'

/** `mnist-t10k` has no training files: every fifth image tests, whatever the seed, so that results compare. */
const TEST_EVERY = 5

/** One split as it is in its two files. */
interface ImagePair {
  readonly images: IdxArray
  /** Shape (count). */
  readonly labels: Int32Array
}

type Paths = ReadonlyMap<IdxPart, string>

/**
 * A public image set by name, from wherever it is on this machine. Pixels are
 * scaled by the mean and standard deviation given in `IMAGE_SETS`.
 *
 * @throws {DataError} ERR_DATA_*
 */
export async function loadImageSet(name: ImageSetName, surroundings: Surroundings): Promise<DataSource> {
  const { classes, scale } = IMAGE_SETS[name]
  const paths = locateImageSet(name, surroundings)
  const test = await readPair(paths, 't10k', classes)
  if (name === 'mnist-t10k') return holdOut(name, test, classes, scale)

  return createSource(name, await readPair(paths, 'train', classes), test, { classes, scale })
}

/**
 * The four IDX files of a folder. Classes are 0 to the largest training label;
 * pixels are scaled by the training images' own mean and standard deviation.
 *
 * @throws {DataError} ERR_DATA_*
 */
export async function loadImageFolder(folder: string): Promise<DataSource> {
  const paths = findParts(folder, IDX_PARTS)
  const missing = IDX_PARTS.filter((part) => !paths.has(part))
  if (missing.length > 0) {
    throw new DataError('ERR_DATA_NOT_FOUND', {
      where: folder,
      problem: `IDX files missing: ${missing.map((part) => `${part}-${part.endsWith('images') ? 'idx3' : 'idx1'}-ubyte[.gz]`).join(', ')}`,
      remedy: 'Check the folder; --data fashion-mnist looks in the usual places by itself',
      details: { missing: missing.length }
    })
  }

  const train = await readPair(paths, 'train')
  const classes = 1 + train.labels.reduce((largest, label) => Math.max(largest, label), 0)
  const test = await readPair(paths, 't10k', classes)

  return createSource(`idx:${folder}`, train, test, { classes, scale: measureScale(train.images.data) })
}

function createSource(
  name: string,
  train: ImagePair,
  test: ImagePair,
  { classes, scale }: { classes: number; scale: PixelScale }
): DataSource {
  const [trainShape, testShape] = [train, test].map(({ images }) => images.shape.slice(1).join(' x '))
  if (trainShape !== testShape) {
    throw new DataError('ERR_DATA_MISMATCH', {
      where: name,
      problem: `training images are ${trainShape} but test images are ${testShape}`,
      remedy: 'Use the files of one and the same set'
    })
  }

  const split = (part: string, { images, labels }: ImagePair): ExampleSet =>
    createImageSet({ name: `${name} ${part}`, shape: imageShape(images), classes, labels, pixels: images.data, scale })

  return { train: split('train', train), test: split('test', test) }
}

/** Cuts one pair in two: image i tests when i mod 5 is 4. */
function holdOut(name: string, all: ImagePair, classes: number, scale: PixelScale): DataSource {
  const indices = [...all.labels.keys()]
  const isTest = (index: number): boolean => index % TEST_EVERY === TEST_EVERY - 1
  const train = pick(
    all,
    indices.filter((index) => !isTest(index))
  )
  const test = pick(all, indices.filter(isTest))

  return createSource(name, train, test, { classes, scale })
}

function pick({ images, labels }: ImagePair, indices: readonly number[]): ImagePair {
  const [height, width] = imageShape(images)
  const size = height * width
  const data = new Uint8Array(indices.length * size)
  for (const [to, from] of indices.entries()) data.set(images.data.subarray(from * size, (from + 1) * size), to * size)

  return {
    images: { shape: [indices.length, height, width], data },
    labels: Int32Array.from(indices, (index) => labels[index]!)
  }
}

function imageShape({ shape }: IdxArray): [number, number, number] {
  return [shape[1]!, shape[2]!, 1]
}

/** @param classes - labels must be below it; any byte will do when absent */
async function readPair(paths: Paths, split: 'train' | 't10k', classes = 256): Promise<ImagePair> {
  const imagesPath = paths.get(`${split}-images`)!
  const labelsPath = paths.get(`${split}-labels`)!
  const images = decodeIdx(await readData(imagesPath), 3, imagesPath)
  const labels = decodeIdx(await readData(labelsPath), 1, labelsPath)
  checkPair(images, imagesPath, labels, labelsPath)

  const wrong = labels.data.findIndex((label) => label >= classes)
  if (wrong >= 0) {
    throw new DataError('ERR_DATA_LABEL', {
      where: labelsPath,
      problem: `label ${labels.data[wrong]} of example ${wrong} is not a class: there are ${classes}, numbered from 0`,
      remedy: 'The file is corrupt or belongs to another set: download it again',
      details: { example: wrong, label: labels.data[wrong]!, classes }
    })
  }

  return { images, labels: Int32Array.from(labels.data) }
}

function checkPair(images: IdxArray, imagesPath: string, labels: IdxArray, labelsPath: string): void {
  const [imageCount, labelCount] = [images.shape[0]!, labels.shape[0]!]
  if (imageCount !== labelCount) {
    throw new DataError('ERR_DATA_MISMATCH', {
      where: imagesPath,
      problem: `holds ${imageCount} images, but ${labelsPath} holds ${labelCount} labels`,
      remedy: 'Use the two files of one and the same set',
      details: { images: imageCount, labels: labelCount }
    })
  }
  if (images.data.length === 0) {
    throw new DataError('ERR_DATA_TOO_FEW', {
      where: imagesPath,
      problem: 'holds no images',
      remedy: 'Download it again'
    })
  }
}
