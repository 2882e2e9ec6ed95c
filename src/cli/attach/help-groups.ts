/** Headings of the list of commands. */
export const READ_GROUP = 'Look into a running node:'
export const ACT_GROUP = 'Change a running node:'
