import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Finds a text: in `$STARLING_DATA/text`, or in `../shared/data/text` beside the repository. */
export function locateText(
  file: string,
  { env, cwd }: { env: Readonly<Record<string, string | undefined>>; cwd: string }
): string {
  const own = env['STARLING_DATA']
  const folders = [...(own ? [join(own, 'text')] : []), join('..', 'shared', 'data', 'text')]
  const found = folders.map((folder) => join(folder, file)).find((path) => existsSync(resolve(cwd, path)))
  if (found === undefined)
    throw new Error(`no ${file} in ${folders.join(' or ')}: set STARLING_DATA to the folder above "text"`)

  return found
}
