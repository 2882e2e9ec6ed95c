const HEX = /^[0-9a-f]{64}$/

/** Is this a SHA-256 as our text form has it: 64 lower-case hex digits? */
export function isHash(text: string): boolean {
  return HEX.test(text)
}

/** @param hash - 64 lower-case hex digits, checked by the caller */
export function hashBytes(hash: string): Uint8Array {
  const bytes = new Uint8Array(hash.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hash.slice(2 * i, 2 * i + 2), 16)

  return bytes
}

export function hashText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')

  return text
}
