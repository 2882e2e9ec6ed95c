import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import type { Environment } from './environment.ts'

/** A settings file's name, in a data directory and in the user's configuration. */
export const SETTINGS_FILE = 'node.yaml'

/** Jobs that have no name of their own. */
const UNNAMED = 'starling'
const MAX_SLUG_CHARS = 48

/**
 * Where a node of this job keeps its things unless told otherwise: `$XDG_DATA_HOME/starling/node-NAME`, or `.../node`
 * for a job without a name. By name, not by id: the identity outlives a change of the job.
 */
export function defaultDataDir(jobName: string, env: Environment): string {
  const slug = jobName === UNNAMED ? '' : slugOf(jobName)

  return join(xdgFolder(env, 'XDG_DATA_HOME', '.local', 'share'), 'starling', slug === '' ? 'node' : `node-${slug}`)
}

/** The user's settings file. */
export function userSettingsPath(env: Environment): string {
  return join(xdgFolder(env, 'XDG_CONFIG_HOME', '.config'), 'starling', SETTINGS_FILE)
}

/** A name for people as a name for a folder. */
function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, MAX_SLUG_CHARS)
}

/** The XDG base directory specification: a variable that is empty or relative counts as absent. */
function xdgFolder(env: Environment, variable: string, ...inHome: readonly string[]): string {
  const named = env[variable]

  return named !== undefined && isAbsolute(named) ? named : join(env['HOME'] || homedir(), ...inHome)
}
