import { describe, expect, test } from 'vitest'
import { turnImages } from '../../../scripts/reproduce/spsa/turned-images.ts'

/** 5 x 5, no symmetry that a wrong direction could hide behind. */
const IMAGE = Uint8Array.from({ length: 25 }, (_, i) => 10 * i + (i % 3))

describe('turnImages', () => {
  test('leaves an image as it is when it is not turned', () => {
    expect(turnImages({ size: 5, pixels: IMAGE }, 0)).toEqual(IMAGE)
  })

  test('at 90 degrees row i from the top is column i from the right', () => {
    const turned = turnImages({ size: 5, pixels: IMAGE }, 90)

    // x' = -y, y' = x: the first row of the result is the last column of the image, from its top
    for (let row = 0; row < 5; row++) {
      for (let column = 0; column < 5; column++) {
        expect(turned[5 * row + column]).toBe(IMAGE[5 * column + 4 - row])
      }
    }
  })

  test('at 35 degrees it is what PyTorch 1.13 makes of it', () => {
    // grid_sample(x, affine_grid([[cos, -sin, 0], [sin, cos, 0]], align_corners=False), align_corners=False), rounded
    const expected = [
      ...[4, 19, 50, 87, 25],
      ...[12, 49, 86, 123, 125],
      ...[47, 84, 120, 157, 194],
      ...[67, 120, 157, 193, 231],
      ...[27, 154, 191, 171, 49]
    ]

    expect([...turnImages({ size: 5, pixels: IMAGE }, 35)]).toEqual(expected)
  })

  test('takes black from beyond the edge, and means between pixels', () => {
    const white = new Uint8Array(4).fill(200)

    // a corner of a 2 x 2 image at 45 degrees lies at sqrt(1/2) from the centre on an axis: 0.5 along it from either pixel
    // of an edge, and sqrt(1/2) - 1/2 beyond the row
    const beyond = Math.SQRT1_2 - 0.5
    expect([...turnImages({ size: 2, pixels: white }, 45)]).toEqual(new Array(4).fill(Math.round(200 * (1 - beyond))))
  })

  test('turns each of several images about its own centre', () => {
    const other = IMAGE.toReversed()
    const both = turnImages({ size: 5, pixels: Uint8Array.from([...IMAGE, ...other]) }, 35)

    expect(both.subarray(0, 25)).toEqual(turnImages({ size: 5, pixels: IMAGE }, 35))
    expect(both.subarray(25)).toEqual(turnImages({ size: 5, pixels: other }, 35))
    expect(both[12]).toBe(IMAGE[12])
  })
})
