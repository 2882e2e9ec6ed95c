/** What people can do about an error of the file system, after what it means. */
const MEANINGS: Readonly<Record<string, string>> = {
  ENOTDIR: 'part of this path is a file, not a directory: check it',
  EISDIR: 'this is a directory: name a file in it',
  EACCES: 'no permission: chmod or chown it, or run as its owner',
  EPERM: 'no permission: chmod or chown it, or run as its owner',
  EROFS: 'the disk can only be read: take another',
  ENOSPC: 'the disk is full: make room',
  EDQUOT: 'your quota is used up: make room',
  EIO: 'the disk reports an error: check it',
  EEXIST: 'it exists already: take another name',
  ENAMETOOLONG: 'a name that is too long: take another',
  ELOOP: 'a symbolic link that leads to itself: check the path',
  EMFILE: 'this process has too many files open: raise the limit (ulimit -n)'
}

/** `no permission: chmod or chown it, or run as its owner`; the system's own words for what is rare. */
export function describeSystemError(error: unknown, what: 'file' | 'directory' = 'file'): string {
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return `there is no such ${what}: check the path`

  return MEANINGS[code] ?? message.split('\n')[0]!
}
