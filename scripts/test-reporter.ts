import { writeFile } from 'node:fs/promises'
import { JsonReporter } from 'vitest/node'

/**
 * Writes vitest's JSON report to the file of `--outputFile`, without the line
 * that says so: the summary of the default reporter is to come last.
 */
export default class QuietJsonReporter extends JsonReporter {
  override async writeReport(report: string): Promise<void> {
    const { outputFile } = this.ctx.config
    if (typeof outputFile !== 'string') throw new Error('--outputFile is not one path')

    await writeFile(outputFile, report)
  }
}
