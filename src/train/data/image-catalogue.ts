import type { PixelScale } from './image-set.ts'

/** The four parts of an image set in IDX files; `t10k` is the test split. */
export const IDX_PARTS = ['train-images', 'train-labels', 't10k-images', 't10k-labels'] as const
export type IdxPart = (typeof IDX_PARTS)[number]

/** A public image set that can be asked for by name. */
export interface ImageSetInfo {
  readonly parts: readonly IdxPart[]
  readonly classes: number
  /** Of the training images, as published with the sets' usual recipes. */
  readonly scale: PixelScale
  readonly addresses: readonly string[]
}

const MNIST_SCALE: PixelScale = { mean: 0.1307, stdDev: 0.3081 }
const MNIST_ADDRESSES = [
  'https://yann.lecun.com/exdb/mnist/',
  'https://ossci-datasets.s3.amazonaws.com/mnist/ (mirror)'
]

export const IMAGE_SETS = {
  'fashion-mnist': {
    parts: IDX_PARTS,
    classes: 10,
    scale: { mean: 0.286, stdDev: 0.353 },
    addresses: [
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
      'https://github.com/zalandoresearch/fashion-mnist',
      'or on Debian: apt install dataset-fashion-mnist'
    ]
  },
  mnist: { parts: IDX_PARTS, classes: 10, scale: MNIST_SCALE, addresses: MNIST_ADDRESSES },
  // only the test images, cut into 8,000 to train and 2,000 to test
  'mnist-t10k': {
    parts: ['t10k-images', 't10k-labels'],
    classes: 10,
    scale: MNIST_SCALE,
    addresses: MNIST_ADDRESSES
  }
} as const satisfies Record<string, ImageSetInfo>

export type ImageSetName = keyof typeof IMAGE_SETS

export function isImageSetName(name: string): name is ImageSetName {
  return Object.hasOwn(IMAGE_SETS, name)
}

/** File names under which a part is published: with a dash or, once unpacked by some tools, with a dot. */
export function fileNames(part: IdxPart): string[] {
  const kind = part.endsWith('images') ? 'idx3' : 'idx1'
  const plain = [`${part}-${kind}-ubyte`, `${part}.${kind}-ubyte`]

  return plain.flatMap((name) => [name, `${name}.gz`])
}
