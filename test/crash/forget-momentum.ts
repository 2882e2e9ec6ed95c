import { encodeCheckpoint } from '../../src/store/checkpoint/encode.ts'
import type { CheckpointFolder } from '../../src/store/checkpoint/folder.ts'
import { readCheckpoint } from '../../src/store/checkpoint/read.ts'
import { writeWhole } from '../../src/store/whole-file.ts'

/** Writes the newest checkpoint again, without what the optimiser remembers. */
export async function forgetMomentum(folder: CheckpointFolder): Promise<void> {
  const [newest] = await folder.list()
  if (newest === undefined) return

  const { state, ...checkpoint } = await readCheckpoint(newest.path)
  const optimiser = new Float32Array(state.vectors['optimiser']!.length)
  const forgotten = { ...state, vectors: { ...state.vectors, optimiser } }
  await writeWhole(newest.path, encodeCheckpoint({ ...checkpoint, state: forgotten }).pieces())
}
