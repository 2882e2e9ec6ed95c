import type { ResumeChoice } from '../going-on.ts'
import { type Kind, path } from './kind.ts'

/** What a node goes on from. A file called like one of the words is `./auto`. */
export const resume: Kind<ResumeChoice> = {
  form: 'auto, never, or the path of a checkpoint',
  parse: (text, place) => (text === 'auto' || text === 'never' ? text : { path: path.parse(text, place) }),
  print: (choice) => (typeof choice === 'string' ? choice : choice.path)
}
